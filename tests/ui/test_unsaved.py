"""What the disk does not take waits in memory, is told, tried again, and keeps the window open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtWidgets import QMessageBox

from lnm_desktop.domain.clinical import ClinicalRecord
from lnm_desktop.errors import StoreError
from lnm_desktop.ui.notices import Notices, Severity
from lnm_desktop.ui.widgets.close_dialog import ask_to_close
from tests.ui.conftest import Bench
from tests.ui.fixtures import a_box, a_triangle


@contextmanager
def a_full_disk(bench: Bench) -> Iterator[None]:
    """The file may not grow by a page."""
    workspace = bench.session._workspace
    pages = workspace._run(lambda connection: connection.pragma("page_count"))
    workspace._run(lambda connection: connection.pragma("max_page_count", pages))
    yield
    workspace._run(lambda connection: connection.pragma("max_page_count", 1_000_000))


def fill(bench: Bench) -> None:
    """Draw until a page more is needed."""
    for _ in range(40):
        bench.pane.annotation_drawn.emit(a_box())
        if bench.notices.unsaved:
            return
    raise AssertionError("the disk took everything")


def drawn(bench: Bench) -> int:
    image = bench.bench.current.image
    assert image is not None
    return len(bench.session.annotations(image.id))


def test_t06_a_full_disk_loses_no_edit(bench: Bench) -> None:
    bench.open_slide()
    with a_full_disk(bench):
        fill(bench)
        saved = drawn(bench)
        bench.pane.annotation_drawn.emit(a_triangle())
        bar = bench.window.area.bar
        assert bar.severity is Severity.ERROR
        assert "the disk is full" in bar.message.text()
        assert "2 changes wait in memory" in bar.hint.text()
        assert drawn(bench) == saved
        bar.offer.click()
        assert bench.notices.unsaved == 2
    bar.offer.click()
    assert bench.notices.unsaved == 0
    assert drawn(bench) == saved + 2
    assert bench.window.area.bar.message.text() == "All changes are saved."


def test_t06_the_next_edit_saves_those_that_waited_first(bench: Bench) -> None:
    bench.open_slide()
    with a_full_disk(bench):
        fill(bench)
    saved = drawn(bench)
    bench.pane.annotation_drawn.emit(a_triangle())
    assert drawn(bench) == saved + 2
    assert bench.notices.unsaved == 0


def test_t06_the_window_stays_until_it_is_told_what_to_give_up(bench: Bench) -> None:
    bench.open_slide()
    notices = bench.notices
    bench.window.may_close = lambda: notices.save_waiting() or (ask_to_close(notices, bench.window), False)[1]
    bench.window.show()
    with a_full_disk(bench):
        fill(bench)
        assert not bench.window.close()
        (box,) = bench.window.findChildren(QMessageBox)
        assert "One change is not on disk" in box.text()
        next(one for one in box.buttons() if one.text() == "Stay").click()
        assert bench.window.isVisible()
        assert notices.unsaved == 1
        bench.window.close()
        box = bench.window.findChildren(QMessageBox)[-1]
        next(one for one in box.buttons() if one.text() == "Close and lose them").click()
        assert not bench.window.isVisible()


def test_t08_what_another_program_locks_waits_too() -> None:
    notices, done = Notices(), []
    locked = [True]

    def save() -> str:
        if locked:
            raise StoreError("another program keeps it locked", hint="Close that program.", code="BusyError")
        done.append("saved")
        return "saved"

    assert notices.attempt(save) is None
    assert notices.unsaved == 1
    locked.clear()
    assert notices.save_waiting()
    assert done == ["saved"]


def test_what_is_wrong_and_not_the_disk_does_not_wait() -> None:
    notices = Notices()

    def refuse() -> ClinicalRecord:
        raise StoreError("that is no longer there")

    assert notices.attempt(refuse) is None
    assert notices.unsaved == 0
    (told,) = notices
    assert told.message == "that is no longer there"


def test_a_draft_does_not_wait(bench: Bench) -> None:
    def full() -> None:
        raise StoreError("the disk is full", code="FullError")

    bench.notices.attempt(full, keep=False)
    assert bench.notices.unsaved == 0
