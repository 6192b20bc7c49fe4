"""`lnm history`: what was done in a workspace, when and by whom."""

from __future__ import annotations

from pathlib import Path

import typer

from lnm_desktop import paths
from lnm_desktop.cli.output import WORDS, print_json
from lnm_desktop.errors import StoreError


def command(
    workspace: Path | None = typer.Argument(None, help="Workspace folder; the user's own by default."),
    case: str = typer.Option("", "--case", help="Pseudonym of one case; all of them without."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """List every row of the journal, case by case, oldest first.

    Example: lnm history ./workspace --case P-1
    """
    from lnm_desktop.app.session import Session  # noqa: PLC0415 - keeps the start of other commands short

    folder = workspace or paths.default_workspace()
    with Session.open(folder, author="", create=False, read_only=True) as session:
        cases = [one for one in session.cases() if case in ("", one.pseudonym)]
        if case and not cases:
            raise StoreError(f"there is no case {case} in {folder.name}", hint="`lnm history` lists all cases.")
        found = [(one.pseudonym, entry) for one in cases for entry in session.history(one.id)]
    rows = [{"case": name, "row": e.seq, "utc": e.utc, "user": e.user, "words": e.words} for name, e in found]
    if as_json:
        print_json({"rows": rows})
        return
    for row in rows:
        WORDS.print(f"{row['row']:>6}  {row['utc']}  {row['case']}  {row['user']}: {row['words']}", markup=False)
