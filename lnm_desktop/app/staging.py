"""From outlines in files or in a case to lesions, nodes and a stage."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from lnm_desktop.app.session import Session
from lnm_desktop.domain.annotation import Annotation, AnnotationSet
from lnm_desktop.domain.camelyon import is_tumor_group, outlined_in_part
from lnm_desktop.domain.case import CaseImage
from lnm_desktop.domain.geometry import Shape
from lnm_desktop.domain.ids import CaseId
from lnm_desktop.domain.image import Calibration, ImageKind
from lnm_desktop.domain.staging import Lesion, Metastasis, PatientStage, measure_lesion, node_class, patient_stage
from lnm_desktop.errors import CalibrationMissing, FormatError, ImageNotFound
from lnm_desktop.formats.annotations import load_annotations
from lnm_desktop.formats.loaded import counted

_OUTLINES = (Shape.POLYGON, Shape.SPLINE, Shape.RECTANGLE)
IsTumor = Callable[[str], bool]
CalibrationOf = Callable[[CaseImage], Calibration]


@dataclass(frozen=True, slots=True)
class FoundLesion:
    """A lesion and the annotation that outlines it."""

    name: str
    group: str
    lesion: Lesion


@dataclass(frozen=True, slots=True)
class NodeReport:
    """One lymph node, which is one file or slide: what it is, its lesions, the largest first, and notes in words."""

    node: str
    kind: Metastasis
    lesions: tuple[FoundLesion, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StageReport:
    """The nodes of one patient and their stage."""

    nodes: tuple[NodeReport, ...]
    patient: PatientStage


LESION_COLUMNS = ("Node", "Class", "Longest, mm", "Area, mm²", "Group", "Why")


def lesion_rows(report: StageReport) -> list[tuple[str, ...]]:
    """A line for each lesion, as `LESION_COLUMNS` name it; a node without one has a line too."""
    return [row for node in report.nodes for row in _rows(node)]


def _rows(node: NodeReport) -> list[tuple[str, ...]]:
    if not node.lesions:
        return [(node.node, node.kind.value, "", "", "", "no lesion outlined")]
    return [
        (
            node.node,
            found.lesion.kind.value,
            f"{found.lesion.longest_mm:.3f}",
            f"{found.lesion.area_mm2:.3f}",
            found.group,
            found.lesion.reason,
        )
        for found in node.lesions
    ]


def stage_files(files: Sequence[Path], calibration: Calibration, groups: Collection[str] = ()) -> StageReport:
    """Stage a patient by annotation files, one for each node.

    Lesions are outlines in a group that CAMELYON uses for tumour, or in one of `groups` where some are given.
    Raises CalibrationMissing for lesions without a pixel size; FormatError for a file that cannot be read or has no
    such group, and for two files of one name.
    """
    _check_names(files)
    return _report([_node_of_file(file, calibration, groups) for file in files])


def stage_case(session: Session, case_id: CaseId, calibration_of: CalibrationOf) -> StageReport:
    """Stage a case by what is drawn on its slides, each of which is a node.

    `calibration_of` is asked for slides with lesions alone. Raises what it raises, CalibrationMissing naming the
    slide, ImageNotFound for a case without slides, StoreError.
    """
    slides = [image for image in session.images(case_id) if image.kind is ImageKind.SLIDE]
    if not slides:
        raise ImageNotFound("this case has no slide to be staged", hint="Open the slides of its lymph nodes first.")
    return _report([_node_of_slide(session.annotations(slide.id), slide, calibration_of) for slide in slides])


def _report(nodes: Sequence[NodeReport]) -> StageReport:
    return StageReport(tuple(nodes), patient_stage([(node.node, node.kind) for node in nodes]))


def _check_names(files: Sequence[Path]) -> None:
    stems = [file.stem for file in files]
    twice = next((stem for stem in stems if stems.count(stem) > 1), None)
    if twice is not None:
        raise FormatError(f"two files are named {twice}", hint="Each node needs a file name of its own.")


def _node_of_file(file: Path, calibration: Calibration, groups: Collection[str]) -> NodeReport:
    loaded = load_annotations(file)
    is_tumor: IsTumor = (lambda name: name in groups) if groups else is_tumor_group
    _check_groups(file, loaded.annotations, is_tumor)
    chosen = [item for item in loaded.annotations if is_tumor(item.group)]
    return _node(file.stem, chosen, lambda: calibration, (*loaded.notes, *_doubts(file.stem)))


def _node_of_slide(annotations: AnnotationSet, slide: CaseImage, calibration_of: CalibrationOf) -> NodeReport:
    chosen = [item for item in annotations if is_tumor_group(item.group)]
    notes = _doubts(Path(slide.path).stem)
    if not chosen:
        notes.append("Nothing is outlined as tumour: counted as negative.")
    return _node(slide.label, chosen, lambda: calibration_of(slide), notes)


def _node(
    name: str, chosen: Sequence[Annotation], calibration: Callable[[], Calibration], notes: Sequence[str]
) -> NodeReport:
    outlines = [item for item in chosen if item.geometry.shape in _OUTLINES]
    known = _known(name, calibration()) if outlines else Calibration()
    found = [FoundLesion(item.name, item.group, measure_lesion(item.geometry, known)) for item in outlines]
    found.sort(key=lambda one: -one.lesion.longest_mm)
    others = len(chosen) - len(outlines)
    unmeasured = (f"Not measured among the lesions: {counted(others, 'mark')} without an area.",) if others else ()
    return NodeReport(name, node_class(one.lesion.kind for one in found), tuple(found), (*notes, *unmeasured))


def _known(name: str, calibration: Calibration) -> Calibration:
    if not calibration.is_known:
        raise CalibrationMissing(
            f"the lesions of {name} cannot be measured: its pixel size is unknown",
            hint="State the pixel size where the slide is shown; on the command line with --mpp.",
        )
    return calibration


def _check_groups(file: Path, annotations: AnnotationSet, is_tumor: IsTumor) -> None:
    """A file in which no group holds lesions was not meant to be staged, so it is no negative node."""
    used = {item.group for item in annotations} | {group.name for group in annotations.groups}
    if annotations and not any(map(is_tumor, used)):
        names = ", ".join(sorted(filter(None, used))) or "no group at all"
        raise FormatError(
            f"{file.name} has no group that is known to hold metastases, but: {names}",
            hint="Name the groups that hold lesions with --group.",
        )


def _doubts(stem: str) -> list[str]:
    doubt = outlined_in_part(stem)
    return [doubt] if doubt else []
