"""One place for a picture: its head with badges, and the viewer or words on how to begin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QChildEvent, QEvent, QObject, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QProgressBar, QStackedLayout, QVBoxLayout, QWidget

from lnm_desktop.domain.image import Calibration
from lnm_desktop.ui.theme.stylesheet import set_role
from lnm_desktop.ui.theme.tokens import SPACE_M, SPACE_S
from lnm_desktop.ui.viewer.scale_entry import turn_words
from lnm_desktop.ui.viewer.view_state import ViewState
from lnm_desktop.ui.widgets.elided_label import ElidedLabel
from lnm_desktop.ui.widgets.parts import badge, button, column, label, row, tool_button
from lnm_desktop.ui.widgets.scale_field import ScaleField

EMPTY_WIDTH_PX = 460
EDGE_PX = 2
_SYNTHETIC_TIP = "Made-up data: it describes nobody"
_FORMATS = (
    "Aperio, Hamamatsu, MIRAX, generic pyramidal TIFF, DICOM slides and series. "
    "Files stay where they are; the workspace only remembers their place."
)
_BESIDE = "or double click one in the list of cases"


class PaneFrame(QFrame):
    """`set_pane` puts the viewer in once it is built; until an image is open the empty state shows.

    `on_press` is called with what is pressed before that acts, and gives True where it shall not act. Only the button
    that shuts is left out.
    """

    files_dropped = Signal(object)
    open_wanted = Signal()
    close_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.on_press: Callable[[QObject], bool] = lambda _pressed: False
        self._taken = False
        self._pane: QWidget | None = None
        self._alone = True
        self.title = ElidedLabel()
        set_role(self.title, "heading")
        self.scale = ScaleField()
        self.turn = tool_button("", "The picture is turned or mirrored: a click sets it upright")
        self.turn.hide()
        self.synthetic = badge("SYNTHETIC", _SYNTHETIC_TIP)
        self.shut = tool_button("×", "Close this image; an empty pane goes (Ctrl+W)")
        self.shut.clicked.connect(self.close_wanted)
        self.guide = label("", "guide")
        self.head = QFrame()
        set_role(self.head, "head")
        self.busy = QProgressBar()
        self.busy.setTextVisible(False)
        self.empty = self._make_empty()
        self._stack = QStackedLayout()
        self._stack.addWidget(self.empty)
        self.setAcceptDrops(True)
        self._arrange()
        self._watch(self)
        self.show_edge(alone=True, active=True)
        self.show_guide("")
        self.show_empty()

    def set_pane(self, pane: QWidget) -> None:
        """Put the viewer in."""
        self._pane = pane
        self._stack.addWidget(pane)
        self._watch(pane)

    def show_edge(self, *, alone: bool, active: bool) -> None:
        """Beside others the active one has a coloured edge; alone there is none."""
        self._alone = alone
        edge = 0 if alone else EDGE_PX
        self._lines.setContentsMargins(edge, edge, edge, edge)
        set_role(self, "pane-alone" if alone else "pane-active" if active else "pane")
        self.shut.setVisible(not alone)
        self.more.setText(_FORMATS if alone else _BESIDE)
        self.head.setVisible(not (alone and self.is_empty))

    @property
    def is_empty(self) -> bool:
        """True while words stand in the place of a picture."""
        return self._stack.currentIndex() == 0

    def show_empty(self) -> None:
        """Say how to begin."""
        self._stack.setCurrentIndex(0)
        self.head.setVisible(not self._alone)
        self.busy.hide()
        self.synthetic.hide()
        self.title.setText("Empty pane")
        self.scale.clear()
        self.turn.hide()

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
        self.synthetic.setVisible(synthetic)
        self.busy.hide()
        self._stack.setCurrentIndex(self._stack.count() - 1)

    def show_view(self, view: ViewState, calibration: Calibration) -> None:
        """Magnification, pixel size and turn as on the screen."""
        self.scale.show_view(view, calibration)
        self.turn.setText(turn_words(view))
        self.turn.setVisible(bool(self.turn.text()))

    def show_guide(self, words: str) -> None:
        """Say what the hand should do next in this pane; nothing takes the line away."""
        self.guide.setText(words)
        self.guide.setVisible(bool(words))

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

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """What nobody inside has taken: words, head and edge."""
        event.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Hear of every press inside before it acts; a press that was taken takes its release along."""
        kind = event.type()
        if kind == QEvent.Type.MouseButtonPress:
            self._taken = watched is not self.shut and self.on_press(watched)
            return self._taken
        if kind == QEvent.Type.MouseButtonRelease and self._taken:
            self._taken = False
            return True
        if kind == QEvent.Type.ChildAdded and isinstance(event, QChildEvent) and event.child().isWidgetType():
            event.child().installEventFilter(self)
        return False

    def _watch(self, widget: QWidget) -> None:
        for one in (widget, *widget.findChildren(QWidget)):
            one.installEventFilter(self)

    def _arrange(self) -> None:
        line = row(self.title, self.synthetic, self.turn, self.scale, self.shut)
        line.setStretch(0, 1)
        line.setContentsMargins(SPACE_M, SPACE_S, SPACE_M, SPACE_S)
        self.head.setLayout(line)
        self._lines = QVBoxLayout(self)
        self._lines.setSpacing(0)
        for widget in (self.head, self.guide, self.busy):
            self._lines.addWidget(widget)
        self._lines.addLayout(self._stack, 1)

    def _make_empty(self) -> QWidget:
        self.open = button("Open files…", "Slides, scans or annotations (Ctrl+O)", "primary")
        self.open.clicked.connect(self.open_wanted)
        self.words = label("Drop a slide here", "title")
        self.more = label(_FORMATS, "hint")
        made = QWidget()
        set_role(made, "empty")
        for one in (self.words, self.more):
            one.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        middle = QWidget()
        middle.setMaximumWidth(EMPTY_WIDTH_PX)
        middle.setLayout(column(self.words, self.more, spacing=SPACE_M))
        across = row(None, middle, None)
        across.setStretch(1, 100)
        layout = column(spacing=SPACE_M)
        layout.addStretch(1)
        layout.addLayout(across)
        layout.addLayout(row(None, self.open, None))
        layout.addStretch(1)
        made.setLayout(layout)
        return made
