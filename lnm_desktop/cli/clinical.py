"""`lnm clinical`: clinical data of a workspace from a table, to a table, and how a field came to its value."""

from __future__ import annotations

import contextlib
import getpass
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from lnm_desktop import paths
from lnm_desktop.cli.output import WORDS, print_json, print_table
from lnm_desktop.errors import StoreError
from lnm_desktop.formats.loaded import counted

if TYPE_CHECKING:
    from lnm_desktop.app.clinical_import import RowReport
    from lnm_desktop.app.session import Session
    from lnm_desktop.domain.clinical import ClinicalSchema

group = typer.Typer(no_args_is_help=True, help="Clinical data: from a table, to a table, and their history.")
SHOWN = 20


@group.command("import")
def import_(
    table: Path = typer.Argument(help="CSV or XLSX; one row for each patient."),
    workspace: Path | None = typer.Option(None, "--workspace", help="Workspace folder; the user's own by default."),
    mapping: Path | None = typer.Option(None, "--mapping", help="Column mapping (JSON); guessed without."),
    save_mapping: Path | None = typer.Option(None, "--save-mapping", help="Write the mapping in use to this file."),
    sheet: str = typer.Option("", "--sheet", help="Sheet of a workbook; the first by default."),
    head_row: int = typer.Option(1, "--head-row", min=1, help="The row that names the columns."),
    new_cases: bool = typer.Option(False, "--new-cases", help="Make a case of each row that has none."),
    leave_out: bool = typer.Option(False, "--leave-out", help="Take the other rows over where some are refused."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Only report what would happen."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Take clinical data over from a table: all rows in one step, or nothing.

    Example: lnm clinical import cohort.csv --workspace ws --new-cases --dry-run
    """
    from lnm_desktop.app import clinical_import, clinical_table  # noqa: PLC0415 - keeps the start short
    from lnm_desktop.app.mapping_guess import guess_mapping  # noqa: PLC0415 - as above
    from lnm_desktop.formats.clinical_schema import load_default_schema  # noqa: PLC0415 - as above
    from lnm_desktop.formats.table_file import read_table  # noqa: PLC0415 - as above

    schema = load_default_schema()
    found = read_table(table, sheet, head_row)
    chosen = clinical_import.load_mapping(mapping) if mapping is not None else guess_mapping(found, schema)
    if save_mapping is not None:
        clinical_import.save_mapping(save_mapping, chosen)
    done = None
    with _opened(workspace or paths.default_workspace(), schema, new_cases=new_cases, dry_run=dry_run) as session:
        known = clinical_table.known_cases(session) if session is not None else {}
        reports = clinical_import.examine(found, chosen, schema, known)
        if session is not None and not dry_run:
            done = clinical_table.take_over(session, reports, table.name, new_cases=new_cases, leave_out=leave_out)
    facts = _facts(reports)
    facts["columns"] = {source.column: source.field for source in chosen.sources}
    facts["identifier"] = chosen.identifier
    facts["notes"] = list(found.notes)
    facts["taken_over"] = None if done is None else {"cases": done.changed, "new_cases": done.added}
    print_json(facts) if as_json else _print_words(facts)


@group.command()
def export(
    out: Path = typer.Argument(help="The file to write, .csv or .xlsx."),
    workspace: Path | None = typer.Option(None, "--workspace", help="Workspace folder; the user's own by default."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Write every case's clinical data to a table that no spreadsheet takes for formulas.

    Example: lnm clinical export cohort.csv --workspace ws
    """
    from lnm_desktop.app.clinical_table import export_clinical  # noqa: PLC0415 - as above
    from lnm_desktop.app.session import Session  # noqa: PLC0415 - as above
    from lnm_desktop.formats.clinical_schema import load_default_schema  # noqa: PLC0415 - as above

    folder = workspace or paths.default_workspace()
    with Session.open(folder, author="", schema=load_default_schema(), create=False, read_only=True) as session:
        count = export_clinical(session, out)
    if as_json:
        print_json({"rows": count, "file": out.name})
    else:
        WORDS.print(f"{counted(count, 'case')} written to {out.name}.", markup=False)


@group.command()
def history(
    case: str = typer.Argument(help="Pseudonym of the case."),
    field: str = typer.Argument("", help="Id of a field; all of them without."),
    workspace: Path | None = typer.Option(None, "--workspace", help="Workspace folder; the user's own by default."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Tell how the clinical fields of a case came to their values: when, who, what before and after.

    Example: lnm clinical history P-1 grade --workspace ws
    """
    from lnm_desktop.app.session import Session  # noqa: PLC0415 - as above
    from lnm_desktop.formats.clinical_json import value_to_json  # noqa: PLC0415 - as above
    from lnm_desktop.formats.clinical_schema import load_default_schema  # noqa: PLC0415 - as above

    if field:
        load_default_schema().field(field)
    folder = workspace or paths.default_workspace()
    with Session.open(folder, author="", create=False, read_only=True) as session:
        chosen = [one for one in session.cases() if one.pseudonym == case]
        if not chosen:
            raise StoreError(f"there is no case {case} in {folder.name}", hint="`lnm history` lists all cases.")
        found = [change for change in session.field_history(chosen[0].id) if field in ("", change.field)]
    rows = [
        {
            "row": one.seq,
            "utc": one.utc,
            "user": one.user,
            "field": one.field,
            "before": value_to_json(one.before),
            "after": value_to_json(one.after),
        }
        for one in found
    ]
    if as_json:
        print_json({"case": case, "changes": rows})
        return
    for row in rows:
        words = f"{row['field']}: {row['before']} → {row['after']}"
        WORDS.print(f"{row['row']:>6}  {row['utc']}  {row['user']}  {words}", markup=False)


def _opened(
    folder: Path, schema: ClinicalSchema, *, new_cases: bool, dry_run: bool
) -> contextlib.AbstractContextManager[Session | None]:
    """The workspace, for reading in a dry run; none where one would only be made."""
    from lnm_desktop.app.session import Session  # noqa: PLC0415 - as above

    if dry_run and new_cases and not folder.exists():
        return contextlib.nullcontext()
    create = new_cases and not dry_run
    return Session.open(folder, author=getpass.getuser(), schema=schema, create=create, read_only=dry_run)


def _facts(reports: tuple[RowReport, ...]) -> dict[str, Any]:
    states = Counter(report.state.value for report in reports)
    refused = [report for report in reports if report.problems]
    return {
        "rows": len(reports),
        "states": dict(states),
        "without_case": [report.number for report in reports if report.state == "without a case"],
        "refused": [
            {
                "row": report.number,
                "problems": [{"column": p.column, "cell": p.raw[:80], "why": p.words} for p in report.problems],
            }
            for report in refused
        ],
    }


def _print_words(facts: dict[str, Any]) -> None:
    columns = [(column, field) for column, field in facts["columns"].items()]
    print_table("Columns", ("Column", "Field"), [(facts["identifier"], "pseudonym"), *columns])
    lines = [(str(one["row"]), p["column"], p["why"]) for one in facts["refused"] for p in one["problems"]]
    if lines:
        print_table("Refused", ("Row", "Column", "Why"), lines[:SHOWN])
    for note in facts["notes"]:
        WORDS.print(note, markup=False)
    WORDS.print(", ".join(f"{count} {state}" for state, count in facts["states"].items()), markup=False)
    done = facts["taken_over"]
    words = "Nothing was taken over: a dry run." if done is None else (
        f"Taken over: {done['cases']} cases changed, {done['new_cases']} new."
    )  # fmt: skip
    WORDS.print(words, markup=False)
