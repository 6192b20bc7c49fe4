"""Between the view and the bookmarks: what is seen is kept with a note, and found again."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject

from lnm_desktop.app.bookmarks import AddBookmark, RemoveBookmarks, ReplaceBookmark
from lnm_desktop.app.session import Change
from lnm_desktop.domain.bookmark import Bookmark, new_bookmark
from lnm_desktop.domain.coverage import MPP_AT_1X
from lnm_desktop.domain.image import Calibration, ImageKind
from lnm_desktop.ui.actions import Actions
from lnm_desktop.ui.panels.bookmarks import BookmarksPanel
from lnm_desktop.ui.workbench import Workbench


class Bookmarking(QObject):
    """Connects panel, actions and workbench; the pane is whichever the workbench shows the open image in."""

    def __init__(self, actions: Actions, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self._panel: BookmarksPanel = bench.panels.bookmarks
        self._actions = actions
        self._added = ""
        actions.on(
            {
                "add-bookmark": self.add,
                "next-bookmark": lambda: self._panel.step(1),
                "previous-bookmark": lambda: self._panel.step(-1),
                "panel-bookmarks": lambda: bench.window.show_panel("bookmarks"),
            }
        )
        self._connect()
        self._show()

    def add(self) -> None:
        """Keep what is seen now, and let a note be typed at once."""
        session, image, pane = self._bench.current.session, self._bench.current.image, self._bench.pane
        view = pane.view if pane is not None else None
        if session is None or image is None or view is None:
            return
        made = new_bookmark(
            image.id,
            view.center,
            view.downsample,
            rotation_deg=view.rotation_deg,
            mirrored=view.mirrored,
            note=f"Bookmark {len(session.bookmarks(image.id)) + 1}",
            author=session.author,
        )
        self._added = made.id
        self._bench.notices.attempt(lambda: session.execute(AddBookmark(made)))

    def _connect(self) -> None:
        panel, bench = self._panel, self._bench
        panel.add_wanted.connect(self.add)
        panel.bookmark_chosen.connect(self._go_to)
        panel.note_given.connect(self._set_note)
        panel.delete_wanted.connect(self._remove)
        panel.left.connect(self._back_to_picture)
        bench.current.image_changed.connect(self._show)
        bench.changed.connect(self._committed)

    def _committed(self, change: Change) -> None:
        image = self._bench.current.image
        if change.what != "bookmarks" or image is None or change.image_id != image.id:
            return
        self._show()
        if self._added in change.ids:
            self._bench.window.show_panel("bookmarks")
            self._panel.edit_note(self._added)
            self._added = ""

    def _show(self) -> None:
        kept = self._kept()
        self._panel.show_bookmarks(None if kept is None else tuple(kept.values()), self._scale)
        self._actions["add-bookmark"].setEnabled(kept is not None)
        for action_id in ("next-bookmark", "previous-bookmark"):
            self._actions[action_id].setEnabled(bool(kept))

    def _kept(self) -> dict[str, Bookmark] | None:
        """The open image's bookmarks by id; None where no image is open."""
        session, image = self._bench.current.session, self._bench.current.image
        if session is None or image is None:
            return None
        return {one.id: one for one in session.bookmarks(image.id)}

    def _go_to(self, bookmark_id: str) -> None:
        pane, kept = self._bench.pane, (self._kept() or {}).get(bookmark_id)
        view = pane.view if pane is not None else None
        if pane is None or kept is None or view is None:
            return
        if view.mirrored != kept.mirrored:
            pane.mirror()
        pane.rotate_to(kept.rotation_deg)
        pane.move_to(kept.center, kept.downsample)

    def _set_note(self, bookmark_id: str, note: str) -> None:
        session, kept = self._bench.current.session, (self._kept() or {}).get(bookmark_id)
        if session is not None and kept is not None:
            changed = ReplaceBookmark(replace(kept, note=note))
            self._bench.notices.attempt(lambda: session.execute(changed))

    def _remove(self, ids: tuple[str, ...]) -> None:
        session, image, kept = self._bench.current.session, self._bench.current.image, self._kept() or {}
        known = tuple(kept[one].id for one in ids if one in kept)
        if session is not None and image is not None and known:
            self._bench.notices.attempt(lambda: session.execute(RemoveBookmarks(image.id, known)))

    def _back_to_picture(self) -> None:
        """The note is typed: keys go to the viewer again."""
        if self._bench.pane is not None:
            self._bench.pane.canvas_widget.setFocus()

    def _scale(self, bookmark: Bookmark) -> str:
        reader = self._bench.current.reader
        is_slide = reader is not None and reader.info.kind is ImageKind.SLIDE
        objective = reader.info.objective_power if reader is not None and is_slide else None
        return scale_of(
            bookmark.downsample, objective, self._bench.current.calibration if is_slide else Calibration()
        )


def scale_of(downsample: float, objective: float | None, calibration: Calibration) -> str:
    """As in "20.0×"; where no magnification can be told, as in "1 : 4"."""
    if objective:
        return f"{objective / downsample:.1f}×"
    if calibration.is_known:
        return f"{MPP_AT_1X / (calibration.mpp * downsample):.1f}×"
    return f"1 : {downsample:.3g}" if downsample >= 1 else f"{1 / downsample:.3g} : 1"
