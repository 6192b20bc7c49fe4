"""What is done to the shapes of chosen annotations, each as one step that undo takes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from lnm_desktop.app import shapes
from lnm_desktop.app.commands import EditAnnotations
from lnm_desktop.domain.annotation import Annotation, AnnotationSet, new_annotation
from lnm_desktop.domain.geometry import Geometry, Point, Shape
from lnm_desktop.domain.ids import AnnotationId, ImageId
from lnm_desktop.domain.image import Calibration
from lnm_desktop.errors import LnmError

_CHOOSE = "Select them with the Select tool (S); Shift adds to the selection."
Chosen = Sequence[Annotation]


def chosen_of(annotations: AnnotationSet, ids: Sequence[AnnotationId]) -> tuple[Annotation, ...]:
    """The chosen annotations in the order they were chosen. Raises LnmError where one is in a locked group."""
    chosen = tuple(annotations.get(known) for known in ids if known in annotations)
    for item in chosen:
        check_unlocked(annotations, item.group)
    return chosen


def check_unlocked(annotations: AnnotationSet, group: str) -> None:
    """Raises LnmError for a group that is locked or nested in one that is."""
    for found in annotations.groups_around(group):
        if found.locked:
            raise LnmError(f"The group {found.name} is locked.", hint="Unlock it in the Annotations panel.")


def erasable(annotations: AnnotationSet) -> tuple[AnnotationId, ...]:
    """The areas that are in sight and not locked."""
    return tuple(
        item.id
        for item in annotations
        if shapes.is_area(item.geometry) and annotations.shows(item) and not annotations.locks(item)
    )


def unite(image_id: ImageId, chosen: Chosen) -> EditAnnotations:
    """The first becomes the union of all; the others go."""
    areas = _areas(chosen, 2)
    return _merged(image_id, f"Unite {len(areas)} annotations", areas, shapes.united([a.geometry for a in areas]))


def subtract(image_id: ImageId, chosen: Chosen) -> EditAnnotations:
    """The first loses what the others cover; the others stay."""
    first, *others = _areas(chosen, 2)
    pieces = shapes.subtracted(first.geometry, [one.geometry for one in others])
    return _merged(image_id, "Subtract annotations", [first], pieces)


def intersect(image_id: ImageId, chosen: Chosen) -> EditAnnotations:
    """The first becomes what all share; the others go."""
    areas = _areas(chosen, 2)
    return _merged(
        image_id, f"Intersect {len(areas)} annotations", areas, shapes.intersected([a.geometry for a in areas])
    )


def extend(image_id: ImageId, chosen: Chosen, painted: Geometry) -> EditAnnotations:
    """The first area takes what was painted in addition."""
    first = _areas(chosen, 1)[0]
    pieces = shapes.united([first.geometry, painted])
    return EditAnnotations(image_id, f"Add to {_called(first)}", tuple(_pieces(first, pieces)))


def erase(image_id: ImageId, chosen: Chosen, painted: Geometry) -> EditAnnotations | None:
    """The areas lose what was painted over; None where it touches none of them."""
    touched = [item for item in chosen if shapes.is_area(item.geometry) and shapes.overlap(item.geometry, painted)]
    if not touched:
        return None
    left = {item.id: shapes.subtracted(item.geometry, [painted]) for item in touched}
    put = [piece for item in touched if left[item.id] for piece in _pieces(item, left[item.id])]
    gone = tuple(item.id for item in touched if not left[item.id])
    words = f"Take from {_called(touched[0])}" if len(touched) == 1 else f"Take from {len(touched)} annotations"
    return EditAnnotations(image_id, words, tuple(put), gone)


def split(image_id: ImageId, chosen: Chosen) -> EditAnnotations:
    """Cut the chosen areas along the chosen ruler, which goes."""
    lines = [item for item in chosen if item.geometry.shape is Shape.MEASUREMENT]
    areas = [item for item in chosen if shapes.is_area(item.geometry)]
    if len(lines) != 1 or not areas:
        raise LnmError("Splitting needs an area and one ruler across it.", hint=_CHOOSE)
    line = lines[0].geometry.points
    put = [piece for area in areas for piece in _pieces(area, shapes.split(area.geometry, line))]
    if len(put) == len(areas):
        raise LnmError("The ruler does not cross the area.", hint="Draw it from one side to the other (K).")
    return EditAnnotations(image_id, "Split annotation", tuple(put), (lines[0].id,))


def fill_holes(image_id: ImageId, chosen: Chosen) -> EditAnnotations:
    """Every hole of the chosen areas closed."""
    holed = [item for item in chosen if item.geometry.holes]
    if not holed:
        raise LnmError("None of the selected annotations has a hole.", hint=_CHOOSE)
    put = tuple(replace(item, geometry=shapes.filled(item.geometry)) for item in holed)
    return EditAnnotations(image_id, "Fill holes", put)


def simplify(image_id: ImageId, chosen: Chosen, tolerance_px: float) -> EditAnnotations:
    """Fewer vertices; the outline moves by no more than the tolerance, in level-0 pixels."""
    return _each(image_id, "Simplify", chosen, lambda shape: shapes.simplified(shape, tolerance_px))


def buffer(image_id: ImageId, chosen: Chosen, distance_um: float, calibration: Calibration) -> EditAnnotations:
    """Grow (or shrink, where negative) by micrometres. Raises LnmError where the pixel size is unknown."""
    if not calibration.is_known:
        raise LnmError("The pixel size of this image is unknown.", hint="Set it: View, Image Information.")
    if not distance_um:
        raise LnmError("A buffer of 0 µm changes nothing.", hint="Enter the width, negative to shrink.")
    x, y = distance_um / calibration.mpp_x, distance_um / calibration.mpp_y
    return _each(image_id, f"Buffer by {distance_um:g} µm", chosen, lambda shape: shapes.buffered(shape, x, y))


def duplicate(image_id: ImageId, chosen: Chosen, shift_px: float) -> EditAnnotations:
    """A copy of each beside it, `shift_px` level-0 pixels to the right and below."""
    if not chosen:
        raise LnmError("Nothing is selected.", hint=_CHOOSE)
    put = tuple(copied(item, lambda point: Point(point.x + shift_px, point.y + shift_px)) for item in chosen)
    return EditAnnotations(image_id, _counted("Duplicate", len(put)), put)


def mirror(image_id: ImageId, chosen: Chosen, place: Callable[[Point], Point]) -> EditAnnotations:
    """A copy of each on another image, its points placed by `place`."""
    if not chosen:
        raise LnmError("Nothing is selected.", hint=_CHOOSE)
    put = tuple(copied(item, place) for item in chosen)
    return EditAnnotations(image_id, _counted("Copy to this image:", len(put)), put)


def copied(item: Annotation, place: Callable[[Point], Point]) -> Annotation:
    """The same annotation anew, every point placed by `place`."""
    shape = item.geometry
    rings = tuple(tuple(place(point) for point in hole) for hole in shape.holes)
    geometry = Geometry(shape.shape, tuple(place(point) for point in shape.points), rings)
    fresh = new_annotation(geometry)
    return replace(item, id=fresh.id, created=fresh.created, geometry=geometry)


def _areas(chosen: Chosen, at_least: int) -> list[Annotation]:
    areas = [item for item in chosen if shapes.is_area(item.geometry)]
    if len(areas) < at_least:
        raise LnmError(f"This needs {at_least} selected areas, {len(areas)} are selected.", hint=_CHOOSE)
    return areas


def _each(
    image_id: ImageId, words: str, chosen: Chosen, change: Callable[[Geometry], shapes.Pieces]
) -> EditAnnotations:
    put: list[Annotation] = []
    for area in _areas(chosen, 1):
        pieces = change(area.geometry)
        if not pieces:
            raise LnmError(f"Nothing would be left of {area.name or 'the annotation'}.", hint="Take a smaller width.")
        put += _pieces(area, pieces)
    return EditAnnotations(image_id, words, tuple(put))


def _merged(image_id: ImageId, words: str, chosen: Chosen, pieces: shapes.Pieces) -> EditAnnotations:
    """The first takes the pieces, the others go."""
    if not pieces:
        raise LnmError("Nothing would be left.", hint="Check which annotation was selected first.")
    first, *others = chosen
    return EditAnnotations(image_id, words, tuple(_pieces(first, pieces)), tuple(one.id for one in others))


def _pieces(item: Annotation, pieces: shapes.Pieces) -> list[Annotation]:
    """The largest piece stays the annotation, every other is a new one like it."""
    first, *others = pieces
    made = [replace(item, id=new_annotation(one).id, geometry=one) for one in others]
    return [replace(item, geometry=first), *made]


def _called(item: Annotation) -> str:
    return item.name or item.group or "annotation"


def _counted(verb: str, count: int) -> str:
    return f"{verb} annotation" if count == 1 else f"{verb} {count} annotations"
