"""Takes a picture of the whole window once it shows what it was started with, then closes it."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from lnm_desktop.log import get_logger
from lnm_desktop.ui.workbench import Workbench

_log = get_logger(__name__)
LOOK_EVERY_MS = 200
PATIENCE_S = 180.0
SHARP_MS = 60_000


class PictureTaker(QObject):
    """`exit_code` is 0 once the picture is written."""

    def __init__(self, bench: Workbench, file: Path) -> None:
        super().__init__(bench)
        self.exit_code = 1
        self._bench = bench
        self._file = file
        self._until = time.monotonic() + PATIENCE_S
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(LOOK_EVERY_MS)

    def _look(self) -> None:
        if time.monotonic() > self._until:
            _log.error("the window was not ready for a picture in time")
            self._finish()
        elif self._bench.settled():
            self._timer.stop()
            self._take()

    def _take(self) -> None:
        if not all(pane.wait_until_sharp(SHARP_MS) for pane in self._bench.panes.built()):
            _log.error("the image was not sharp in time")
            self._finish()
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        if self._bench.window.grab().save(str(self._file)):
            self.exit_code = 0
        self._finish()

    def _finish(self) -> None:
        self._timer.stop()
        self._bench.window.close()
        QApplication.exit(self.exit_code)
