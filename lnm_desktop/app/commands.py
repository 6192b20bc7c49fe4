"""What a person may ask to change, each with words for the Edit menu and the history."""

from __future__ import annotations

from dataclasses import dataclass

from lnm_desktop.domain.annotation import Annotation, AnnotationGroup
from lnm_desktop.domain.case import Case, CaseImage
from lnm_desktop.domain.clinical import Absent, Value
from lnm_desktop.domain.geometry import Shape
from lnm_desktop.domain.ids import AnnotationId, CaseId, ImageId
from lnm_desktop.store.records import PredictionRecord

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


@dataclass(frozen=True)
class ReplaceAnnotation:
    """Put this annotation in the place of the one with its id."""

    image_id: ImageId
    annotation: Annotation

    @property
    def words(self) -> str:
        """As in “Change polygon in Tumor”."""
        return f"Change {_named(self.annotation)}"


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


@dataclass(frozen=True)
class SetGroups:
    """Declare exactly these groups on an image."""

    image_id: ImageId
    groups: tuple[AnnotationGroup, ...]

    @property
    def words(self) -> str:
        """As in “Change groups”."""
        return "Change groups"


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


@dataclass(frozen=True)
class AddCase:
    """Add a case. Journalled; not undone by Ctrl+Z."""

    case: Case

    @property
    def words(self) -> str:
        """As in “Add case P-017”."""
        return f"Add case {self.case.pseudonym}"


@dataclass(frozen=True)
class AddImage:
    """Add a slide or series to its case. Journalled; not undone by Ctrl+Z."""

    image: CaseImage

    @property
    def words(self) -> str:
        """As in “Add slide Sentinel node 1”."""
        return f"Add {self.image.kind.value} {self.image.label}"


@dataclass(frozen=True)
class SetUserMpp:
    """State the pixel size of an image that has none, in micrometres; 0 takes the statement back."""

    image_id: ImageId
    mpp: float

    @property
    def words(self) -> str:
        """As in “Set pixel size to 0.25 µm”."""
        return f"Set pixel size to {self.mpp:g} µm" if self.mpp else "Clear pixel size"


@dataclass(frozen=True)
class AddPrediction:
    """Record a finished run. Journalled; not undone by Ctrl+Z."""

    image_id: ImageId
    record: PredictionRecord

    @property
    def words(self) -> str:
        """As in “Run lnm-tumor-tiles 1.0”."""
        return f"Run {self.record.model_id} {self.record.model_version}"


Command = (
    AddAnnotations
    | ReplaceAnnotation
    | RemoveAnnotations
    | SetGroups
    | SetClinicalValue
    | AddCase
    | AddImage
    | SetUserMpp
    | AddPrediction
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
