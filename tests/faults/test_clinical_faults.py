"""Rows C01–C07 of the fault catalogue: tables of clinical data that are not what they should be."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lnm_desktop.app.clinical_import import (
    ColumnMapping,
    DecimalMark,
    FieldSource,
    RowState,
    examine,
)
from lnm_desktop.app.clinical_table import export_clinical, known_cases, take_over
from lnm_desktop.app.commands import SetClinicalValue
from lnm_desktop.app.mapping_guess import guess_mapping
from lnm_desktop.app.session import Session
from lnm_desktop.domain.clinical import Absent
from lnm_desktop.errors import ClinicalError, FormatError
from lnm_desktop.formats import csv_table, table_file
from lnm_desktop.formats.clinical_schema import load_default_schema
from lnm_desktop.formats.table_file import read_table, sheets_of

SCHEMA = load_default_schema()
PLAIN = ColumnMapping("id", (FieldSource("age", "age"), FieldSource("grade", "grade")))


def a_file(folder: Path, data: bytes | str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def reports_of(path: Path, mapping: ColumnMapping = PLAIN):
    return examine(read_table(path), mapping, SCHEMA, {})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"])
def test_c01_an_encoding_is_found_and_a_guess_is_told(tmp_path: Path, encoding: str) -> None:
    table = read_table(a_file(tmp_path, "id;Größe\nMüller-1;3\n".encode(encoding)))
    assert table.columns == ("id", "Größe")
    assert table.rows == (("Müller-1", "3"),)
    assert bool(table.notes) is (encoding in ("cp1252", "latin-1"))


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ('id,age\nA,1\nB,"2\nC,3\n', 3),
        ('id,age\nA,1\nB,"2"x\n', 3),
        ("id,age\nA,1\nB,2,3\n", 3),
        ("id,age\n\nA,1\nB\n", 4),
    ],
)
def test_c02_an_open_quote_or_a_ragged_row_is_named(tmp_path: Path, text: str, row: int) -> None:
    with pytest.raises(FormatError, match=rf"table\.csv, row {row}: "):
        read_table(a_file(tmp_path, text))


def test_c02_empty_cells_at_the_end_and_lines_within_quotes_are_no_fault(tmp_path: Path) -> None:
    table = read_table(a_file(tmp_path, 'id,age\nA,"1\n2",,\nB,3\n'))
    assert table.rows == (("A", "1\n2"), ("B", "3"))
    assert table.numbers == (2, 4)


def test_c03_nul_huge_cells_and_endless_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FormatError, match="row 3: a NUL"):
        read_table(a_file(tmp_path, "id,age\nA,1\nB,\x002\n"))
    with pytest.raises(FormatError, match=r"row 2: "):
        read_table(a_file(tmp_path, f"id,age\nA,{'9' * 200_000}\n"))
    monkeypatch.setattr(table_file, "MOST_ROWS", 1000)
    with pytest.raises(FormatError, match="more than 1,000 rows"):
        read_table(a_file(tmp_path, "id,age\n" + "A,1\n" * 1001))
    monkeypatch.setattr(table_file, "LIMIT_BYTES", 1000)
    with pytest.raises(FormatError):
        read_table(a_file(tmp_path, "id,age\n" + "A,1\n" * 1000))


@pytest.mark.parametrize("cell", ["03/04/2025", "2025-04-03", "3-Apr", "Mar 25"])
def test_c04_a_date_is_no_number_and_stays_as_it_was_typed(tmp_path: Path, cell: str) -> None:
    (report,) = reports_of(a_file(tmp_path, f"id;age;grade\nA;{cell};2\n"))
    (problem,) = report.problems
    assert (report.state, problem.raw, problem.column) == (RowState.REFUSED, cell, "age")
    assert "date" in problem.words


def test_c04_a_decimal_mark_is_stated_or_seen_but_never_guessed_cell_by_cell(tmp_path: Path) -> None:
    path = a_file(tmp_path, "id;age;grade\nA;51,5;2\nB;62,0;3\n")
    assert all("decimal mark" in report.problems[0].words for report in reports_of(path))
    comma = guess_mapping(read_table(path), SCHEMA)
    assert comma.decimal is DecimalMark.COMMA
    assert [report.values["age"] for report in reports_of(path, comma)] == [51.5, 62.0]
    mixed = a_file(tmp_path, "id;age;grade\nA;51,5;2\nB;62.5;3\n")
    found = reports_of(mixed, guess_mapping(read_table(mixed), SCHEMA))
    assert [report.state for report in found] == [RowState.REFUSED, RowState.NEW_CASE]


def test_c04_a_workbooks_date_is_no_number(tmp_path: Path) -> None:
    import datetime as dt

    book = openpyxl.Workbook()
    for row in (("id", "age", "grade"), ("A", dt.date(2025, 4, 3), 2), ("B", 51.5, 2.0)):
        book.active.append(row)
    book.save(tmp_path / "table.xlsx")
    first, second = reports_of(tmp_path / "table.xlsx")
    assert (first.problems[0].raw, first.state) == ("2025-04-03", RowState.REFUSED)
    assert second.values == {"age": 51.5, "grade": "2"}


@pytest.fixture
def session(tmp_path: Path):
    with Session.open(tmp_path / "ws", author="test", schema=SCHEMA) as opened:
        yield opened


def test_c05_unknown_and_repeated_identifiers_are_told_row_by_row(tmp_path: Path, session: Session) -> None:
    case = session.add_case("A")
    path = a_file(tmp_path, "id,age,grade\nA,50,2\nX,51,2\nD,52,2\nD,53,3\n,54,1\n")
    reports = examine(read_table(path), PLAIN, SCHEMA, known_cases(session))
    assert [report.state for report in reports] == [
        RowState.CHANGES,
        RowState.NEW_CASE,
        RowState.REFUSED,
        RowState.REFUSED,
        RowState.REFUSED,
    ]
    assert [report.problems[0].words for report in reports[2:]] == [
        "2 rows have this identifier",
        "2 rows have this identifier",
        "there is no identifier",
    ]
    with pytest.raises(ClinicalError, match="3 of 5 rows are refused; row 4, column id"):
        take_over(session, reports, path.name)
    assert session.clinical(case.id).values == {} and len(session.cases()) == 1, "nothing half applied"


def test_c05_a_missing_column_or_field_is_named(tmp_path: Path) -> None:
    path = a_file(tmp_path, "id,age\nA,1\n")
    with pytest.raises(ClinicalError, match="no column 'grade'"):
        reports_of(path)
    with pytest.raises(ClinicalError, match="no clinical field 'shoe_size'"):
        reports_of(path, ColumnMapping("id", (FieldSource("age", "shoe_size"),)))
    with pytest.raises(ClinicalError, match="two columns are meant for age"):
        reports_of(path, ColumnMapping("id", (FieldSource("age", "age"), FieldSource("id", "age"))))


def test_c05_a_failure_in_the_middle_leaves_nothing(
    tmp_path: Path, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lnm_desktop.store import changes

    path = a_file(tmp_path, "id,age,grade\n" + "".join(f"P{n},5{n % 10},2\n" for n in range(20)))
    reports = examine(read_table(path), PLAIN, SCHEMA, known_cases(session))
    real, calls = changes.commit_edit, iter(range(100))

    def failing(*arguments):
        if next(calls) == 25:
            raise RuntimeError("synthetic failure")
        return real(*arguments)

    monkeypatch.setattr(changes, "commit_edit", failing)
    with pytest.raises(RuntimeError, match="synthetic"):
        take_over(session, reports, path.name, new_cases=True)
    assert session.cases() == () and session.row_count == 0
    assert session.verify().ok


texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=12)
risky = st.builds(str.__add__, st.sampled_from(("=", "+", "-", "@", "\t", "\r", "'", "'=")), texts)


@given(st.lists(st.tuples(risky, texts | risky), min_size=1, max_size=6))
def test_c06_what_might_be_a_formula_is_neutral_in_the_file_and_the_same_when_read(tmp_path_factory, rows) -> None:
    path = tmp_path_factory.mktemp("c06") / "t.csv"
    path.write_bytes(csv_table.dumps(("a", "b"), rows))
    read = read_table(path)
    assert [tuple(map(csv_table.unguarded, row)) for row in read.rows] == [tuple(row) for row in rows]
    cells = [cell for row in read.rows for cell in row]
    assert not [cell for cell in cells if cell.startswith(csv_table.FORMULA_STARTS)]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_c06_an_export_reads_back_as_nothing_new(tmp_path: Path, session: Session, suffix: str) -> None:
    for name in ("=1+2", "@SUM(A1)", "-7", "'quoted", "plain"):
        case = session.add_case(name)
        session.execute(SetClinicalValue(case.id, "age", 51.5))
        session.execute(SetClinicalValue(case.id, "multifocality", True))
        session.execute(SetClinicalValue(case.id, "grade", Absent.UNKNOWN))
    path = tmp_path / f"out{suffix}"
    assert export_clinical(session, path) == 5
    table = read_table(path)
    reports = examine(table, guess_mapping(table, SCHEMA), SCHEMA, known_cases(session))
    assert [report.state for report in reports] == [RowState.SAME] * 5
    if suffix == ".xlsx":
        sheet = openpyxl.load_workbook(path).active
        assert {cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row} <= {"s", "n"}, "no formula"


def test_c07_a_workbook_that_would_fill_the_memory_is_refused_unpacked(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 400_000_000)
    with pytest.raises(FormatError, match="would unpack to 400 MB"):
        read_table(bomb)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 not a workbook", b"id,age\nA,1\n"])
def test_c07_what_is_no_workbook_is_told(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(FormatError, match=r"table\.xlsx"):
        read_table(a_file(tmp_path, data, "table.xlsx"))


def test_c07_an_external_link_and_an_entity_are_not_followed(tmp_path: Path) -> None:
    secret = a_file(tmp_path, "secret", "secret.txt")
    book = openpyxl.Workbook()
    book.active.append(("id", "age"))
    book.active.append(("A", f"='file://{secret}'#A1"))
    path = tmp_path / "linked.xlsx"
    book.save(path)
    assert read_table(path).rows == () or "secret" not in str(read_table(path).rows)
    with pytest.raises(FormatError, match=r"entity\.xlsx"):
        sheets_of(_with_entity(path, secret))


def _with_entity(path: Path, secret: Path) -> Path:
    made = path.with_name("entity.xlsx")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(made, "w") as target:
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename == "xl/workbook.xml":
                entity = f'<!DOCTYPE workbook [<!ENTITY x SYSTEM "file://{secret}">]>'.encode()
                assert b'name="Sheet"' in data
                data = entity + data[data.index(b"<workbook") :].replace(b'name="Sheet"', b'name="&x;"')
            target.writestr(entry.filename, data)
    return made


def a_workbook(folder: Path, *rows: tuple[object, ...]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(folder / "table.xlsx")
    return folder / "table.xlsx"


def rewritten(path: Path, part: str, change) -> Path:
    """The workbook with one of its parts changed."""
    made = path.with_name("rewritten.xlsx")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(made, "w") as target:
        for entry in source.infolist():
            data = source.read(entry)
            target.writestr(entry.filename, change(data) if entry.filename == part else data)
    return made


@pytest.mark.parametrize("said", [b"A1", b"A1:B4", b"A1:XFD11"])
def test_c07_what_a_workbook_says_of_its_size_is_not_believed(tmp_path: Path, said: bytes) -> None:
    path = a_workbook(tmp_path, ("id", "age", "grade"), *((f"P{n}", 50 + n, 2) for n in range(10)))
    wrong = rewritten(
        path, "xl/worksheets/sheet1.xml", lambda data: data.replace(b'ref="A1:C11"', b'ref="%s"' % said)
    )
    table = read_table(wrong)
    assert (table.columns, len(table.rows)) == (("id", "age", "grade"), 10)


def test_c04_cells_of_a_workbook_are_read_as_they_are_seen(tmp_path: Path) -> None:
    path = a_workbook(tmp_path, ("id", "ki67", "age"), (7, 0.2, 50), (8, 0.25, 0.5))
    book = openpyxl.load_workbook(path)
    for row in (2, 3):
        book.active.cell(row, 1).number_format = "000"
        book.active.cell(row, 2).number_format = "0%"
    book.active.cell(3, 3).number_format = "0%"
    book.save(path)
    assert read_table(path).rows == (("007", "20%", "50"), ("008", "25%", "50%"))
    first, second = reports_of(path, ColumnMapping("id", (FieldSource("ki67", "ki67"), FieldSource("age", "age"))))
    assert first.values == {"ki67": 20.0, "age": 50.0}
    assert second.state is RowState.REFUSED, "an age is no share"


def test_c04_a_formula_that_was_never_worked_out_is_told(tmp_path: Path) -> None:
    table = read_table(a_workbook(tmp_path, ("id", "age"), ("A", "=40+10")))
    assert "1 formulas have no value yet" in table.notes[0]
    assert read_table(a_workbook(tmp_path, ("id", "age"), ("A", 50))).notes == ()


@pytest.mark.parametrize(
    ("head", "sources"),
    [
        ("id,ER %", {"er_percent": "ER %"}),
        ("id,ER,ER %", {"er_percent": "ER %", "er_status": "ER"}),
        ("id,Tumor size", {}),
        ("id,Tumor size mm", {"tumor_size": "Tumor size mm"}),
    ],
)
def test_c05_no_column_is_guessed_against_its_unit(tmp_path: Path, head: str, sources: dict[str, str]) -> None:
    count = head.count(",")
    guessed = guess_mapping(read_table(a_file(tmp_path, f"{head}\nA{',1' * count}\n")), SCHEMA)
    assert {source.field: source.column for source in guessed.sources} == sources


def test_c05_a_dash_is_no_result(tmp_path: Path) -> None:
    table = read_table(a_file(tmp_path, "id,PR Status\nA,Positive\nB,-\n"))
    first, second = examine(table, guess_mapping(table, SCHEMA), SCHEMA, {})
    assert first.values == {"pr_status": "positive"}
    assert second.state is RowState.REFUSED


def test_c05_every_column_has_a_name_of_its_own(tmp_path: Path) -> None:
    table = read_table(a_file(tmp_path, ",Patienten-ID,Age,,age,age,age (2)\n0,P1,50,x,51,52,53\n"))
    assert table.columns == ("Column 1", "Patienten-ID", "Age", "Column 4", "age", "age (3)", "age (2)")
    assert guess_mapping(table, SCHEMA).identifier == "Patienten-ID"


def test_c02_what_divides_the_cells_is_read_from_the_row_of_names_or_from_excels_own_line(tmp_path: Path) -> None:
    titled = a_file(tmp_path, "Clinic A, ward 3, 2024\nid;age;grade\nA;50;2\n")
    assert read_table(titled, head_row=2).rows == (("A", "50", "2"),)
    stated = read_table(a_file(tmp_path, "sep=;\nid;age\nA;50\n"))
    assert (stated.columns, stated.rows, stated.numbers) == (("id", "age"), (("A", "50"),), (3,))


@pytest.mark.parametrize("name", [" A", "A ", "\tA", "\rA", "A\xa0"])
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_c06_spaces_around_a_pseudonym_hide_no_case(tmp_path: Path, session: Session, name: str, suffix: str) -> None:
    session.execute(SetClinicalValue(session.add_case(name).id, "age", 50.0))
    export_clinical(session, tmp_path / f"out{suffix}")
    table = read_table(tmp_path / f"out{suffix}")
    (report,) = examine(table, guess_mapping(table, SCHEMA), SCHEMA, known_cases(session))
    assert report.state is RowState.SAME


@pytest.mark.parametrize("name", ["A\x0bB", "A\ud800"])
def test_c06_what_a_workbook_cannot_hold_is_told_and_nothing_is_left(tmp_path: Path, name: str) -> None:
    from lnm_desktop.app import clinical_table

    with pytest.raises(FormatError, match="XLSX cannot hold"):
        clinical_table._write_workbook(tmp_path / "out.xlsx", ("pseudonym",), [(name,)])
    assert not list(tmp_path.glob("*.xlsx"))


def test_c05_rows_judged_before_the_cases_changed_are_not_taken_over(tmp_path: Path, session: Session) -> None:
    case = session.add_case("A")
    path = a_file(tmp_path, "id,age,grade\nA,50,2\nB,51,2\n")
    reports = examine(read_table(path), PLAIN, SCHEMA, known_cases(session))
    session.execute(SetClinicalValue(case.id, "age", 60.0))
    with pytest.raises(ClinicalError, match="row 2 has changed"):
        take_over(session, reports, path.name, new_cases=True)
    session.undo(case.id)
    take_over(session, reports, path.name, new_cases=True)
    with pytest.raises(ClinicalError, match="has changed since"):
        take_over(session, reports, path.name, new_cases=True)
    assert [one.pseudonym for one in session.cases()] == ["A", "B"]


def test_c07_workbooks_with_flipped_bytes_are_refused_in_words(tmp_path: Path) -> None:
    import random

    whole = a_workbook(tmp_path, ("id", "age"), *((f"P{n}", n) for n in range(30))).read_bytes()
    rng = random.Random(7)
    refused = 0
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        try:
            read_table(a_file(tmp_path, bytes(data), "flipped.xlsx"))
        except FormatError:
            refused += 1
    assert refused > 0


def test_c07_a_sheet_without_cells_is_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_chartsheet("Chart")
    book.active.append(("id", "age"))
    book.save(tmp_path / "chart.xlsx")
    with pytest.raises(FormatError, match=r"chart\.xlsx"):
        read_table(tmp_path / "chart.xlsx", "Chart")


def test_no_value_of_a_patient_stands_in_the_words(tmp_path: Path) -> None:
    (report,) = reports_of(a_file(tmp_path, "id,age,grade\nA,7565,2\n"))
    assert report.problems[0].words == "Age at diagnosis: this is out of range"
