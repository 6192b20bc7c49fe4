"""Undo of one vertex move in a workspace with few and with many objects: journal, commit and set; no window."""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from annotating.editors import made_up_rings

REPEATS = 60


def undo_ms(count: int) -> float:
    """Median milliseconds of one undo with so many objects on the image."""
    from lnm_desktop.app.commands import AddAnnotations, ReplaceAnnotation
    from lnm_desktop.app.session import Session
    from lnm_desktop.domain.annotation import new_annotation
    from lnm_desktop.domain.geometry import Geometry, Point, Shape
    from lnm_desktop.domain.image import ImageKind

    rings = made_up_rings(count)
    geometries = [Geometry(Shape.POLYGON, tuple(Point(float(x), float(y)) for x, y in ring)) for ring in rings]
    with tempfile.TemporaryDirectory() as folder, Session.open(Path(folder) / "ws", author="benchmark") as session:
        case = session.add_case("SYNTHETIC", synthetic=True)
        image = session.add_image(case.id, "synthetic.tif", ImageKind.SLIDE, "Synthetic")
        made = tuple(new_annotation(geometry) for geometry in geometries)
        session.execute(AddAnnotations(image.id, made))
        chosen = made[count // 2]
        points = chosen.geometry.points
        moved = replace(chosen, geometry=replace(chosen.geometry, points=(Point(1, 1), *points[1:])))
        found = []
        for _ in range(REPEATS):
            session.execute(ReplaceAnnotation(image.id, moved))
            begin = time.perf_counter()
            session.undo(case.id)
            found.append(1000 * (time.perf_counter() - begin))
    return statistics.median(found)
