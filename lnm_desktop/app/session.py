"""A workspace at work: every change goes through `execute`, every screen listens to `changed`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from psygnal import Signal

from lnm_desktop.app.commands import Command
from lnm_desktop.app.history import HistoryEntry
from lnm_desktop.domain.annotation import AnnotationSet
from lnm_desktop.domain.case import Case, CaseImage
from lnm_desktop.domain.clinical import ClinicalRecord, ClinicalSchema
from lnm_desktop.domain.geometry import Point, Shape
from lnm_desktop.domain.ids import CaseId, ImageId, RunId
from lnm_desktop.domain.image import ImageKind
from lnm_desktop.domain.prediction import Prediction
from lnm_desktop.store.records import AuditReport, Draft, PredictionRecord

What = Literal["annotations", "groups", "clinical", "images", "predictions", "cases"]
NO_SCHEMA = ClinicalSchema("none", 0, ())


@dataclass(frozen=True, slots=True)
class Change:
    """What a committed command changed; `ids` are empty when the command changed nothing."""

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
        raise NotImplementedError

    def close(self) -> None:
        """Close the workspace; calling it twice is allowed."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def folder(self) -> Path:
        """The workspace's folder."""
        raise NotImplementedError

    @property
    def read_only(self) -> bool:
        """True when nothing can be changed."""
        raise NotImplementedError

    @property
    def schema(self) -> ClinicalSchema:
        """The clinical fields in use."""
        raise NotImplementedError

    @property
    def last_saved_utc(self) -> str | None:
        """When the last change was committed; None in an empty workspace."""
        raise NotImplementedError

    def cases(self) -> tuple[Case, ...]:
        """All cases in the order of their adding."""
        raise NotImplementedError

    def case(self, case_id: CaseId) -> Case:
        """One case. Raises StoreError."""
        raise NotImplementedError

    def images(self, case_id: CaseId) -> tuple[CaseImage, ...]:
        """A case's images in the order of their adding."""
        raise NotImplementedError

    def image(self, image_id: ImageId) -> CaseImage:
        """One image. Raises StoreError."""
        raise NotImplementedError

    def annotations(self, image_id: ImageId) -> AnnotationSet:
        """What is drawn on an image; kept in memory, replaced by a new set at each change."""
        raise NotImplementedError

    def clinical(self, case_id: CaseId) -> ClinicalRecord:
        """A case's clinical values."""
        raise NotImplementedError

    def predictions(self, image_id: ImageId) -> tuple[PredictionRecord, ...]:
        """An image's runs, the newest first."""
        raise NotImplementedError

    def prediction_folder(self, run_id: RunId) -> Path:
        """Where the bundle of a run belongs: `predictions/<run id>` inside the workspace."""
        raise NotImplementedError

    def add_case(self, pseudonym: str, synthetic: bool = False) -> Case:
        """Add a case under a fresh id. Not undone by `undo`."""
        raise NotImplementedError

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
        raise NotImplementedError

    def add_prediction(self, image_id: ImageId, prediction: Prediction) -> PredictionRecord:
        """Record a run whose bundle lies in `prediction_folder(prediction.id)`. Not undone by `undo`."""
        raise NotImplementedError

    def execute(self, command: Command) -> Change:
        """Commit a command, then tell the listeners. Raises StoreError, ClinicalError; then nothing has changed."""
        raise NotImplementedError

    def undo(self, case_id: CaseId) -> Change | None:
        """Take back the last edit of a case: annotations, groups, clinical values, pixel size."""
        raise NotImplementedError

    def redo(self, case_id: CaseId) -> Change | None:
        """Do again what was undone last."""
        raise NotImplementedError

    def can_undo(self, case_id: CaseId) -> str | None:
        """The words of what `undo` would take back."""
        raise NotImplementedError

    def can_redo(self, case_id: CaseId) -> str | None:
        """The words of what `redo` would do again."""
        raise NotImplementedError

    def history(self, case_id: CaseId) -> tuple[HistoryEntry, ...]:
        """All that was done in a case, oldest first."""
        raise NotImplementedError

    def save_draft(self, image_id: ImageId, shape: Shape, points: tuple[Point, ...]) -> None:
        """Keep the vertices of a shape in the making (outside the journal)."""
        raise NotImplementedError

    def draft(self, image_id: ImageId) -> Draft | None:
        """The shape in the making on an image, if any."""
        raise NotImplementedError

    def clear_draft(self, image_id: ImageId) -> None:
        """Forget the shape in the making."""
        raise NotImplementedError

    def verify(self) -> AuditReport:
        """Walk the journal and compare the tables with it."""
        raise NotImplementedError


def verify_workspace(folder: Path) -> AuditReport:
    """Open a workspace read-only and verify it. Raises StoreError."""
    with Session.open(folder, author="", create=False, read_only=True) as session:
        return session.verify()
