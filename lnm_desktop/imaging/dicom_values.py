"""Stored DICOM values become grey values or RGB here; the display window is found here."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.multival import MultiValue
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut

from lnm_desktop.domain.image import Window
from lnm_desktop.imaging.dicom_geometry import Plane, group

GREY_INTERPRETATIONS = frozenset({"MONOCHROME1", "MONOCHROME2"})
PALETTE = "PALETTE COLOR"


def is_grey(header: Dataset) -> bool:
    """True for one grey value per pixel."""
    return str(header.get("PhotometricInterpretation", "")) in GREY_INTERPRETATIONS


def is_inverted(header: Dataset) -> bool:
    """True where the lowest value is shown white, after windowing."""
    return header.get("PhotometricInterpretation") == "MONOCHROME1" or header.get("PresentationLUTShape") == "INVERSE"


def rescale(plane: Plane) -> tuple[float, float, bool]:
    """Slope and intercept of the modality transform, and whether a stated one had to be ignored."""
    source = group(plane, "PixelValueTransformationSequence")
    slope, intercept = _real(source.get("RescaleSlope"), 1.0), _real(source.get("RescaleIntercept"), 0.0)
    if slope == 0 or not (math.isfinite(slope) and math.isfinite(intercept)):
        return 1.0, 0.0, True
    return slope, intercept, False


def grey_dtype(planes: list[Plane], stored: np.dtype[Any]) -> np.dtype[Any]:
    """The type that holds every plane's grey values: the stored one where no transform changes it."""
    plain = all(rescale(plane)[:2] == (1.0, 0.0) and not plane.header.get("ModalityLUTSequence") for plane in planes)
    return stored if plain and stored.itemsize <= 2 else np.dtype(np.float32)


def to_grey(stored: NDArray[Any], plane: Plane, dtype: np.dtype[Any]) -> NDArray[np.generic]:
    """Modality values of one plane (PS3.3 C.11.1)."""
    if plane.header.get("ModalityLUTSequence"):
        return apply_modality_lut(stored, plane.header).astype(dtype)
    slope, intercept, _ = rescale(plane)
    if (slope, intercept) == (1.0, 0.0):
        return stored.astype(dtype, copy=False)
    return (stored * slope + intercept).astype(dtype)


def to_rgb(decoded: NDArray[Any], header: Dataset) -> NDArray[np.uint8]:
    """uint8 (height, width, 3) from RGB (YBR is converted while decoding) or palette indices."""
    bits = int(header.get("BitsStored") or 8)
    if header.get("PhotometricInterpretation") == PALETTE:
        decoded = apply_color_lut(decoded, header)
        bits = decoded.dtype.itemsize * 8
    decoded = decoded[..., :3]
    return (decoded >> (bits - 8)).astype(np.uint8) if bits > 8 else decoded.astype(np.uint8)


def stated_window(plane: Plane) -> tuple[Window | None, tuple[str, ...]]:
    """The first window of a plane, and what of its presentation is not followed."""
    source = group(plane, "FrameVOILUTSequence")
    center, width = _first(source.get("WindowCenter")), _first(source.get("WindowWidth"))
    if math.isnan(center) or math.isnan(width):
        table = bool(source.get("VOILUTSequence"))
        return None, ("The file's table of grey values is not used: a window was made.",) if table else ()
    if not (math.isfinite(center) and math.isfinite(width) and width >= 1):
        return None, (f"The stated window (centre {center:g}, width {width:g}) is impossible: another was made.",)
    function = str(source.get("VOILUTFunction") or "LINEAR")
    notes = () if function == "LINEAR" else (f"The window's function {function} is shown as LINEAR.",)
    return Window(center, width), notes


def _first(value: Any) -> float:
    if isinstance(value, MultiValue | list | tuple):
        value = value[0] if len(value) else None
    return _real(value, math.nan)


def _real(value: Any, default: float) -> float:
    if value is None or value == "":
        return default
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return float(value)
    except (TypeError, ValueError):
        return math.nan
