"""What is drawn for each tile and from where. No canvas."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.color import rgb2hed

from lnm_desktop.domain.geometry import Point, Region
from lnm_desktop.domain.image import Channel, Window
from lnm_desktop.imaging.cache import TileKey
from lnm_desktop.imaging.pyramid import TILE_PX, VirtualPyramid
from lnm_desktop.ui.viewer.atlas import SQUARE_PX, Atlas, atlas_for
from lnm_desktop.ui.viewer.channels import blended, first_views
from lnm_desktop.ui.viewer.motion import Motion
from lnm_desktop.ui.viewer.quads import QuadKind, plan_quads
from lnm_desktop.ui.viewer.stains import stain_matrix
from lnm_desktop.ui.viewer.view_state import ChannelView, StainView
from tests.fakes.formula_reader import series_info, slide_info


def never(_key: TileKey) -> bool:
    return False


def test_an_atlas_gives_each_tile_a_square_and_takes_the_oldest_back() -> None:
    atlas = Atlas(2, 2)
    first, second, third = (TileKey(0, 0, 0, col) for col in range(3))
    assert {atlas.place(first), atlas.place(second)} == {(0, 1), (1, 1)}
    assert {atlas.blank, atlas.hatched} == {(0, 0), (1, 0)}
    atlas.touch([first])
    assert atlas.place(third) != atlas.place(first)
    assert second not in atlas and len(atlas) == 2
    atlas.clear()
    assert len(atlas) == 0 and atlas.place(second) in {(0, 1), (1, 1)}


@pytest.mark.parametrize(("width", "height"), [(800, 600), (1510, 991), (2560, 1440), (3840, 2160)])
def test_an_atlas_holds_the_finest_tiles_of_a_whole_view(width: int, height: int) -> None:
    atlas = atlas_for(width, height)
    across, down = (2 * side / 1.05 / TILE_PX + 1 for side in (width, height))
    assert atlas.capacity >= across * down + 8
    assert max(atlas.columns, atlas.rows) * SQUARE_PX <= 8192


def test_a_tile_at_hand_is_drawn_whole_and_clipped_to_the_image() -> None:
    pyramid, atlas = VirtualPyramid(slide_info(700, 600)), Atlas(4, 4)
    atlas.place(TileKey(0, 0, 0, 0))
    column, row = atlas.place(TileKey(0, 0, 1, 1))
    (quad,) = plan_quads(pyramid, [TileKey(0, 0, 1, 1)], atlas, never).quads
    assert quad.region == Region(512, 512, 188, 88)
    left, top = column * 514 + 1, row * 514 + 1
    assert quad.texels == (left, top, left + 188, top + 88)


def test_a_missing_tile_is_drawn_from_the_part_of_the_coarse_one_under_it() -> None:
    pyramid, atlas = VirtualPyramid(slide_info(8000, 8000)), Atlas(4, 4)
    atlas.place(TileKey(0, 2, 1, 0))
    (quad,) = plan_quads(pyramid, [TileKey(0, 0, 5, 3)], atlas, never).quads
    assert quad.source == TileKey(0, 2, 1, 0)
    left, top = (side * 514 + 1 for side in atlas.place(TileKey(0, 2, 1, 0)))
    assert quad.texels == (left + 384, top + 128, left + 512, top + 256)


def test_what_cannot_be_read_is_hatched_even_where_something_coarser_is_at_hand() -> None:
    pyramid, atlas = VirtualPyramid(slide_info(8000, 8000)), Atlas(4, 4)
    atlas.place(TileKey(0, 3, 0, 0))
    bad, good = TileKey(0, 0, 0, 0), TileKey(0, 0, 0, 1)
    kinds = [quad.kind for quad in plan_quads(pyramid, [bad, good], atlas, lambda key: key == bad).quads]
    assert kinds == [QuadKind.HATCHED, QuadKind.TILE]


def test_with_nothing_at_hand_glass_is_drawn() -> None:
    plan = plan_quads(VirtualPyramid(slide_info(8000, 8000)), [TileKey(0, 0, 0, 0)], Atlas(2, 1), never)
    assert [quad.kind for quad in plan.quads] == [QuadKind.BLANK]
    vertices = plan.vertices()
    assert vertices["a_place"].min() == 0 and vertices["a_place"].max() == 512 and len(vertices) == 6


def test_stain_views_agree_with_an_independent_separation() -> None:
    """scikit-image separates haematoxylin, eosin and DAB together; eosin's part must vanish in ours as in theirs."""
    pixels = np.random.default_rng(3).uniform(0.2, 0.9, (40, 3))
    density = -np.log(pixels).T
    kept = stain_matrix(StainView.HAEMATOXYLIN) @ density
    shown = np.exp(-kept).T.reshape(1, -1, 3)
    theirs = rgb2hed(np.clip(shown, 1e-3, 1))[0]
    assert np.abs(theirs[:, 1]).max() < 0.02 and np.abs(theirs[:, 2]).max() < 0.02


def test_the_stains_and_the_residual_make_the_whole() -> None:
    parts = (StainView.HAEMATOXYLIN, StainView.EOSIN, StainView.RESIDUAL)
    assert sum(stain_matrix(part) for part in parts) == pytest.approx(np.eye(3), abs=1e-5)
    assert stain_matrix(StainView.ALL) == pytest.approx(np.eye(3))
    for part in (*parts, StainView.DAB):
        assert stain_matrix(part) @ stain_matrix(part) == pytest.approx(stain_matrix(part), abs=1e-5)


def test_channels_are_added_in_their_colours_and_ranges() -> None:
    tile = np.array([[(100, 0), (200, 1000), (300, 500)]], np.uint16)
    views = (ChannelView(0, True, "#ff0000", 100, 300), ChannelView(1, True, "#00ff80", 0, 1000))
    assert blended(tile, views).tolist() == [[[0, 0, 0], [128, 255, 128], [255, 128, 64]]]


def test_channels_begin_with_the_ranges_of_the_file() -> None:
    channels = (Channel("DAPI", "#0000ff", Window(500, 1000)), Channel("CK", "#00ff00"))
    views = first_views(series_info(planes=1, dtype="uint16", channels=channels))
    assert [(view.low, view.high, view.color) for view in views] == [(0, 1000, "#0000ff"), (0, 65535, "#00ff00")]


def test_motion_looks_ahead_while_the_hand_moves_and_no_longer() -> None:
    motion = Motion()
    motion.note(Point(0, 0), 1.0)
    assert motion.ahead(1.0) == (0, 0)
    motion.note(Point(10, -5), 1.1)
    assert motion.ahead(1.1) == pytest.approx((40, -20))
    assert motion.ahead(2.0) == (0, 0)
