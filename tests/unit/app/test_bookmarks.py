"""Bookmarks are kept, changed and removed like annotations: journalled, undone, done again."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lnm_desktop.app.bookmarks import AddBookmark, RemoveBookmarks, ReplaceBookmark
from lnm_desktop.app.session import Change, Session
from lnm_desktop.domain.bookmark import Bookmark, new_bookmark
from lnm_desktop.domain.case import CaseImage
from lnm_desktop.domain.geometry import Point
from lnm_desktop.domain.ids import ImageId
from lnm_desktop.domain.image import ImageKind
from lnm_desktop.errors import StoreError


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with Session.open(tmp_path / "ws", author="tester") as opened:
        yield opened


@pytest.fixture
def image(session: Session) -> CaseImage:
    return session.add_image(session.add_case("P-1").id, "slide.svs", ImageKind.SLIDE, "slide")


def a_bookmark(image: CaseImage, note: str = "Mitosis? Ask \N{SNOWMAN}") -> Bookmark:
    turned = {"rotation_deg": 37.5, "mirrored": True}
    return new_bookmark(image.id, Point(1 / 3, 20.5), 0.7, note=note, author="tester", **turned)


def test_a_bookmark_comes_back_equal_after_a_restart(session: Session, image: CaseImage) -> None:
    first, second = a_bookmark(image), a_bookmark(image, "")
    session.execute(AddBookmark(first))
    session.execute(AddBookmark(second))
    session.close()
    with Session.open(session.folder, author="tester", create=False) as again:
        assert again.bookmarks(image.id) == (first, second)
        assert again.verify().ok


def test_each_step_is_undone_and_done_again(session: Session, image: CaseImage) -> None:
    kept = a_bookmark(image)
    noted = replace(kept, note="Metastasis")
    session.execute(AddBookmark(kept))
    session.execute(ReplaceBookmark(noted))
    session.execute(RemoveBookmarks(image.id, (kept.id,)))
    states = [session.bookmarks(image.id)]
    for step in (*(session.undo,) * 3, *(session.redo,) * 3):
        step(image.case_id)
        states.append(session.bookmarks(image.id))
    assert states == [(), (noted,), (kept,), (), (kept,), (noted,), ()]


def test_a_removal_undone_returns_to_its_place(session: Session, image: CaseImage) -> None:
    kept = [a_bookmark(image, str(number)) for number in range(3)]
    for one in kept:
        session.execute(AddBookmark(one))
    session.execute(RemoveBookmarks(image.id, (kept[0].id, kept[1].id)))
    assert session.can_undo(image.case_id) == "Remove 2 bookmarks"
    session.undo(image.case_id)
    assert [one.note for one in session.bookmarks(image.id)] == ["0", "1", "2"]


def test_listeners_hear_which_bookmark_changed(session: Session, image: CaseImage) -> None:
    heard: list[Change] = []
    session.changed.connect(heard.append)
    kept = a_bookmark(image)
    session.execute(AddBookmark(kept))
    assert [(change.what, change.image_id, change.ids) for change in heard] == [("bookmarks", image.id, (kept.id,))]


def test_the_history_does_not_repeat_the_note(session: Session, image: CaseImage) -> None:
    session.execute(AddBookmark(a_bookmark(image, "secret")))
    assert session.history(image.case_id)[-1].words == "Add bookmark"


def test_what_cannot_be_done_changes_nothing(session: Session, image: CaseImage) -> None:
    kept = a_bookmark(image)
    with pytest.raises(StoreError, match="no longer there"):
        session.execute(ReplaceBookmark(kept))
    session.execute(AddBookmark(kept))
    with pytest.raises(StoreError, match="there already"):
        session.execute(AddBookmark(kept))
    with pytest.raises(ValueError, match="nothing to remove"):
        RemoveBookmarks(image.id, ())
    assert session.bookmarks(image.id) == (kept,)


@pytest.mark.parametrize("change", [{"downsample": 0.0}, {"rotation_deg": math.nan}, {"center": Point(math.inf, 0)}])
def test_a_view_that_is_none_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no view"):
        replace(new_bookmark(ImageId("i"), Point(0, 0), 1.0), **change)  # type: ignore[arg-type]
