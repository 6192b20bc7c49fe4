"""What the colours over the image mean, in the corner of the view and so in every picture of it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from lnm_desktop.domain.prediction import HeatmapGrid
from lnm_desktop.ui.viewer.coloring import DIFFERENCE_FROM
from lnm_desktop.ui.viewer.legend import Legend
from lnm_desktop.ui.viewer.view_state import HeatmapStyle

MARGIN_PX = 12
WIDTH_PX = 210
_SHEET = (
    "#map-legend { background: rgba(18, 20, 24, 215); border-radius: 4px; } #map-legend QLabel { color: #FFFFFF; }"
)


class MapLegend(QFrame):
    """A dark plate with the map's name, its colours, and the value from which they show; transparent to the mouse."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("map-legend")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setStyleSheet(_SHEET)
        self.setFixedWidth(WIDTH_PX)
        self.title = QLabel()
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setWordWrap(True)
        self.scale = Legend(ink=QColor("#FFFFFF"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.addWidget(self.title)
        layout.addWidget(self.scale)
        self._view = parent
        self.hide()

    def show_map(self, grid: HeatmapGrid | None, style: HeatmapStyle, *, signed: bool = False) -> None:
        """Explain this map as it is shown; None, or a hidden map, needs no explanation."""
        self.setVisible(grid is not None and style.visible)
        if grid is not None:
            clear = f"clear within ±{DIFFERENCE_FROM:.2f}" if signed else f"clear below {style.threshold:.2f}"
            self.title.setText(f"{grid.label or grid.name}, {clear}")
            self.scale.show_style(style, signed=signed)
            self.place()

    def place(self) -> None:
        """Into the lower left corner."""
        self.adjustSize()
        self.move(MARGIN_PX, self._view.height() - self.height() - MARGIN_PX)
        self.raise_()
