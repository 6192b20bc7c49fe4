"""Clinical models through their worker: trained, evaluated, asked about a table and about one patient."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from lnm_desktop.app.cohort_table import Cohort, read_cohort
from lnm_desktop.app.evaluate_risk import evaluate_risks
from lnm_desktop.app.models import Models
from lnm_desktop.app.session import Session
from lnm_desktop.cli.main import lnm
from lnm_desktop.domain.clinical import ClinicalField, ClinicalSchema
from lnm_desktop.errors import ClinicalError, InferenceError, PluginError
from lnm_desktop.formats.clinical_schema import load_default_schema
from lnm_desktop.inference.risks import RiskClient
from tests.fakes.risks import made_up_patients

SCHEMA = load_default_schema()
LR = "lnm-clinical-lr"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Models]:
    folder = tmp_path_factory.mktemp("models")
    with Models(folder / "log", folder / "cache") as made:
        yield made


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    return read_cohort(made_up_patients(tmp_path_factory.mktemp("made-up") / "patients.csv"), SCHEMA)


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(lnm, [str(word) for word in words])


def answer(*words: str | Path) -> Any:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_reasons_for_one_patient(models: Models) -> None:
    client = RiskClient(models.client(LR), LR)
    found, population = client.reasons({"age": 52.0, "tumor_size": 31.0, "grade": "3", "er_status": "negative"})
    known = np.log(found.risk.probability / (1 - found.risk.probability))
    start = np.log(found.without / (1 - found.without))
    assert start + sum(item.log_odds for item in found.contributions) == pytest.approx(known)
    assert {item.field for item in found.missing} == {"menopausal_status", "histology", "pr_status", "her2_status"}
    assert population.patients == 2243
    (judged,) = client.judge([{"age": 52.0, "tumor_size": 31.0, "grade": "3", "er_status": "negative"}])
    assert judged.risk == found.risk


def test_a_nomogram_is_for_sums_only(models: Models) -> None:
    drawn = RiskClient(models.client(LR), LR).nomogram()
    assert {axis.field for axis in drawn.axes} > {"age", "tumor_size", "grade"}
    with pytest.raises(InferenceError, match="no nomogram"):
        RiskClient(models.client("lnm-clinical-gb"), "lnm-clinical-gb").nomogram()


def test_a_model_of_slides_is_not_asked_for_risks(models: Models) -> None:
    with pytest.raises(PluginError, match="no risk from clinical data"):
        RiskClient(models.client("lnm-tumor-tiles"), "lnm-tumor-tiles").judge([{}])


def test_training_gives_the_same_weights_twice(tmp_path: Path) -> None:
    table = made_up_patients(tmp_path / "patients.csv")
    one = answer("train", LR, "--data", table, "--out", tmp_path / "one")
    two = answer("train", LR, "--data", table, "--out", tmp_path / "two")
    assert one["weights_sha256"] == two["weights_sha256"]
    assert (one["patients"], one["table"]) == (240, "METABRIC")
    assert (tmp_path / "one" / "weights.safetensors").is_file()


def test_evaluation_of_two_models(tmp_path: Path) -> None:
    table, other = made_up_patients(tmp_path / "a.csv"), made_up_patients(tmp_path / "b.csv", 150, seed=9)
    out = tmp_path / "report"
    asked = ("--data", table, "--external", other, "--shuffles", "2", "--out", out)
    found = answer("evaluate", LR, "lnm-clinical-gb", *asked)
    for model in (LR, "lnm-clinical-gb"):
        measured = found["models"][model]
        assert measured["cv_ci"][0] < measured["cv_auc"] < measured["cv_ci"][1]
        assert measured["external_ci"][0] < measured["external_auc"] < measured["external_ci"][1]
        assert {"slope", "intercept", "brier"} <= measured.keys()
    assert found["models"][LR]["cv_auc"] > 0.6
    assert all(0.35 < value < 0.65 for value in found["models"][LR]["shuffled_aucs"])
    assert found["models"]["lnm-clinical-gb"]["against_baseline"]["lower"] < 1
    assert found["chosen"] in found["models"]
    assert (out / "report.pdf").read_bytes().startswith(b"%PDF")
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Research use only" in page
    assert LR in page


def test_a_patients_label_cannot_reach_her_own_probability(models: Models, cohort: Cohort) -> None:
    """With the labels of one fold turned round, that fold's probabilities stay what they were."""
    client, folds = RiskClient(models.client(LR), LR), np.arange(len(cohort.labels)) % 4
    honest = client.cross_validate(cohort.rows, cohort.labels, folds, 7).probability
    turned = np.where(folds == 2, 1 - cohort.labels, cohort.labels)
    again = client.cross_validate(cohort.rows, turned, folds, 7).probability
    assert again[folds == 2] == pytest.approx(honest[folds == 2], abs=1e-12)
    assert np.abs(again[folds != 2] - honest[folds != 2]).max() > 0.01


def test_a_model_that_reads_what_only_surgery_tells_is_refused(models: Models, cohort: Cohort) -> None:
    late = [ClinicalField(f.id, f.label, f.kind, preoperative=f.id != "grade") for f in SCHEMA.fields]
    with pytest.raises(ClinicalError, match="reads Grade, which is known only after surgery"):
        evaluate_risks(models, [LR], cohort, ClinicalSchema("late", 1, tuple(late)))


def test_a_table_of_patients_as_the_command_line_takes_it(tmp_path: Path) -> None:
    table = write(
        tmp_path / "patients.csv",
        "id,age,menopausal_status,tumour_size_mm,grade,er,pr,her2",
        "A,52,postmenopausal,31,3,negative,negative,positive",
        "B,61,post,12,1,positive,positive,0",
        "=1+1,61,,,,,,",
        "D,old,post,12,1,positive,positive,negative",
    )
    facts = answer("predict", table, "--model", LR, "--out", tmp_path / "out.csv")
    assert facts["columns"]["tumour_size_mm"] == "tumor_size"
    assert facts["columns"]["her2"] == "her2_status"
    assert (facts["rows"], facts["refused"]) == (4, 1)
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["pseudonym"] for row in rows] == ["A", "B", "'=1+1", "D"]
    assert float(rows[0]["lower_95"]) < float(rows[0]["probability"]) < float(rows[0]["upper_95"])
    assert float(rows[1]["probability"]) < float(rows[0]["probability"])
    assert all(row["notice"] == "Research use only. Not for diagnostic use." for row in rows)
    assert (rows[3]["probability"], "age" in rows[3]["problem"]) == ("", True)


def test_a_record_gives_a_bundle_that_can_be_verified(tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    record.write_text('{"age": 52, "tumor_size": 31, "grade": "3", "er_status": {"absent": "unknown"}}')
    asked = ("predict", "--model", LR, "--clinical", record, "--out", tmp_path / "out")
    scores = answer(*asked)["scores"]
    assert scores["lower_95"] < scores["node-positive"] < scores["upper_95"]
    assert answer("verify", tmp_path / "out")["numbers_same"] is True


def test_a_class_of_size_does_where_the_size_is_not_known(tmp_path: Path) -> None:
    table = write(tmp_path / "patients.csv", "id,size_class,grade", "A,T1,2", "B,cT3,2")
    facts = answer("predict", table, "--model", LR, "--out", tmp_path / "out.csv")
    assert facts["columns"]["size_class"] == "clinical_t"
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        small, large = (float(row["probability"]) for row in csv.DictReader(file))
    assert small < large


def test_a_table_without_any_field(tmp_path: Path) -> None:
    table = write(tmp_path / "patients.csv", "id,weather", "A,fine")
    result = run("predict", table, "--model", LR, "--out", tmp_path / "out.csv")
    assert result.exit_code != 0
    assert not (tmp_path / "out.csv").exists()


def test_the_report_of_a_case(tmp_path: Path) -> None:
    with Session.open(tmp_path / "ws", author="tester", schema=SCHEMA) as session:
        from lnm_desktop.app.commands import SetClinicalValues

        case = session.add_case("SYNTHETIC-1", synthetic=True)
        session.execute(SetClinicalValues(case.id, {"age": 52.0, "grade": "3", "ki67": 20.0}, "test"))
    found = answer("report", "SYNTHETIC-1", "--workspace", tmp_path / "ws", "--out", tmp_path / "out")
    assert Path(found["pdf"]).read_bytes().startswith(b"%PDF")
    told = json.loads((tmp_path / "out" / "report.json").read_text())
    assert told["clinical"] == {"age": 52.0, "grade": "3", "ki67": 20.0}
    assert told["risk"]["risk"]["lower"] < told["risk"]["risk"]["probability"]
    assert told["model"]["id"] == LR
    assert told["model"]["weights_sha256"]
    assert str(tmp_path) not in json.dumps(told)
    assert run("report", "nobody", "--workspace", tmp_path / "ws", "--out", tmp_path / "out").exit_code != 0
