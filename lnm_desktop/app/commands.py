"""What a person may ask to change, each with words for the Edit menu and the history."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from lnm_desktop.app.bookmarks import AddBookmark, RemoveBookmarks, ReplaceBookmark
from lnm_desktop.app.files import LinkFile
from lnm_desktop.domain.annotation import Annotation, AnnotationGroup
from lnm_desktop.domain.case import Case, CaseImage
from lnm_desktop.domain.clinical import Absent, Value
from lnm_desktop.domain.geometry import Shape
from lnm_desktop.domain.ids import AnnotationId, CaseId, ImageId
from lnm_desktop.domain.reading import Reading, Source
from lnm_desktop.store.encoding import (
    annotation_to,
    case_to,
    groups_to,
    image_to,
    prediction_to,
    reading_to,
    value_to,
)
from lnm_desktop.store.journal import Body, Edit, Op
from lnm_desktop.store.records import PredictionRecord
from lnm_desktop.store.schema import ObjectKind

_NAMES = {Shape.POINT_SET: "point set"}


@dataclass(frozen=True)
class AddAnnotations:
    """Add annotations to an image, all in one step. Raises ValueError for none."""

    image_id: ImageId
    annotations: tuple[Annotation, ...]

    def __post_init__(self) -> None:
        if not self.annotations:
            raise ValueError("there is nothing to add")

    @property
    def words(self) -> str:
        """As in “Draw polygon in Tumor”, or how many were added."""
        first, *others = self.annotations
        return f"Add {len(self.annotations)} annotations" if others else f"Draw {_named(first)}"

    def edit(self) -> Edit:
        """What the store is asked to change."""
        after: dict[str, Body | None] = {item.id: annotation_to(item) for item in self.annotations}
        if len(after) < len(self.annotations):
            raise ValueError("two annotations share one id")
        return Edit(ObjectKind.ANNOTATION, Op.ADD, self.words, after, image_id=self.image_id)


@dataclass(frozen=True)
class ReplaceAnnotation:
    """Put this annotation in the place of the one with its id."""

    image_id: ImageId
    annotation: Annotation

    @property
    def words(self) -> str:
        """As in “Change polygon in Tumor”."""
        return f"Change {_named(self.annotation)}"

    def edit(self) -> Edit:
        """What the store is asked to change."""
        after: dict[str, Body | None] = {self.annotation.id: annotation_to(self.annotation)}
        return Edit(ObjectKind.ANNOTATION, Op.REPLACE, self.words, after, image_id=self.image_id)


@dataclass(frozen=True)
class RemoveAnnotations:
    """Remove annotations from an image, all in one step. Raises ValueError for none."""

    image_id: ImageId
    ids: tuple[AnnotationId, ...]

    def __post_init__(self) -> None:
        if not self.ids:
            raise ValueError("there is nothing to remove")

    @property
    def words(self) -> str:
        """As in “Remove 3 annotations”."""
        return "Remove annotation" if len(self.ids) == 1 else f"Remove {len(self.ids)} annotations"

    def edit(self) -> Edit:
        """What the store is asked to change."""
        after: dict[str, Body | None] = dict.fromkeys(self.ids)
        return Edit(ObjectKind.ANNOTATION, Op.REMOVE, self.words, after, image_id=self.image_id)


@dataclass(frozen=True)
class EditAnnotations:
    """Remove some annotations and put others in, new or in the place of those with their ids, all in one step.

    `words` say what was done, as in “Unite 3 annotations”. Raises ValueError where there is nothing to do or one
    id is named twice.
    """

    image_id: ImageId
    words: str
    put: tuple[Annotation, ...] = ()
    removed: tuple[AnnotationId, ...] = ()

    def __post_init__(self) -> None:
        named = [*(item.id for item in self.put), *self.removed]
        if not named:
            raise ValueError("there is nothing to change")
        if len(set(named)) < len(named):
            raise ValueError("one annotation is named twice")

    def edit(self) -> Edit:
        """What the store is asked to change."""
        after: dict[str, Body | None] = dict.fromkeys(self.removed)
        after |= {item.id: annotation_to(item) for item in self.put}
        return Edit(ObjectKind.ANNOTATION, Op.SET, self.words, after, image_id=self.image_id)


@dataclass(frozen=True)
class SetGroups:
    """Declare exactly these groups on an image."""

    image_id: ImageId
    groups: tuple[AnnotationGroup, ...]

    @property
    def words(self) -> str:
        """As in “Change groups”."""
        return "Change groups"

    def edit(self) -> Edit:
        """What the store is asked to change."""
        after: dict[str, Body | None] = {self.image_id: groups_to(self.groups) if self.groups else None}
        return Edit(ObjectKind.GROUPS, Op.SET, self.words, after, image_id=self.image_id)


@dataclass(frozen=True)
class SetClinicalValue:
    """Set one clinical field of a case. `label` is for the words; the session fills it from the schema."""

    case_id: CaseId
    field_id: str
    value: Value
    label: str = ""

    @property
    def words(self) -> str:
        """As in “Set Age to 54”."""
        name = self.label or self.field_id
        if self.value is Absent.NOT_ASKED:
            return f"Clear {name}"
        return f"Set {name} to {_spoken(self.value)}"

    def edit(self) -> Edit:
        """What the store is asked to change."""
        after: dict[str, Body | None] = {self.field_id: value_to(self.value)}
        return Edit(ObjectKind.CLINICAL, Op.SET, self.words, after, case_id=self.case_id)


@dataclass(frozen=True)
class SetClinicalValues:
    """Set several clinical fields of a case in one step, as a table said; `source` names the table."""

    case_id: CaseId
    values: Mapping[str, Value]
    source: str

    @property
    def words(self) -> str:
        """As in “Take 6 clinical values from cohort.csv”."""
        count = len(self.values)
        return f"Take {count} clinical value{'s' * (count != 1)} from {self.source}"

    def edit(self) -> Edit:
        """What the store is asked to change."""
        after: dict[str, Body | None] = {key: value_to(value) for key, value in self.values.items()}
        return Edit(ObjectKind.CLINICAL, Op.SET, self.words, after, case_id=self.case_id)


@dataclass(frozen=True)
class AddCase:
    """Add a case. Journalled; not undone by Ctrl+Z."""

    case: Case

    @property
    def words(self) -> str:
        """As in “Add case P-017”."""
        return f"Add case {self.case.pseudonym}"

    def edit(self) -> Edit:
        """What the store is asked to change."""
        after: dict[str, Body | None] = {self.case.id: case_to(self.case)}
        return Edit(ObjectKind.CASE, Op.ADD, self.words, after, case_id=self.case.id)


@dataclass(frozen=True)
class ChangeCase:
    """Give a case other details."""

    case: Case

    @property
    def words(self) -> str:
        """As in “Change case P-017”."""
        return f"Change case {self.case.pseudonym}"

    def edit(self) -> Edit:
        """What the store is asked to change."""
        after: dict[str, Body | None] = {self.case.id: case_to(self.case)}
        return Edit(ObjectKind.CASE, Op.REPLACE, self.words, after, case_id=self.case.id)


@dataclass(frozen=True)
class AddImage:
    """Add a slide or series to its case. Journalled; not undone by Ctrl+Z."""

    image: CaseImage

    @property
    def words(self) -> str:
        """As in “Add slide Sentinel node 1”."""
        return f"Add {self.image.kind.value} {self.image.label}"

    def edit(self) -> Edit:
        """What the store is asked to change."""
        image = self.image
        after: dict[str, Body | None] = {image.id: image_to(image)}
        return Edit(ObjectKind.IMAGE, Op.ADD, self.words, after, case_id=image.case_id, image_id=image.id)


@dataclass(frozen=True)
class SetUserMpp:
    """State the pixel size of an image that has none, in micrometres; 0 takes it back. Raises ValueError."""

    image_id: ImageId
    mpp: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.mpp) and self.mpp >= 0):
            raise ValueError(f"{self.mpp} is not a pixel size")

    @property
    def words(self) -> str:
        """As in “Set pixel size to 0.25 µm”."""
        return f"Set pixel size to {self.mpp:g} µm" if self.mpp else "Clear pixel size"

    def edit(self) -> Edit:
        """What the store is asked to change."""
        after: dict[str, Body | None] = {self.image_id: {"mpp": float(self.mpp)}}
        return Edit(ObjectKind.USER_MPP, Op.SET, self.words, after, image_id=self.image_id)


@dataclass(frozen=True)
class AddPrediction:
    """Record a finished run. Journalled; not undone by Ctrl+Z."""

    image_id: ImageId
    record: PredictionRecord

    @property
    def words(self) -> str:
        """As in “Run lnm-tumor-tiles 1.0”."""
        return f"Run {self.record.model_id} {self.record.model_version}"

    def edit(self) -> Edit:
        """What the store is asked to change."""
        after: dict[str, Body | None] = {self.record.id: prediction_to(self.record)}
        return Edit(ObjectKind.PREDICTION, Op.ADD, self.words, after, image_id=self.image_id)


@dataclass(frozen=True)
class AddReading:
    """Keep an opinion. Journalled; not undone by Ctrl+Z: what was seen cannot be unseen."""

    reading: Reading

    @property
    def words(self) -> str:
        """As in “Reader's probability of metastasis 40 %”."""
        whose = "Reader's" if self.reading.source is Source.READER else f"Shown {self.reading.model}:"
        return f"{whose} probability of metastasis {100 * self.reading.probability:.0f} %"

    def edit(self) -> Edit:
        """What the store is asked to change."""
        after: dict[str, Body | None] = {self.reading.id: reading_to(self.reading)}
        return Edit(ObjectKind.READING, Op.ADD, self.words, after, self.reading.case_id)


Command = (
    AddAnnotations
    | ReplaceAnnotation
    | RemoveAnnotations
    | EditAnnotations
    | SetGroups
    | SetClinicalValue
    | SetClinicalValues
    | AddCase
    | ChangeCase
    | AddImage
    | SetUserMpp
    | AddPrediction
    | AddReading
    | AddBookmark
    | ReplaceBookmark
    | RemoveBookmarks
    | LinkFile
)


def _named(annotation: Annotation) -> str:
    """As in “polygon in Tumor”, or "polygon" where there is no group."""
    shape = annotation.geometry.shape
    name = _NAMES.get(shape, shape.value.lower())
    return f"{name} in {annotation.group}" if annotation.group else name


def _spoken(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, int | float) else str(value)
