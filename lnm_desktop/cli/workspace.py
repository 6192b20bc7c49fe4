"""`lnm workspace`: copied to another place; files that were moved found again."""

from __future__ import annotations

import getpass
from pathlib import Path

import typer

from lnm_desktop import paths
from lnm_desktop.cli.output import WORDS, print_json

group = typer.Typer(help="A workspace as a whole.", no_args_is_help=True)


@group.callback()
def _group() -> None:
    """A workspace as a whole."""


@group.command()
def copy(
    workspace: Path = typer.Argument(help="Workspace folder."),
    target: Path = typer.Argument(help="The copy's folder; it must not be there yet."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Copy a workspace as it is now, journal verified, with models' results; slides stay where they are.

    Example: lnm workspace copy ./workspace /mnt/usb/workspace
    """
    from lnm_desktop.app.workspace_copy import copy_workspace  # noqa: PLC0415 - keeps the start of other commands short

    made = copy_workspace(workspace, target)
    if as_json:
        print_json({"rows": made.rows, "runs": made.runs, "bytes": made.size_bytes, "folder": target.name})
    else:
        size = f"{made.size_bytes / 1e6:,.1f} MB"
        WORDS.print(f"{target.name}: {made.rows} journal rows, {made.runs} runs, {size}, verified.", markup=False)


@group.command()
def relink(
    folder: Path = typer.Argument(help="Where to look, folders inside it too."),
    workspace: Path | None = typer.Option(None, "--workspace", help="Workspace folder; the user's own by default."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Find the files of images that were moved or renamed, by what they hold.

    Example: lnm workspace relink /mnt/slides --workspace ./workspace
    """
    from lnm_desktop.app.relink import find_moved  # noqa: PLC0415 - as above
    from lnm_desktop.app.session import Session  # noqa: PLC0415 - as above

    with Session.open(workspace or paths.default_workspace(), author=getpass.getuser(), create=False) as session:
        result = find_moved(session, folder)
    found, missing = ([image.label for image in images] for images in (result.found, result.missing))
    if as_json:
        print_json({"found": found, "missing": missing, "looked_at": result.looked_at})
        return
    for label in found:
        WORDS.print(f"found: {label}", markup=False)
    for label in missing:
        WORDS.print(f"still missing: {label}", markup=False)
    WORDS.print(f"{len(found)} found, {len(missing)} missing; {result.looked_at} files looked at.", markup=False)
