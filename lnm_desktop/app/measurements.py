"""The measurements of annotations as a table, for the screen and for a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from lnm_desktop.domain.annotation import Annotation
from lnm_desktop.domain.image import Calibration
from lnm_desktop.domain.measures import measure
from lnm_desktop.domain.prediction import RESEARCH_USE_ONLY
from lnm_desktop.formats.csv_table import Value, dumps
from lnm_desktop.formats.files import write_atomic

_TEXTS = ("image", "id", "name", "group", "shape")
_NUMBERS = ("area_{unit}2", "perimeter_{unit}", "longest_diameter_{unit}", "length_{unit}", "angle_deg")
_PLACES = ("center_x_px", "center_y_px", "vertices", "holes")
_LAST = ("author", "created", "comment", "notice")


def columns(calibration: Calibration) -> tuple[str, ...]:
    """The table's heads, each with its unit; µm where the pixel size is known, px elsewhere."""
    unit = "um" if calibration.is_known else "px"
    return (*_TEXTS, *(name.format(unit=unit) for name in _NUMBERS), *_PLACES, *_LAST)


def rows(image: str, annotations: Iterable[Annotation], calibration: Calibration) -> Iterator[Sequence[Value]]:
    """One line for each annotation."""
    for item in annotations:
        found, geometry = measure(item.geometry, calibration), item.geometry
        bounds = geometry.bounds
        yield (
            *(image, item.id, item.name, item.group, geometry.shape.value),
            *(found.area, found.perimeter, found.longest, found.length, found.angle_deg),
            *(bounds.x + bounds.width / 2, bounds.y + bounds.height / 2, len(geometry.points), len(geometry.holes)),
            *(item.author, item.created, item.comment, RESEARCH_USE_ONLY),
        )


def export_measurements(path: Path, image: str, annotations: Iterable[Annotation], calibration: Calibration) -> int:
    """Write the table as CSV, in one step; gives how many lines. Raises FormatError."""
    lines = list(rows(image, annotations, calibration))
    write_atomic(path, dumps(columns(calibration), lines))
    return len(lines)
