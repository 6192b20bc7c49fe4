"""Annotations to a mask of labels and back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from lnm_desktop.app.label_masks import export_label_mask, load_label_mask
from lnm_desktop.domain.annotation import AnnotationGroup, AnnotationSet
from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape, Size, rectangle
from lnm_desktop.domain.picture import Picture
from lnm_desktop.errors import FormatError
from tests.unit.formats.annotation_builders import a_polygon, an_annotation

SLIDE = Size(3000, 2000)
GROUPS = (AnnotationGroup("Stroma", "#00FF00"), AnnotationGroup("Tumor", "#FF0000"))


def picture(downsample: float = 1.0) -> Picture:
    return Picture(Region(0, 0, SLIDE.width, SLIDE.height), downsample)


def ring(x: float, y: float, width: float, height: float) -> tuple[Point, ...]:
    return rectangle(Region(x, y, width, height)).points


def drawn() -> AnnotationSet:
    holed = Geometry(Shape.POLYGON, ring(200, 300, 1200, 900), (ring(400, 500, 200, 100), ring(900, 600, 300, 300)))
    items = (
        an_annotation("a", holed, group="Tumor"),
        an_annotation("b", a_polygon(2200, 1000, 400), group="Stroma"),
        an_annotation("c", Geometry(Shape.DOT, (Point(1, 1),)), group="Tumor"),
    )
    return AnnotationSet(items, GROUPS)


@pytest.mark.parametrize("name", ["mask.png", "mask.ome.tif"])
@pytest.mark.parametrize("downsample", [1.0, 4.0])
def test_there_and_back(tmp_path: Path, name: str, downsample: float) -> None:
    made = export_label_mask(drawn(), picture(downsample), tmp_path / name)
    assert (made.labels, made.report.notes) == (
        {1: "Stroma", 2: "Tumor"},
        ("1 point or line is no area and was left out.",),
    )
    stroma, tumor = load_label_mask(tmp_path / name, SLIDE).annotations
    assert [(item.group, item.color) for item in (stroma, tumor)] == [("Stroma", "#00FF00"), ("Tumor", "#FF0000")]
    assert (len(tumor.geometry.holes), len(stroma.geometry.holes)) == (2, 0)
    for item, before in ((tumor, drawn().get("a")), (stroma, drawn().get("b"))):
        assert item.geometry.area_px2 == pytest.approx(before.geometry.area_px2, rel=0.01)
        seen, meant = item.geometry.bounds, before.geometry.bounds
        for one, other in ((seen.x, meant.x), (seen.y, meant.y), (seen.right, meant.right)):
            assert one == pytest.approx(other, abs=downsample)


def test_pixels_are_counted_by_their_middle(tmp_path: Path) -> None:
    items = (an_annotation(geometry=rectangle(Region(10.5, 20, 3, 2)), group="Tumor"),)
    export_label_mask(AnnotationSet(items), picture(), tmp_path / "m.png")
    mask = np.asarray(Image.open(tmp_path / "m.png"))
    assert mask.shape == (2000, 3000)
    assert np.argwhere(mask).tolist() == [[row, column] for row in (20, 21) for column in (10, 11, 12)]


def test_what_is_drawn_later_lies_on_top_and_tiles_join(tmp_path: Path) -> None:
    low = an_annotation("a", rectangle(Region(0, 0, 3000, 2000)), group="Stroma")
    high = an_annotation("b", rectangle(Region(200, 200, 600, 600)), group="Tumor")
    export_label_mask(AnnotationSet((low, high)), picture(), tmp_path / "m.ome.tif")
    with tifffile.TiffFile(tmp_path / "m.ome.tif") as written:
        levels = [level.asarray() for level in written.series[0].levels]
    assert [level.shape for level in levels] == [(2000, 3000), (1000, 1500), (500, 750)]
    assert all(set(np.unique(level)) == {1, 2} for level in levels)
    meant = np.full((2000, 3000), 1)
    meant[200:800, 200:800] = 2
    assert np.array_equal(levels[0], meant)


def test_the_description_tells_labels_and_place(tmp_path: Path) -> None:
    made = export_label_mask(drawn(), picture(4), tmp_path / "m.png")
    told = json.loads(made.description.read_text())
    assert told["labels"][1] == {"label": 2, "group": "Tumor", "color": "#FF0000"}
    assert (told["downsample"], told["size_px"]) == (4, [750, 500])


def test_a_mask_of_another_program_gets_numbered_groups(tmp_path: Path) -> None:
    mask = np.zeros((200, 300), np.uint8)
    mask[10:20, 30:50] = 7
    Image.fromarray(mask).save(tmp_path / "m.png")
    loaded = load_label_mask(tmp_path / "m.png", SLIDE)
    (item,) = loaded.annotations
    assert (item.group, loaded.notes) == ("Label 7", ())
    assert item.geometry.bounds == Region(300, 100, 200, 100)


def test_a_colour_picture_and_a_strange_ending_are_refused(tmp_path: Path) -> None:
    Image.new("RGB", (30, 20), (1, 2, 3)).save(tmp_path / "m.png")
    with pytest.raises(FormatError, match="colour picture"):
        load_label_mask(tmp_path / "m.png", SLIDE)
    with pytest.raises(FormatError, match="no known ending"):
        export_label_mask(drawn(), picture(), tmp_path / "m.jpg")
