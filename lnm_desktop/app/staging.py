"""From outlines in files to lesions, nodes and a stage."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from lnm_desktop.domain.annotation import Annotation, AnnotationSet
from lnm_desktop.domain.camelyon import is_tumor_group, outlined_in_part
from lnm_desktop.domain.geometry import Shape
from lnm_desktop.domain.image import Calibration
from lnm_desktop.domain.staging import Lesion, Metastasis, PatientStage, measure_lesion, node_class, patient_stage
from lnm_desktop.errors import CalibrationMissing, FormatError
from lnm_desktop.formats.annotations import load_annotations
from lnm_desktop.formats.loaded import counted

_OUTLINES = (Shape.POLYGON, Shape.SPLINE, Shape.RECTANGLE)


@dataclass(frozen=True, slots=True)
class FoundLesion:
    """A lesion and the annotation that outlines it."""

    name: str
    group: str
    lesion: Lesion


@dataclass(frozen=True, slots=True)
class NodeReport:
    """One file, which is one lymph node: its lesions, the largest first, and what it is; `notes` in words."""

    node: str
    kind: Metastasis
    lesions: tuple[FoundLesion, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StageReport:
    """The nodes of one patient and their stage."""

    nodes: tuple[NodeReport, ...]
    patient: PatientStage


def stage_files(files: Sequence[Path], calibration: Calibration, groups: Collection[str] = ()) -> StageReport:
    """Stage a patient by annotation files, one for each node.

    Lesions are outlines in a group that CAMELYON uses for tumour, or in one of `groups` where some are given.
    Raises CalibrationMissing without a pixel size; FormatError for a file that cannot be read or has no such group,
    and for two files of one name.
    """
    if not calibration.is_known:
        raise CalibrationMissing(
            "Lesions cannot be measured without a pixel size", hint="Give it in µm per pixel with --mpp."
        )
    _check_names(files)
    nodes = tuple(_node(file, calibration, groups) for file in files)
    return StageReport(nodes, patient_stage({node.node: node.kind for node in nodes}))


def _check_names(files: Sequence[Path]) -> None:
    stems = [file.stem for file in files]
    twice = next((stem for stem in stems if stems.count(stem) > 1), None)
    if twice is not None:
        raise FormatError(f"two files are named {twice}", hint="Each node needs a file name of its own.")


def _node(file: Path, calibration: Calibration, groups: Collection[str]) -> NodeReport:
    loaded = load_annotations(file)
    is_tumor = _known_as_tumor(file, loaded.annotations, groups)
    chosen = [item for item in loaded.annotations if is_tumor(item.group)]
    found = [
        FoundLesion(item.name, item.group, measure_lesion(item.geometry, calibration))
        for item in chosen
        if item.geometry.shape in _OUTLINES
    ]
    found.sort(key=lambda one: -one.lesion.longest_mm)
    notes = (*loaded.notes, *_doubts(file, chosen))
    return NodeReport(file.stem, node_class(one.lesion.kind for one in found), tuple(found), notes)


def _known_as_tumor(file: Path, annotations: AnnotationSet, groups: Collection[str]) -> Callable[[str], bool]:
    """Which groups hold lesions. A file in which none does was not meant to be staged, so it is no negative node."""
    is_tumor = (lambda name: name in groups) if groups else is_tumor_group
    used = {item.group for item in annotations} | {group.name for group in annotations.groups}
    if annotations and not any(map(is_tumor, used)):
        names = ", ".join(sorted(filter(None, used))) or "no group at all"
        raise FormatError(
            f"{file.name} has no group that is known to hold metastases, but: {names}",
            hint="Name the groups that hold lesions with --group.",
        )
    return is_tumor


def _doubts(file: Path, chosen: Sequence[Annotation]) -> list[str]:
    doubts = [outlined_in_part(file.stem)]
    others = sum(item.geometry.shape not in _OUTLINES for item in chosen)
    if others:
        doubts.append(f"Not measured among the lesions: {counted(others, 'mark')} without an area.")
    return [doubt for doubt in doubts if doubt]
