"""Case ▸ Stage Lymph Nodes: sizes and classes of what is drawn, the patient's stage, or why there is none."""

from __future__ import annotations

from lnm_desktop.app.commands import AddAnnotations
from lnm_desktop.domain.annotation import new_annotation
from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape, rectangle
from lnm_desktop.ui.widgets.stage_dialog import StageDialog
from tests.ui.conftest import Bench


def draw(bench: Bench, *sides_px: float, group: str = "Tumor") -> None:
    image = bench.bench.current.image
    assert image is not None
    squares = [new_annotation(rectangle(Region(0, 0, side, side)), group) for side in sides_px]
    bench.session.execute(AddAnnotations(image.id, tuple(squares)))


def staged(bench: Bench) -> StageDialog:
    bench.actions["stage"].trigger()
    bench.wait(lambda: bench.window.findChild(StageDialog) is not None)
    dialog = bench.window.findChild(StageDialog)
    assert dialog is not None
    return dialog


def lines(dialog: StageDialog) -> list[list[str]]:
    model = dialog.table.rows
    return [[str(model.index(row, column).data()) for column in range(6)] for row in range(model.rowCount())]


def test_there_is_nothing_to_stage_without_a_case(bench: Bench) -> None:
    assert not bench.actions["stage"].isEnabled()
    bench.open_slide()
    assert bench.actions["stage"].isEnabled()


def test_each_slide_of_the_case_is_a_node(bench: Bench) -> None:
    bench.open_slide("first.svs")
    draw(bench, 3000, 100)
    draw(bench, 90_000, group="Lymph node")
    bench.open_slide("second.svs")
    bench.wait(lambda: bench.bench.current.image.label == "second")  # type: ignore[union-attr]
    dialog = staged(bench)
    assert dialog.stage.text() == "pN1"
    assert dialog.reason.text() == "1 positive node: macrometastasis in first."
    assert [line[:5] for line in lines(dialog)] == [
        ["first", "macro", "2.121", "2.250", "Tumor"],
        ["first", "itc", "0.071", "0.003", "Tumor"],
        ["second", "negative", "", "", ""],
    ]
    assert dialog.notes.text() == "second: Nothing is outlined as tumour: counted as negative."


def test_without_a_pixel_size_it_says_which_slide_lacks_it(uncalibrated: Bench) -> None:
    uncalibrated.open_slide()
    draw(uncalibrated, 3000)
    uncalibrated.actions["stage"].trigger()
    uncalibrated.wait(lambda: len(uncalibrated.notices) > 0)
    (*_, notice) = uncalibrated.notices
    assert notice.message == "the lesions of slide cannot be measured: its pixel size is unknown"
    assert "State the pixel size" in notice.hint
    assert uncalibrated.window.findChild(StageDialog) is None


def test_a_slide_without_lesions_needs_no_pixel_size(uncalibrated: Bench) -> None:
    uncalibrated.open_slide()
    assert staged(uncalibrated).stage.text() == "pN0"


def test_a_mark_without_an_area_is_told(bench: Bench) -> None:
    bench.open_slide()
    image = bench.bench.current.image
    assert image is not None
    ruler = new_annotation(Geometry(Shape.MEASUREMENT, (Point(0, 0), Point(900, 0))), "Tumor")
    bench.session.execute(AddAnnotations(image.id, (ruler,)))
    assert "1 mark without an area" in staged(bench).notes.text()


def test_what_a_group_holds_can_be_stated_there(bench: Bench) -> None:
    bench.open_slide()
    draw(bench, 3000)
    draw(bench, 9000, group="Lymph node")
    dialog = staged(bench)
    assert {name: choice.currentText() for name, choice in dialog.uses.items()} == {
        "Lymph node": "Not counted",
        "Tumor": "Lesion",
    }
    dialog.uses["Lymph node"].setCurrentText("Lesion")
    bench.wait(lambda: len(lines(dialog)) == 2)
    dialog.uses["Tumor"].setCurrentText("Cut out of lesions")
    bench.wait(lambda: len(lines(dialog)) == 1)
    assert lines(dialog)[0][3] == f"{(9000**2 - 3000**2) * 0.25e-6:.3f}"
