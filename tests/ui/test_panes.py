"""Several panes with fake canvases: who is active, what opens where, what stays in sight."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from shiboken6 import isValid

from lnm_desktop.ui.panes import Panes, Seat
from lnm_desktop.ui.widgets.pane_grid import PaneLayout
from tests.ui.conftest import Bench
from tests.ui.fake_pane import FakePane
from tests.ui.fixtures import a_box, a_triangle

LEFT = Qt.MouseButton.LeftButton


class ManyPanes:
    """A workbench in a layout of several panes, all built."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.panes: Panes = bench.bench.panes
        bench.window.resize(1200, 800)
        bench.window.show()

    def arrange(self, action: str) -> None:
        self.bench.actions[action].trigger()
        self.bench.wait(lambda: self.panes.settled)

    def seat(self, place: int) -> Seat:
        return self.panes.seats[place]

    def pane(self, place: int) -> FakePane:
        pane = self.seat(place).pane
        assert isinstance(pane, FakePane)
        return pane

    def click(self, place: int) -> None:
        QTest.mouseClick(self.pane(place).canvas_widget, LEFT)

    def drop(self, place: int, *names: str) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(self.bench.folder / name)) for name in names])
        keys = Qt.KeyboardModifier.NoModifier
        event = QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, LEFT, keys)
        self.seat(place).frame.dropEvent(event)
        self.bench.wait(lambda: self.bench.background.idle)

    def labels(self) -> list[str]:
        return [seat.slot.image.label if seat.slot.image else "" for seat in self.panes.seats]

    @property
    def active(self) -> int:
        return self.panes.seats.index(self.panes.active)


@pytest.fixture
def two(bench: Bench) -> ManyPanes:
    many = ManyPanes(bench)
    bench.open_slide("left.svs")
    many.arrange("panes-2")
    return many


@pytest.fixture
def both(two: ManyPanes) -> ManyPanes:
    """left.svs and right.svs, the right one active."""
    two.drop(1, "right.svs")
    return two


def test_further_panes_are_only_built_when_asked_for(bench: Bench) -> None:
    many = ManyPanes(bench)
    assert len(many.panes.seats) == 1
    many.arrange("panes-4")
    assert len(many.panes.built()) == 4
    assert bench.actions["panes-4"].isChecked()


@pytest.mark.parametrize(("action", "columns", "rows"), [("panes-2", 2, 1), ("panes-above", 1, 2), ("panes-4", 2, 2)])
def test_panes_lie_as_the_layout_says(bench: Bench, action: str, columns: int, rows: int) -> None:
    many = ManyPanes(bench)
    many.arrange(action)
    places = [frame.geometry() for frame in bench.window.area.grid.frames]
    assert len({place.x() for place in places}) == columns and len({place.y() for place in places}) == rows
    assert all(place.width() > 100 and place.height() > 100 for place in places)


def test_an_empty_pane_says_what_to_do(two: ManyPanes) -> None:
    frame = two.seat(1).frame
    assert frame.is_empty and not two.seat(0).frame.is_empty
    assert frame.words.text() == "Drop a slide here" and "double click one in the list" in frame.more.text()


def test_a_click_anywhere_in_a_pane_activates_it(two: ManyPanes) -> None:
    told: list[object] = []
    two.bench.bench.pane_changed.connect(told.append)
    QTest.mouseClick(two.seat(1).frame.words, LEFT)
    assert two.active == 1 and two.bench.bench.pane is two.pane(1)
    assert told == [two.pane(1)]
    assert two.seat(1).frame.property("role") == "pane-active"
    QTest.mouseClick(two.seat(0).frame.title, LEFT)
    assert two.active == 0 and told == [two.pane(1), two.pane(0)]
    assert two.seat(1).frame.property("role") == "pane"


def test_f6_walks_through_the_panes(two: ManyPanes) -> None:
    two.bench.actions["next-pane"].trigger()
    assert two.active == 1
    two.bench.actions["next-pane"].trigger()
    assert two.active == 0


def test_an_image_opens_in_the_active_pane(two: ManyPanes) -> None:
    two.click(1)
    image = two.seat(0).slot.image
    assert image is not None
    two.bench.panels.cases.image_chosen.emit(image.id)
    two.bench.wait(lambda: two.labels() == ["left", "left"])
    assert two.pane(1).called("show_image")[0][1] == "left"
    assert len(two.pane(0).called("show_image")) == 1, "the other pane is left alone"


def test_an_image_comes_up_where_it_was_asked_for(two: ManyPanes) -> None:
    """Another pane may have become active while the file was being read."""
    two.panes.activate(two.seat(1))
    two.bench.bench.open_paths([two.bench.folder / "right.svs"])
    two.panes.activate(two.seat(0))
    two.bench.wait(lambda: two.bench.background.idle)
    assert two.labels() == ["left", "right"] and two.active == 0
    assert two.bench.bench.current.image is two.seat(0).slot.image


def test_the_latest_wish_for_a_pane_wins(two: ManyPanes) -> None:
    for name in ("a.svs", "b.svs", "c.svs"):
        two.bench.bench.open_paths([two.bench.folder / name])
    two.bench.wait(lambda: two.bench.background.idle)
    assert two.labels()[0] == "c"


def test_a_dropped_file_opens_where_it_was_dropped(two: ManyPanes) -> None:
    two.drop(1, "right.svs")
    assert two.labels() == ["left", "right"]
    assert two.active == 1
    assert two.seat(1).frame.title.text() == "right"


def test_several_dropped_files_fill_the_empty_panes_and_the_rest_join_the_case(bench: Bench) -> None:
    many = ManyPanes(bench)
    many.arrange("panes-4")
    many.drop(2, "a.svs", "b.svs", "c.svs", "d.svs", "e.svs")
    assert many.labels() == ["b", "c", "a", "d"]
    (case,) = bench.session.cases()
    assert sorted(image.label for image in bench.session.images(case.id)) == ["a", "b", "c", "d", "e"]
    assert many.active == 2


def test_dropped_files_leave_other_images_alone(both: ManyPanes) -> None:
    both.drop(1, "new.svs", "more.svs")
    assert both.labels() == ["left", "new"]


def test_panels_belong_to_the_active_pane(both: ManyPanes) -> None:
    bench = both.bench
    both.pane(1).annotation_drawn.emit(a_triangle())
    bench.wait(lambda: bench.panels.annotations.table.rows.rowCount() == 1)
    both.click(0)
    assert bench.panels.annotations.table.rows.rowCount() == 0
    assert bench.window.windowTitle().startswith("left")
    both.click(1)
    assert bench.panels.annotations.table.rows.rowCount() == 1
    assert len(both.pane(1).called("show_image")) == 1, "nothing is opened again"


def test_panels_are_empty_for_an_empty_pane(two: ManyPanes) -> None:
    assert two.bench.panels.annotations.isEnabled()
    two.click(1)
    assert not two.bench.panels.annotations.isEnabled()
    assert two.bench.bench.current.image is None
    two.click(0)
    assert two.bench.panels.annotations.isEnabled()


def test_what_is_drawn_belongs_to_the_pane_it_was_drawn_in(both: ManyPanes) -> None:
    both.pane(0).annotation_drawn.emit(a_box())
    both.pane(1).annotation_drawn.emit(a_triangle())
    both.bench.wait(lambda: len(both.pane(1).annotations) == 1)
    assert next(iter(both.pane(1).annotations)).geometry == a_triangle()
    assert len(both.pane(0).annotations) == 0


def test_undo_is_drawn_in_a_pane_that_is_not_active(both: ManyPanes) -> None:
    both.pane(1).annotation_drawn.emit(a_triangle())
    both.bench.wait(lambda: len(both.pane(1).annotations) == 1)
    both.click(0)
    assert len(both.pane(1).annotations) == 1, "it stays in sight"
    both.bench.actions["undo"].trigger()
    both.bench.wait(lambda: len(both.pane(1).annotations) == 0)


def test_the_same_image_in_two_panes_is_drawn_in_both(two: ManyPanes) -> None:
    two.drop(1, "left.svs")
    assert two.labels() == ["left", "left"]
    two.pane(1).annotation_drawn.emit(a_triangle())
    two.bench.wait(lambda: len(two.pane(0).annotations) == len(two.pane(1).annotations) == 1)


def test_undo_belongs_to_the_case_of_the_active_pane(both: ManyPanes) -> None:
    bench = both.bench
    bench.bench.add_case("other")
    both.drop(1, "elsewhere.svs")
    both.pane(1).annotation_drawn.emit(a_triangle())
    bench.wait(bench.actions["undo"].isEnabled)
    both.click(0)
    assert bench.bench.current.case is not None and bench.bench.current.case.pseudonym == "Case 1"
    assert not bench.actions["undo"].isEnabled()
    both.click(1)
    assert bench.bench.current.case.pseudonym == "other"
    assert bench.actions["undo"].isEnabled()


def test_a_drawing_tool_is_only_in_the_active_pane(both: ManyPanes) -> None:
    both.bench.actions["tool-polygon"].trigger()
    assert both.pane(1).called("set_tool")[-1][0].value == "polygon"
    both.click(0)
    assert both.pane(1).called("set_tool")[-1][0].value == "move"
    assert both.pane(0).called("set_tool")[-1][0].value == "polygon"


def test_the_press_that_activates_draws_nothing(both: ManyPanes) -> None:
    taken: list[str] = []
    both.pane(0).canvas_widget.mousePressEvent = lambda _event: taken.append("press")  # type: ignore[method-assign]
    both.pane(0).canvas_widget.mouseReleaseEvent = lambda _event: taken.append("release")  # type: ignore[method-assign]
    both.bench.actions["tool-point"].trigger()
    both.click(0)
    assert both.active == 0 and taken == []
    both.click(0)
    assert taken == ["press", "release"]


def test_a_button_in_the_head_of_another_pane_acts_with_any_tool(both: ManyPanes) -> None:
    both.bench.actions["tool-point"].trigger()
    QTest.mouseClick(both.seat(0).frame.shut, LEFT)
    assert both.labels() == ["", "right"] and both.active == 1
    pressed: list[str] = []
    both.seat(0).frame.open.clicked.disconnect()
    both.seat(0).frame.open.clicked.connect(lambda: pressed.append("open"))
    QTest.mouseClick(both.seat(0).frame.open, LEFT)
    assert both.active == 0 and pressed == ["open"]


def test_with_the_move_tool_the_press_that_activates_also_pans(both: ManyPanes) -> None:
    taken: list[str] = []
    both.pane(0).canvas_widget.mousePressEvent = lambda _event: taken.append("press")  # type: ignore[method-assign]
    both.click(0)
    assert both.active == 0 and taken == ["press"]


def test_back_to_one_pane_keeps_the_active_image_and_closes_the_other(both: ManyPanes) -> None:
    left = both.seat(0).slot.reader
    both.arrange("panes-1")
    assert both.labels() == ["right"]
    assert left.closed  # type: ignore[union-attr]
    assert both.bench.bench.pane is both.pane(0)
    assert both.seat(0).frame.property("role") == "pane-alone"


def test_fewer_panes_keep_those_with_images(bench: Bench) -> None:
    many = ManyPanes(bench)
    many.arrange("panes-4")
    many.drop(3, "a.svs")
    many.click(0)
    many.arrange("panes-above")
    assert many.labels() == ["", "a"] and many.active == 0


def test_what_is_still_read_for_a_pane_that_has_gone_is_closed(two: ManyPanes) -> None:
    two.click(1)
    two.bench.bench.open_paths([two.bench.folder / "late.svs"])
    two.panes.activate(two.seat(0))
    two.panes.arrange(PaneLayout.ONE)
    (case,) = two.bench.session.cases()
    two.bench.wait(lambda: len(two.bench.session.images(case.id)) == 2 and two.bench.background.idle)
    assert two.labels() == ["left"]
    assert [image.label for image in two.bench.session.images(case.id)] == ["left", "late"]


def test_an_opening_that_ends_after_its_pane_was_destroyed_is_no_fault(two: ManyPanes) -> None:
    gone = two.seat(1)
    two.panes.activate(two.seat(0))
    two.panes.arrange(PaneLayout.ONE)
    two.bench.wait(lambda: not isValid(gone.frame))
    two.bench.bench.opening.ended.emit(gone)
    assert two.labels() == ["left"]


def test_closing_an_image_leaves_an_empty_pane_and_closing_that_leaves_none(both: ManyPanes) -> None:
    reader = both.seat(1).slot.reader
    both.bench.actions["close-image"].trigger()
    assert both.labels() == ["left", ""] and both.seat(1).frame.is_empty
    assert reader.closed  # type: ignore[union-attr]
    both.seat(1).frame.shut.click()
    assert both.labels() == ["left"] and both.panes.layout is PaneLayout.ONE
    both.bench.actions["close-image"].trigger()
    assert both.labels() == [""] and not both.bench.actions["close-image"].isEnabled()


def test_a_stated_pixel_size_is_shown_in_every_pane_of_that_image(uncalibrated: Bench) -> None:
    many = ManyPanes(uncalibrated)
    uncalibrated.open_slide("left.svs")
    many.arrange("panes-2")
    many.drop(1, "left.svs")
    uncalibrated.panels.models.pixel_size.size_mpp.setValue(0.25)
    uncalibrated.panels.models.pixel_size.confirm.click()
    uncalibrated.wait(lambda: all(seat.slot.calibration.is_known for seat in many.panes.seats))
    assert [many.pane(place).called("show_image")[-1][2].mpp for place in (0, 1)] == [0.25, 0.25]


def test_hidden_annotations_are_hidden_in_every_pane(both: ManyPanes) -> None:
    both.bench.actions["annotations"].trigger()
    assert [both.pane(place).called("set_annotations_visible") for place in (0, 1)] == [[(False,)], [(False,)]]
    both.arrange("panes-4")
    assert both.pane(3).called("set_annotations_visible") == [(False,)]


def test_the_gap_between_two_panes_can_be_dragged(both: ManyPanes) -> None:
    grid = both.bench.window.area.grid
    middle, there = QPoint(grid.width() // 2, 100), QPoint(grid.width() // 4, 100)
    QTest.mousePress(grid, LEFT, pos=middle)
    QTest.mouseMove(grid, there)
    grid._dragged = (True, False)
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtGui import QMouseEvent

    far = grid.mapToGlobal(QPointF(there))
    move = QMouseEvent(QEvent.Type.MouseMove, QPointF(there), far, LEFT, LEFT, Qt.KeyboardModifier.NoModifier)
    QCoreApplication.sendEvent(grid, move)
    QTest.mouseRelease(grid, LEFT, pos=there)
    assert both.seat(0).frame.width() == pytest.approx(grid.width() / 4, abs=4)


def test_annotation_files_dropped_on_a_pane_belong_to_its_image(both: ManyPanes, tmp_path: Path) -> None:
    both.pane(1).annotation_drawn.emit(a_triangle())
    both.bench.wait(lambda: len(both.pane(1).annotations) == 1)
    both.bench.bench.annotating.export(both.bench.folder / "drawn.geojson")
    both.bench.wait(lambda: (both.bench.folder / "drawn.geojson").exists() and both.bench.background.idle)
    both.drop(0, "drawn.geojson")
    both.bench.wait(lambda: len(both.pane(0).annotations) == 1)
    assert both.active == 0


def test_all_panes_share_what_may_be_kept_of_tiles(two: ManyPanes) -> None:
    two.panes.cache_bytes = 1000
    two.arrange("panes-4")
    assert [two.pane(place).called("set_cache_bytes")[-1] for place in range(4)] == [(250,)] * 4
    two.arrange("panes-1")
    assert two.pane(0).called("set_cache_bytes")[-1] == (1000,)
