"""CSV that survives spreadsheets and comes back as it was."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lnm_desktop.formats.csv_table import dumps, guarded, unguarded


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "'=1"])
def test_what_may_be_a_formula_is_guarded(text: str) -> None:
    assert guarded(text) == "'" + text


@given(st.text())
def test_text_comes_back(text: str) -> None:
    assert unguarded(guarded(text)) == text


@given(st.lists(st.tuples(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), st.floats())))
def test_tables_come_back(rows: list[tuple[str, float]]) -> None:
    read = list(csv.reader(io.StringIO(dumps(("name", "value"), rows).decode("utf-8-sig"), newline="")))
    assert read[0] == ["name", "value"]
    assert [unguarded(name) for name, _ in read[1:]] == [name for name, _ in rows]
    assert [repr(float(value)) for _, value in read[1:]] == [repr(value) for _, value in rows]


def test_numbers_stay_numbers() -> None:
    assert dumps(("x",), [(-1.5,), (None,), (3,)]).decode("utf-8-sig") == 'x\r\n-1.5\r\n""\r\n3\r\n'
