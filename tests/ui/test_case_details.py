"""Cases: their details, found by status, tag and node, and folders of images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from lnm_desktop.app.commands import AddAnnotations, ChangeCase
from lnm_desktop.domain.annotation import new_annotation
from lnm_desktop.domain.case import CaseStatus, Treatment
from lnm_desktop.domain.geometry import Region, rectangle
from lnm_desktop.domain.image import ImageKind
from lnm_desktop.imaging.fingerprint import quick_fingerprint
from lnm_desktop.ui.panels.cases import CasesPanel, natural
from lnm_desktop.ui.widgets.case_dialog import CaseDialog
from lnm_desktop.ui.widgets.stage_dialog import StageDialog
from lnm_desktop.ui.wiring import Wiring
from tests.ui.conftest import Bench


def details(bench: Bench) -> CaseDialog:
    bench.actions["case-details"].trigger()
    dialog = bench.window.findChild(CaseDialog)
    assert dialog is not None
    return dialog


def shown(panel: CasesPanel) -> list[str]:
    tops = [panel.tree.topLevelItem(place) for place in range(panel.tree.topLevelItemCount())]
    return [item.text(0) for item in tops if item is not None and not item.isHidden()]


def labels(bench: Bench) -> list[str]:
    return sorted(image.label for case in bench.session.cases() for image in bench.session.images(case.id))


def press(button) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_details_are_saved_shown_and_undone(bench: Bench) -> None:
    bench.open_slide()
    dialog = details(bench)
    dialog.status.setCurrentText("in review")
    dialog.tags.setText("#tumour board, training,, training")
    dialog.diagnosed.setText("2024-05")
    dialog.treatment.setCurrentText("neoadjuvant")
    dialog.side.setCurrentText("left")
    press(dialog.save)
    case = bench.session.cases()[0]
    assert (case.status, case.tags) == (CaseStatus.IN_REVIEW, ("tumour board", "training"))
    assert (case.diagnosed, case.treatment) == ("2024-05", Treatment.NEOADJUVANT)
    assert bench.session.clinical(case.id).get("laterality") == "left"
    bench.wait(lambda: bench.bench.current.case == case)
    assert shown(bench.panels.cases) == ["Case 1   [in review]   #tumour board   #training"]
    bench.bench.undo()
    bench.bench.undo()
    case = bench.session.cases()[0]
    assert (case.status, case.tags, case.diagnosed) == (CaseStatus.OPEN, (), "")
    bench.bench.redo()
    assert bench.session.cases()[0].tags == ("tumour board", "training")
    assert bench.session.verify().ok


def test_enter_saves_and_escape_does_not(bench: Bench) -> None:
    bench.open_slide()
    dialog = details(bench)
    dialog.tags.setText("first")
    QTest.keyClick(dialog.tags, Qt.Key.Key_Return)
    bench.wait(lambda: bench.session.cases()[0].tags == ("first",))
    bench.wait(lambda: bench.window.findChild(CaseDialog) is None)
    dialog = details(bench)
    dialog.tags.setText("second")
    QTest.keyClick(dialog.tags, Qt.Key.Key_Escape)
    assert bench.session.cases()[0].tags == ("first",)


def test_what_is_no_date_is_said_and_nothing_changes(bench: Bench) -> None:
    bench.open_slide()
    dialog = details(bench)
    dialog.diagnosed.setText("03/04/2024")
    press(dialog.save)
    assert "no date of the form" in dialog.problem.text()
    assert bench.session.cases()[0].diagnosed == ""
    dialog.diagnosed.setText("2024-13")
    press(dialog.save)
    assert dialog.isVisible()


def test_saving_what_is_there_already_adds_no_row(bench: Bench) -> None:
    bench.open_slide()
    rows = bench.session.row_count
    press(details(bench).save)
    assert bench.session.row_count == rows


def test_slides_of_one_node_are_staged_together(bench: Bench) -> None:
    for name in ("first.svs", "second.svs", "third.svs"):
        bench.open_slide(name)
        bench.wait(lambda name=name: bench.bench.current.image.label == name[:-4])
        image = bench.bench.current.image
        assert image is not None
        square = new_annotation(rectangle(Region(0, 0, 3000, 3000)), "Tumor")
        bench.session.execute(AddAnnotations(image.id, (square,)))
    dialog = details(bench)
    for edit in list(dialog.nodes.values())[:2]:
        edit.setText("sentinel 1")
    press(dialog.save)
    bench.actions["stage"].trigger()
    bench.wait(lambda: bench.window.findChild(StageDialog) is not None)
    staged = bench.window.findChild(StageDialog)
    assert staged is not None
    names = [str(staged.table.rows.index(place, 0).data()) for place in range(staged.table.rows.rowCount())]
    assert names == ["sentinel 1", "sentinel 1", "third"]
    assert "2 positive nodes" in staged.reason.text()
    bench.panels.cases.filter.setText("sentinel")
    tree = bench.panels.cases.tree.topLevelItem(0)
    assert tree is not None
    assert [tree.child(place).isHidden() for place in range(3)] == [False, False, True]


def test_cases_are_found_by_tag_and_status_and_ordered(bench: Bench) -> None:
    for name in ("P-10", "P-9", "P-1"):
        bench.session.add_case(name)
    ten, nine, one = bench.session.cases()
    bench.session.execute(ChangeCase(replace(nine, tags=("rare",), diagnosed="2020")))
    bench.session.execute(ChangeCase(replace(one, status=CaseStatus.DONE, diagnosed="2019-02")))
    panel = bench.panels.cases
    bench.wait(lambda: "P-1   [done]" in shown(panel))
    assert [text.split()[0] for text in shown(panel)] == ["P-10", "P-9", "P-1"]
    panel.order.setCurrentText("By name")
    assert [text.split()[0] for text in shown(panel)] == ["P-1", "P-9", "P-10"]
    panel.order.setCurrentText("By diagnosis")
    assert [text.split()[0] for text in shown(panel)] == ["P-1", "P-9", "P-10"]
    panel.status.setCurrentText("Done")
    assert [text.split()[0] for text in shown(panel)] == ["P-1"]
    panel.status.setCurrentIndex(0)
    panel.filter.setText("#rare")
    assert [text.split()[0] for text in shown(panel)] == ["P-9"]
    assert natural("P-9b") < natural("P-10a")
    assert ten.pseudonym == "P-10"


def test_a_folder_stands_for_its_images(bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "slides"
    (folder / "inner").mkdir(parents=True)
    for name in ("b.svs", "a.tif", "inner/c.ndpi", "notes.txt", ".hidden.svs"):
        (folder / name).touch()
    bench.bench.open_paths([folder])
    bench.wait(
        lambda: len(bench.session.cases()) == 1 and len(bench.session.images(bench.session.cases()[0].id)) == 3
    )
    labels = [image.label for image in bench.session.images(bench.session.cases()[0].id)]
    assert sorted(labels) == ["a", "b", "c"]
    assert any("3 images opened; 1 other file passed over" in notice.message for notice in bench.notices)


def test_lost_files_are_looked_for_in_a_folder(bench: Bench, tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.mkdir()
    (new / "renamed.svs").write_bytes(b"made-up" * 9000)
    case = bench.session.add_case("P-1")
    known = quick_fingerprint(new / "renamed.svs")
    image = bench.session.add_image(case.id, str(tmp_path / "gone.svs"), ImageKind.SLIDE, "gone", known)
    wiring = bench.bench.findChild(Wiring)
    assert wiring is not None
    wiring.case_details.find_moved(new)
    bench.wait(lambda: any("1 file found again among 1" in notice.message for notice in bench.notices))
    assert bench.session.image(image.id).path == str((new / "renamed.svs").resolve())
