"""`lnm audit verify`: whether a workspace's journal is whole."""

from __future__ import annotations

from pathlib import Path

import typer

from lnm_desktop import paths
from lnm_desktop.cli.output import WORDS, print_json
from lnm_desktop.errors import JournalDamaged

group = typer.Typer(help="The journal of a workspace.", no_args_is_help=True)


@group.callback()
def _group() -> None:
    """The journal of a workspace."""


@group.command()
def verify(
    workspace: Path | None = typer.Argument(None, help="Workspace folder; the user's own by default."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Walk the hash chain and compare the tables with it; the first bad row is named.

    Example: lnm audit verify ./workspace --json
    """
    from lnm_desktop.app.session import verify_workspace  # noqa: PLC0415 - keeps the start of other commands short

    report = verify_workspace(workspace or paths.default_workspace())
    if as_json:
        facts = {"ok": report.ok, "rows": report.rows, "first_bad_seq": report.first_bad_seq}
        print_json({**facts, "problem": report.problem, "clock_jumps": list(report.clock_jumps)})
    else:
        WORDS.print(
            f"{report.rows} journal rows, " + ("all in order." if report.ok else f"PROBLEM: {report.problem}"),
            markup=False,
        )
        if report.clock_jumps:
            rows = ", ".join(map(str, report.clock_jumps))
            WORDS.print(f"The clock was set before rows {rows}: their order counts, not their time.", markup=False)
    raise typer.Exit(0 if report.ok else JournalDamaged.exit_code)
