"""`lnm report`: a case as PDF and JSON."""

from __future__ import annotations

import getpass
from pathlib import Path

import typer
from rich.markup import escape

from lnm_desktop import paths
from lnm_desktop.cli.output import WORDS, print_json
from lnm_desktop.domain.prediction import RESEARCH_USE_ONLY


def command(
    case: str = typer.Argument(help="Pseudonym or id of the case."),
    out: Path = typer.Option(..., "--out", help="Folder for report.pdf and report.json."),
    workspace: Path | None = typer.Option(None, "--workspace", help="Workspace folder; by default the window's."),
    model: str = typer.Option("lnm-clinical-lr", "--model", help="Clinical model to ask; empty for none."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Write a case's report: clinical data, the probability with what it rests on, slides, runs, models, hashes.

    Example: lnm report P-017 --workspace study --out report
    """
    from lnm_desktop.app.case_report import case_report, find_case, save_case_report  # noqa: PLC0415 - start-up
    from lnm_desktop.app.models import Models  # noqa: PLC0415
    from lnm_desktop.app.session import Session  # noqa: PLC0415
    from lnm_desktop.formats.clinical_schema import load_default_schema  # noqa: PLC0415

    folder = workspace or paths.default_workspace()
    with (
        Session.open(
            folder, author=getpass.getuser(), schema=load_default_schema(), create=False, read_only=True
        ) as session,
        Models(paths.log_dir(), paths.cache_dir()) as models,
    ):
        written = save_case_report(case_report(session, models, find_case(session, case).id, model), out)
    if as_json:
        print_json({"pdf": str(written[0]), "json": str(written[1]), "notice": RESEARCH_USE_ONLY})
    else:
        WORDS.print(f"{escape(str(written[0]))}\n{escape(str(written[1]))}\n[bold]{RESEARCH_USE_ONLY}[/]")
