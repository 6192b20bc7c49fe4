"""DICOM Microscopy Bulk Simple Annotations (PS3.3, A.87) for a slide that is DICOM, out and in.

Coordinates are those of the total pixel matrix, column before row, (0, 0) the corner of its first pixel, as ours are.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from highdicom.ann import AnnotationGroup as Bulk
from highdicom.ann import GraphicTypeValues, MicroscopyBulkSimpleAnnotations
from highdicom.content import AlgorithmIdentificationSequence
from highdicom.uid import UID
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from lnm_desktop import __version__
from lnm_desktop.domain.annotation import HUMAN, Annotation, AnnotationGroup, AnnotationSet, new_annotation
from lnm_desktop.domain.geometry import Geometry, Point, Shape
from lnm_desktop.errors import FormatError, LnmError
from lnm_desktop.imaging.dicom_check import HEADER_ERRORS, quiet_pydicom, read_header

WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
BULK_ANNOTATIONS = "1.2.840.10008.5.1.4.1.1.91.1"
MOST_POINTS = 2_000_000
ELLIPSE_POINTS = 72
LONGEST_LABEL = 64
_STRUCTURE = Code("91723000", "SCT", "Anatomical structure")
_TISSUE = Code("85756007", "SCT", "Tissue")
_MODEL = AlgorithmIdentificationSequence("a model in LNM Desktop", codes.cid7162.ArtificialIntelligence, __version__)
_GRAPHIC_TYPES = {
    Shape.DOT: GraphicTypeValues.POINT,
    Shape.POINT_SET: GraphicTypeValues.POINT,
    Shape.MEASUREMENT: GraphicTypeValues.POLYLINE,
    Shape.POLYGON: GraphicTypeValues.POLYGON,
    Shape.SPLINE: GraphicTypeValues.POLYGON,
    Shape.RECTANGLE: GraphicTypeValues.POLYGON,
}
_SHAPES = {
    GraphicTypeValues.POINT: Shape.DOT,
    GraphicTypeValues.POLYLINE: Shape.MEASUREMENT,
    GraphicTypeValues.POLYGON: Shape.POLYGON,
    GraphicTypeValues.RECTANGLE: Shape.RECTANGLE,
    GraphicTypeValues.ELLIPSE: Shape.POLYGON,
}


def dumps(annotations: AnnotationSet, slide: Path) -> bytes:
    """The annotations as one DICOM object that refers to the slide, whose patient and study it has.

    Raises FormatError where the slide is no DICOM slide or there is nothing to write.
    """
    source = _volume(slide)
    if not len(annotations):
        raise FormatError("There are no annotations to write", hint="Draw some first.")
    groups = [_bulk(number, *part) for number, part in enumerate(_parts(annotations), start=1)]
    with quiet_pydicom():
        made = MicroscopyBulkSimpleAnnotations(
            source_images=[source],
            annotation_coordinate_type="2D",
            annotation_groups=groups,
            series_instance_uid=UID(),
            series_number=1,
            sop_instance_uid=UID(),
            instance_number=1,
            manufacturer="LNM Desktop",
            manufacturer_model_name="LNM Desktop",
            software_versions=__version__,
            device_serial_number="0",
            content_description="Research use only. Not for diagnostic use.",
        )
        buffer = io.BytesIO()
        made.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def losses(annotations: AnnotationSet) -> tuple[str, ...]:
    """What the object does not keep of this set, in words."""
    items = list(annotations)
    numbers = {
        "name": sum(bool(item.name) for item in items),
        "comment": sum(bool(item.comment) for item in items),
        "author": sum(bool(item.author) for item in items),
        "hole": sum(len(item.geometry.holes) for item in items),
        "spline (it becomes the polygon of its points)": sum(item.geometry.shape is Shape.SPLINE for item in items),
        "rectangle (it becomes a polygon)": sum(item.geometry.shape is Shape.RECTANGLE for item in items),
        "set of points (it becomes single points)": sum(item.geometry.shape is Shape.POINT_SET for item in items),
        "colour": len(items),
        "nesting, lock or attribute of a group": sum(
            bool(group.parent or group.locked or group.attributes) for group in annotations.groups
        ),
    }
    return tuple(f"Not kept: {words}, {number} times." for words, number in numbers.items() if number)


def loads(data: bytes, *, name: str) -> tuple[AnnotationSet, tuple[str, ...]]:
    """The annotations of a DICOM object and the identifiers of the images it refers to. Raises FormatError."""
    try:
        with quiet_pydicom():
            dataset = dcmread(io.BytesIO(data))
            if dataset.get("SOPClassUID") != BULK_ANNOTATIONS:
                raise ValueError("it holds no bulk annotations")
            if dataset.get("AnnotationCoordinateType") != "2D":
                raise ValueError("its coordinates are millimetres on the slide; only those in pixels are read")
            made = MicroscopyBulkSimpleAnnotations.from_dataset(dataset)
            found = list(chain.from_iterable(_annotations(group) for group in made.get_annotation_groups()))
            referred = tuple(
                str(item.ReferencedSOPInstanceUID) for item in dataset.get("ReferencedImageSequence", ())
            )
    except (*HEADER_ERRORS, InvalidDicomError) as error:
        raise FormatError(f"{name} cannot be read: {error}", hint="Export it again from its program.") from error
    names = dict.fromkeys(item.group for item in found if item.group)
    return AnnotationSet(found, map(AnnotationGroup, names)), referred


def check_back(annotations: AnnotationSet, data: bytes, name: str) -> None:
    """Read what was made: every outline, line and dot has its points. Raises FormatError."""
    back = loads(data, name=name)[0]
    if _drawn(back) != _drawn(annotations):
        raise FormatError(f"{name} would not hold what was drawn", hint="Export GeoJSON; please report this.")


def _drawn(annotations: AnnotationSet) -> list[tuple[Point, ...]]:
    """The points of every graphic, single ones of dots and sets of points, in an order of their own."""
    found: list[tuple[Point, ...]] = []
    for item in annotations:
        points = item.geometry.points
        is_dots = _GRAPHIC_TYPES[item.geometry.shape] is GraphicTypeValues.POINT
        found += [(point,) for point in points] if is_dots else [points]
    return sorted(found, key=lambda ring: [(point.x, point.y) for point in ring])


def identifier_of(slide: Path) -> str:
    """The SOP Instance UID of a slide's finest image. Raises FormatError."""
    return str(_volume(slide).SOPInstanceUID)


def _volume(slide: Path) -> Dataset:
    """The header of the slide's finest image."""
    files = sorted(slide.iterdir()) if slide.is_dir() else [slide]
    found: list[Dataset] = []
    for file in files:
        try:
            header = read_header(file, file.stat().st_size)
        except LnmError:
            continue
        if header.get("SOPClassUID") == WHOLE_SLIDE and "VOLUME" in header.get("ImageType", ()):
            found.append(header)
    if not found:
        raise FormatError(
            f"{slide.name} is no DICOM slide: there is nothing that DICOM annotations could refer to",
            hint="Export GeoJSON or ASAP XML instead.",
        )
    return max(found, key=lambda header: int(header.get("TotalPixelMatrixColumns", 0)))


_Part = tuple[str, GraphicTypeValues, bool, list[NDArray[np.float64]]]


def _parts(annotations: AnnotationSet) -> Iterator[_Part]:
    """Graphics by group, type, and whether a model made them."""
    parts: dict[tuple[str, GraphicTypeValues, bool], list[NDArray[np.float64]]] = {}
    for item in annotations:
        kind = _GRAPHIC_TYPES[item.geometry.shape]
        points = np.array([(point.x, point.y) for point in item.geometry.points], np.float64)
        graphics = np.split(points, len(points)) if kind is GraphicTypeValues.POINT else [points]
        parts.setdefault((item.group, kind, item.origin != HUMAN), []).extend(graphics)
    for (group, kind, is_model), graphics in parts.items():
        yield group, kind, is_model, graphics


def _bulk(
    number: int, group: str, kind: GraphicTypeValues, is_model: bool, graphics: list[NDArray[np.float64]]
) -> Bulk:
    # LO (PS3.5, 6.2) has no backslash and no control characters.
    label = "".join(sign for sign in group if sign.isprintable() and sign != "\\")[:LONGEST_LABEL].strip()
    return Bulk(
        number=number,
        uid=UID(),
        label=label or "None",
        annotated_property_category=_STRUCTURE,
        annotated_property_type=_TISSUE,
        graphic_type=kind,
        graphic_data=graphics,
        algorithm_type="AUTOMATIC" if is_model else "MANUAL",
        algorithm_identification=_MODEL if is_model else None,
    )


def _annotations(group: Bulk) -> Iterator[Annotation]:
    kind = group.graphic_type
    graphics = group.get_graphic_data("2D")
    if sum(map(len, graphics)) > MOST_POINTS:
        raise ValueError(f"it has more than {MOST_POINTS:,} points")
    label = "" if group.label == "None" else group.label
    for graphic in graphics:
        points = _ellipse(graphic) if kind is GraphicTypeValues.ELLIPSE else np.atleast_2d(graphic)
        ring = tuple(Point(float(x), float(y)) for x, y in points[:, :2])
        yield new_annotation(Geometry(_SHAPES[kind], ring), label)


def _ellipse(ends: NDArray[np.floating]) -> NDArray[np.floating]:
    """A polygon of an ellipse that is given by the ends of its axes, the long one first."""
    center = ends.mean(axis=0)
    angles = np.linspace(0, 2 * np.pi, ELLIPSE_POINTS, endpoint=False)[:, np.newaxis]
    return center + np.cos(angles) * (ends[0] - ends[1]) / 2 + np.sin(angles) * (ends[2] - ends[3]) / 2
