"""The middle of the window: message bar, head with badges, and the viewer or words on how to begin."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QProgressBar, QStackedLayout, QVBoxLayout, QWidget

from lnm_desktop.domain.image import Calibration, CalibrationSource
from lnm_desktop.ui.theme.stylesheet import set_role
from lnm_desktop.ui.theme.tokens import SPACE_M, SPACE_S
from lnm_desktop.ui.viewer.view_state import ViewState
from lnm_desktop.ui.widgets.message_bar import MessageBar
from lnm_desktop.ui.widgets.parts import badge, button, column, label, row

EMPTY_WIDTH_PX = 460
_SYNTHETIC_TIP = "Made-up data: it describes nobody"


class ViewerArea(QWidget):
    """`set_pane` puts the viewer in once it is built; until an image is open the empty state shows."""

    files_dropped = Signal(object)
    open_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar = MessageBar()
        self.title = label("", "heading")
        self.scale = label("", "hint", wrap=False)
        self.synthetic = badge("SYNTHETIC", _SYNTHETIC_TIP)
        self.head = QFrame()
        set_role(self.head, "head")
        line = row(self.title, self.synthetic, self.scale)
        line.setStretch(0, 1)
        line.setContentsMargins(SPACE_M, SPACE_S, SPACE_M, SPACE_S)
        self.head.setLayout(line)
        self.busy = QProgressBar()
        self.busy.setTextVisible(False)
        self.empty = self._make_empty()
        self._stack = QStackedLayout()
        self._stack.addWidget(self.empty)
        self.setAcceptDrops(True)
        self._arrange()
        self.show_empty()

    def set_pane(self, pane: QWidget) -> None:
        """Put the viewer in."""
        self._stack.addWidget(pane)

    def show_empty(self) -> None:
        """Say how to begin."""
        self.head.hide()
        self.busy.hide()
        self._stack.setCurrentIndex(0)

    def show_opening(self, name: str) -> None:
        """An image is being opened."""
        self.head.show()
        self.title.setText(f"Opening {name} …")
        self.synthetic.hide()
        self.show_busy(0, 0)

    def show_image(self, title: str, *, synthetic: bool) -> None:
        """An image is open in the pane."""
        self.head.show()
        self.title.setText(title)
        self.title.setToolTip(title)
        self.synthetic.setVisible(synthetic)
        self.busy.hide()
        self._stack.setCurrentIndex(self._stack.count() - 1)

    def show_view(self, view: ViewState, calibration: Calibration) -> None:
        """Magnification and pixel size as on the screen."""
        self.scale.setText(scale_words(view, calibration))

    def show_busy(self, done: int, total: int) -> None:
        """A thin line under the head; without a total it runs to and fro."""
        self.busy.setRange(0, total)
        self.busy.setValue(done)
        self.busy.show()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Files may be dropped on the empty state too."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Tell which files came."""
        paths = tuple(Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile())
        if paths:
            event.acceptProposedAction()
            self.files_dropped.emit(paths)

    def _arrange(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for widget in (self.bar, self.head, self.busy):
            layout.addWidget(widget)
        layout.addLayout(self._stack, 1)

    def _make_empty(self) -> QWidget:
        self.open = button("Open files…", "Slides, scans or annotations (Ctrl+O)", "primary")
        self.open.clicked.connect(self.open_wanted)
        words = label("Drop a slide here", "title")
        more = label(
            "Aperio, Hamamatsu, MIRAX, generic pyramidal TIFF, DICOM slides and series. "
            "Files stay where they are; the workspace only remembers their place.",
            "hint",
        )
        made = QWidget()
        set_role(made, "empty")
        for one in (words, more):
            one.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        middle = QWidget()
        middle.setFixedWidth(EMPTY_WIDTH_PX)
        middle.setLayout(column(words, more, spacing=SPACE_M))
        layout = column(spacing=SPACE_M)
        layout.addStretch(1)
        layout.addLayout(row(None, middle, None))
        layout.addLayout(row(None, self.open, None))
        layout.addStretch(1)
        made.setLayout(layout)
        return made


def scale_words(view: ViewState, calibration: Calibration) -> str:
    """As in "20.0×   0.50 µm/px   pixel size stated by user"; an unknown pixel size is said, not guessed."""
    if view.mpp is None:
        down = view.downsample
        return f"{f'1 : {down:.3g}' if down >= 1 else f'{1 / down:.3g} : 1'}   pixel size unknown"
    stated = "   pixel size stated by hand" if calibration.source is CalibrationSource.USER else ""
    if view.magnification is None:  # radiology speaks of millimetres, and knows no objective
        return f"{view.mpp / 1000:.3g} mm/px{stated}"
    return f"{view.magnification:.1f}×   {view.mpp:.3g} µm/px{stated}"
