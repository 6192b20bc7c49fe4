"""Bookmarks by mouse and keys: kept with a note, found again, deleted, brought back."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from lnm_desktop.domain.geometry import Point
from lnm_desktop.domain.image import Calibration, CalibrationSource
from lnm_desktop.ui.bookmarking import scale_of
from lnm_desktop.ui.viewer.view_state import ViewState
from tests.ui.conftest import Bench

HERE = ViewState(10.0, 1.0, 2.0, Point(300.5, 200.25), rotation_deg=30.0)
THERE = ViewState(20.0, 0.5, 1.0, Point(700, 600), mirrored=True)


def started(bench: Bench) -> Bench:
    """A slide is open and the window on the screen."""
    bench.window.resize(1500, 950)
    bench.window.show()
    bench.window.activateWindow()
    bench.wait(bench.window.isActiveWindow)
    bench.open_slide()
    return bench


def add(bench: Bench, view: ViewState, note: str = "") -> None:
    """Ctrl+B, then type a note (or leave the one that was made)."""
    bench.pane.view = view
    count = len(notes(bench))
    bench.window.setFocus()
    QTest.keyClick(bench.window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    bench.wait(lambda: len(notes(bench)) == count + 1)
    bench.wait(lambda: editor(bench) is not None)
    field = editor(bench)
    assert field is not None
    QTest.keyClicks(field, note)
    QTest.keyClick(field, Qt.Key.Key_Return)
    bench.wait(lambda: editor(bench) is None)
    bench.wait(lambda: not note or note in notes(bench))


def editor(bench: Bench) -> QLineEdit | None:
    """The field in which a note is typed."""
    return bench.panels.bookmarks.table.viewport().findChild(QLineEdit)


def notes(bench: Bench) -> list[str]:
    shown = bench.panels.bookmarks.table.sorted
    return [shown.index(row, 0).data() for row in range(shown.rowCount())]


def place_of(bench: Bench, row: int, column: int = 0) -> QPoint:
    table = bench.panels.bookmarks.table
    return table.visualRect(table.sorted.index(row, column)).center()


def kept(bench: Bench):
    image = bench.bench.current.image
    assert image is not None
    return bench.session.bookmarks(image.id)


def test_ctrl_b_keeps_the_view_and_takes_the_note_at_once(bench: Bench) -> None:
    started(bench)
    add(bench, HERE, "Mitosis near the hilum")
    (one,) = kept(bench)
    assert (one.center, one.downsample, one.rotation_deg, one.mirrored) == (HERE.center, 2.0, 30.0, False)
    assert (one.note, one.author) == ("Mitosis near the hilum", "tester")
    assert bench.panels.bookmarks.table.sorted.index(0, 1).data() == "20.0×"
    assert bench.window.tabs.tabText(bench.window.tabs.currentIndex()) == "Bookmarks"


def test_a_note_left_alone_has_a_number(bench: Bench) -> None:
    started(bench)
    add(bench, HERE)
    add(bench, THERE)
    assert notes(bench) == ["Bookmark 1", "Bookmark 2"]


def test_a_double_click_goes_there_as_it_was_seen(bench: Bench) -> None:
    started(bench)
    add(bench, THERE, "there")
    bench.pane.view = HERE
    bench.pane.calls.clear()
    viewport = bench.panels.bookmarks.table.viewport()
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place_of(bench, 0, 1))
    QTest.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=place_of(bench, 0, 1))
    assert bench.pane.calls[-3:] == [("mirror", ()), ("rotate_to", (0.0,)), ("move_to", (THERE.center, 1.0))]


def test_j_walks_the_table_as_it_is_sorted_and_filtered(bench: Bench) -> None:
    started(bench)
    for note, view in (("b tumour", HERE), ("a tumour", THERE), ("c other", HERE)):
        add(bench, view, note)
    bench.panels.bookmarks.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    bench.panels.bookmarks.filter.setText("tumour")
    assert notes(bench) == ["a tumour", "b tumour"]
    bench.panels.bookmarks.table.clearSelection()
    bench.pane.calls.clear()
    bench.window.setFocus()
    for _press in range(3):
        QTest.keyClick(bench.window, Qt.Key.Key_J)
    QTest.keyClick(bench.window, Qt.Key.Key_J, Qt.KeyboardModifier.ShiftModifier)
    places = [arguments[0] for arguments in bench.pane.called("move_to")]
    assert places == [THERE.center, HERE.center, THERE.center, HERE.center]


def test_f2_changes_a_note_and_undo_takes_it_back(bench: Bench) -> None:
    started(bench)
    add(bench, HERE, "first")
    table = bench.panels.bookmarks.table
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place_of(bench, 0))
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_F2)
    field = editor(bench)
    assert field is not None
    QTest.keyClicks(field, "second")
    QTest.keyClick(field, Qt.Key.Key_Return)
    bench.wait(lambda: notes(bench) == ["second"])
    bench.actions["undo"].trigger()
    bench.wait(lambda: notes(bench) == ["first"])


def test_esc_leaves_the_note_as_it_was(bench: Bench) -> None:
    started(bench)
    add(bench, HERE, "kept")
    bench.panels.bookmarks.table.choose((kept(bench)[0].id,))
    bench.panels.bookmarks.note.click()
    field = editor(bench)
    assert field is not None
    QTest.keyClicks(field, "dropped")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert [one.note for one in kept(bench)] == ["kept"]


def test_del_in_the_table_deletes_bookmarks_and_undo_brings_them_back(bench: Bench) -> None:
    started(bench)
    add(bench, HERE, "one")
    add(bench, THERE, "two")
    table = bench.panels.bookmarks.table
    table.setFocus()
    table.selectAll()
    QTest.keyClick(table, Qt.Key.Key_Delete)
    bench.wait(lambda: notes(bench) == [])
    assert bench.pane.called("delete_selected") == []
    bench.actions["undo"].trigger()
    bench.wait(lambda: notes(bench) == ["one", "two"])


def test_a_new_note_is_typed_although_a_filter_hides_it(bench: Bench) -> None:
    started(bench)
    bench.panels.bookmarks.filter.setText("nothing like it")
    add(bench, HERE, "seen")
    assert notes(bench) == ["seen"]


def test_bookmarks_belong_to_their_image(bench: Bench) -> None:
    started(bench)
    add(bench, HERE, "of the first")
    bench.open_slide("second.svs")
    assert notes(bench) == []
    assert not bench.actions["next-bookmark"].isEnabled()
    bench.open_slide()
    assert notes(bench) == ["of the first"]


def test_without_an_image_there_is_nothing_to_keep(bench: Bench) -> None:
    assert not bench.actions["add-bookmark"].isEnabled()
    assert not bench.panels.bookmarks.isEnabled()
    bench.bookmarking.add()
    assert bench.session.cases() == ()


def test_the_keys_go_back_to_the_picture_after_the_note(bench: Bench) -> None:
    started(bench)
    bench.pane.canvas_widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    add(bench, HERE, "typed")
    assert QApplication.focusWidget() is bench.pane.canvas_widget


def test_scale_in_words() -> None:
    known = Calibration(0.25, 0.25, CalibrationSource.FILE)
    assert scale_of(2.0, 40.0, known) == "20.0×"
    assert scale_of(4.0, None, known) == "10.0×"
    assert scale_of(4.0, None, Calibration()) == "1 : 4"
    assert scale_of(0.5, None, Calibration()) == "2 : 1"
