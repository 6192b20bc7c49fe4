"""`lnm doctor`: is this machine able to do the work?"""

from __future__ import annotations

from dataclasses import asdict

import typer

from lnm_desktop import __version__, paths
from lnm_desktop.cli.output import WORDS, print_json, print_table
from lnm_desktop.errors import EnvironmentFault


def command(as_json: bool = typer.Option(False, "--json", help="Print one JSON object.")) -> None:
    """Check libraries, disk, display, plugins and compute devices, with the remedy for what is missing.

    Example: lnm doctor --json
    """
    from lnm_desktop.app.doctor import examine  # noqa: PLC0415 - keeps the start of other commands short
    from lnm_desktop.app.models import Models  # noqa: PLC0415

    with Models(paths.log_dir(), paths.cache_dir()) as models:
        checks = examine(models)
    ok = all(check.ok for check in checks)
    if as_json:
        print_json({"ok": ok, "version": __version__, "checks": [asdict(check) for check in checks]})
    else:
        rows = [
            (check.name, "ok" if check.ok else "PROBLEM", check.seen, "" if check.ok else check.remedy)
            for check in checks
        ]
        print_table("LNM Desktop", ("check", "state", "seen", "remedy"), rows)
        WORDS.print(f"Logs: {paths.log_dir()}", markup=False)
    raise typer.Exit(0 if ok else EnvironmentFault.exit_code)
