"""Tables as CSV that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

Value = str | float | int | None
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for the begin of a formula (OWASP, CSV injection)."""
GUARD = "'"


def dumps(columns: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """UTF-8 with the mark that Excel needs, one header line, CRLF, numbers with a point; lone surrogates escaped."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([guarded(column) for column in columns])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig", "backslashreplace")


def guarded(text: str) -> str:
    """Text that might be a formula, or that begins like one that was guarded, with an apostrophe before it."""
    return GUARD + text if text.startswith((*FORMULA_STARTS, GUARD)) else text


def unguarded(text: str) -> str:
    """The inverse of `guarded`."""
    return text[1:] if text.startswith(GUARD) and text[1:].startswith((*FORMULA_STARTS, GUARD)) else text


def _cell(value: Value) -> str:
    if value is None:
        return ""
    return guarded(value) if isinstance(value, str) else repr(value)
