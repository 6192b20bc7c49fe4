"""The running application as a test drives it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication, QComboBox

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from lnm_desktop.ui.main import Desktop

# The first run of a model on a machine tries what computes fastest, and the machine may be busy.
PATIENCE_MS = 150_000


class RealWindow:
    """The running application with verbs for what a person does and waits for."""

    def __init__(self, qtbot: QtBot, desktop: Desktop) -> None:
        self.qtbot = qtbot
        self.desktop = desktop
        self.bench = desktop.bench

    def wait(self, condition: Callable[[], object]) -> None:
        """Serve events until something is true."""
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=PATIENCE_MS)

    def open(self, path: Path) -> None:
        """Open an image and wait until it is sharp."""
        self.wait(self.bench.settled)
        self.bench.open_paths([path])
        self.wait(lambda: self._shows(path) and self.bench.settled())
        assert self.bench.pane is not None
        assert self.bench.pane.wait_until_sharp(PATIENCE_MS)

    def _shows(self, path: Path) -> bool:
        image = self.bench.current.image
        return image is not None and image.path == str(path.resolve())

    def run_model(self, **choices: str) -> None:
        """Press Run as soon as it can be pressed, with these choices made in the form."""
        self.wait(self.desktop.panels.models.can_run)
        for name, words in choices.items():
            box = self.desktop.panels.models.options.entries[name].widget
            assert isinstance(box, QComboBox)
            assert box.findText(words) >= 0
            box.setCurrentText(words)
        self.desktop.panels.models.run.click()
        self.wait(lambda: self.bench.predicting.running)

    def told(self) -> list[str]:
        """All notices so far."""
        return [notice.message for notice in self.desktop.notices]


@contextmanager
def running(qtbot: QtBot, workspace: Path) -> Iterator[RealWindow]:
    """The application on a workspace, closed at the end."""
    from lnm_desktop.ui.main import Desktop, parse_arguments

    application = QApplication.instance()
    assert isinstance(application, QApplication)
    desktop = Desktop(application, parse_arguments(["--workspace", str(workspace)]))
    desktop.start()
    yield RealWindow(qtbot, desktop)
    desktop.window.close()
    desktop.window.deleteLater()
    qtbot.wait(50)
