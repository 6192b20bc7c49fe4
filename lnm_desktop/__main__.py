"""One executable, two doors: `--window …` opens the window, anything else is the command line."""

from __future__ import annotations

import multiprocessing
import sys

WINDOW = "--window"


def command_line() -> None:
    """The `lnm` command."""
    multiprocessing.freeze_support()
    from lnm_desktop.cli.main import main  # noqa: PLC0415 - a spawned child re-imports this module: keep it light

    sys.exit(main())


def window() -> None:
    """The `lnm-desktop` command."""
    multiprocessing.freeze_support()
    from lnm_desktop.ui.main import main  # noqa: PLC0415 - as above

    arguments = sys.argv[1:]
    sys.exit(main(arguments[1:] if arguments[:1] == [WINDOW] else arguments))


if __name__ == "__main__":
    window() if sys.argv[1:2] == [WINDOW] else command_line()
