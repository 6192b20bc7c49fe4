"""After two starts that came to a bad end the plugins of others are left out, until the user takes them in again."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QTimer

from lnm_desktop.app.models import Models, own_plugins
from lnm_desktop.app.safe_start import StartMark
from lnm_desktop.paths import cache_dir, log_dir
from lnm_desktop.ui.notices import Notice, Offer, Severity
from lnm_desktop.ui.workbench import Workbench

# A window that lives so long has started well.
WORKING_AFTER_MS = 10_000
WORDS = "Started in safe mode: only the application's own models are used."
HINT = "Disable or remove the plugin that is to blame (Plugins ▸ Plugins), then use the others again."


class SafeMode:
    """`mark` counts starts that came to a bad end; `wanted` is True where the user asks for a safe one."""

    def __init__(self, mark: Path, *, wanted: bool) -> None:
        self._mark = StartMark(mark)
        self.on = self._mark.begin() or wanted
        self.models = Models(log_dir(), cache_dir(), search=own_plugins if self.on else None)

    def begin(self, bench: Workbench) -> None:
        """The window is shown: say how it was started, and wait whether it lives."""
        self._bench = bench
        QTimer.singleShot(WORKING_AFTER_MS, self.succeed)
        bench.window.status.show_safe(safe=self.on)
        if self.on:
            offer = Offer("Use All Plugins", self.leave)
            bench.notices.add(Notice(WORDS, HINT, Severity.WARN, offer=offer))

    def succeed(self) -> None:
        """The start has come to a good end, or the window is closed in order."""
        self._mark.succeed()

    def leave(self) -> None:
        """Take the plugins of others in again."""
        self.on = False
        self._bench.window.status.show_safe(safe=False)
        looking = self._bench.predicting.look_for_models
        self._bench.background.run(self.models.use_all, lambda _none: looking(), self._bench.notices.error)
