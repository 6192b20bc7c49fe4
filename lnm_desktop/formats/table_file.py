"""Tables in files of other programs: CSV in the encodings that are about, and XLSX, as plain text cells."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from lnm_desktop.errors import FormatError
from lnm_desktop.formats.files import read_bytes

LIMIT_BYTES = 256 * 1024**2
MOST_ROWS = 200_000
MOST_CELL_CHARACTERS = 100_000
MOST_COLUMNS = 4_000
UNPACKED_BYTES = 1024**3
WORKBOOK_SUFFIXES = (".xlsx", ".xlsm")
_DELIMITERS = ",;\t|"
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_STATED = re.compile(r"sep=(.)", re.IGNORECASE)
_ZEROS = re.compile("0{2,}")
_UNCOMPUTED = re.compile(rb"(?:</f>|<f[^>]*/>)\s*(?:<v\s*/>|<v></v>)?\s*</c>")
# What openpyxl and the ZIP library raise for a file with wrong bytes.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
)
Rows = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Named columns of text; `numbers` are the rows' places in the file, the first line being 1."""

    columns: tuple[str, ...]
    rows: Rows
    numbers: tuple[int, ...]
    notes: tuple[str, ...] = ()


def read_table(path: Path, sheet: str = "", head_row: int = 1) -> Table:
    """A CSV file, or one sheet of a workbook (the first by default); the row `head_row` names the columns.

    Raises FormatError naming the file, the row and the remedy: a quote that is not closed, a row of another length,
    more than fits.
    """
    if path.suffix.lower() in WORKBOOK_SUFFIXES:
        with _workbook(path) as book:
            return _table(path.name, _sheet_rows(path, book, sheet), head_row, _formula_notes(path))
    text, notes = _decoded(path)
    return _table(path.name, _csv_rows(path.name, text, head_row), head_row, notes)


def sheets_of(path: Path) -> tuple[str, ...]:
    """The sheets of a workbook; none for a CSV file. Raises FormatError."""
    if path.suffix.lower() not in WORKBOOK_SUFFIXES:
        return ()
    with _workbook(path) as book:
        return tuple(book.sheetnames)


def _table(name: str, rows: Iterable[tuple[int, Sequence[str]]], head_row: int, notes: Sequence[str]) -> Table:
    filled = ((number, row) for number, row in rows if number >= head_row and any(cell.strip() for cell in row))
    _, head = next(filled, (0, ()))
    columns = _columns(name, head)
    numbers, kept = [], []
    for number, row in filled:
        if len(kept) == MOST_ROWS:
            raise FormatError(f"{name} has more than {MOST_ROWS:,} rows", hint="Divide it into several files.")
        kept.append(_fitting(name, number, row, len(columns)))
        numbers.append(number)
    return Table(columns, tuple(kept), tuple(numbers), tuple(notes))


def _columns(name: str, head: Sequence[str]) -> tuple[str, ...]:
    columns = tuple(cell.strip() for cell in head)
    if not any(columns):
        raise FormatError(f"{name} is empty", hint="Its first line names the columns.")
    if len(columns) > MOST_COLUMNS:
        raise FormatError(f"{name} has {len(columns):,} columns", hint=f"Keep at most {MOST_COLUMNS:,}.")
    return _told_apart([column or f"Column {place}" for place, column in enumerate(columns, start=1)])


def _told_apart(columns: Sequence[str]) -> tuple[str, ...]:
    """Columns' names, with the first free number where another one has the same."""
    taken = set(columns)
    seen: list[str] = []
    for column in columns:
        name = column
        if column in seen:
            name = next(made for n in count(2) if (made := f"{column} ({n})") not in taken)
            taken.add(name)
        seen.append(name)
    return tuple(seen)


def _fitting(name: str, number: int, row: Sequence[str], width: int) -> tuple[str, ...]:
    """A row of just so many cells; empty ones at its end do not count."""
    cells = list(row)
    while len(cells) > width and not cells[-1].strip():
        cells.pop()
    if len(cells) != width:
        hint = "Check its separators and quotes in a text editor."
        raise FormatError(f"{name}, row {number}: {len(cells)} cells under {width} columns", hint=hint)
    long = next((cell for cell in cells if len(cell) > MOST_CELL_CHARACTERS), None)
    if long is not None:
        hint = "Check that every quote is closed."
        raise FormatError(f"{name}, row {number}: a cell of {len(long):,} characters", hint=hint)
    return tuple(cells)


def _decoded(path: Path) -> tuple[str, tuple[str, ...]]:
    """A file's text, and what is to be told of its encoding."""
    data = read_bytes(path, LIMIT_BYTES)
    marked = next((encoding for mark, encoding in _MARKS.items() if data.startswith(mark)), None)
    encoding = marked or _unmarked(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        hint = "Save it anew as CSV in UTF-8."
        raise FormatError(f"{path.name} is not text in {encoding}: byte {error.start}", hint=hint) from error
    if "\x00" in text:
        row = text.count("\n", 0, text.index("\x00")) + 1
        raise FormatError(f"{path.name}, row {row}: a NUL character", hint="Save it anew as CSV in UTF-8.")
    guessed = () if encoding.startswith("utf") else ("Read as Windows-1252: check letters such as ä or é.",)
    return text, guessed


def _unmarked(data: bytes) -> str:
    """UTF-8 where it is that, UTF-16 where every second byte is empty, else what Excel in Europe writes."""
    start = data[:4000]
    if start and max(start[0::2].count(0), start[1::2].count(0)) > len(start) // 4:
        return "utf-16-le" if start[1::2].count(0) >= start[0::2].count(0) else "utf-16-be"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _csv_rows(name: str, text: str, head_row: int) -> Iterator[tuple[int, Sequence[str]]]:
    lines = text.splitlines()
    stated = _STATED.fullmatch(lines[0].strip()) if lines else None
    head = lines[head_row - 1 :] if head_row > 1 else [line for line in lines[bool(stated) :] if line.strip()]
    delimiter = stated[1] if stated else _delimiter(head[0] if head else "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    try:
        for row in reader:
            if not (stated and start == 1):  # Excel's own line, which only says what divides the cells
                yield start, row
            start = reader.line_num + 1
    except csv.Error as error:
        hint = "Check its quotes in a text editor: one is not closed, or stands inside a cell."
        raise FormatError(f"{name}, row {start}: {error}", hint=hint) from error


def _delimiter(head: str) -> str:
    """What divides the line of names most often outside quotes."""
    bare = "".join(head.split('"')[::2])
    return max(_DELIMITERS, key=bare.count)


def _workbook(path: Path) -> Any:
    """A workbook that is closed at the end. Raises FormatError."""
    import openpyxl  # noqa: PLC0415 - keeps the start of the window short
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415 - as above

    _check_archive(path)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except (InvalidFileException, *_BROKEN) as error:
        raise FormatError(f"{path.name} cannot be read as a workbook", hint="Save it anew as XLSX or CSV.") from error
    return _Closing(book)


class _Closing:
    """openpyxl's workbook as a context."""

    def __init__(self, book: Any) -> None:
        self._book = book

    def __enter__(self) -> Any:
        return self._book

    def __exit__(self, *_of: object) -> None:
        self._book.close()


def _check_archive(path: Path) -> None:
    """A workbook is a ZIP archive; one that would fill the memory is refused before it is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError) as error:
        raise FormatError(f"{path.name} is no XLSX file", hint="Save it anew as XLSX or CSV.") from error
    if unpacked > UNPACKED_BYTES or unpacked > 300 * max(path.stat().st_size, 1024**2):
        hint = "It may be harmful. Open it in a spreadsheet and save it as CSV."
        raise FormatError(f"{path.name} would unpack to {unpacked / 1e6:,.0f} MB", hint=hint)


def _sheet_rows(path: Path, book: Any, sheet: str) -> Iterator[tuple[int, Sequence[str]]]:
    if sheet and sheet not in book.sheetnames:
        names = ", ".join(book.sheetnames)
        raise FormatError(f"{path.name} has no sheet {sheet!r:.60}", hint=f"Choose one of: {names}.")
    chosen = book[sheet] if sheet else next(iter(book.worksheets), None)
    if chosen is None or not hasattr(chosen, "iter_rows"):
        raise FormatError(f"{path.name}: that sheet holds no cells", hint="Choose a sheet that is a table.")
    try:
        chosen.reset_dimensions()  # what a workbook says of its own size may be wrong
        width = 0
        for number, row in enumerate(chosen.iter_rows(), start=1):
            cells = [_cell(cell.value, cell.number_format) for cell in row]
            width = max(width, len(cells))
            yield number, [*cells, *[""] * (width - len(cells))]  # a workbook leaves out empty cells at a row's end
    except _BROKEN as error:
        raise FormatError(f"{path.name}: its sheet is damaged", hint="Save it anew as XLSX or CSV.") from error


def _formula_notes(path: Path) -> tuple[str, ...]:
    """Formulas without a value, which no spreadsheet has worked out yet, read as empty: that is to be told."""
    try:
        with zipfile.ZipFile(path) as archive:
            sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
            found = sum(_uncomputed(archive, name) for name in sheets)
    except _BROKEN as error:
        raise FormatError(f"{path.name}: its sheet is damaged", hint="Save it anew as XLSX or CSV.") from error
    words = f"{found:,} formulas have no value yet and read as empty: open it in a spreadsheet, save it, try again."
    return (words,) if found else ()


def _uncomputed(archive: zipfile.ZipFile, name: str) -> int:
    found, rest = 0, b""
    with archive.open(name) as sheet:
        while chunk := sheet.read(1024**2):
            whole, end, rest = (rest + chunk).rpartition(b"</c>")
            found += len(_UNCOMPUTED.findall(whole + end))
            rest = rest[-MOST_CELL_CHARACTERS:]
    return found


def _cell(value: object, form: object = "General") -> str:
    """A cell as a person sees it: percent, leading zeros; a date in ISO form, not to be taken for a number."""
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool) and "%" in str(form):
        return f"{value * 100:.10g}%"
    if isinstance(value, int) and not isinstance(value, bool) and _ZEROS.fullmatch(str(form)):
        return str(value).zfill(len(str(form)))
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
