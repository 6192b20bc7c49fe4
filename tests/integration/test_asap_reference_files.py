"""Real annotation files: read, written as ASAP XML and GeoJSON, and read again without loss."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from lnm_desktop.app.export import convert
from lnm_desktop.domain.annotation import AnnotationSet
from lnm_desktop.formats.annotations import load_annotations

CAMELYON_SLIDES = 28


def content(annotations: AnnotationSet) -> list[tuple[object, ...]]:
    return [(item.geometry, item.group, item.name, item.color) for item in annotations]


def there_and_back(source: Path, folder: Path) -> AnnotationSet:
    """Through ASAP XML and GeoJSON."""
    convert(source, folder / "1.xml")
    convert(folder / "1.xml", folder / "2.geojson")
    convert(folder / "2.geojson", folder / "3.xml")
    return load_annotations(folder / "3.xml").annotations


def test_files_written_by_other_programs_survive(shared_data: Path, tmp_path: Path) -> None:
    files = sorted((shared_data / "camelyon" / "asap_xml").glob("*.xml"))
    assert len(files) == 4
    for file in files:
        loaded = load_annotations(file)
        back = there_and_back(file, tmp_path)
        assert loaded.notes == ()
        assert len(loaded.annotations) > 0
        assert content(back) == content(loaded.annotations)
        assert back.groups == loaded.annotations.groups


@pytest.mark.slow
def test_camelyon_contours_survive_bit_for_bit(shared_data: Path, tmp_path: Path) -> None:
    files = sorted((shared_data / "camelyon" / "polygons").glob("*.json"))
    assert len(files) == CAMELYON_SLIDES
    for file in files:
        back = there_and_back(file, tmp_path)
        data = json.loads(file.read_bytes())
        contours = [*data["positive"], *data["negative"]]
        groups = ["_0"] * len(data["positive"]) + ["_2"] * len(data["negative"])
        assert [item.group for item in back] == groups
        for item, contour in zip(back, contours, strict=True):
            points = np.array([(point.x, point.y) for point in item.geometry.points])
            assert item.name == contour["name"]
            assert points.tobytes() == np.array(contour["vertices"], np.float64).tobytes()
