"""The magnification in a pane's head: words to read, and a field to type an exact one."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from lnm_desktop.domain.image import Calibration
from lnm_desktop.ui.theme.stylesheet import set_role
from lnm_desktop.ui.viewer.scale_entry import entry_words, scale_words, wanted_downsample
from lnm_desktop.ui.viewer.view_state import ViewState
from lnm_desktop.ui.widgets.parts import label, row

_TIP = "Type an exact magnification: 20x, 12.5, 0.5 µm/px or 1 : 4, then Enter"
PADDING_PX = 18
LEAST_ENTRY_PX = 96


class ScaleField(QWidget):
    """`downsample_wanted` follows Enter (level-0 pixels per screen pixel); `left` follows Enter and Esc."""

    downsample_wanted = Signal(float)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: ViewState | None = None
        self._words = ""
        self.problem = label("", "error", wrap=False)
        self.problem.hide()
        self.entry = _Entry(self)
        self.entry.setToolTip(_TIP)
        self.entry.setAccessibleName("Magnification")
        set_role(self.entry, "scale")
        self.entry.returnPressed.connect(self._take)
        self.entry.textEdited.connect(lambda _text: self._complain(""))
        self.setLayout(row(self.problem, self.entry))
        self.clear()

    def show_view(self, view: ViewState, calibration: Calibration) -> None:
        """Magnification and pixel size as on the screen; what is being typed stays."""
        self._view = view
        self._words = scale_words(view, calibration)
        self.entry.show()
        if not self.entry.hasFocus():
            self._show_words()

    def clear(self) -> None:
        """There is no picture."""
        self._view, self._words = None, ""
        self.entry.hide()
        self._show_words()

    def text(self) -> str:
        """What stands there."""
        return self.entry.text()

    def begin(self) -> None:
        """Put the cursor into the field."""
        if self._view is not None:
            self.entry.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _begin_entry(self) -> None:
        """The shortest words are offered to be typed over."""
        if self._view is not None:
            self._fit(entry_words(self._view), LEAST_ENTRY_PX)
            self.entry.selectAll()

    def _show_words(self) -> None:
        self._complain("")
        self._fit(self._words, 0)
        self.entry.setCursorPosition(0)

    def _leave(self) -> None:
        self.entry.clearFocus()
        self._show_words()
        self.left.emit()

    def _take(self) -> None:
        """Zoom, or say in the field what is wrong."""
        if self._view is None:
            return
        try:
            downsample = wanted_downsample(self.entry.text(), self._view)
        except ValueError as problem:
            self._complain(str(problem))
            return
        self.downsample_wanted.emit(downsample)
        self._leave()

    def _complain(self, words: str) -> None:
        self.problem.setText(words)
        self.problem.setVisible(bool(words))
        set_role(self.entry, "invalid" if words else "scale")

    def _fit(self, words: str, least_px: int) -> None:
        self.entry.setText(words)
        self.entry.setFixedWidth(max(least_px, self.entry.fontMetrics().horizontalAdvance(words) + PADDING_PX))


class _Entry(QLineEdit):
    """Esc leaves it, and gives up no drawing meanwhile."""

    def __init__(self, field: ScaleField) -> None:
        super().__init__(field)
        self._field = field
        self._begun = False
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def event(self, event: QEvent) -> bool:
        """Esc belongs to the field while it has the focus."""
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() == QEvent.Type.KeyPress:
                self._field._leave()
            event.accept()
            return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """Offer to type over."""
        super().focusInEvent(event)
        self._begun = True
        self._field._begin_entry()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """The click that brings the focus leaves everything selected."""
        super().mousePressEvent(event)
        if self._begun:
            self._begun = False
            self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """What was not entered is forgotten."""
        super().focusOutEvent(event)
        self._field._show_words()
