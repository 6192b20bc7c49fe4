"""The menu of the selected shapes, from the action to the workspace and back by one undo."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QInputDialog

from lnm_desktop.app.commands import SetGroups
from lnm_desktop.domain.annotation import AnnotationGroup
from lnm_desktop.domain.geometry import Region, rectangle
from tests.ui.conftest import Bench


def draw(bench: Bench, *regions: Region) -> None:
    bench.open_slide()
    for region in regions:
        bench.pane.annotation_drawn.emit(rectangle(region))
    bench.pane.select([item.id for item in drawn(bench)])
    bench.pane.selection_changed.emit(bench.pane.selected)


def drawn(bench: Bench) -> list:
    image = bench.bench.current.image
    assert image is not None
    return list(bench.session.annotations(image.id))


def test_nothing_selected_nothing_to_do(bench: Bench) -> None:
    bench.open_slide()
    assert not bench.actions["unite"].isEnabled()


def test_two_are_united_and_parted_by_one_undo(bench: Bench) -> None:
    draw(bench, Region(0, 0, 10, 10), Region(5, 0, 10, 10))
    bench.actions["unite"].trigger()
    (made,) = drawn(bench)
    assert made.geometry.area_px2 == pytest.approx(150)
    bench.wait(lambda: bench.pane.selected == (made.id,))
    bench.bench.undo()
    assert len(drawn(bench)) == 2


def test_a_width_is_asked_in_micrometres(bench: Bench) -> None:
    draw(bench, Region(100, 100, 10, 10))
    bench.actions["buffer"].trigger()
    (dialog,) = bench.window.findChildren(QInputDialog)
    dialog.setDoubleValue(5.0)
    dialog.accept()
    (made,) = drawn(bench)
    assert made.geometry.area_px2 > 100


def test_what_cannot_be_done_is_said(bench: Bench) -> None:
    draw(bench, Region(0, 0, 10, 10))
    bench.actions["unite"].trigger()
    assert "needs 2 selected areas" in bench.window.area.bar.message.text()
    bench.actions["copy-to-panes"].trigger()
    assert "No other pane" in bench.window.area.bar.message.text()


def test_a_locked_group_is_left_alone(bench: Bench) -> None:
    draw(bench, Region(0, 0, 10, 10))
    image = bench.bench.current.image
    assert image is not None
    name = drawn(bench)[0].group
    bench.session.execute(SetGroups(image.id, (AnnotationGroup(name, locked=True),)))
    bench.actions["duplicate"].trigger()
    assert f"{name} is locked" in bench.window.area.bar.message.text()
    assert len(drawn(bench)) == 1
