"""Qt is started here: where there is no screen it would abort, and the words it has for that are not for a person."""

from __future__ import annotations

import os
import sys

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from lnm_desktop.errors import EnvironmentFault

_WORDS = (
    "LNM Desktop cannot open its window: there is no screen that it can use.\n"
    "Start it in a desktop session, or under xvfb-run. The command line works without a screen: see lnm --help.\n"
)


def new_application(argv: list[str]) -> QApplication:
    """Start Qt. Where that is impossible the process ends here, with words and the exit code of EnvironmentFault."""
    before = qInstallMessageHandler(_hear)
    try:
        return QApplication(argv)
    finally:
        qInstallMessageHandler(before)


def _hear(kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
    """Qt aborts after a fatal message, whatever is done about it here, short of leaving."""
    sys.stderr.write(f"{message}\n")
    if kind == QtMsgType.QtFatalMsg:
        sys.stderr.write(_WORDS)
        sys.stderr.flush()
        os._exit(EnvironmentFault.exit_code)
