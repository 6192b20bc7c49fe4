"""Labelled tables of patients: what is read, what is left out, and what would tell the answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lnm_desktop.app.clinical_import import FieldSource
from lnm_desktop.app.cohort_recipe import Recipe, is_telling, known_recipes, load_recipe
from lnm_desktop.app.cohort_table import read_cohort
from lnm_desktop.errors import ClinicalError, FormatError
from lnm_desktop.formats.clinical_schema import load_default_schema
from tests.fakes.risks import made_up_patients

SCHEMA = load_default_schema()


def recipe(name: str) -> Recipe:
    return next(known for known in known_recipes() if known.id == name)


def with_source(column: str, field: str) -> Recipe:
    own = recipe("metabric")
    kept = tuple(source for source in own.mapping.sources if source.field != field)
    return replace(own, mapping=replace(own.mapping, sources=(*kept, FieldSource(column, field))))


def test_a_known_table_is_recognised(tmp_path: Path) -> None:
    cohort = read_cohort(made_up_patients(tmp_path / "patients.csv", 60), SCHEMA)
    assert cohort.title == "METABRIC"
    assert len(cohort.rows) == len(cohort.labels) == 60
    assert 0 < cohort.positive < 60
    assert cohort.rows[0]["menopausal_status"] in ("premenopausal", "postmenopausal")
    assert "surgical specimen" in cohort.notes[0]


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    file = made_up_patients(tmp_path / "patients.csv", 60)
    lines = file.read_text().splitlines()
    lines[1] = lines[1].rpartition(",")[0] + ","
    cells = lines[2].split(",")
    cells[5] = "high"
    lines[2] = ",".join(cells)
    file.write_text("\n".join(lines))
    cohort = read_cohort(file, SCHEMA)
    assert len(cohort.labels) == 59
    assert cohort.left_out == {"no label": 1, "values of Neoplasm Histologic Grade not read": 1}
    assert "grade" not in cohort.rows[0]


def test_the_label_may_not_be_read_as_a_field(tmp_path: Path) -> None:
    file = made_up_patients(tmp_path / "patients.csv", 60)
    with pytest.raises(ClinicalError, match="'Lymph nodes examined positive', read as age, tells the answer"):
        read_cohort(file, SCHEMA, with_source("Lymph nodes examined positive", "age"))


def test_a_copy_of_the_label_under_an_innocent_name_is_found(tmp_path: Path) -> None:
    file = made_up_patients(tmp_path / "patients.csv", 120)
    lines = file.read_text().splitlines()
    copied = [lines[0] + ",Size of something", *(f"{line},{line.rpartition(',')[2]}" for line in lines[1:])]
    file.write_text("\n".join(copied))
    with pytest.raises(
        ClinicalError, match=r"the field tumor_size tells the answer: alone it reaches an AUC of 1\.00"
    ):
        read_cohort(file, SCHEMA, with_source("Size of something", "tumor_size"))


@pytest.mark.parametrize(
    ("name", "telling"),
    [
        ("Lymph nodes examined positive", True),
        ("Nottingham prognostic index", True),
        ("NPI", True),
        ("Tumor Stage", True),
        ("pN", True),
        ("node_status", True),
        ("Staging(Nodes)#(Nx replaced by -1)[N]", True),
        ("Staging(Tumor Size)# [T]", False),
        ("palpable_node", False),
        ("Neoplasm Histologic Grade", False),
        ("clinical_t", False),
    ],
)
def test_names_that_tell(name: str, telling: bool) -> None:
    assert is_telling(name) is telling


def test_an_unknown_table_asks_for_a_recipe(tmp_path: Path) -> None:
    file = tmp_path / "other.csv"
    file.write_text("a,b\n1,2\n")
    with pytest.raises(FormatError, match="none of the known tables") as caught:
        read_cohort(file, SCHEMA)
    assert "--recipe" in caught.value.hint


def test_a_recipe_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "recipe.toml"
    file.write_text('id = "x"\n')
    with pytest.raises(FormatError, match=r"recipe\.toml is not a recipe"):
        load_recipe(file)


def test_metabric_as_it_is(shared_data: Path) -> None:
    cohort = read_cohort(shared_data / "clinical" / "metabric.csv", SCHEMA)
    assert (len(cohort.labels), cohort.positive) == (2243, 1047)
    assert cohort.left_out == {"no label": 266}


def test_duke_without_neoadjuvant_treatment(shared_data: Path) -> None:
    cohort = read_cohort(shared_data / "clinical" / "duke_breast_mri.xlsx", SCHEMA)
    assert cohort.left_out["Received Neoadjuvant Therapy or Not is not 2"] == 922 - 581
    ages = [row["age"] for row in cohort.rows if "age" in row]
    assert 20 < min(ages) < max(ages) < 95
    assert {row["clinical_t"] for row in cohort.rows if "clinical_t" in row} == {"cT1", "cT2", "cT3", "cT4"}
