"""A bar above the pane that says what happened, to which file, and what to do."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QVBoxLayout, QWidget

from lnm_desktop.ui.notices import Notice, Offer, Severity
from lnm_desktop.ui.theme.stylesheet import set_role
from lnm_desktop.ui.theme.tokens import SPACE_S
from lnm_desktop.ui.widgets.parts import column, label, row, tool_button

NEWS_MS = 8000


class MessageBar(QFrame):
    """Shows one notice until it is closed or the next one comes; mere news leave by themselves."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._notice: Notice | None = None
        self._leave = QTimer(self)
        self._leave.setSingleShot(True)
        self._leave.timeout.connect(self.hide)
        self.message = label("", "heading")
        self.hint = label("", "hint")
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setMaximumHeight(160)
        self.more = tool_button("Details", "Show what is known about it")
        self.more.setCheckable(True)
        self.more.toggled.connect(self.details.setVisible)
        self.offer = tool_button("", "")
        self.offer.clicked.connect(lambda: self._take(self._notice.offer if self._notice else None))
        self.second = tool_button("", "")
        self.second.clicked.connect(lambda: self._take(self._notice.second if self._notice else None))
        self.dismiss = tool_button("Close", "Hide this message; it stays in Help ▸ Messages")
        self.dismiss.clicked.connect(self.hide)
        self.setLayout(self._arrange())
        self.setVisible(False)

    @property
    def severity(self) -> Severity | None:
        """The weight of what is shown."""
        return self._notice.severity if self._notice is not None else None

    def show_notice(self, notice: Notice) -> None:
        """Show it, in the colour of its weight."""
        self._notice = notice
        set_role(self, f"bar-{notice.severity.value}")
        self.message.setText(notice.message)
        self.hint.setText(notice.hint)
        self.hint.setVisible(bool(notice.hint))
        for shown, offer in ((self.offer, notice.offer), (self.second, notice.second)):
            shown.setVisible(offer is not None)
            shown.setText(offer.words if offer else "")
        self.details.setPlainText(notice.details)
        self.more.setVisible(bool(notice.details))
        self.more.setChecked(False)
        self.details.hide()
        self._leave.stop()
        if notice.severity is Severity.INFO and notice.offer is None:
            self._leave.start(NEWS_MS)
        self.show()

    def _take(self, offer: Offer | None) -> None:
        self.hide()
        if offer is not None:
            offer.call()

    def _arrange(self) -> QVBoxLayout:
        words = QWidget()
        words.setLayout(column(self.message, self.hint, margin=0, spacing=2))
        line = row(words, self.offer, self.second, self.more, self.dismiss)
        line.setStretch(0, 1)
        line.setAlignment(self.offer, Qt.AlignmentFlag.AlignTop)
        line.setAlignment(self.second, Qt.AlignmentFlag.AlignTop)
        line.setAlignment(self.more, Qt.AlignmentFlag.AlignTop)
        line.setAlignment(self.dismiss, Qt.AlignmentFlag.AlignTop)
        layout = column(margin=SPACE_S)
        layout.addLayout(line)
        layout.addWidget(self.details)
        return layout
