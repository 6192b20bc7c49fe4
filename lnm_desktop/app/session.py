"""A workspace at work: every change goes through `execute`, every screen listens to `changed`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from psygnal import Signal

from lnm_desktop.app.commands import AddCase, AddImage, AddPrediction, Command, SetClinicalValue, SetClinicalValues
from lnm_desktop.app.files import LinkFile
from lnm_desktop.app.history import FieldChange, HistoryEntry, as_history, field_changes
from lnm_desktop.app.versions import Difference, RestoreObjects, differences, objects_at, returning
from lnm_desktop.domain.annotation import AnnotationSet
from lnm_desktop.domain.bookmark import Bookmark
from lnm_desktop.domain.case import Case, CaseImage
from lnm_desktop.domain.clinical import ClinicalRecord, ClinicalSchema
from lnm_desktop.domain.geometry import Point, Shape
from lnm_desktop.domain.ids import CaseId, ImageId, RunId, new_id
from lnm_desktop.domain.image import ImageKind
from lnm_desktop.domain.prediction import Prediction
from lnm_desktop.domain.reading import Reading
from lnm_desktop.errors import StoreError
from lnm_desktop.store.drawing import drawing_after, read_drawing
from lnm_desktop.store.encoding import bookmark_from, case_from, image_from, prediction_from, reading_from, value_from
from lnm_desktop.store.folder_kind import danger_of
from lnm_desktop.store.journal import Edit, Entry, State, utc_now
from lnm_desktop.store.records import AuditReport, Draft, KeptCoverage, PredictionRecord
from lnm_desktop.store.schema import ObjectKind
from lnm_desktop.store.workspace import Workspace

What = Literal["annotations", "groups", "clinical", "images", "predictions", "cases", "bookmarks", "readings"]
PREDICTIONS = "predictions"
_WHAT: dict[ObjectKind, What] = {
    ObjectKind.CASE: "cases",
    ObjectKind.IMAGE: "images",
    ObjectKind.USER_MPP: "images",
    ObjectKind.ANNOTATION: "annotations",
    ObjectKind.GROUPS: "groups",
    ObjectKind.CLINICAL: "clinical",
    ObjectKind.PREDICTION: "predictions",
    ObjectKind.BOOKMARK: "bookmarks",
    ObjectKind.READING: "readings",
}
NO_SCHEMA = ClinicalSchema("none", 0, ())


@dataclass(frozen=True, slots=True)
class Change:
    """What a committed command changed.

    `ids` name the touched annotations, clinical fields, cases, images or runs (groups and pixel size: the image);
    they are empty when the command changed nothing, and then nothing was committed.
    """

    seq: int
    case_id: CaseId
    image_id: ImageId | None
    what: What
    ids: tuple[str, ...]
    words: str
    utc: str


class Session:
    """The use cases of one open workspace; may be called from any thread."""

    changed = Signal(Change)
    """Emitted after the commit, on the thread that asked for the change."""

    def __init__(self, workspace: Workspace, *, author: str, schema: ClinicalSchema = NO_SCHEMA) -> None:
        self.author = author
        self._workspace = workspace
        self._schema = schema
        self._drawings: dict[str, AnnotationSet] = {}
        self._lock = threading.RLock()

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        author: str,
        schema: ClinicalSchema = NO_SCHEMA,
        create: bool = True,
        read_only: bool = False,
    ) -> Self:
        """Open the workspace in a folder, making it where there is none. Raises StoreError."""
        return cls(Workspace.open(folder, create=create, read_only=read_only), author=author, schema=schema)

    def close(self) -> None:
        """Close the workspace; calling it twice is allowed."""
        self._workspace.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def folder(self) -> Path:
        """The workspace's folder."""
        return self._workspace.folder

    @property
    def read_only(self) -> bool:
        """True when nothing can be changed."""
        return self._workspace.read_only

    @property
    def danger(self) -> str:
        """Where the workspace lies in danger, as in "on a network drive (nfs4)"; empty where it does not."""
        return danger_of(self.folder)

    @property
    def schema(self) -> ClinicalSchema:
        """The clinical fields in use."""
        return self._schema

    @property
    def row_count(self) -> int:
        """How many journal rows there are."""
        return self._workspace.head().seq

    @property
    def last_saved_utc(self) -> str | None:
        """When the last change was committed; None in an empty workspace."""
        return self._workspace.head().utc

    def cases(self) -> tuple[Case, ...]:
        """All cases in the order of their adding."""
        states = self._workspace.states(ObjectKind.CASE, "")
        return tuple(case_from(case_id, state["body"]) for case_id, state in states.items())

    def case(self, case_id: CaseId) -> Case:
        """One case. Raises StoreError."""
        _, state = self._found(ObjectKind.CASE, case_id)
        return case_from(case_id, state["body"])

    def images(self, case_id: CaseId) -> tuple[CaseImage, ...]:
        """A case's images in the order of their adding."""
        states = self._workspace.states(ObjectKind.IMAGE, case_id)
        return tuple(self._as_image(image_id, case_id, state) for image_id, state in states.items())

    def image(self, image_id: ImageId) -> CaseImage:
        """One image. Raises StoreError."""
        case_id, state = self._found(ObjectKind.IMAGE, image_id)
        return self._as_image(image_id, case_id, state)

    def annotations(self, image_id: ImageId) -> AnnotationSet:
        """What is drawn on an image; kept in memory, replaced by a new set at each change."""
        with self._lock:
            if image_id not in self._drawings:
                self._drawings[image_id] = self._read_drawing(image_id)
            return self._drawings[image_id]

    def clinical(self, case_id: CaseId) -> ClinicalRecord:
        """A case's clinical values."""
        states = self._workspace.states(ObjectKind.CLINICAL, case_id)
        return ClinicalRecord({field_id: value_from(state["body"]) for field_id, state in states.items()})

    def predictions(self, image_id: ImageId) -> tuple[PredictionRecord, ...]:
        """An image's runs, the newest first."""
        states = self._workspace.states(ObjectKind.PREDICTION, image_id)
        records = [prediction_from(run_id, image_id, state["body"]) for run_id, state in states.items()]
        return tuple(reversed(records))

    def image_of_run(self, run_id: RunId) -> CaseImage:
        """The image that a run looked at. Raises StoreError."""
        image_id, _ = self._found(ObjectKind.PREDICTION, run_id)
        return self.image(ImageId(image_id))

    def bookmarks(self, image_id: ImageId) -> tuple[Bookmark, ...]:
        """An image's bookmarks in the order of their adding."""
        states = self._workspace.states(ObjectKind.BOOKMARK, image_id)
        return tuple(bookmark_from(key, image_id, state["body"]) for key, state in states.items())

    def readings(self, case_id: CaseId) -> tuple[Reading, ...]:
        """Opinions on a case in the order of their giving."""
        states = self._workspace.states(ObjectKind.READING, case_id)
        return tuple(reading_from(key, case_id, state["body"]) for key, state in states.items())

    def prediction_folder(self, run_id: RunId) -> Path:
        """Where the bundle of a run belongs: `predictions/<run id>` inside the workspace."""
        return self.folder / _run_folder(run_id)

    def add_case(self, pseudonym: str, synthetic: bool = False) -> Case:
        """Add a case under a fresh id. Not undone by `undo`."""
        case = Case(CaseId(new_id()), pseudonym, utc_now(), synthetic)
        self.execute(AddCase(case))
        return case

    def add_image(
        self,
        case_id: CaseId,
        path: str,
        kind: ImageKind,
        label: str,
        fingerprint: str = "",
        user_mpp: float = 0.0,
    ) -> CaseImage:
        """Add a slide or series under a fresh id. Not undone by `undo`."""
        image = CaseImage(ImageId(new_id()), case_id, kind, path, label, fingerprint, user_mpp)
        self.execute(AddImage(image))
        return image

    def link_file(self, image_id: ImageId, path: str, fingerprint: str, words: str) -> CaseImage:
        """Record which file an image is read from, in these words. Not undone by `undo`. Raises StoreError."""
        case_id, state = self._found(ObjectKind.IMAGE, image_id)
        image = replace(image_from(image_id, case_id, state["body"]), path=path, fingerprint=fingerprint)
        self.execute(LinkFile(image, words))
        return self.image(image_id)

    def add_prediction(self, image_id: ImageId, prediction: Prediction) -> PredictionRecord:
        """Record a run whose bundle lies in `prediction_folder(prediction.id)`. Not undone by `undo`."""
        record = PredictionRecord(
            prediction.id, image_id, prediction.model_id, prediction.model_version,
            _run_folder(prediction.id), prediction.scores, utc_now(),
        )  # fmt: skip
        self.execute(AddPrediction(image_id, record))
        return record

    def execute(self, command: Command | RestoreObjects) -> Change:
        """Commit a command, then tell the listeners.

        Raises StoreError, ClinicalError; then nothing has changed. A listener's own failure (psygnal's EmitLoopError)
        comes after the commit and takes nothing back.
        """
        edit = self._checked(command).edit()
        with self._lock:
            entry = self._workspace.append(edit, self.author)
            change = self._taken_over(entry) if entry else self._nothing(edit)
        if entry is not None:
            self.changed.emit(change)
        return change

    def execute_all(self, commands: Sequence[Command]) -> list[Change]:
        """Commit commands in one transaction, all or none; raises as `execute`.

        Listeners are told of each change then, but of new cases once: they read the list of them anew.
        """
        edits = [self._checked(command).edit() for command in commands]
        with self._lock:
            made = [self._taken_over(entry) for entry in self._workspace.append_all(edits, self.author)]
        cases = [change for change in made if change.what == "cases"]
        for change in (*cases[-1:], *(change for change in made if change.what != "cases")):
            self.changed.emit(change)
        return made

    def undo(self, case_id: CaseId) -> Change | None:
        """Take back the last edit of a case: annotations, groups, clinical values, pixel size, bookmarks."""
        return self._step(self._workspace.undo, case_id)

    def redo(self, case_id: CaseId) -> Change | None:
        """Do again what was undone last."""
        return self._step(self._workspace.redo, case_id)

    def can_undo(self, case_id: CaseId) -> str | None:
        """The words of what `undo` would take back."""
        entry = self._workspace.next_undo(case_id)
        return entry.words if entry else None

    def can_redo(self, case_id: CaseId) -> str | None:
        """The words of what `redo` would do again."""
        entry = self._workspace.next_redo(case_id)
        return entry.words if entry else None

    def history(self, case_id: CaseId) -> tuple[HistoryEntry, ...]:
        """All that was done in a case, oldest first."""
        return as_history(self._workspace.entries(case_id))

    def field_history(self, case_id: CaseId) -> tuple[FieldChange, ...]:
        """How the clinical fields of a case came to their values, oldest first."""
        return field_changes(self._workspace.entries(case_id))

    def compare(self, case_id: CaseId, earlier: int, later: int) -> tuple[Difference, ...]:
        """What differs between a case after one journal row and after another."""
        rows = self._workspace.entries(case_id)
        return differences(objects_at(rows, earlier), objects_at(rows, later))

    def return_to(self, case_id: CaseId, seq: int) -> int:
        """Make a case what it was after a row, by new rows that undo takes back; gives how many."""
        with self._lock:
            commands = returning(case_id, self._workspace.entries(case_id), seq)
            for command in commands:
                self.execute(command)
        return len(commands)

    def save_draft(self, image_id: ImageId, shape: Shape, points: tuple[Point, ...]) -> None:
        """Keep the vertices of a shape in the making (outside the journal)."""
        self._workspace.save_draft(image_id, Draft(shape, points, utc_now()))

    def draft(self, image_id: ImageId) -> Draft | None:
        """The shape in the making on an image, if any."""
        return self._workspace.draft(image_id)

    def clear_draft(self, image_id: ImageId) -> None:
        """Forget the shape in the making."""
        self._workspace.clear_draft(image_id)

    def save_coverage(self, image_id: ImageId, kept: KeptCoverage) -> None:
        """Keep how much of an image somebody has looked at (outside the journal)."""
        self._workspace.save_coverage(image_id, replace(kept, utc=utc_now()))

    def coverage(self, image_id: ImageId) -> KeptCoverage | None:
        """How much of an image this session's author has looked at, if anything."""
        return self._workspace.coverage(image_id, self.author)

    def verify(self) -> AuditReport:
        """Walk the journal and compare the tables with it."""
        return self._workspace.verify()

    def _found(self, kind: ObjectKind, object_id: str) -> tuple[str, State]:
        found = self._workspace.find(kind, object_id)
        if found is None:
            raise StoreError(f"that {kind.value} is not in this workspace", hint="Read the list of cases again.")
        return found

    def _as_image(self, image_id: str, case_id: str, state: State) -> CaseImage:
        image = image_from(image_id, case_id, state["body"])
        stated = self._workspace.states(ObjectKind.USER_MPP, image_id).get(image_id)
        return replace(image, user_mpp=stated["body"]["mpp"]) if stated else image

    def _read_drawing(self, image_id: ImageId) -> AnnotationSet:
        self._found(ObjectKind.IMAGE, image_id)
        groups = self._workspace.states(ObjectKind.GROUPS, image_id).get(image_id)
        return read_drawing(self._workspace.states(ObjectKind.ANNOTATION, image_id), groups)

    def _checked(self, command: Command | RestoreObjects) -> Command | RestoreObjects:
        """A clinical value in its field's own type and under its label. Raises ClinicalError."""
        if isinstance(command, SetClinicalValues):
            fields = {key: self._schema.field(key) for key in command.values}
            return replace(command, values={key: fields[key].check(value) for key, value in command.values.items()})
        if not isinstance(command, SetClinicalValue):
            return command
        definition = self._schema.field(command.field_id)
        return replace(command, value=definition.check(command.value), label=command.label or definition.label)

    def _step(self, move: Callable[[str, str], Entry | None], case_id: CaseId) -> Change | None:
        with self._lock:
            entry = move(case_id, self.author)
            change = self._taken_over(entry) if entry else None
        if change is not None:
            self.changed.emit(change)
        return change

    def _taken_over(self, entry: Entry) -> Change:
        """Bring what is in memory up to a committed row."""
        drawing = self._drawings.pop(entry.image_id or "", None)
        if drawing is not None and entry.image_id is not None:
            self._drawings[entry.image_id] = drawing_after(drawing, entry)
        image_id = ImageId(entry.image_id) if entry.image_id else None
        ids = tuple(entry.states_after())
        return Change(entry.seq, CaseId(entry.case_id), image_id, _WHAT[entry.kind], ids, entry.words, entry.utc)

    def _nothing(self, edit: Edit) -> Change:
        head = self._workspace.head()
        case_id = CaseId(edit.case_id) if edit.case_id else self.image(ImageId(edit.image_id or "")).case_id
        image_id = ImageId(edit.image_id) if edit.image_id else None
        return Change(head.seq, case_id, image_id, _WHAT[edit.kind], (), edit.words, head.utc or "")


def _run_folder(run_id: RunId) -> str:
    """Where a run's bundle belongs, relative to the workspace. Raises ValueError for an id that is no plain name."""
    if not run_id.replace("-", "").replace("_", "").isalnum():
        raise ValueError(f"{run_id!r} is not a run id")
    return f"{PREDICTIONS}/{run_id}"


def verify_workspace(folder: Path) -> AuditReport:
    """Open a workspace read-only and verify it. Raises StoreError."""
    with Session.open(folder, author="", create=False, read_only=True) as session:
        return session.verify()
