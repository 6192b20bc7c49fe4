"""Between the hand in the viewer and the workspace: what is drawn is committed, what is committed is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from lnm_desktop.app.commands import AddAnnotations, EditAnnotations, RemoveAnnotations, ReplaceAnnotation, SetGroups
from lnm_desktop.app.export import ExportReport, export_annotations
from lnm_desktop.app.session import Change, Session
from lnm_desktop.app.shape_edits import check_unlocked, chosen_of
from lnm_desktop.domain.annotation import Annotation, AnnotationGroup, AnnotationSet, new_annotation
from lnm_desktop.domain.geometry import MINIMUM_POINTS, Geometry, Point, Shape
from lnm_desktop.domain.ids import AnnotationId, ImageId
from lnm_desktop.domain.image import ImageInfo
from lnm_desktop.domain.prediction import RESEARCH_USE_ONLY
from lnm_desktop.errors import LnmError
from lnm_desktop.formats.annotations import LoadedAnnotations, load_annotations
from lnm_desktop.ui.bridge import Background
from lnm_desktop.ui.combining import Combining, Edit
from lnm_desktop.ui.current import Current
from lnm_desktop.ui.groups import groups_of
from lnm_desktop.ui.notices import Notice, Notices, Offer
from lnm_desktop.ui.pane_links import PaneLinks
from lnm_desktop.ui.panels.annotations import AnnotationsPanel

if TYPE_CHECKING:
    from lnm_desktop.ui.viewer.pane import ViewerPane  # napari: it comes in after the window is shown

DRAFT_EVERY_MS = 1000
DraftShape = tuple[Shape, tuple[Point, ...]]


class Annotating(QObject):
    """Connects the panel and, once it is built, the pane with the open image's annotations."""

    selection_changed = Signal()

    def __init__(
        self, panel: AnnotationsPanel, current: Current, background: Background, notices: Notices, author: str
    ) -> None:
        super().__init__()
        self._panel = panel
        self._current = current
        self._background = background
        self._notices = notices
        self._author = author
        self._pane: ViewerPane | None = None
        self._combining = Combining(self, current, background, notices)
        self._to_select: tuple[AnnotationId, ...] = ()
        self._links = PaneLinks()
        self._draft: DraftShape | None = None
        self._draft_of: ImageId | None = None
        self._draft_due = QTimer(self)
        self._draft_due.setSingleShot(True)
        self._draft_due.timeout.connect(self._save_draft)
        panel.group_chosen.connect(self._choose_group)
        panel.groups_wanted.connect(self._set_groups)
        panel.group_renamed.connect(self._rename_group)
        panel.annotation_chosen.connect(self.jump)
        panel.selection_wanted.connect(self.select)
        panel.delete_wanted.connect(self.remove)

    def set_pane(self, pane: ViewerPane) -> None:
        """This pane is the active one now."""
        self._pane = pane
        self._links.renew(
            (pane.annotation_drawn, self.add),
            (pane.area_combined, self._combining.combine),
            (pane.wand_touched, self._combining.touch),
            (pane.refused, lambda words: self._notices.warn(words, "Unlock it in the Annotations panel.")),
            (pane.annotation_changed, self._replace),
            (pane.annotations_removed, self.remove),
            (pane.selection_changed, self._panel.show_selection),
            (pane.selection_changed, lambda _ids: self.selection_changed.emit()),
            (pane.draft_changed, self._keep_draft),
        )
        self._choose_group(self._panel.current_group())

    def close(self) -> None:
        """Keep the shape in the making, and do not hear how the pane gives it up."""
        self._save_waiting_draft()
        self._links.renew()

    def show_all(self) -> None:
        """Show the open image's annotations, and offer an unfinished shape of last time."""
        annotations = self._current.annotations
        self._panel.show_annotations(annotations, self._current.calibration)
        if self._pane is not None and annotations is not None:
            self._pane.show_annotations(annotations)
            self._choose_group(self._panel.current_group())
        self._offer_draft()

    def show_again(self) -> None:
        """Another pane is active, and shows its annotations already."""
        self._panel.show_annotations(self._current.annotations, self._current.calibration)
        if self._pane is not None:
            self._choose_group(self._panel.current_group())
            self._panel.show_selection(self._pane.selected)

    def show_change(self, change: Change) -> None:
        """Redraw what a committed change touched."""
        image, annotations = self._current.image, self._current.annotations
        if image is None or annotations is None or change.image_id != image.id:
            return
        ids = [AnnotationId(known) for known in change.ids] if change.what == "annotations" else []
        if ids:
            self._panel.show_change(annotations, ids)
        else:
            self._panel.show_annotations(annotations, self._current.calibration)
        if self._pane is not None:
            if ids:
                self._pane.apply_annotations(annotations, ids)
            else:
                self._pane.show_annotations(annotations)
            self._select_drawn(annotations)
            self._choose_group(self._panel.current_group())
            self._panel.show_selection(self._pane.selected)

    def _select_drawn(self, annotations: AnnotationSet) -> None:
        """What was just drawn, once it is shown: the next stroke goes on with it."""
        ids = self._to_select
        if self._pane is not None and ids and all(known in annotations for known in ids):
            self._to_select = ()
            self._pane.select(ids)

    def add(self, geometry: Geometry) -> None:
        """Commit a finished shape in the chosen group."""
        opened = self.opened()
        if opened is None:
            return
        session, image_id, annotations = opened
        group = self._panel.current_group()
        made = self._new(geometry, group, annotations)

        def commit() -> None:
            check_unlocked(annotations, made.group)
            self._to_select = (made.id,)
            self._add(session, image_id, group, made)

        self._notices.attempt(commit)

    def remove(self, ids: tuple[str, ...]) -> None:
        """Remove annotations; undo brings them back."""
        opened = self.opened()
        if opened is not None and ids:
            known = tuple(AnnotationId(one) for one in ids if one in opened[2])
            self._notices.attempt(lambda: opened[0].execute(RemoveAnnotations(opened[1], known)) if known else None)

    def selected_annotations(self) -> tuple[Annotation, ...]:
        """See `selected`."""
        opened = self.opened()
        return () if opened is None else tuple(opened[2].get(known) for known in self.selected if known in opened[2])

    @property
    def selected(self) -> tuple[AnnotationId, ...]:
        """What is selected in the viewer, in the order it was selected."""
        return self._pane.selected if self._pane is not None else ()

    def edit_selected(self, edit: Edit) -> None:
        """Commit what `edit` makes of the selected annotations, and select what came of them."""

        def remembered(image_id: ImageId, chosen: Sequence[Annotation]) -> EditAnnotations | None:
            command = edit(image_id, chosen)
            self._to_select = tuple(item.id for item in command.put) if command is not None else ()
            return command

        self.edit(self.selected, remembered)

    def edit(self, ids: Sequence[AnnotationId], edit: Edit) -> EditAnnotations | None:
        """Commit what `edit` makes of these annotations; None where it makes nothing or may not."""
        opened = self.opened()
        if opened is None:
            return None
        session, image_id, annotations = opened

        def commit() -> EditAnnotations | None:
            command = edit(image_id, chosen_of(annotations, ids))
            if command is not None:
                session.execute(command)
            return command

        return self._notices.attempt(commit)

    def export(self, path: Path, ending: str = "") -> None:
        """Write the open image's annotations to a file; of formats that share its suffix, the one of that ending."""
        annotations = self._current.annotations
        if annotations is None:
            self._notices.warn("There is nothing to export.", "Open an image first.")
            return
        slide = self._slide()
        self._background.run(
            lambda: export_annotations(annotations, path, slide, ending), self._exported, self._notices.error
        )

    def load(self, path: Path) -> None:
        """Add a file's annotations to the open image; undo takes them back together."""
        image = self._current.image
        if image is None:
            self._notices.warn(f"{path.name} holds annotations.", "Open the image that they belong to first.")
            return
        slide = self._slide()
        self._background.run(
            lambda: load_annotations(path, slide),
            lambda loaded: self._add_loaded(path, image.id, loaded),
            self._notices.error,
        )

    def _slide(self) -> ImageInfo | None:
        """What the open image tells of itself: some formats are placed by it."""
        reader = self._current.reader
        return reader.info if reader is not None else None

    def regions(self) -> tuple[Geometry, ...]:
        """The selected areas, for a model to look at."""
        opened = self.opened()
        if opened is None or self._pane is None:
            return ()
        chosen = (opened[2].get(known).geometry for known in self._pane.selected if known in opened[2])
        return tuple(geometry for geometry in chosen if geometry.area_px2 > 0)

    def opened(self) -> tuple[Session, ImageId, AnnotationSet] | None:
        """The open image's session, id and annotations; None where nothing is open."""
        current = self._current
        if current.session is None or current.image is None:
            return None
        return current.session, current.image.id, current.session.annotations(current.image.id)

    def _new(self, geometry: Geometry, group: AnnotationGroup | None, annotations: AnnotationSet) -> Annotation:
        if group is None:
            return new_annotation(geometry, author=self._author)
        number = annotations.group_sizes.get(group.name, 0) + 1
        return new_annotation(
            geometry, group.name, name=f"{group.name} {number}", color=group.color, author=self._author
        )

    def _add(self, session: Session, image_id: ImageId, group: AnnotationGroup | None, made: Annotation) -> None:
        declared = session.annotations(image_id)
        if group is not None and declared.group(group.name) is None:
            session.execute(SetGroups(image_id, groups_of(declared)))
        session.execute(AddAnnotations(image_id, (made,)))
        session.clear_draft(image_id)

    def _replace(self, annotation: Annotation) -> None:
        opened = self.opened()
        if opened is not None:
            self._notices.attempt(lambda: opened[0].execute(ReplaceAnnotation(opened[1], annotation)))

    def _set_groups(self, groups: tuple[AnnotationGroup, ...]) -> None:
        opened = self.opened()
        if opened is not None:
            self._notices.attempt(lambda: opened[0].execute(SetGroups(opened[1], groups)))

    def _rename_group(self, old: str, new: str) -> None:
        opened = self.opened()
        if opened is None:
            return
        session, image_id, annotations = opened
        groups = tuple(replace(g, name=new) if g.name == old else g for g in groups_of(annotations))
        moved = tuple(replace(item, group=new) for item in annotations if item.group == old)

        def rename() -> None:
            session.execute(SetGroups(image_id, groups))
            if moved:
                session.execute(EditAnnotations(image_id, f"Move annotations to {new}", put=moved))

        self._notices.attempt(rename)

    def _choose_group(self, group: AnnotationGroup | None) -> None:
        if self._pane is not None:
            self._pane.set_group(group)

    def select(self, ids: Sequence[str]) -> None:
        """Select exactly these in the viewer."""
        if self._pane is not None:
            self._pane.select([AnnotationId(known) for known in ids])

    def jump(self, annotation_id: str) -> None:
        """Bring an annotation into view."""
        opened = self.opened()
        if opened is not None and self._pane is not None and annotation_id in opened[2]:
            self._pane.go_to(opened[2].get(AnnotationId(annotation_id)).geometry.bounds)

    def _exported(self, report: ExportReport) -> None:
        notes = " ".join(report.notes)
        self._notices.info(f"{report.count} annotations written to {report.path.name}. {notes}", RESEARCH_USE_ONLY)

    def _add_loaded(self, path: Path, image_id: ImageId, loaded: LoadedAnnotations) -> None:
        session = self._current.session
        if session is None:
            return
        for note in loaded.notes:
            self._notices.warn(f"{path.name}: {note}")
        added = self._notices.attempt(lambda: _merge(session, image_id, loaded.annotations))
        if added is not None:
            self._notices.info(f"{added} annotations read from {path.name}.")

    def _keep_draft(self, draft: DraftShape | None) -> None:
        """Save at most once a second while the hand moves, and forget at once what is finished or given up.

        What was being drawn on an image that is left stays kept: nobody gave it up.
        """
        opened = self.opened()
        if draft is not None:
            self._draft, self._draft_of = draft, opened[1] if opened is not None else None
            if not self._draft_due.isActive():
                self._draft_due.start(DRAFT_EVERY_MS)
            return
        if opened is not None and self._draft_of in (None, opened[1]):
            self._draft_due.stop()
            self._notices.attempt(lambda: opened[0].clear_draft(opened[1]), keep=False)
        else:
            self._save_waiting_draft()
        self._draft = self._draft_of = None

    def _save_waiting_draft(self) -> None:
        if self._draft_due.isActive():
            self._draft_due.stop()
            self._save_draft()

    def _save_draft(self) -> None:
        session, image_id, draft = self._current.session, self._draft_of, self._draft
        if session is not None and image_id is not None and draft is not None and draft[1]:
            self._notices.attempt(lambda: session.save_draft(image_id, *draft), keep=False)

    def _offer_draft(self) -> None:
        opened = self.opened()
        draft = opened[0].draft(opened[1]) if opened is not None else None
        if opened is None or draft is None or len(draft.points) < MINIMUM_POINTS[draft.shape]:
            return
        geometry = Geometry(draft.shape, draft.points)
        words = f"An unfinished {draft.shape.value.lower()} with {len(draft.points)} points was kept from last time."
        self._notices.add(Notice(words, offer=Offer("Add it", lambda: self.add(geometry))))


def _merge(session: Session, image_id: ImageId, loaded: AnnotationSet) -> int:
    """Add what was read beside what is there, under fresh ids where they are taken; gives how many."""
    present = session.annotations(image_id)
    known = {group.name for group in groups_of(present)}
    groups = (*groups_of(present), *(group for group in loaded.groups if group.name not in known))
    fresh = tuple(
        item if item.id not in present else replace(item, id=new_annotation(item.geometry).id) for item in loaded
    )
    if not fresh:
        raise LnmError("The file holds no annotations.", hint="Check that it is the file you meant.")
    if groups != present.groups:
        session.execute(SetGroups(image_id, groups))
    session.execute(AddAnnotations(image_id, fresh))
    return len(fresh)
