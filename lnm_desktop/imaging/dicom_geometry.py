"""Where the planes of a DICOM series lie in the patient: order, spacing and pixel size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydicom import Dataset
from pydicom.multival import MultiValue

from lnm_desktop.domain.image import Calibration
from lnm_desktop.imaging.calibration import read_calibration

MAXIMUM_SERIES_MPP = 20_000.0
SERIES_ASPECT = (0.1, 10.0)
UM_PER_MM = 1000.0
CENTIMETRES = 3
TOLERANCE_MM = 0.01
_DETECTOR = "The pixel size is that at the detector: lengths in the patient are shorter by the magnification."


@dataclass(frozen=True)
class Plane:
    """One frame of one file: its header, its place in the list of files and among the file's frames."""

    header: Dataset
    file: int
    frame: int


def planes_of(headers: Sequence[Dataset]) -> list[Plane]:
    """All frames of all files in the order of the files."""
    return [
        Plane(header, index, frame)
        for index, header in enumerate(headers)
        for frame in range(int(header.get("NumberOfFrames") or 1))
    ]


def group(plane: Plane, sequence: str) -> Dataset:
    """The functional group of a frame (its own, else the shared one), else the header itself."""
    own = plane.header.get("PerFrameFunctionalGroupsSequence")
    if own and plane.frame < len(own) and sequence in own[plane.frame]:
        return own[plane.frame][sequence].value[0]
    shared = plane.header.get("SharedFunctionalGroupsSequence")
    if shared and sequence in shared[0]:
        return shared[0][sequence].value[0]
    return plane.header


def order(planes: list[Plane]) -> tuple[list[Plane], float, tuple[str, ...]]:
    """Planes sorted along the normal of the slices, the distance between them in mm, and warnings.

    Without positions, or with differing orientations, the order is that of InstanceNumber.
    """
    if len(planes) == 1:
        return planes, _stated_spacing(planes[0]), ()
    normal, positions = (
        _normal(planes),
        [_vector(plane, "PlanePositionSequence", "ImagePositionPatient", 3) for plane in planes],
    )
    if normal is None or any(position is None for position in positions):
        return _by_instance(planes)
    depths = [float(np.dot(normal, position)) for position in positions if position is not None]
    ranked = sorted(zip(depths, planes, strict=True), key=lambda pair: (pair[0], *_instance(pair[1])))
    gaps = np.diff([depth for depth, _ in ranked])
    apart = gaps[gaps >= TOLERANCE_MM]
    spacing_mm = float(np.median(apart)) if len(apart) else _stated_spacing(planes[0])
    return [plane for _, plane in ranked], spacing_mm, _gap_warnings(gaps)


def phases_of(planes: Sequence[Plane]) -> int:
    """How many images lie at each position of sorted planes (phases or echoes); 1 where it is not the same number."""
    normal = _normal(list(planes))
    positions = [_vector(plane, "PlanePositionSequence", "ImagePositionPatient", 3) for plane in planes]
    if normal is None or any(position is None for position in positions):
        return 1
    depths = [float(np.dot(normal, position)) for position in positions if position is not None]
    starts = np.flatnonzero(np.diff(depths, prepend=-math.inf) >= TOLERANCE_MM)
    counts = np.diff(starts, append=len(depths))
    return int(counts[0]) if len(set(counts.tolist())) == 1 else 1


def calibration(plane: Plane) -> tuple[Calibration, tuple[str, ...]]:
    """Pixel size from PixelSpacing, the detector's spacing, or an ultrasound region."""
    measures = group(plane, "PixelMeasuresSequence")
    spacing = measures.get("PixelSpacing")
    if _filled(spacing):
        return _from_spacing(spacing)
    for name in ("ImagerPixelSpacing", "NominalScannedPixelSpacing"):
        if _filled(plane.header.get(name)):
            found, warnings = _from_spacing(plane.header.get(name))
            return found, warnings + ((_DETECTOR,) if found.is_known else ())
    return _from_regions(plane.header)


def _from_spacing(spacing: Any) -> tuple[Calibration, tuple[str, ...]]:
    """DICOM states the distance between rows (y) first."""
    mpp = [_number(value) * UM_PER_MM for value in spacing]
    return _read(mpp[1], mpp[0])


def _from_regions(header: Dataset) -> tuple[Calibration, tuple[str, ...]]:
    """Ultrasound: only where all regions with a length scale agree on one."""
    regions = header.get("SequenceOfUltrasoundRegions") or ()
    scales = {
        (_number(region.get("PhysicalDeltaX")), _number(region.get("PhysicalDeltaY")))
        for region in regions
        if region.get("PhysicalUnitsXDirection") == CENTIMETRES
        and region.get("PhysicalUnitsYDirection") == CENTIMETRES
    }
    if len(scales) > 1:
        return Calibration(), ("The picture's parts have different scales: lengths are not shown.",)
    if not scales:
        return _read(None, None)
    x, y = scales.pop()
    return _read(abs(x) * 10 * UM_PER_MM, abs(y) * 10 * UM_PER_MM)


def _read(mpp_x: float | None, mpp_y: float | None) -> tuple[Calibration, tuple[str, ...]]:
    return read_calibration(mpp_x, mpp_y, maximum_mpp=MAXIMUM_SERIES_MPP, aspect_range=SERIES_ASPECT)


def _normal(planes: list[Plane]) -> np.ndarray[Any, Any] | None:
    """The slices' common normal; None where they have none."""
    normals = []
    for plane in planes:
        cosines = _vector(plane, "PlaneOrientationSequence", "ImageOrientationPatient", 6)
        if cosines is None:
            return None
        normals.append(np.cross(cosines[:3], cosines[3:]))
    first = normals[0]
    length = float(np.linalg.norm(first))
    same = all(np.allclose(first, normal, atol=1e-3) for normal in normals)
    return first / length if same and length > 0.5 else None


def _vector(plane: Plane, sequence: str, name: str, length: int) -> np.ndarray[Any, Any] | None:
    value = group(plane, sequence).get(name)
    if not isinstance(value, MultiValue | list | tuple) or len(value) != length:
        return None
    vector = np.array([_number(item) for item in value])
    return vector if np.isfinite(vector).all() else None


def _by_instance(planes: list[Plane]) -> tuple[list[Plane], float, tuple[str, ...]]:
    ranked = sorted(planes, key=_instance)
    still = len({plane.file for plane in planes}) == 1
    text = "The images state no common orientation and position: they are shown by instance number."
    return ranked, _stated_spacing(ranked[0]), () if still else (text,)


def _instance(plane: Plane) -> tuple[float, int]:
    number = _number(plane.header.get("InstanceNumber"))
    return (number if math.isfinite(number) else plane.file, plane.frame)


def _gap_warnings(gaps: np.ndarray[Any, Any]) -> tuple[str, ...]:
    found = []
    if (gaps < TOLERANCE_MM).any():
        found.append("Several images lie at one position (phases or echoes?): they follow one another by number.")
    elif float(np.ptp(gaps)) > max(TOLERANCE_MM, 0.01 * float(np.median(gaps))):
        found.append(
            f"The distance between images varies from {gaps.min():.2f} to {gaps.max():.2f} mm: some may be missing."
        )
    return tuple(found)


def _stated_spacing(plane: Plane) -> float:
    return _number(group(plane, "PixelMeasuresSequence").get("SpacingBetweenSlices"))


def _filled(spacing: Any) -> bool:
    return isinstance(spacing, MultiValue | list | tuple) and len(spacing) == 2


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan
