"""The user guide beside the work: its sections to the left, its text to the right, and a box to find words."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QTextBlock, QTextCursor, QTextDocument, QTextTable, QTextTableFormat
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QSplitter, QTextBrowser, QVBoxLayout, QWidget

from lnm_desktop.ui.theme.tokens import SPACE_M, SPACE_S
from lnm_desktop.ui.widgets.parts import column, label, row

SECTION_LEVEL = 2
SECTIONS_PX = 190


class GuideWindow(QDialog):
    """Shows Markdown; sections are its headings of the second level."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("User Guide")
        self.resize(920, 700)
        self.page = QTextBrowser()
        self.page.setOpenLinks(False)
        self.page.document().setDocumentMargin(SPACE_M)
        self.page.setMarkdown(text)
        _space(self.page.document(), self.palette().mid())
        self.sections = QListWidget()
        self.sections.addItems([block.text() for block in self._headings()])
        self.sections.currentTextChanged.connect(self._jump)
        self.wanted = QLineEdit()
        self.wanted.setPlaceholderText("Find in the guide; Enter finds the next place")
        self.wanted.returnPressed.connect(self._find_next)
        self.missing = label("", "hint", wrap=False)
        self.missing.hide()
        self.setLayout(self._arrange())

    @property
    def section(self) -> str:
        """The section that was gone to last; empty for none."""
        item = self.sections.currentItem()
        return item.text() if item is not None else ""

    def show_section(self, title: str) -> None:
        """Go to a section; to the beginning where there is none of that title."""
        found = self.sections.findItems(title, Qt.MatchFlag.MatchExactly) if title else []
        if found:
            self.sections.setCurrentItem(found[0])
            self._jump(title)
        else:
            self.sections.setCurrentRow(-1)
            self.page.verticalScrollBar().setValue(0)

    def _jump(self, title: str) -> None:
        for block in self._headings():
            if block.text() == title:
                self._show_at_top(block)

    def _show_at_top(self, block: QTextBlock) -> None:
        top = self.page.document().documentLayout().blockBoundingRect(block).top()
        self.page.verticalScrollBar().setValue(int(top) - SPACE_S)

    def _find_next(self) -> None:
        """The next place, from the beginning again after the last one."""
        words = self.wanted.text()
        found = self.page.find(words)
        if not found and words:
            self.page.moveCursor(QTextCursor.MoveOperation.Start)
            found = self.page.find(words)
        self.missing.setText("" if found or not words else "not found")
        self.missing.setVisible(bool(self.missing.text()))

    def _headings(self) -> list[QTextBlock]:
        found, block = [], self.page.document().begin()
        while block.isValid():
            if block.blockFormat().headingLevel() == SECTION_LEVEL:
                found.append(block)
            block = block.next()
        return found

    def _arrange(self) -> QVBoxLayout:
        halves = QSplitter()
        halves.addWidget(self.sections)
        halves.addWidget(self.page)
        halves.setSizes([SECTIONS_PX, self.width() - SECTIONS_PX])
        halves.setStretchFactor(1, 1)
        layout = column()
        layout.addLayout(row(self.wanted, self.missing))
        layout.addWidget(halves, 1)
        return layout


def _space(document: QTextDocument, line: QBrush) -> None:
    """Markdown's tables stand close and its code runs out of the page."""
    for table in (frame for frame in document.rootFrame().childFrames() if isinstance(frame, QTextTable)):
        form: QTextTableFormat = table.format()
        form.setCellPadding(4)
        form.setBorderCollapse(True)
        form.setBorderBrush(line)
        table.setFormat(form)
    block = document.begin()
    while block.isValid():
        wrapped = block.blockFormat()
        wrapped.setNonBreakableLines(False)
        QTextCursor(block).setBlockFormat(wrapped)
        block = block.next()
