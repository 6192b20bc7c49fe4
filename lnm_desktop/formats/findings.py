"""What a model found, as annotations that any viewer can open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from lnm_desktop.domain.annotation import Annotation, AnnotationGroup, AnnotationSet
from lnm_desktop.domain.geometry import Geometry, Point, Ring, Shape, rectangle
from lnm_desktop.domain.ids import AnnotationId, RunId, new_id
from lnm_desktop.domain.prediction import ATTENTION, UNCERTAINTY, HeatmapGrid, Prediction

COLOR = "#FF7F0E"
MOST_PARTS = 5000
REGIONS_GROUP = "regions (model)"
Map = NDArray[np.float32]


def found_annotations(prediction: Prediction, maps: Mapping[str, Map]) -> AnnotationSet:
    """Outlines of the cells that reach the operating point, by map in the group "<map> (model)".

    Objects stand in the group "<class> (model)". Where there is neither (no cell reaches the operating point, or the
    provenance names none), the ranked regions as rectangles.
    Cells that touch at a corner belong together, as in the ranked regions.
    """
    outlines = [shape for grid in prediction.heatmaps for shape in _parts(grid, maps[grid.name], _point(prediction))]
    objects = [(f"{item.label} (model)", item.geometry, item.score) for item in prediction.objects]
    regions = [(REGIONS_GROUP, rectangle(item.region), item.score) for item in prediction.regions]
    shapes = outlines + objects or regions
    annotations = tuple(
        _annotation(prediction, place, group, geometry, peak) for place, (group, geometry, peak) in enumerate(shapes)
    )
    groups = tuple(AnnotationGroup(name, COLOR) for name in dict.fromkeys(group for group, _, _ in shapes))
    return AnnotationSet(annotations, groups)


def map_annotations(
    prediction: Prediction, grid: HeatmapGrid, values: Map, point: float, group: str
) -> tuple[Annotation, ...]:
    """Fresh annotations in this group around the cells of one map that reach a threshold, the highest peak first.

    Of more than MOST_PARTS connected parts those with the highest peaks.
    """
    parts = enumerate(_parts(grid, values, point))
    made = [_annotation(prediction, place, group, geometry, peak) for place, (_, geometry, peak) in parts]
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return tuple(replace(item, id=AnnotationId(new_id()), created=now) for item in made)


def count_parts(values: Map, point: float) -> int:
    """How many connected parts of a map reach a threshold."""
    return int(_labels(values, point).max(initial=0))


def outline_notes(prediction: Prediction, maps: Mapping[str, Map]) -> tuple[str, ...]:
    """What `found_annotations` leaves out, in words for the user."""
    counts = {grid.name: _count(maps[grid.name], _point(prediction)) for grid in prediction.heatmaps}
    return tuple(
        f"Only the {MOST_PARTS} areas with the highest peaks of the {count} in the map {name} are outlined."
        for name, count in counts.items()
        if count > MOST_PARTS
    )


def found_id(run: RunId, place: int) -> AnnotationId:
    """The identifier of the finding at that place of the list."""
    return AnnotationId(f"{run}-{place + 1}")


def model_origin(run: RunId) -> str:
    """The origin of an annotation that a run made."""
    return f"model:{run}"


def _point(prediction: Prediction) -> float | None:
    value = prediction.provenance.repeatable.get("operating_point")
    return float(value) if isinstance(value, int | float) else None


def _annotation(prediction: Prediction, place: int, group: str, geometry: Geometry, peak: float) -> Annotation:
    return Annotation(
        found_id(prediction.id, place),
        geometry,
        group,
        f"{place + 1}: peak {peak:.3f}",
        COLOR,
        author=f"{prediction.model_id} {prediction.model_version}",
        origin=model_origin(prediction.id),
    )


def _parts(grid: HeatmapGrid, values: Map, point: float | None) -> Iterator[tuple[str, Geometry, float]]:
    """Group, outline and peak of each connected part, the highest peak first."""
    from scipy import ndimage  # noqa: PLC0415 - half a second that the start of the window need not pay

    if point is None or grid.name in (ATTENTION, UNCERTAINTY):
        return
    labels = _labels(values, point)
    peaks = [
        (float(values[place][labels[place] == number].max()), number, place)
        for number, place in enumerate(ndimage.find_objects(labels), start=1)
    ]
    for peak, number, place in sorted(peaks, key=lambda item: (-item[0], item[1]))[:MOST_PARTS]:
        for geometry in _outlines(grid, labels[place] == number, place):
            yield f"{grid.name} (model)", geometry, peak


def _labels(values: Map, point: float) -> NDArray[np.int32]:
    """Cells that reach the point and share edges, from 1: one part is one polygon with a peak of its own."""
    from scipy import ndimage  # noqa: PLC0415 - as above

    # The threshold is a double in the model's own count; comparing in float32 could drop a cell on the line.
    mask = np.isfinite(values) & (values.astype(np.float64) >= point)
    labels = np.zeros(values.shape, np.int32)
    ndimage.label(mask, output=labels)
    return labels


def _count(values: Map, point: float | None) -> int:
    return 0 if point is None else count_parts(values, point)


def _outlines(grid: HeatmapGrid, mask: NDArray[np.bool_], place: tuple[slice, ...]) -> Iterator[Geometry]:
    """Polygons with holes around the cells of one part, whose top left cell is at `place`."""
    rows, columns = np.nonzero(mask)
    cells = shapely.box(columns, rows, columns + 1, rows + 1)
    union = shapely.normalize(shapely.simplify(shapely.union_all(cells), 0))
    for polygon in shapely.get_parts(union):
        holes = tuple(_ring(grid, hole, place) for hole in polygon.interiors)
        yield Geometry(Shape.POLYGON, _ring(grid, polygon.exterior, place), holes)


def _ring(grid: HeatmapGrid, ring: BaseGeometry, place: tuple[slice, ...]) -> Ring:
    """Level-0 points of a closed ring of cell corners; computed from the corner's number, so that edges meet."""
    top, left = place[0].start, place[1].start
    corners = shapely.get_coordinates(ring)[:-1] + np.array((left, top))
    return tuple(
        Point(grid.origin.x + float(column) * grid.cell.width, grid.origin.y + float(row) * grid.cell.height)
        for column, row in corners
    )
