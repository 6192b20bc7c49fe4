"""How large a metastasis is, what that makes of its lymph node, and what the nodes make of the patient.

Classes and stages follow AJCC's Cancer Staging Manual, 8th edition, as the CAMELYON17 challenge applies them to
sections: a node is one slide, and only pN0 to pN2 (here also pN3, by the number of nodes alone) can be told.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lnm_desktop.domain.geometry import Geometry, Point, Ring
from lnm_desktop.domain.image import Calibration

ITC_LIMIT_MM = 0.2
MICRO_LIMIT_MM = 2.0
ITC_LIMIT_CELLS = 200
# Closer to a limit than this, an outline drawn anew may fall on its other side.
DOUBT = 0.05
PN2_NODES, PN3_NODES = 4, 10


class Metastasis(StrEnum):
    """What was found in a lymph node or a lesion, the least first; spelt as CAMELYON17 does."""

    NEGATIVE = "negative"
    ITC = "itc"
    MICRO = "micro"
    MACRO = "macro"


_ORDER = list(Metastasis)


@dataclass(frozen=True, slots=True)
class Lesion:
    """One outlined metastasis: its longest extent, its area, what it is, and why."""

    longest_mm: float
    area_mm2: float
    kind: Metastasis
    reason: str
    ends: tuple[Point, Point]


@dataclass(frozen=True, slots=True)
class PatientStage:
    """The stage of a patient's nodes, and why."""

    stage: str
    reason: str


def measure_lesion(pieces: Sequence[Geometry], calibration: Calibration, cells: int | None = None) -> Lesion:
    """A lesion by its outline in level-0 pixels, in more pieces than one where something was cut out of it; `cells`
    counts its tumour cells where somebody has.

    Raises ValueError where the pixel size is unknown: lengths are refused, never guessed.
    """
    if not calibration.is_known:
        raise ValueError("without a pixel size nothing can be measured")
    across, down = calibration.mpp_x / 1000, calibration.mpp_y / 1000
    points = tuple(point for piece in pieces for point in piece.points)
    longest_mm, ends = longest_diameter(points, across, down)
    kind, reason = classify(longest_mm, cells)
    return Lesion(longest_mm, sum(piece.area_px2 for piece in pieces) * across * down, kind, reason, ends)


def classify(longest_mm: float, cells: int | None = None) -> tuple[Metastasis, str]:
    """What a lesion of this extent is, and why. A limit itself belongs to the smaller class."""
    extent = f"{longest_mm:.3g} mm"
    if longest_mm > MICRO_LIMIT_MM:
        kind, reason = Metastasis.MACRO, f"{extent} is more than {MICRO_LIMIT_MM:g} mm"
    elif longest_mm > ITC_LIMIT_MM:
        kind, reason = (
            Metastasis.MICRO,
            f"{extent} is more than {ITC_LIMIT_MM:g} mm, not than {MICRO_LIMIT_MM:g}",
        )
    elif cells is not None and cells > ITC_LIMIT_CELLS:
        kind, reason = Metastasis.MICRO, f"{extent}, but {cells} cells are more than {ITC_LIMIT_CELLS}"
    else:
        counted = "" if cells is None else f", {cells} cells are not more than {ITC_LIMIT_CELLS}"
        kind, reason = Metastasis.ITC, f"{extent} is not more than {ITC_LIMIT_MM:g} mm{counted}"
    near = [limit for limit in (ITC_LIMIT_MM, MICRO_LIMIT_MM) if abs(longest_mm - limit) <= DOUBT * limit]
    return kind, reason + "".join(f"; within {DOUBT:.0%} of {limit:g} mm: measure it again" for limit in near)


def node_class(kinds: Iterable[Metastasis]) -> Metastasis:
    """A node is what its largest lesion is."""
    return max(kinds, key=_ORDER.index, default=Metastasis.NEGATIVE)


def patient_stage(nodes: Sequence[tuple[str, Metastasis]]) -> PatientStage:
    """The stage by the nodes examined, each with its name; isolated tumour cells make none positive.

    Raises ValueError for no node.
    """
    if not nodes:
        raise ValueError("a stage needs at least one node")
    by_kind = {kind: [name for name, found in nodes if found is kind] for kind in Metastasis}
    macro, micro, itc = by_kind[Metastasis.MACRO], by_kind[Metastasis.MICRO], by_kind[Metastasis.ITC]
    if macro:
        return _with_macro(macro, micro)
    if micro:
        return PatientStage("pN1mi", f"{_named(micro, 'micrometastasis')}; no macrometastasis")
    if itc:
        return PatientStage("pN0(i+)", f"{_named(itc, 'isolated tumour cells')} only")
    return PatientStage("pN0", f"nothing found in {len(nodes)} node{'s' * (len(nodes) > 1)}")


def _with_macro(macro: list[str], micro: list[str]) -> PatientStage:
    count = len(macro) + len(micro)
    stage = "pN1" if count < PN2_NODES else "pN2" if count < PN3_NODES else "pN3"
    also = f", {_named(micro, 'micrometastasis')}" if micro else ""
    return PatientStage(stage, f"{count} positive node{'s' * (count > 1)}: {_named(macro, 'macrometastasis')}{also}")


def _named(nodes: list[str], what: str) -> str:
    return f"{what} in {', '.join(nodes)}"


def longest_diameter(points: Ring, across: float = 1.0, down: float = 1.0) -> tuple[float, tuple[Point, Point]]:
    """The greatest distance between two points, and these; x counts `across` and y `down` per pixel."""
    hull = _hull(points)
    pairs = ((first, second) for place, first in enumerate(hull) for second in hull[place:])
    best = max(pairs, key=lambda pair: _distance(*pair, across, down))
    return _distance(*best, across, down), best


def _distance(first: Point, second: Point, across: float, down: float) -> float:
    return math.hypot((second.x - first.x) * across, (second.y - first.y) * down)


def _hull(points: Ring) -> list[Point]:
    """The corners of the convex hull (Andrew's monotone chain): the farthest two are among them."""
    ordered = sorted(set(points), key=lambda point: (point.x, point.y))
    if len(ordered) < 3:
        return ordered
    return [*_half_hull(ordered)[:-1], *_half_hull(ordered[::-1])[:-1]]


def _half_hull(ordered: list[Point]) -> list[Point]:
    chain: list[Point] = []
    for point in ordered:
        while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 0:
            chain.pop()
        chain.append(point)
    return chain


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
