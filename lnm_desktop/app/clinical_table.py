"""Clinical data of a whole workspace: taken over from a table, all of it or none, and written to one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lnm_desktop.app.clinical_import import Known, RowReport, RowState
from lnm_desktop.app.commands import AddCase, Command, SetClinicalValues
from lnm_desktop.app.session import Session
from lnm_desktop.domain.case import Case
from lnm_desktop.domain.clinical import Absent, Value
from lnm_desktop.domain.ids import CaseId, new_id
from lnm_desktop.errors import ClinicalError, FormatError
from lnm_desktop.formats.csv_table import dumps, guarded
from lnm_desktop.formats.files import draft_of, write_atomic
from lnm_desktop.store.journal import utc_now

IDENTIFIER = "pseudonym"


@dataclass(frozen=True, slots=True)
class TakenOver:
    """What an import did."""

    changed: int
    added: int
    same: int
    left_out: int


def known_cases(session: Session) -> Known:
    """Every case by its pseudonym with its record. Raises ClinicalError where two cases share one."""
    cases = session.cases()
    found = {case.pseudonym: (case.id, session.clinical(case.id)) for case in cases}
    if len(found) < len(cases):
        names = [case.pseudonym for case in cases]
        twice = next(name for name in names if names.count(name) > 1)
        raise ClinicalError(f"two cases are named {twice}", hint="Rename one of them, so that rows find their case.")
    return found


def take_over(
    session: Session, reports: Sequence[RowReport], source: str, *, new_cases: bool = False, leave_out: bool = False
) -> TakenOver:
    """Commit what the rows change, all in one transaction or nothing; each case takes its part back by one undo.

    Rows without a case become cases with `new_cases` and are passed over without; refused rows are passed over with
    `leave_out` and stop everything without. Raises ClinicalError naming the first of them, or where the cases are no
    longer what they were when the rows were judged; StoreError.
    """
    refused = [report for report in reports if report.state is RowState.REFUSED]
    if refused and not leave_out:
        first = refused[0]
        words = f"row {first.number}, column {first.problems[0].column}: {first.problems[0].words}"
        hint = "Nothing was taken over. Correct the table or the mapping, or leave such rows out."
        raise ClinicalError(f"{len(refused)} of {len(reports)} rows are refused; {words}", hint=hint)
    changing = [report for report in reports if report.state is RowState.CHANGES]
    added = [report for report in reports if report.state is RowState.NEW_CASE] if new_cases else []
    _check_fresh(known_cases(session), [*changing, *added])
    session.execute_all([*_commands(changing, source), *_new_cases(added, source)])
    same = sum(report.state is RowState.SAME for report in reports)
    return TakenOver(len(changing), len(added), same, len(reports) - len(changing) - len(added) - same)


def _check_fresh(known: Known, reports: Sequence[RowReport]) -> None:
    """Nobody may have added such a case, or changed such a value, since the rows were judged."""
    names = {pseudonym.strip() for pseudonym in known}
    records = dict(known.values())
    for report in reports:
        record = records.get(report.case_id) if report.case_id is not None else None
        same = record is not None and all(record.get(key) == value for key, value in report.before.items())
        if not (same if report.case_id is not None else report.identifier not in names):
            hint = "Nothing was taken over. Open the table again."
            raise ClinicalError(f"the case of row {report.number} has changed since it was looked at", hint=hint)


def export_clinical(session: Session, path: Path) -> int:
    """Write every case's record as CSV or XLSX, as it can be read back; gives how many rows. Raises FormatError."""
    fields = session.schema.fields
    columns = (IDENTIFIER, *(field.id for field in fields))
    records = [(case.pseudonym, session.clinical(case.id)) for case in session.cases()]
    rows = [(name, *(_cell(record.get(field.id)) for field in fields)) for name, record in records]
    if path.suffix.lower() == ".xlsx":
        _write_workbook(path, columns, rows)
    elif path.suffix.lower() == ".csv":
        write_atomic(path, dumps(columns, rows))
    else:
        raise FormatError(f"{path.name} has no known ending", hint="Choose a name that ends in .csv or .xlsx.")
    return len(rows)


def _commands(reports: Sequence[RowReport], source: str) -> list[Command]:
    return [
        SetClinicalValues(report.case_id, dict(report.values), source)
        for report in reports
        if report.case_id is not None
    ]


def _new_cases(reports: Sequence[RowReport], source: str) -> list[Command]:
    made: list[Command] = []
    for report in reports:
        case = Case(CaseId(new_id()), report.identifier, utc_now())
        made.append(AddCase(case))
        if report.values:
            made.append(SetClinicalValues(case.id, dict(report.values), source))
    return made


def _cell(value: Value) -> str | float | None:
    if value is Absent.NOT_ASKED:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, float) else str(value)


def _write_workbook(path: Path, columns: Sequence[str], rows: Sequence[Sequence[str | float | None]]) -> None:
    import openpyxl  # noqa: PLC0415 - keeps the start of the window short
    from openpyxl.utils.exceptions import IllegalCharacterError  # noqa: PLC0415 - as above

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Clinical data")
    try:
        for row in (columns, *rows):
            sheet.append([guarded(cell) if isinstance(cell, str) else cell for cell in row])
        with draft_of(path) as file:
            book.save(file)
    except (IllegalCharacterError, UnicodeEncodeError) as error:
        hint = "Export CSV, or rename the case."
        raise FormatError(f"{path.name}: a pseudonym has a character that XLSX cannot hold", hint=hint) from error
