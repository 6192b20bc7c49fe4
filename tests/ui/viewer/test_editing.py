"""Which annotation is meant, and what a dragged vertex makes of it. No canvas."""

from __future__ import annotations

from lnm_desktop.domain.annotation import AnnotationSet, new_annotation
from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape, rectangle
from lnm_desktop.ui.viewer.bounds_index import BoundsIndex
from lnm_desktop.ui.viewer.editing import Vertex, annotation_at, move_vertex, vertex_at

RING = (Point(0, 0), Point(100, 0), Point(100, 100), Point(0, 100))
HOLE = (Point(40, 40), Point(60, 40), Point(60, 60), Point(40, 60))


def a_set(*geometries: Geometry) -> AnnotationSet:
    return AnnotationSet(tuple(new_annotation(geometry, name=str(i)) for i, geometry in enumerate(geometries)))


def name_at(annotations: AnnotationSet, x: float, y: float, reach: float = 2.0) -> str | None:
    index = BoundsIndex()
    index.show(annotations)
    found = annotation_at(index, Point(x, y), reach)
    return found.name if found else None


def test_the_topmost_of_two_is_meant() -> None:
    annotations = a_set(rectangle(Region(0, 0, 100, 100)), rectangle(Region(50, 50, 100, 100)))
    assert name_at(annotations, 75, 75) == "1"
    assert name_at(annotations, 25, 25) == "0"
    assert name_at(annotations, 200, 20) is None


def test_a_hole_is_not_part_of_its_polygon_but_its_edge_is() -> None:
    annotations = a_set(Geometry(Shape.POLYGON, RING, (HOLE,)))
    assert name_at(annotations, 50, 50) is None
    assert name_at(annotations, 41, 50) == "0"
    assert name_at(annotations, 20, 50) == "0"


def test_lines_and_dots_have_no_inside() -> None:
    annotations = a_set(
        Geometry(Shape.MEASUREMENT, (Point(0, 0), Point(100, 100))), Geometry(Shape.DOT, (Point(10, 90),))
    )
    assert name_at(annotations, 51, 50) == "0"
    assert name_at(annotations, 70, 30) is None
    assert name_at(annotations, 11, 90) == "1"


def test_nothing_is_found_in_an_empty_set() -> None:
    assert name_at(AnnotationSet(), 0, 0) is None


def test_the_nearest_vertex_holes_included() -> None:
    (annotation,) = a_set(Geometry(Shape.POLYGON, RING, (HOLE,))).annotations
    assert vertex_at(annotation, Point(99, 2), 5) == Vertex(annotation.id, -1, 1)
    assert vertex_at(annotation, Point(61, 59), 5) == Vertex(annotation.id, 0, 2)
    assert vertex_at(annotation, Point(80, 80), 5) is None


def test_moving_a_vertex_of_a_hole_leaves_the_outline() -> None:
    geometry = Geometry(Shape.POLYGON, RING, (HOLE,))
    (annotation,) = a_set(geometry).annotations
    moved = move_vertex(geometry, Vertex(annotation.id, 0, 0), Point(30, 35))
    assert moved.points == RING and moved.holes[0] == (Point(30, 35), *HOLE[1:])


def test_dragging_a_corner_across_the_opposite_one_keeps_a_rectangle() -> None:
    geometry = rectangle(Region(10, 10, 20, 20))
    (annotation,) = a_set(geometry).annotations
    moved = move_vertex(geometry, Vertex(annotation.id, -1, 2), Point(0, 5))
    assert moved == rectangle(Region(0, 5, 10, 5))
