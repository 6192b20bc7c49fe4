"""File ▸ Import Clinical Data: columns are matched, each row judged, and all of it or nothing taken over."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from lnm_desktop.app.clinical_import import load_mapping, save_mapping
from lnm_desktop.app.commands import SetClinicalValue
from lnm_desktop.ui.widgets.clinical_import_dialog import ClinicalImportDialog
from lnm_desktop.ui.widgets.dialogs import TableDialog
from lnm_desktop.ui.wiring import Wiring
from tests.ui.conftest import Bench

TABLE = "Patient ID,Age,Grade,ER Status,Size cm\nP-1,51,2,Pos,1.5\nP-2,62,3,neg,2\n"


def opened(bench: Bench, path: Path) -> ClinicalImportDialog:
    wiring = bench.bench.findChild(Wiring)
    assert wiring is not None
    wiring.clinical_tables.open_table(path)
    bench.wait(lambda: bench.window.findChild(ClinicalImportDialog) is not None)
    dialog = bench.window.findChild(ClinicalImportDialog)
    assert dialog is not None
    bench.wait(dialog.total.text)
    return dialog


def a_table(folder: Path, text: str = TABLE) -> Path:
    path = folder / "cohort.csv"
    path.write_text(text)
    return path


def press(button) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_columns_are_guessed_and_can_be_chosen(bench: Bench, tmp_path: Path) -> None:
    dialog = opened(bench, a_table(tmp_path))
    chosen = {key: box.currentText() for key, box in dialog.columns.items() if box.currentIndex() > 0}
    assert chosen == {"age": "Age", "grade": "Grade", "er_status": "ER Status"}
    assert dialog.total.text() == "2 without a case"
    dialog.columns["tumor_size"].setCurrentText("Size cm")
    dialog.factors["tumor_size"].setCurrentIndex(1)
    dialog.new_cases.setChecked(True)
    assert not dialog.take.isEnabled(), "what is shown is of another mapping"
    bench.wait(dialog.take.isEnabled)
    press(dialog.take)
    bench.wait(lambda: len(bench.session.cases()) == 2)
    second = bench.session.cases()[1]
    assert bench.session.clinical(second.id).values == {
        "age": 62.0, "grade": "3", "er_status": "negative", "tumor_size": 20.0
    }  # fmt: skip
    bench.wait(lambda: any("cohort.csv: 0 cases changed, 2 new" in notice.message for notice in bench.notices))


def test_refused_rows_stop_it_until_they_are_left_out(bench: Bench, tmp_path: Path) -> None:
    case = bench.session.add_case("P-1")
    dialog = opened(bench, a_table(tmp_path, TABLE + "P-1,x,2,pos,1\nP-9,40,2,pos,1\n"))
    assert dialog.total.text() == "2 without a case, 2 refused"
    words = [str(dialog.table.rows.index(place, 3).data()) for place in range(2)]
    assert "2 rows have this identifier" in words[0] and "no number" in words[1]
    dialog.new_cases.setChecked(True)
    assert not dialog.take.isEnabled() and "refused" in dialog.take.toolTip()
    dialog.leave_out.setChecked(True)
    press(dialog.take)
    bench.wait(lambda: len(bench.session.cases()) == 3)
    assert bench.session.clinical(case.id).values == {}


def test_what_is_wrong_with_the_mapping_is_said_in_the_dialog(bench: Bench, tmp_path: Path) -> None:
    dialog = opened(bench, a_table(tmp_path))
    dialog.columns["ki67"].setCurrentText("Age")
    dialog.columns["pr_percent"].setCurrentText("Age")
    bench.wait(lambda: "2 without a case" in dialog.total.text())
    dialog.head_row.setValue(9)
    bench.wait(lambda: "is empty" in dialog.total.text())
    assert not dialog.take.isEnabled()


def test_an_undo_takes_a_cases_part_back(bench: Bench, tmp_path: Path) -> None:
    case = bench.session.add_case("P-1")
    dialog = opened(bench, a_table(tmp_path))
    bench.wait(dialog.take.isEnabled)
    press(dialog.take)
    bench.wait(lambda: len(bench.session.clinical(case.id).values) == 3)
    bench.session.undo(case.id)
    assert bench.session.clinical(case.id).values == {}


def test_a_mapping_is_saved_and_loaded(bench: Bench, tmp_path: Path) -> None:
    dialog = opened(bench, a_table(tmp_path))
    dialog.columns["tumor_size"].setCurrentText("Size cm")
    dialog.factors["tumor_size"].setCurrentIndex(1)
    save_mapping(tmp_path / "mapping.json", dialog.mapping())
    kept = load_mapping(tmp_path / "mapping.json")
    assert kept == dialog.mapping()
    dialog.columns["tumor_size"].setCurrentIndex(0)
    dialog.show_mapping(kept)
    assert dialog.mapping() == kept


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_an_export_is_written(bench: Bench, tmp_path: Path, suffix: str) -> None:
    bench.session.add_case("P-1")
    wiring = bench.bench.findChild(Wiring)
    assert wiring is not None
    path = tmp_path / f"out.{suffix}"
    wiring.clinical_tables.export(path)
    bench.wait(lambda: any("Clinical data of 1 case written" in notice.message for notice in bench.notices))
    assert path.exists()


def test_how_a_value_came_about_is_shown_newest_first(bench: Bench) -> None:
    case = bench.session.add_case("P-1")
    bench.bench.current.open_case(case.id)
    bench.session.execute(SetClinicalValue(case.id, "age", 51.0))
    bench.session.execute(SetClinicalValue(case.id, "multifocality", True))
    bench.session.undo(case.id)
    bench.actions["clinical-history"].trigger()
    bench.wait(lambda: bench.window.findChild(TableDialog) is not None)
    dialog = bench.window.findChild(TableDialog)
    assert dialog is not None
    lines = [[str(dialog.table.rows.index(place, column).data()) for column in (2, 3, 4)] for place in range(3)]
    assert lines == [
        ["More than one tumour focus", "yes", "not asked"],
        ["More than one tumour focus", "not asked", "yes"],
        ["Age at diagnosis", "not asked", "51"],
    ]
