"""One executable, two doors: the window and the command line. Children are spawned by `process.child`."""

from __future__ import annotations

import multiprocessing
import sys


def command_line() -> None:
    """The `lnm` command."""
    multiprocessing.freeze_support()
    from lnm_desktop.cli.main import main  # noqa: PLC0415 - a spawned child re-imports this module: keep it light

    sys.exit(main())


def window() -> None:
    """The `lnm-desktop` command."""
    multiprocessing.freeze_support()
    from lnm_desktop.ui.main import main  # noqa: PLC0415 - as above

    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    command_line()
