"""`lnm backup`: verified copies of a workspace, and the way back to one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from lnm_desktop import paths
from lnm_desktop.cli.output import WORDS, print_json
from lnm_desktop.errors import StoreError

if TYPE_CHECKING:
    from lnm_desktop.app.backups import Backup

group = typer.Typer(help="Verified copies of a workspace.", no_args_is_help=True)
_WORKSPACE = typer.Argument(None, help="Workspace folder; the user's own by default.")
_JSON = typer.Option(False, "--json", help="Print JSON.")


@group.callback()
def _group() -> None:
    """Verified copies of a workspace."""


@group.command()
def make(workspace: Path | None = _WORKSPACE, as_json: bool = _JSON) -> None:
    """Copy the workspace as it is now and verify the copy; others may go on working in it.

    Example: lnm backup make ./workspace
    """
    from lnm_desktop.app.backups import back_up  # noqa: PLC0415 - keeps the start of other commands short

    made = back_up(workspace or paths.default_workspace())
    if as_json:
        print_json(_facts(made))
    else:
        WORDS.print(f"{made.file.name}: {_words(made)}", markup=False)


@group.command("list")
def list_backups(workspace: Path | None = _WORKSPACE, as_json: bool = _JSON) -> None:
    """Every backup, newest first, examined now.

    Example: lnm backup list ./workspace --json
    """
    from lnm_desktop.app.backups import backups_of  # noqa: PLC0415 - keeps the start of other commands short

    found = backups_of(workspace or paths.default_workspace())
    if as_json:
        print_json({"backups": [_facts(one) for one in found]})
        return
    for one in found:
        WORDS.print(f"{one.file.name}: {_words(one)}", markup=False)
    if not found:
        WORDS.print("There is no backup yet.", markup=False)


@group.command()
def restore(
    workspace: Path = typer.Argument(help="Workspace folder."),
    name: str = typer.Argument("", help="The backup's file name; the newest sound one without."),
    as_json: bool = _JSON,
) -> None:
    """Put a backup in the workspace's place; what is there is kept beside it.

    Example: lnm backup restore ./workspace workspace-20260131T120000000000Z.db
    """
    from lnm_desktop.app.backups import backups_of, restore_backup  # noqa: PLC0415 - keeps other commands quick

    found = [one for one in backups_of(workspace) if (one.file.name == name if name else one.is_sound)]
    if not found:
        words = f"there is no backup {name}" if name else "there is no sound backup"
        raise StoreError(f"{words} of {workspace.name}", hint="List them: `lnm backup list`.")
    aside = restore_backup(workspace, found[0].file)
    if as_json:
        print_json({"restored": _facts(found[0]), "replaced": aside.name})
    else:
        WORDS.print(f"Restored {found[0].file.name}; what was there lies in {aside.name}.", markup=False)


def _facts(backup: Backup) -> dict[str, Any]:
    counts = {"rows": backup.rows, "cases": backup.cases, "annotations": backup.annotations}
    utc = backup.utc.isoformat(timespec="seconds")
    return {"name": backup.file.name, "utc": utc, "ok": backup.is_sound, "problem": backup.problem, **counts}


def _words(backup: Backup) -> str:
    if not backup.is_sound:
        return f"PROBLEM: {backup.problem}"
    return f"{backup.rows} journal rows, {backup.cases} cases, {backup.annotations} annotations, verified."
