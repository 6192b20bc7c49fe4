"""From the hand to the workspace and back, with a real workspace and a fake pane."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QFileDialog

from lnm_desktop.domain.clinical import Absent
from lnm_desktop.domain.geometry import Point, Shape
from lnm_desktop.domain.image import Calibration, CalibrationSource
from lnm_desktop.domain.prediction import RESEARCH_USE_ONLY
from lnm_desktop.ui.notices import Severity
from lnm_desktop.ui.viewer.scale_entry import scale_words
from lnm_desktop.ui.viewer.view_state import ViewState
from tests.ui.conftest import Bench
from tests.ui.fake_pane import FakePane
from tests.ui.fixtures import a_box, a_triangle


def test_opening_a_file_makes_a_case_and_shows_the_image(bench: Bench) -> None:
    bench.open_slide("CMU-1.svs")
    assert [case.pseudonym for case in bench.session.cases()] == ["Case 1"]
    assert bench.pane.called("show_image")[0][1] == "CMU-1"
    bench.wait(lambda: bench.panels.cases.tree.topLevelItemCount() == 1)
    assert bench.bench.panes.active.frame.title.text() == "CMU-1"


def test_the_same_file_is_not_added_twice(bench: Bench) -> None:
    bench.open_slide()
    bench.open_slide()
    (case,) = bench.session.cases()
    assert len(bench.session.images(case.id)) == 1


def test_a_damaged_file_is_told_with_its_name_and_remedy(bench: Bench) -> None:
    bench.open_slide()
    bench.bench.open_paths([bench.folder / "broken.svs"])
    bench.wait(lambda: len(bench.notices) and bench.background.idle)
    bar = bench.window.area.bar
    assert bar.message.text() == "broken.svs is truncated"
    assert bar.hint.text() == "Copy it again from its source."
    assert bar.severity is Severity.ERROR
    assert bench.bench.current.image is not None, "the open slide stays open"
    assert bench.bench.panes.active.frame.title.text() == "slide"


def test_files_dropped_on_the_empty_window_open(bench: Bench) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(bench.folder / "dropped.svs"))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    bench.bench.panes.active.frame.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, buttons, keys))
    bench.wait(lambda: bench.bench.current.image is not None)
    assert bench.bench.current.image is not None
    assert bench.bench.current.image.label == "dropped"


def test_a_drawn_shape_is_committed_in_the_chosen_group_and_shown(bench: Bench) -> None:
    bench.open_slide()
    bench.actions["group-3"].trigger()
    bench.pane.annotation_drawn.emit(a_triangle())
    bench.wait(lambda: len(bench.pane.annotations) == 1)
    (drawn,) = bench.pane.annotations
    assert (drawn.group, drawn.name, drawn.author) == ("Lymph node", "Lymph node 1", "tester")
    assert [group.name for group in bench.pane.annotations.groups] == ["Tumor", "Exclusion", "Lymph node", "Artefact"]
    assert bench.window.status.saved.text().startswith("saved ")


def test_table_shows_square_micrometres(bench: Bench) -> None:
    bench.open_slide()
    bench.pane.annotation_drawn.emit(a_triangle())
    bench.wait(lambda: bench.panels.annotations.table.rows.rowCount() == 1)
    rows = bench.panels.annotations.table.rows
    assert rows.headerData(2, Qt.Orientation.Horizontal, Qt.ItemDataRole.DisplayRole) == "Area µm²"
    assert rows.index(0, 2).data() == "1,250"


def test_without_a_pixel_size_areas_are_in_pixels(uncalibrated: Bench) -> None:
    uncalibrated.open_slide()
    uncalibrated.pane.annotation_drawn.emit(a_triangle())
    uncalibrated.wait(lambda: uncalibrated.panels.annotations.table.rows.rowCount() == 1)
    rows = uncalibrated.panels.annotations.table.rows
    assert rows.headerData(2, Qt.Orientation.Horizontal, Qt.ItemDataRole.DisplayRole) == "Area px²"
    assert rows.index(0, 2).data() == "5,000"


def test_undo_and_redo_from_the_menu(bench: Bench) -> None:
    bench.open_slide()
    bench.pane.annotation_drawn.emit(a_triangle())
    bench.wait(lambda: "Draw polygon in Tumor" in bench.actions["undo"].text())
    bench.actions["undo"].trigger()
    bench.wait(lambda: len(bench.pane.annotations) == 0)
    assert bench.actions["redo"].isEnabled()
    bench.actions["redo"].trigger()
    bench.wait(lambda: len(bench.pane.annotations) == 1)


def test_delete_asks_the_workspace_and_can_be_undone(bench: Bench) -> None:
    bench.open_slide()
    for shape in (a_triangle(), a_box()):
        bench.pane.annotation_drawn.emit(shape)
    bench.wait(lambda: len(bench.pane.annotations) == 2)
    first, second = (item.id for item in bench.pane.annotations)
    bench.pane.select([first])
    bench.actions["delete"].trigger()
    bench.wait(lambda: [item.id for item in bench.pane.annotations] == [second])
    bench.actions["undo"].trigger()
    bench.wait(lambda: len(bench.pane.annotations) == 2)


def test_a_changed_shape_replaces_the_old_one(bench: Bench) -> None:
    bench.open_slide()
    bench.pane.annotation_drawn.emit(a_triangle())
    bench.wait(lambda: len(bench.pane.annotations) == 1)
    (drawn,) = bench.pane.annotations
    bench.pane.annotation_changed.emit(replace(drawn, geometry=a_box()))
    bench.wait(lambda: bench.pane.annotations.get(drawn.id).geometry == a_box())


def test_renaming_a_group_takes_its_annotations_along(bench: Bench) -> None:
    bench.open_slide()
    bench.pane.annotation_drawn.emit(a_triangle())
    bench.wait(lambda: len(bench.pane.annotations) == 1)
    bench.panels.annotations.groups.item(0).setText("Metastasis")
    bench.wait(lambda: next(iter(bench.pane.annotations)).group == "Metastasis")
    assert bench.pane.annotations.groups[0].name == "Metastasis"


def test_a_new_group_has_a_free_colour(bench: Bench) -> None:
    bench.open_slide()
    bench.panels.annotations.add.click()
    bench.wait(lambda: len(bench.pane.annotations.groups) == 5)
    colors = [group.color for group in bench.pane.annotations.groups]
    assert len(set(colors)) == 5


def test_a_group_in_use_is_not_removed(bench: Bench) -> None:
    bench.open_slide()
    bench.pane.annotation_drawn.emit(a_triangle())
    bench.wait(lambda: len(bench.pane.annotations) == 1)
    bench.panels.annotations.remove.click()
    assert len(bench.panels.annotations.all_groups()) == 4


def test_clicking_a_row_jumps_and_selects(bench: Bench) -> None:
    bench.open_slide()
    bench.pane.annotation_drawn.emit(a_triangle())
    bench.wait(lambda: len(bench.pane.annotations) == 1)
    (drawn,) = bench.pane.annotations
    assert bench.pane.selected == (drawn.id,), "what was just drawn is selected"
    bench.pane.select(())
    bench.panels.annotations.table.selectRow(0)
    bench.panels.annotations.table.clicked.emit(bench.panels.annotations.table.model().index(0, 0))
    assert bench.pane.selected == (drawn.id,)
    assert bench.pane.called("go_to") == [(a_triangle().bounds,)]


def test_a_clinical_value_is_one_step_that_undo_takes_back(bench: Bench) -> None:
    bench.open_slide()
    bench.panels.clinical.fields["age"]._give(54.0)
    assert bench.bench.current.clinical is not None
    assert bench.bench.current.clinical.get("age") == 54.0
    bench.wait(lambda: "Age at diagnosis" in bench.actions["undo"].text())
    bench.actions["undo"].trigger()
    bench.wait(bench.panels.clinical.fields["age"].absent[Absent.NOT_ASKED].isChecked)
    assert bench.panels.clinical.fields["age"].entry.text() == ""


def test_a_stated_pixel_size_turns_pixels_into_micrometres(uncalibrated: Bench) -> None:
    uncalibrated.open_slide()
    question = uncalibrated.panels.models.pixel_size
    assert not uncalibrated.bench.current.calibration.is_known
    assert not question.confirm.isEnabled()
    question.size_mpp.setValue(0.25)
    question.confirm.click()
    uncalibrated.wait(lambda: uncalibrated.bench.current.calibration.is_known)
    assert uncalibrated.bench.current.calibration.mpp == 0.25
    assert uncalibrated.pane.called("show_image")[-1][2].source.value == "user"


def test_export_and_import_bring_the_same_shapes(bench: Bench, tmp_path: Path) -> None:
    bench.open_slide()
    bench.pane.annotation_drawn.emit(a_triangle())
    bench.wait(lambda: len(bench.pane.annotations) == 1)
    file = tmp_path / "out.xml"
    bench.bench.annotating.export(file)
    bench.wait(lambda: len(bench.notices) == 1)
    assert "1 annotations written to out.xml" in bench.window.area.bar.message.text()
    assert bench.window.area.bar.hint.text() == RESEARCH_USE_ONLY
    bench.open_slide("second.svs")
    bench.bench.open_paths([file])
    bench.wait(lambda: len(bench.pane.annotations) == 1)
    assert next(iter(bench.pane.annotations)).geometry == a_triangle()
    assert next(iter(bench.pane.annotations)).group == "Tumor"


def test_annotations_need_an_image(bench: Bench, tmp_path: Path) -> None:
    bench.bench.open_paths([tmp_path / "drawn.xml"])
    assert bench.window.area.bar.message.text() == "drawn.xml holds annotations."
    assert "Open the image" in bench.window.area.bar.hint.text()


def test_an_unfinished_shape_is_kept_and_offered(bench: Bench) -> None:
    bench.open_slide()
    image = bench.bench.current.image
    assert image is not None
    bench.pane.draft_changed.emit((Shape.POLYGON, a_triangle().points))
    bench.wait(lambda: bench.session.draft(image.id) is not None)
    bench.open_slide("other.svs")
    bench.bench.open_image(image.id)
    bench.wait(lambda: "unfinished polygon with 3 points" in bench.window.area.bar.message.text())
    bench.window.area.bar.offer.click()
    bench.wait(lambda: len(bench.pane.annotations) == 1)
    assert bench.session.draft(image.id) is None


def test_a_given_up_shape_is_forgotten(bench: Bench) -> None:
    bench.open_slide()
    image = bench.bench.current.image
    assert image is not None
    bench.session.save_draft(image.id, Shape.POLYGON, (Point(1, 1),))
    bench.pane.draft_changed.emit(None)
    assert bench.session.draft(image.id) is None


def test_a_shape_in_the_making_outlives_another_image_and_the_end(bench: Bench) -> None:
    """The pane gives it up in both cases; nobody else did."""
    bench.open_slide()
    first = bench.bench.current.image
    bench.pane.draft_changed.emit((Shape.POLYGON, a_triangle().points))
    bench.open_slide("other.svs")
    second = bench.bench.current.image
    assert first is not None and second is not None
    bench.session.save_draft(second.id, Shape.POLYGON, (Point(1, 1),))
    bench.pane.draft_changed.emit(None)
    assert bench.session.draft(first.id) is not None
    assert bench.session.draft(second.id) is not None
    bench.pane.draft_changed.emit((Shape.POLYGON, a_triangle().points))
    bench.bench.annotating.close()
    bench.pane.draft_changed.emit(None)
    kept = bench.session.draft(second.id)
    assert kept is not None and kept.points == a_triangle().points


def test_synthetic_cases_bear_a_badge_everywhere(bench: Bench) -> None:
    case = bench.session.add_case("DEMO", synthetic=True)
    bench.bench.open_case(case.id)
    bench.open_slide()
    assert not bench.bench.panes.active.frame.synthetic.isHidden()
    bench.wait(lambda: bench.panels.cases.tree.topLevelItemCount() == 1)
    assert "SYNTHETIC" in bench.panels.cases.tree.topLevelItem(0).text(0)


def test_tools_are_led_to_the_pane(bench: Bench) -> None:
    for name in ("polygon", "freehand", "rectangle", "point", "select", "move"):
        bench.actions[f"tool-{name}"].trigger()
    assert [arguments[0].value for arguments in bench.pane.called("set_tool")] == [
        "polygon",
        "freehand",
        "rectangle",
        "point",
        "select",
        "move",
    ]


def test_h_and_o_show_and_hide(bench: Bench) -> None:
    bench.actions["annotations"].trigger()
    bench.actions["overlay"].trigger()
    assert bench.pane.called("set_annotations_visible") == [(False,)]
    assert not bench.panels.results.heatmap.shown.isChecked()
    assert bench.pane.called("set_heatmap_style")[-1][0].visible is False


def test_the_notice_is_always_in_sight(bench: Bench) -> None:
    assert bench.window.status.notice.text() == RESEARCH_USE_ONLY
    assert not bench.window.status.notice.isHidden()


def test_cursor_is_told_in_micrometres(bench: Bench) -> None:
    bench.open_slide()
    bench.pane.cursor_moved.emit(Point(100, 200))
    assert bench.window.status.position.text() == "x 50.0 µm   y 100.0 µm"
    bench.pane.cursor_moved.emit(None)
    assert bench.window.status.position.text() == ""


def test_cursor_is_told_in_pixels_without_a_pixel_size(uncalibrated: Bench) -> None:
    uncalibrated.open_slide()
    uncalibrated.pane.cursor_moved.emit(Point(100, 200))
    assert uncalibrated.window.status.position.text() == "x 100 px   y 200 px"


def test_esc_gives_up_the_drawing_wherever_the_focus_is(bench: Bench) -> None:
    bench.open_slide()
    bench.actions["cancel"].trigger()
    assert bench.pane.called("cancel_drawing") == [()]


def test_a_folder_of_one_series_is_opened_through_the_menu(bench: Bench, tmp_path: Path) -> None:
    series = tmp_path / "series"
    series.mkdir()
    bench.actions["open-folder"].trigger()
    dialog = bench.window.findChild(QFileDialog)
    assert dialog is not None
    assert dialog.fileMode() is QFileDialog.FileMode.Directory
    dialog.filesSelected.emit([str(series)])
    dialog.reject()
    bench.wait(lambda: bench.bench.current.image is not None)
    assert bench.bench.current.image is not None
    assert (bench.bench.current.image.label, bench.bench.current.image.path) == ("series", str(series))


def test_all_columns_of_the_annotations_are_in_view(bench: Bench) -> None:
    bench.window.resize(1366, 768)
    bench.window.show()
    bench.open_slide()
    bench.actions["group-3"].trigger()
    bench.pane.annotation_drawn.emit(a_triangle())
    table = bench.panels.annotations.table
    bench.wait(lambda: table.rows.rowCount() == 1)
    bench.wait(lambda: table.horizontalHeader().length() <= table.viewport().width())
    assert min(table.columnWidth(column) for column in range(3)) > 60
    assert "polygon in Lymph node by tester" in table.rows.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)


@pytest.mark.parametrize(("height", "tabbed"), [(700, True), (1040, False)])
def test_results_lie_behind_the_inspector_on_a_low_window_only(bench: Bench, height: int, tabbed: bool) -> None:
    bench.window.resize(1366, height)
    bench.window.show()
    bench.window.restore_layout()
    assert bool(bench.window.tabifiedDockWidgets(bench.window.inspector)) is tabbed


def test_scale_in_words() -> None:
    known, stated = Calibration(0.5, 0.5, CalibrationSource.FILE), Calibration(0.5, 0.5, CalibrationSource.USER)
    here = Point(0, 0)
    assert scale_words(ViewState(20.0, 0.5, 1.0, here), known) == "20.0×   0.5 µm/px"
    assert scale_words(ViewState(20.0, 0.5, 1.0, here), stated).endswith("pixel size stated by hand")
    assert scale_words(ViewState(None, 312.5, 1.0, here), known) == "0.312 mm/px"
    assert scale_words(ViewState(None, None, 4.0, here), Calibration()) == "1 : 4   pixel size unknown"
    assert scale_words(ViewState(None, None, 0.25, here), Calibration()) == "4 : 1   pixel size unknown"


def test_another_pane_takes_the_place_of_the_first(bench: Bench) -> None:
    told: list[object] = []
    bench.bench.pane_changed.connect(told.append)
    bench.open_slide()
    second = FakePane()
    bench.bench.set_pane(second)  # type: ignore[arg-type]
    assert told == [second]
    bench.pane.annotation_drawn.emit(a_triangle())
    assert bench.bench.current.annotations is not None
    assert len(bench.bench.current.annotations) == 0, "the pane before is not listened to any more"
    second.annotation_drawn.emit(a_triangle())
    bench.wait(lambda: len(second.annotations) == 1)
