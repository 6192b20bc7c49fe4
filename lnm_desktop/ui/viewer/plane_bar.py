"""Which plane of a series is shown."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget


class PlaneBar(QWidget):
    """A slider and "plane 3 / 12"; hidden for images of one plane."""

    plane_chosen = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._slider = QSlider(Qt.Orientation.Horizontal, self)
        self._slider.setAccessibleName(self.tr("Plane"))
        self._slider.setPageStep(1)
        self._label = QLabel(self)
        self._label.setMinimumWidth(96)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 2, 8, 2)
        layout.addWidget(self._slider, 1)
        layout.addWidget(self._label)
        self._slider.valueChanged.connect(self._on_value)
        self.set_planes(1)

    def set_planes(self, count: int) -> None:
        """A new image with so many planes, the first one shown."""
        self._slider.blockSignals(True)
        self._slider.setRange(0, max(0, count - 1))
        self._slider.setValue(0)
        self._slider.blockSignals(False)
        self._tell(0)
        self.setVisible(count > 1)

    def set_plane(self, plane: int) -> None:
        """Show a plane's number; tells it when it is another one."""
        self._slider.setValue(plane)

    def _on_value(self, plane: int) -> None:
        self._tell(plane)
        self.plane_chosen.emit(plane)

    def _tell(self, plane: int) -> None:
        self._label.setText(self.tr("plane {} / {}").format(plane + 1, self._slider.maximum() + 1))
