"""`lnm clinical`: a table taken over, written again, and the history of a field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lnm_desktop.cli.main import main
from lnm_desktop.errors import ClinicalError

TABLE = "Patient ID,Age,Grade,ER Status\nP-1,51,2,Pos\nP-2,62,3,neg\n"


@pytest.fixture
def lnm(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path):
    def run(*arguments: object) -> tuple[int, dict[str, Any]]:
        workspace = ("--workspace", str(tmp_path / "ws"), "--json")
        monkeypatch.setattr("sys.argv", ["lnm", "clinical", *map(str, arguments), *workspace])
        code = main()
        return code, json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(TABLE)
    return path


def test_a_table_becomes_cases_and_again_changes_nothing(lnm, table: Path) -> None:
    code, facts = lnm("import", table, "--new-cases")
    assert (code, facts["taken_over"]) == (0, {"cases": 0, "new_cases": 2})
    assert facts["columns"] == {"Age": "age", "Grade": "grade", "ER Status": "er_status"}
    assert lnm("import", table)[1]["states"] == {"nothing new": 2}


def test_a_dry_run_changes_nothing(lnm, table: Path) -> None:
    lnm("import", table, "--new-cases")
    table.write_text(TABLE.replace("51", "52"))
    assert lnm("import", table, "--dry-run")[1]["states"] == {"with changes": 1, "nothing new": 1}
    assert lnm("history", "P-1", "age")[1]["changes"][-1]["after"] == 51
    assert lnm("import", table)[1]["taken_over"] == {"cases": 1, "new_cases": 0}
    (first, second) = lnm("history", "P-1", "age")[1]["changes"]
    assert (first["before"], first["after"]) == ({"absent": "not asked"}, 51)
    assert (second["before"], second["after"], second["field"]) == (51, 52, "age")


def test_refused_rows_stop_everything_unless_left_out(lnm, table: Path) -> None:
    table.write_text(TABLE + "P-3,old,2,pos\n")
    code, facts = lnm("import", table, "--new-cases")
    assert code == ClinicalError.exit_code
    assert "row 4, column Age" in facts["message"]
    code, facts = lnm("import", table, "--new-cases", "--leave-out")
    assert (code, facts["taken_over"]["new_cases"]) == (0, 2)
    assert facts["refused"][0]["row"] == 4


def test_a_mapping_is_kept_and_used_again(lnm, table: Path, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.json"
    lnm("import", table, "--new-cases", "--save-mapping", mapping)
    kept = json.loads(mapping.read_text())
    assert kept["identifier"] == "Patient ID"
    kept["fields"] = [{"column": "Age", "field": "tumor_size", "factor": 0.5}]
    mapping.write_text(json.dumps(kept))
    lnm("import", table, "--mapping", mapping)
    assert lnm("history", "P-2", "tumor_size")[1]["changes"][-1]["after"] == 31
    mapping.write_text('{"identifier": "Patient ID", "fields": [{"spalte": "Age"}]}')
    code, facts = lnm("import", table, "--mapping", mapping)
    assert code == 20 and "mapping.json is not a column mapping" in facts["message"]


def test_an_export_can_be_read_back(lnm, table: Path, tmp_path: Path) -> None:
    lnm("import", table, "--new-cases")
    for name in ("out.csv", "out.xlsx"):
        assert lnm("export", tmp_path / name)[1]["rows"] == 2
        assert lnm("import", tmp_path / name)[1]["states"] == {"nothing new": 2}


def test_metabric_end_to_end(lnm, shared_data: Path, tmp_path: Path) -> None:
    code, facts = lnm("import", shared_data / "clinical" / "metabric.csv", "--new-cases")
    assert code == 0
    assert (facts["rows"], facts["taken_over"]["new_cases"], facts["refused"]) == (2509, 2509, [])
    assert lnm("history", "MB-0000", "grade")[1]["changes"][-1]["after"] == "3"


def test_duke_is_read_by_its_second_row(lnm, shared_data: Path) -> None:
    table = shared_data / "clinical" / "duke_breast_mri.xlsx"
    code, facts = lnm("import", table, "--head-row", 2, "--new-cases", "--leave-out")
    assert code == 0
    assert facts["taken_over"]["new_cases"] == 922
    assert [one["row"] for one in facts["refused"]] == [3]


def test_a_dry_run_makes_no_workspace_and_names_the_rows_without_a_case(lnm, table: Path, tmp_path: Path) -> None:
    code, facts = lnm("import", table, "--new-cases", "--dry-run")
    assert (code, facts["states"], facts["without_case"]) == (0, {"without a case": 2}, [2, 3])
    assert not (tmp_path / "ws").exists()


def test_a_field_that_does_not_exist_is_told(lnm, table: Path) -> None:
    lnm("import", table, "--new-cases")
    assert lnm("history", "P-1", "aeg")[0] == ClinicalError.exit_code


@pytest.mark.parametrize("source", [{"factor": "10"}, {"factor": 0}, {"words": ["x"]}, {"words": {"50": 51}}])
def test_a_mapping_of_other_kinds_is_told(lnm, table: Path, tmp_path: Path, source: dict[str, Any]) -> None:
    mapping = tmp_path / "mapping.json"
    fields = [{"column": "Age", "field": "age", **source}]
    mapping.write_text(json.dumps({"identifier": "Patient ID", "fields": fields}))
    code, facts = lnm("import", table, "--mapping", mapping, "--dry-run", "--new-cases")
    assert code == 20 and "is not a column mapping" in facts["message"]


def test_an_export_under_another_ending_is_refused(lnm, table: Path, tmp_path: Path) -> None:
    lnm("import", table, "--new-cases")
    assert lnm("export", tmp_path / "out.xlsm")[0] == 20
    assert not (tmp_path / "out.xlsm").exists()
