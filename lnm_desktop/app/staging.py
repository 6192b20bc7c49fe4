"""From outlines in files or in a case to lesions, nodes and a stage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lnm_desktop.app.lesions import FoundLesion, GroupUse, GroupUses, dots_outside, find_lesions, is_outline
from lnm_desktop.app.session import Session
from lnm_desktop.domain.annotation import Annotation, AnnotationSet
from lnm_desktop.domain.camelyon import outlined_in_part
from lnm_desktop.domain.case import CaseImage
from lnm_desktop.domain.geometry import Shape
from lnm_desktop.domain.ids import CaseId
from lnm_desktop.domain.image import Calibration, ImageKind
from lnm_desktop.domain.staging import Metastasis, PatientStage, node_class, patient_stage
from lnm_desktop.errors import CalibrationMissing, FormatError, ImageNotFound
from lnm_desktop.formats.annotations import load_annotations
from lnm_desktop.formats.loaded import counted

CalibrationOf = Callable[[CaseImage], Calibration]
BY_NAME = GroupUses({})


@dataclass(frozen=True, slots=True)
class NodeReport:
    """One lymph node, which is one file or slide: what it is, its lesions, the largest first, and notes in words."""

    node: str
    kind: Metastasis
    lesions: tuple[FoundLesion, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StageReport:
    """The nodes of one patient and their stage, and what each group of annotations was taken for."""

    nodes: tuple[NodeReport, ...]
    patient: PatientStage
    groups: tuple[tuple[str, GroupUse], ...] = ()


LESION_COLUMNS = ("Node", "Class", "Longest, mm", "Area, mm²", "Group", "Cells", "Why")


def lesion_rows(report: StageReport) -> list[tuple[str, ...]]:
    """A line for each lesion, as `LESION_COLUMNS` name it; a node without one has a line too."""
    return [row for node in report.nodes for row in _rows(node)]


def _rows(node: NodeReport) -> list[tuple[str, ...]]:
    if not node.lesions:
        return [(node.node, node.kind.value, "", "", "", "", "no lesion outlined")]
    return [
        (
            node.node,
            found.lesion.kind.value,
            f"{found.lesion.longest_mm:.3f}",
            f"{found.lesion.area_mm2:.3f}",
            found.group,
            "" if found.cells is None else str(found.cells),
            found.lesion.reason,
        )
        for found in node.lesions
    ]


def stage_files(files: Sequence[Path], calibration: Calibration, uses: GroupUses = BY_NAME) -> StageReport:
    """Stage a patient by annotation files, one for each node.

    Raises CalibrationMissing for lesions without a pixel size; FormatError for a file that cannot be read or has no
    group of lesions, and for two files of one name.
    """
    _check_names(files)
    loaded = [load_annotations(file) for file in files]
    for file, one in zip(files, loaded, strict=True):
        _check_groups(file, one.annotations, uses)
    nodes = [
        _node(file.stem, one.annotations, lambda: calibration, uses, (*one.notes, *_doubts(file.stem)))
        for file, one in zip(files, loaded, strict=True)
    ]
    return _report(nodes, [one.annotations for one in loaded], uses)


def stage_case(
    session: Session, case_id: CaseId, calibration_of: CalibrationOf, uses: GroupUses = BY_NAME
) -> StageReport:
    """Stage a case by what is drawn on its slides; those named for the same node count as one, others as one each.

    `calibration_of` is asked for slides with lesions alone. Raises what it raises, CalibrationMissing naming the
    slide, ImageNotFound for a case without slides, StoreError.
    """
    slides = [image for image in session.images(case_id) if image.kind is ImageKind.SLIDE]
    if not slides:
        raise ImageNotFound("this case has no slide to be staged", hint="Open the slides of its lymph nodes first.")
    drawn = [session.annotations(slide.id) for slide in slides]
    found = [_node_of_slide(one, slide, calibration_of, uses) for one, slide in zip(drawn, slides, strict=True)]
    case = session.case(case_id)
    names = [case.node_of(slide.id) or slide.label for slide in slides]
    return _report(_by_node(names, found), drawn, uses)


def _by_node(names: Sequence[str], slides: Sequence[NodeReport]) -> list[NodeReport]:
    """The slides of one node together: it is what its largest lesion is; its notes say of which slide they are."""
    together: dict[str, list[NodeReport]] = {}
    for name, slide in zip(names, slides, strict=True):
        together.setdefault(name, []).append(slide)
    return [_joined(name, parts) for name, parts in together.items()]


def _joined(name: str, parts: Sequence[NodeReport]) -> NodeReport:
    lesions = sorted((found for part in parts for found in part.lesions), key=lambda one: -one.lesion.longest_mm)
    notes = [note if part.node == name else f"{part.node}: {note}" for part in parts for note in part.notes]
    return NodeReport(name, node_class(part.kind for part in parts), tuple(lesions), tuple(notes))


def _report(nodes: Sequence[NodeReport], drawn: Sequence[AnnotationSet], uses: GroupUses) -> StageReport:
    names = sorted({group for annotations in drawn for group in annotations.group_sizes if group})
    patient = patient_stage([(node.node, node.kind) for node in nodes])
    return StageReport(tuple(nodes), patient, tuple((name, uses.of(name)) for name in names))


def _check_names(files: Sequence[Path]) -> None:
    stems = [file.stem for file in files]
    twice = next((stem for stem in stems if stems.count(stem) > 1), None)
    if twice is not None:
        raise FormatError(f"two files are named {twice}", hint="Each node needs a file name of its own.")


def _node_of_slide(
    annotations: AnnotationSet, slide: CaseImage, calibration_of: CalibrationOf, uses: GroupUses
) -> NodeReport:
    notes = _doubts(Path(slide.path).stem)
    if not any(uses.of(group) is GroupUse.LESION for group in annotations.group_sizes):
        notes.append("Nothing is outlined as tumour: counted as negative.")
    return _node(slide.label, annotations, lambda: calibration_of(slide), uses, notes)


def _node(
    name: str,
    annotations: AnnotationSet,
    calibration: Callable[[], Calibration],
    uses: GroupUses,
    notes: Sequence[str],
) -> NodeReport:
    lesions, cut_outs = (
        [item for item in annotations if uses.of(item.group) is use] for use in (GroupUse.LESION, GroupUse.CUT_OUT)
    )
    if not any(map(is_outline, lesions)):
        return NodeReport(name, Metastasis.NEGATIVE, (), (*notes, *_unmeasured(lesions)))
    found = find_lesions(lesions, cut_outs, _known(name, calibration()))
    kind = node_class(one.lesion.kind for one in found)
    return NodeReport(name, kind, tuple(found), (*notes, *_unmeasured(lesions)))


def _unmeasured(lesions: Sequence[Annotation]) -> list[str]:
    """What is in a group of lesions and adds nothing to the stage."""
    dots = dots_outside(lesions)
    lines = sum(item.geometry.shape is Shape.MEASUREMENT for item in lesions)
    notes = [f"Not measured among the lesions: {counted(lines, 'mark')} without an area."] if lines else []
    if dots:
        notes.append(f"Not counted: {counted(dots, 'dot')} outside every outlined lesion. Outline the lesion.")
    return notes


def _known(name: str, calibration: Calibration) -> Calibration:
    if not calibration.is_known:
        raise CalibrationMissing(
            f"the lesions of {name} cannot be measured: its pixel size is unknown",
            hint="State the pixel size where the slide is shown; on the command line with --mpp.",
        )
    return calibration


def _check_groups(file: Path, annotations: AnnotationSet, uses: GroupUses) -> None:
    """A file in which no group holds lesions was not meant to be staged, so it is no negative node."""
    used = {item.group for item in annotations} | {group.name for group in annotations.groups}
    if annotations and not any(uses.of(group) is GroupUse.LESION for group in used):
        names = ", ".join(sorted(filter(None, used))) or "no group at all"
        raise FormatError(
            f"{file.name} has no group that is known to hold metastases, but: {names}",
            hint="Name the groups that hold lesions with --group.",
        )


def _doubts(stem: str) -> list[str]:
    doubt = outlined_in_part(stem)
    return [doubt] if doubt else []
