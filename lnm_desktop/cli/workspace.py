"""`lnm workspace`: a whole workspace copied to another place."""

from __future__ import annotations

from pathlib import Path

import typer

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
