"""Builders and Hypothesis strategies of annotations."""

from __future__ import annotations

import math

from hypothesis import strategies as st

from lnm_desktop.domain.annotation import Annotation, AnnotationGroup, AnnotationSet
from lnm_desktop.domain.geometry import MINIMUM_POINTS, Geometry, Point, Ring, Shape
from lnm_desktop.domain.ids import AnnotationId

NASTY_NAMES = (
    "",
    "None",
    'a<b>&"c"\'',
    "]]>",
    "🧬 Läsion",
    "tab\tline\nend\r",
    "\x01\x02",
    "\ud800",
    "\ufffe",
    " x ",
)


def a_ring(x: float = 0.0, y: float = 0.0, radius: float = 100.0, points: int = 8) -> Ring:
    """A regular polygon around (x, y)."""
    angles = (2 * math.pi * step / points for step in range(points))
    return tuple(Point(x + radius * math.cos(angle), y + radius * math.sin(angle)) for angle in angles)


def a_polygon(x: float = 0.0, y: float = 0.0, radius: float = 100.0, holes: int = 0) -> Geometry:
    """A polygon with small holes that lie in it side by side."""
    step = radius / (holes + 1)
    places = (x - radius / 2 + step * (number + 0.5) for number in range(holes))
    return Geometry(Shape.POLYGON, a_ring(x, y, radius), tuple(a_ring(place, y, step / 3, 5) for place in places))


def an_annotation(identity: str = "a", geometry: Geometry | None = None, **details: str) -> Annotation:
    """An annotation of that id."""
    return Annotation(AnnotationId(identity), geometry or a_polygon(), **details)


def content(annotations: AnnotationSet) -> list[tuple[object, ...]]:
    """What ASAP XML can hold of each annotation."""
    return [(item.geometry, item.group, item.name, item.color) for item in annotations]


names = st.one_of(st.text(), st.sampled_from(NASTY_NAMES))
colors = st.from_regex(r"#[0-9A-Fa-f]{6}", fullmatch=True)
coordinates = st.floats(allow_nan=False, allow_infinity=False)
points = st.builds(Point, coordinates, coordinates)


@st.composite
def geometries(draw: st.DrawFn) -> Geometry:
    """Every shape, with any finite numbers; some polygons with holes, in place or astray."""
    shape = draw(st.sampled_from(list(Shape)))
    ring = tuple(draw(st.lists(points, min_size=MINIMUM_POINTS[shape], max_size=9)))
    if shape is not Shape.POLYGON or draw(st.booleans()):
        return Geometry(shape, ring)
    if draw(st.booleans()):
        return a_polygon(draw(st.floats(-1e6, 1e6)), 5.5, draw(st.floats(1, 1e5)), draw(st.integers(0, 3)))
    return Geometry(
        shape, ring, tuple(draw(st.lists(st.lists(points, min_size=3, max_size=5).map(tuple), max_size=2)))
    )


group_names = st.sampled_from(
    ("Tumor", "_0", "_1", "_2", "metastases", "normal", "Exclusion", "None", "a\x01", "a\x02")
)
groups = st.one_of(group_names, names.filter(bool))


@st.composite
def annotation_sets(draw: st.DrawFn) -> AnnotationSet:
    """Sets with declared and undeclared, nested and ringed groups."""
    declared = draw(st.lists(groups, unique=True, max_size=4))
    attributes = st.lists(st.tuples(names, names), max_size=2).map(tuple)
    parents = st.one_of(st.just(""), groups, st.sampled_from(declared or [""]))
    made_groups = tuple(
        AnnotationGroup(name, draw(colors), draw(parents), draw(attributes), *draw(st.tuples(*[st.booleans()] * 3)))
        for name in declared
    )
    hole_names = st.sampled_from(("x", "x (hole 1)", "x (hole 2)"))
    made = tuple(
        Annotation(
            AnnotationId(f"id{place}"),
            draw(geometries()),
            draw(st.one_of(st.just(""), groups)),
            draw(st.one_of(names, hole_names)),
            draw(colors),
            draw(names),
            "2026-01-02T03:04:05.678+00:00",
            draw(st.sampled_from(("human", "model:r1"))),
            draw(st.one_of(st.just(""), names)),
        )
        for place in range(draw(st.integers(0, 4)))
    )
    return AnnotationSet(made, made_groups)
