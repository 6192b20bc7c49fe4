"""Annotations out of the window and back in, in the formats of other programs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QComboBox, QFileDialog

from tests.fakes.formula_reader import FormulaReader
from tests.ui.conftest import Bench
from tests.ui.fixtures import a_box


def draw_and_export(bench: Bench, name: str) -> Path:
    bench.open_slide()
    bench.pane.annotation_drawn.emit(a_box())
    bench.wait(lambda: len(bench.pane.annotations) == 1)
    bench.actions["export"].trigger()
    dialog = bench.window.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(bench.folder / name))
    dialog.reject()
    bench.wait(lambda: bench.background.idle)
    return bench.folder / name


@pytest.mark.parametrize("name", ["a.xml", "a.geojson", "a.imagescope.xml"])
def test_what_is_exported_is_imported_in_every_format(bench: Bench, name: str) -> None:
    file = draw_and_export(bench, name)
    bench.bench.open_paths([file])
    bench.wait(lambda: len(bench.pane.annotations) == 2)
    first, second = bench.pane.annotations
    assert second.geometry == first.geometry
    assert (second.group, second.name) == (first.group, first.name)


def test_ndpa_is_placed_by_the_open_slide(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    offsets = {f"hamamatsu.{axis}OffsetFromSlideCentre": "70000" for axis in "XY"}
    open_plain = bench.pixels.open
    monkeypatch.setattr(
        bench.pixels, "open", lambda path: FormulaReader(replace(open_plain(path).info, properties=offsets))
    )
    file = draw_and_export(bench, "a.ndpa")
    bench.bench.open_paths([file])
    bench.wait(lambda: len(bench.pane.annotations) == 2)
    first, second = bench.pane.annotations
    for before, after in zip(first.geometry.points, second.geometry.points, strict=True):
        assert (after.x, after.y) == pytest.approx((before.x, before.y), abs=0.01)


def test_ndpa_of_a_slide_without_a_place_is_refused_in_words(bench: Bench) -> None:
    file = draw_and_export(bench, "a.ndpa")
    assert not file.exists()
    assert "a.ndpa cannot be placed on the slide" in bench.window.area.bar.message.text()
    assert "Hamamatsu" in bench.window.area.bar.hint.text()


@pytest.mark.parametrize(
    ("chosen", "name", "holds"),
    [
        (2, "a.xml", b"<Regions>"),
        (0, "a.xml", b"<ASAP_Annotations>"),
        (2, "a.geojson", b"FeatureCollection"),
        (1, "a.imagescope.xml", b"<Regions>"),
        (0, "a.imagescope.xml", b"<Regions>"),
    ],
)
def test_the_chosen_format_decides_where_the_name_could_mean_two(
    bench: Bench, chosen: int, name: str, holds: bytes
) -> None:
    bench.open_slide()
    bench.pane.annotation_drawn.emit(a_box())
    bench.wait(lambda: len(bench.pane.annotations) == 1)
    bench.actions["export"].trigger()
    dialog = bench.window.findChild(QFileDialog)
    assert dialog is not None
    box = dialog.findChild(QComboBox, "fileTypeCombo")
    assert box is not None
    box.setCurrentIndex(chosen)
    box.activated.emit(chosen)
    box.textActivated.emit(box.currentText())
    dialog.fileSelected.emit(str(bench.folder / name))
    dialog.reject()
    bench.wait(lambda: bench.background.idle)
    assert holds in (bench.folder / name).read_bytes()
