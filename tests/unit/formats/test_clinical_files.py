"""The clinical schema in TOML, and records in JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lnm_desktop.domain.clinical import Absent, ClinicalRecord, FieldKind
from lnm_desktop.errors import ClinicalError, FormatError
from lnm_desktop.formats.clinical_json import load_record, record_from_dict, record_to_dict, value_from_json
from lnm_desktop.formats.clinical_schema import load_default_schema, loads_schema

NUMBER = """
id = "x"
version = 1
[[fields]]
id = "a"
label = "A"
kind = "number"
section = "S"
unit = "mm"
minimum = 0
maximum = 10
decimals = 1
preoperative = true
meaning = "M."
"""
CHOICE = """
id = "x"
version = 1
[[fields]]
id = "a"
label = "A"
kind = "choice"
section = "S"
choices = ["p", "q"]
preoperative = false
meaning = "M."
"""


def test_the_installed_schema_defines_what_is_known_before_surgery() -> None:
    schema = load_default_schema()
    ids = {item.id for item in schema.fields}
    assert {"age", "menopausal_status", "clinical_t", "tumor_size", "grade", "histology", "her2_ihc", "ki67"} <= ids
    assert {"axillary_ultrasound", "cortical_thickness", "palpable_node", "lymphovascular_invasion"} <= ids
    assert all(item.preoperative and item.meaning.endswith(".") and item.section for item in schema.fields)


def test_the_installed_schema_checks_its_values() -> None:
    schema = load_default_schema()
    assert schema.field("age").check(54) == 54.0
    assert schema.field("clinical_t").check("cT1mi") == "cT1mi"
    with pytest.raises(ClinicalError, match="out of range"):
        schema.field("age").check(17)
    with pytest.raises(ClinicalError, match="not a choice"):
        schema.field("her2_ihc").check("4+")


def test_a_schema_is_read_in_full() -> None:
    (field,) = loads_schema(CHOICE.encode()).fields
    assert (field.kind, field.choices, field.preoperative) == (FieldKind.CHOICE, ("p", "q"), False)
    (field,) = loads_schema(NUMBER.encode()).fields
    assert (field.unit, field.minimum, field.maximum, field.decimals) == ("mm", 0, 10, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = ", "Invalid value"),
        ("id = 'x'\nversion = 1\nfields = []", "no field"),
        ("id = 'x'\nversion = 1\nfields = [5]", "field 0 is not a table"),
        (NUMBER.replace('unit = "mm"\n', ""), "'a' has no 'unit'"),
        (NUMBER + "extra = 1\n", "unknown key 'extra'"),
        (NUMBER.replace("maximum = 10", "maximum = '10'"), "'maximum' is not a float"),
        (NUMBER.replace("maximum = 10", "maximum = 0"), "not below"),
        (NUMBER.replace("decimals = 1", "decimals = -1"), "below 0"),
        (NUMBER.replace("decimals = 1", "decimals = true"), "'decimals' is not a int"),
        (NUMBER.replace('"number"', '"date"'), "kind 'date' is none of number, choice, boolean"),
        (NUMBER.replace('label = "A"', 'label = ""'), "is empty"),
        (NUMBER + NUMBER[NUMBER.index("[[") :], "defined twice"),
        (CHOICE.replace('["p", "q"]', '["p", "p"]'), "different texts"),
        (CHOICE.replace('["p", "q"]', '["p"]'), "two or more"),
        (CHOICE.replace('["p", "q"]', "[1, 2]"), "texts"),
    ],
)
def test_a_faulty_schema_is_refused_with_the_place(text: str, words: str) -> None:
    with pytest.raises(FormatError, match=rf"s\.toml is not a clinical schema: .*{words}") as caught:
        loads_schema(text.encode(), name="s.toml")
    assert caught.value.hint


def test_a_record_survives_json_and_unknown_stays_unknown() -> None:
    record = ClinicalRecord({"age": 54.0, "grade": "2", "palpable_node": True, "ki67": Absent.UNKNOWN})
    data = json.loads(json.dumps(record_to_dict(record)))
    assert data["ki67"] == {"absent": "unknown"}
    assert record_from_dict(data, load_default_schema()) == record


def test_null_and_not_asked_leave_no_value(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text('{"age": null, "grade": {"absent": "not asked"}}')
    assert load_record(tmp_path / "c.json", load_default_schema()) == ClinicalRecord()


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("[]", FormatError, "not a clinical record"),
        ('{"age": [5]}', FormatError, "not a value"),
        ('{"age": {"absent": "lost"}}', FormatError, "lost"),
        ('{"age": {"other": 1}}', FormatError, "not a value"),
        ('{"age": 5}', ClinicalError, "out of range"),
        ('{"agee": 5}', ClinicalError, "no clinical field 'agee'"),
        ('{"age": NaN}', FormatError, "NaN"),
    ],
)
def test_a_faulty_record_is_refused_by_file(tmp_path: Path, text: str, error: type[Exception], words: str) -> None:
    (tmp_path / "c.json").write_text(text)
    with pytest.raises(error, match=rf"c\.json.*{words}"):
        load_record(tmp_path / "c.json", load_default_schema())


def test_an_unknown_kind_of_absence_is_refused() -> None:
    with pytest.raises(ValueError, match="lost"):
        value_from_json({"absent": "lost"})
