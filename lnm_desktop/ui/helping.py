"""F1: the user guide opens where it speaks of the panel under the focus."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget

from lnm_desktop.errors import FormatError
from lnm_desktop.paths import user_guide
from lnm_desktop.ui.actions import Actions
from lnm_desktop.ui.widgets.guide_window import GuideWindow
from lnm_desktop.ui.workbench import Workbench

SECTIONS = {
    "cases": "Cases",
    "annotations": "Draw",
    "bookmarks": "Bookmarks",
    "clinical": "Clinical data",
    "models": "Models",
    "results": "Results",
    "look": "Look",
}
"""Where the guide speaks of a panel."""
VIEWER, ELSEWHERE = "Draw", "Start"
SECTION = "guideSection"
"""A dialog's property that names its section."""


class Helping(QObject):
    """Shows the guide in one window, which is brought to the front when it is asked for again."""

    def __init__(self, actions: Actions, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self._help = actions["help-here"]
        self.guide: GuideWindow | None = None
        actions.on({"user-guide": lambda: self.open(""), "help-here": lambda: self.open(self.section_here())})
        bench.window.closing.connect(self._close)

    def explain(self, dialog: QWidget, section: str) -> None:
        """Let F1 speak of a section while this dialog is active."""
        dialog.setProperty(SECTION, section)
        dialog.addAction(self._help)

    def section_here(self) -> str:
        """The guide's section about what has the focus."""
        panels, window = self._bench.panels, self._bench.window
        places: dict[QWidget, str] = {getattr(panels, name): section for name, section in SECTIONS.items()}
        places |= {window.area: VIEWER, window.tabs: places.get(window.tabs.currentWidget(), ELSEWHERE)}
        widget: QWidget | None = QApplication.focusWidget()
        while widget is not None:
            section = places.get(widget) or str(widget.property(SECTION) or "")
            if section:
                return section
            widget = widget.parentWidget()
        return ELSEWHERE

    def open(self, section: str) -> None:
        """Show the guide at a section, at its beginning where none is named."""
        if self.guide is not None:
            self.guide.show_section(section)
            self.guide.raise_()
            self.guide.activateWindow()
            return
        self._bench.background.run(_read, lambda text: self._show(text, section), self._bench.notices.error)

    def _show(self, text: str, section: str) -> None:
        if self.guide is None:
            self.guide = GuideWindow(text, self._bench.window)
            self.guide.destroyed.connect(self._forget)
        self.guide.show()
        self.guide.show_section(section)

    def _forget(self) -> None:
        self.guide = None

    def _close(self) -> None:
        if self.guide is not None:
            self.guide.close()


def _read() -> str:
    try:
        return user_guide().read_text(encoding="utf-8")
    except OSError as error:
        raise FormatError("The user guide cannot be read", hint="Install the program again.") from error
