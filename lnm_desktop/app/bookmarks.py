"""What a person may ask to change among the bookmarks of an image."""

from __future__ import annotations

from dataclasses import dataclass

from lnm_desktop.domain.bookmark import Bookmark
from lnm_desktop.domain.ids import BookmarkId, ImageId
from lnm_desktop.store.encoding import bookmark_to
from lnm_desktop.store.journal import Body, Edit, Op
from lnm_desktop.store.schema import ObjectKind


@dataclass(frozen=True)
class AddBookmark:
    """Keep a view."""

    bookmark: Bookmark

    @property
    def words(self) -> str:
        """As in “Add bookmark”: the note is not told, it may be long."""
        return "Add bookmark"

    def edit(self) -> Edit:
        """What the store is asked to change."""
        return _edit(Op.ADD, self.words, self.bookmark.image_id, {self.bookmark.id: bookmark_to(self.bookmark)})


@dataclass(frozen=True)
class ReplaceBookmark:
    """Put this bookmark in the place of the one with its id."""

    bookmark: Bookmark

    @property
    def words(self) -> str:
        """As in “Change bookmark”."""
        return "Change bookmark"

    def edit(self) -> Edit:
        """What the store is asked to change."""
        return _edit(Op.REPLACE, self.words, self.bookmark.image_id, {self.bookmark.id: bookmark_to(self.bookmark)})


@dataclass(frozen=True)
class RemoveBookmarks:
    """Remove bookmarks of an image, all in one step. Raises ValueError for none."""

    image_id: ImageId
    ids: tuple[BookmarkId, ...]

    def __post_init__(self) -> None:
        if not self.ids:
            raise ValueError("there is nothing to remove")

    @property
    def words(self) -> str:
        """As in “Remove 3 bookmarks”."""
        return "Remove bookmark" if len(self.ids) == 1 else f"Remove {len(self.ids)} bookmarks"

    def edit(self) -> Edit:
        """What the store is asked to change."""
        return _edit(Op.REMOVE, self.words, self.image_id, dict.fromkeys(self.ids))


def _edit(op: Op, words: str, image_id: ImageId, after: dict[BookmarkId, Body | None]) -> Edit:
    return Edit(ObjectKind.BOOKMARK, op, words, {**after}, image_id=image_id)
