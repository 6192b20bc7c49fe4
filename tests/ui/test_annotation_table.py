"""The annotation table: measured, chosen together with the viewer, edited many at once."""

from __future__ import annotations

import csv

from PySide6.QtWidgets import QInputDialog

from lnm_desktop.domain.annotation import Annotation
from lnm_desktop.domain.geometry import Region, rectangle
from tests.ui.conftest import Bench


def draw_three(bench: Bench) -> None:
    bench.open_slide()
    for side in (30, 60, 90):
        bench.pane.annotation_drawn.emit(rectangle(Region(0, 0, side, side)))
    bench.actions["annotation-table"].trigger()
    bench.wait(lambda: table(bench).rowCount() == 3)


def table(bench: Bench):
    return bench.wiring.annotation_table.dialog.table.model()


def cells(bench: Bench, column: int) -> list[str]:
    return [table(bench).index(row, column).data() for row in range(table(bench).rowCount())]


def drawn(bench: Bench) -> list[Annotation]:
    image = bench.bench.current.image
    assert image is not None
    return list(bench.session.annotations(image.id))


def choose_all(bench: Bench) -> tuple[str, ...]:
    dialog = bench.wiring.annotation_table.dialog
    dialog.table.selectAll()
    return dialog.table.keys()


def answer(bench: Bench, text: str) -> None:
    (dialog,) = bench.wiring.annotation_table.dialog.findChildren(QInputDialog)
    dialog.setTextValue(text)
    dialog.accept()


def test_what_is_drawn_is_measured_in_micrometres(bench: Bench) -> None:
    draw_three(bench)
    assert cells(bench, 0) == ["Tumor 1", "Tumor 2", "Tumor 3"]
    assert cells(bench, 3) == ["225", "900", "2,025"], "0.5 µm/px"
    assert cells(bench, 4) == ["60.0", "120", "180"]
    bench.pane.annotation_drawn.emit(rectangle(Region(0, 0, 10, 10)))
    bench.wait(lambda: table(bench).rowCount() == 4)


def test_the_viewer_and_the_table_choose_the_same(bench: Bench) -> None:
    draw_three(bench)
    ids = choose_all(bench)
    assert set(bench.pane.selected) == set(ids)
    bench.pane.select(ids[:1])
    assert bench.wiring.annotation_table.dialog.table.keys() == ids[:1]


def test_many_are_moved_renamed_and_commented_in_one_step_each(bench: Bench) -> None:
    draw_three(bench)
    dialog = bench.wiring.annotation_table.dialog
    choose_all(bench)
    dialog.group.setCurrentIndex(dialog.group.findText("Artefact"))
    assert {item.group for item in drawn(bench)} == {"Artefact"}
    dialog.rename.click()
    answer(bench, "fold")
    assert [item.name for item in drawn(bench)] == ["fold 1", "fold 2", "fold 3"]
    bench.wait(lambda: cells(bench, 0) == ["fold 1", "fold 2", "fold 3"])
    dialog.comment.click()
    bench.wait(lambda: len(dialog.findChildren(QInputDialog)) == 1)
    answer(bench, "seen twice")
    assert {item.comment for item in drawn(bench)} == {"seen twice"}
    for _ in range(3):
        bench.bench.undo()
    assert [(item.name, item.group, item.comment) for item in drawn(bench)] == [
        (f"Tumor {number}", "Tumor", "") for number in (1, 2, 3)
    ]


def test_the_table_is_written_as_csv(bench: Bench) -> None:
    draw_three(bench)
    bench.wiring.annotation_table.export(bench.folder / "out.csv")
    bench.wait(lambda: "3 annotations measured in out.csv" in bench.window.area.bar.message.text())
    with (bench.folder / "out.csv").open(encoding="utf-8-sig", newline="") as text:
        assert [row["area_um2"] for row in csv.DictReader(text)] == ["225.0", "900.0", "2025.0"]
