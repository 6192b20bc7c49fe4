"""A region from the mouse to the journal, to a restart, to ASAP XML."""

from __future__ import annotations

from pathlib import Path

import pytest

from lnm_desktop.app.session import Session
from lnm_desktop.domain.geometry import Point, Region, Shape
from lnm_desktop.formats.annotations import load_annotations
from lnm_desktop.imaging.synthetic import write_synthetic_slide
from tests.e2e.real_window import RealWindow

pytestmark = [pytest.mark.gl, pytest.mark.timeout(300)]
CORNERS = (Point(900, 700), Point(1100, 720), Point(1080, 900), Point(910, 880))


def test_a_drawn_polygon_is_saved_survives_a_restart_and_is_exported(window: RealWindow, tmp_path: Path) -> None:
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    slide = tmp_path / "synthetic.tif"
    write_synthetic_slide(slide, seed=3, size_px=(2048, 1536))
    window.open(slide)
    bench, pane = window.bench, window.bench.pane
    assert pane is not None
    pane.go_to(Region(1000, 800, 0, 0))
    pane.zoom_to_magnification(40)
    assert pane.wait_until_sharp(60_000)

    window.desktop.actions["tool-polygon"].trigger()
    for corner in CORNERS:
        place = pane.to_screen(corner).toPoint()
        QTest.mouseMove(pane.canvas_widget, place)
        QTest.mouseClick(pane.canvas_widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    QTest.keyClick(pane.canvas_widget, Qt.Key.Key_Return)

    session, image = bench.current.session, bench.current.image
    assert session is not None
    assert image is not None
    window.wait(lambda: len(session.annotations(image.id)) == 1)
    (drawn,) = session.annotations(image.id)
    assert drawn.geometry.shape is Shape.POLYGON
    for seen, meant in zip(drawn.geometry.points, CORNERS, strict=True):
        assert abs(seen.x - meant.x) <= 1
        assert abs(seen.y - meant.y) <= 1

    exported = tmp_path / "drawn.xml"
    bench.annotating.export(exported)
    window.wait(lambda: exported.is_file() and window.bench.background.idle)
    (read,) = load_annotations(exported).annotations
    assert read.geometry == drawn.geometry
    assert read.group == drawn.group

    window.desktop.window.close()
    with Session.open(tmp_path / "workspace", author="later", create=False, read_only=True) as later:
        assert tuple(later.annotations(image.id)) == (drawn,)
