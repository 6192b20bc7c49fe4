"""A prediction on disk: what comes back, and what is refused."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lnm_desktop.domain.annotation import AnnotationGroup, AnnotationSet, new_annotation
from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape, Size, rectangle
from lnm_desktop.domain.ids import RunId
from lnm_desktop.domain.prediction import (
    ATTENTION,
    FoundObject,
    HeatmapGrid,
    Prediction,
    Provenance,
    RankedRegion,
    Score,
)
from lnm_desktop.errors import FormatError
from lnm_desktop.formats import findings, strict_json
from lnm_desktop.formats.prediction_bundle import Bundle, load_bundle, map_file, same_numbers, save_bundle
from lnm_desktop.formats.prediction_json import prediction_from_dict, prediction_to_dict


def a_map() -> np.ndarray:
    values = np.full((5, 7), np.nan, np.float32)
    values[1:4, 1:6] = 0.2
    values[1:4, 2:5] = 0.9
    values[2, 3] = 0.1
    return values


def a_prediction(**changes: object) -> Prediction:
    grid = HeatmapGrid("tumor", "tumor probability", 7, 5, Point(100.5, 50.25), Size(96.125, 96.125))
    facts = {"seed": 7, "operating_point": 0.5, "options": {"stride_px": 32}, "libraries": {"numpy": "2"}}
    prediction = Prediction(
        id=RunId("run1"),
        model_id="a-model",
        model_version="1.2",
        scores=(Score("max", "highest", 0.1 + 0.2), Score("none", "nothing", math.nan)),
        heatmaps=(grid,),
        regions=(RankedRegion(Region(1.5, 2.0, 3.0, 4.0), 0.75),),
        warnings=("a warning",),
        provenance=Provenance(facts, {"duration_s": 1.5}),
    )
    return replace(prediction, **changes)  # type: ignore[arg-type]


def a_bundle() -> Bundle:
    return Bundle(a_prediction(), {"tumor": a_map()})


def test_a_bundle_comes_back_bit_for_bit(tmp_path: Path) -> None:
    save_bundle(a_bundle(), tmp_path / "run")
    loaded = load_bundle(tmp_path / "run")
    assert prediction_to_dict(loaded.prediction) == prediction_to_dict(a_prediction())
    assert loaded.maps["tumor"].tobytes() == a_map().tobytes()
    assert same_numbers(loaded, a_bundle()) == ()


def test_a_loaded_bundle_saves_to_the_same_bytes(tmp_path: Path) -> None:
    save_bundle(a_bundle(), tmp_path / "one")
    save_bundle(load_bundle(tmp_path / "one"), tmp_path / "two")
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == ["annotations.xml", "heatmap-tumor.safetensors", "heatmap.png", "prediction.json"]
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_objects_and_features_come_back_and_objects_are_annotations(tmp_path: Path) -> None:
    objects = (
        FoundObject(Geometry(Shape.DOT, (Point(3.25, 4.0),)), "mitosis", 0.875),
        FoundObject(rectangle(Region(1, 2, 30, 40)), "cell", 0.5),
    )
    features = {"features": np.arange(6, dtype=np.float32).reshape(2, 3), "coordinates": np.zeros((2, 2))}
    bundle = Bundle(a_prediction(heatmaps=(), objects=objects), features=features)
    save_bundle(bundle, tmp_path)
    loaded = load_bundle(tmp_path)
    assert loaded.prediction.objects == objects
    assert same_numbers(loaded, bundle) == ()
    assert loaded.features["features"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert loaded.features["coordinates"].dtype == np.float64
    assert [(item.group, item.geometry) for item in loaded.annotations] == [
        (f"{item.label} (model)", item.geometry) for item in objects
    ]
    assert same_numbers(loaded, replace(loaded, features={})) == ("features coordinates", "features features")
    save_bundle(replace(bundle, features={}), tmp_path)
    assert not (tmp_path / "features.safetensors").exists()


def test_a_map_of_attention_is_not_outlined(tmp_path: Path) -> None:
    grid = replace(a_prediction().heatmaps[0], name=ATTENTION)
    save_bundle(Bundle(a_prediction(heatmaps=(grid,)), {ATTENTION: a_map()}), tmp_path)
    assert [item.group for item in load_bundle(tmp_path).annotations] == ["regions (model)"]


def test_what_was_found_is_the_outline_of_the_cells_at_the_operating_point(tmp_path: Path) -> None:
    save_bundle(a_bundle(), tmp_path)
    (found,) = load_bundle(tmp_path).annotations
    cell = 96.125
    assert found.group == "tumor (model)"
    assert found.origin == "model:run1"
    assert found.geometry.bounds == Region(100.5 + 2 * cell, 50.25 + cell, 3 * cell, 3 * cell)
    assert found.geometry.area_px2 == pytest.approx(8 * cell**2)
    assert len(found.geometry.points) == 4
    assert len(found.geometry.holes) == 1


def test_without_cells_at_the_operating_point_the_ranked_regions_are_drawn(tmp_path: Path) -> None:
    facts = {"operating_point": 0.95}
    save_bundle(Bundle(a_prediction(provenance=Provenance(facts)), {"tumor": a_map()}), tmp_path)
    (found,) = load_bundle(tmp_path).annotations
    assert (found.geometry.shape, found.geometry.bounds) == (Shape.RECTANGLE, Region(1.5, 2, 3, 4))


def test_annotations_that_are_given_are_kept(tmp_path: Path) -> None:
    dot = new_annotation(Geometry(Shape.DOT, (Point(3, 4),)), "mitosis")
    given_set = AnnotationSet((dot,), (AnnotationGroup("mitosis"),))
    save_bundle(replace(a_bundle(), annotations=given_set), tmp_path)
    (found,) = load_bundle(tmp_path).annotations
    assert (found.geometry, found.group) == (dot.geometry, "mitosis")


def test_the_picture_is_clear_where_nothing_was_examined(tmp_path: Path) -> None:
    save_bundle(a_bundle(), tmp_path)
    with Image.open(tmp_path / "heatmap.png") as picture:
        factor = picture.width // 7
        alpha = np.asarray(picture)[::factor, ::factor, 3]
    assert (alpha == np.where(np.isnan(a_map()), 0, 255)).all()


@pytest.mark.parametrize("name", ["prediction.json", "heatmap-tumor.safetensors", "annotations.xml", "heatmap.png"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    save_bundle(a_bundle(), tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(FormatError, match=name):
        load_bundle(tmp_path)


@pytest.mark.parametrize("name", ["heatmap-tumor.safetensors", "annotations.xml", "heatmap.png"])
def test_an_edited_file_is_named(tmp_path: Path, name: str) -> None:
    save_bundle(a_bundle(), tmp_path)
    data = bytearray((tmp_path / name).read_bytes())
    data[-3] ^= 1
    (tmp_path / name).write_bytes(data)
    with pytest.raises(FormatError, match=rf"{name} .* changed after"):
        load_bundle(tmp_path)


def test_an_edited_number_is_noticed(tmp_path: Path) -> None:
    save_bundle(a_bundle(), tmp_path)
    file = tmp_path / "prediction.json"
    file.write_text(file.read_text().replace('"seed": 7', '"seed": 8'))
    with pytest.raises(FormatError, match=r"prediction\.json .* changed after"):
        load_bundle(tmp_path)


@pytest.mark.parametrize(
    "change", [{"format": "other"}, {"schema_version": 99}, {"schema_version": "1"}, {"sha256": {}}, {"maps": {}}]
)
def test_a_foreign_prediction_file_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    save_bundle(a_bundle(), tmp_path)
    file = tmp_path / "prediction.json"
    resigned(file, json.loads(file.read_text()) | change)
    with pytest.raises(FormatError, match=r"prediction\.json"):
        load_bundle(tmp_path)


def test_a_bundle_cannot_point_outside_its_folder(tmp_path: Path) -> None:
    save_bundle(a_bundle(), tmp_path / "run")
    file = tmp_path / "run" / "prediction.json"
    data = json.loads(file.read_text())
    resigned(file, data | {"sha256": data["sha256"] | {"../secret": "0" * 64}})
    with pytest.raises(FormatError, match="cannot be a part of a bundle"):
        load_bundle(tmp_path / "run")


def test_a_map_of_another_size_than_its_grid_is_refused(tmp_path: Path) -> None:
    save_bundle(a_bundle(), tmp_path)
    file = tmp_path / "prediction.json"
    data = json.loads(file.read_text())
    data["prediction"]["heatmaps"][0]["rows"] = 6
    resigned(file, data)
    with pytest.raises(FormatError, match=r"heatmap-tumor\.safetensors .* 6 × 7 float32"):
        load_bundle(tmp_path)


def resigned(file: Path, data: dict[str, object]) -> None:
    """Write the file as a program would that knows how the checksum is made."""
    import hashlib

    content = {key: value for key, value in data.items() if key != "content_sha256"}
    sha256 = hashlib.sha256(strict_json.dumps(content)).hexdigest()
    file.write_bytes(strict_json.dumps({**content, "content_sha256": sha256}))


@pytest.mark.parametrize(
    "maps", [{}, {"tumor": a_map().astype(np.float64)}, {"tumor": a_map()[:4]}, {"other": a_map()}]
)
def test_maps_that_do_not_fit_their_grids_are_not_written(tmp_path: Path, maps: dict[str, np.ndarray]) -> None:
    with pytest.raises(FormatError, match="cannot be written"):
        save_bundle(Bundle(a_prediction(), maps), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_fact_that_json_cannot_keep_is_refused_by_name(tmp_path: Path) -> None:
    prediction = a_prediction(provenance=Provenance({"stain": object()}))
    with pytest.raises(FormatError, match=r"prediction\.provenance\.repeatable\.stain holds a object"):
        save_bundle(Bundle(prediction, {"tumor": a_map()}), tmp_path / "run")


def test_same_numbers_names_each_difference_and_no_other() -> None:
    one = a_bundle()
    values = a_map()
    values[2, 2] = np.nextafter(values[2, 2], np.float32(1))
    scores = (Score("max", "highest", 0.3), Score("none", "nothing", math.nan))
    facts = dict(one.prediction.provenance.repeatable) | {"seed": 8}
    other = a_prediction(id=RunId("run2"), scores=scores, provenance=Provenance(facts, {"duration_s": 9}))
    assert same_numbers(one, Bundle(other, {"tumor": values})) == ("score max", "map tumor", "fact seed")


def test_file_names_of_maps_are_plain_and_distinct() -> None:
    grids = [HeatmapGrid(name, "", 1, 1, Point(0, 0), Size(1, 1)) for name in ("tumor", "a/b", "a_b", "ü", "../x")]
    names = [map_file(place, grid) for place, grid in enumerate(grids)]
    assert len(set(names)) == len(names)
    assert all("/" not in name and name.isascii() for name in names)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), json_values, max_size=4), st.floats(), st.text())
def test_a_prediction_survives_json_text(facts: dict[str, object], value: float, text: str) -> None:
    prediction = a_prediction(scores=(Score("s", text, value),), provenance=Provenance(facts), warnings=(text,))
    data = strict_json.loads(strict_json.dumps(prediction_to_dict(prediction)), name="x")
    assert repr(prediction_from_dict(data)) == repr(prediction)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("id",), 5),
        (("scores", 0, "value"), "0.5"),
        (("scores", 0, "value"), True),
        (("scores",), {}),
        (("heatmaps", 0, "rows"), 5.0),
        (("heatmaps", 0, "rows"), -5),
        (("heatmaps", 0, "origin"), [1]),
        (("regions", 0), [1, 2, 3, 4, "5"]),
        (("warnings",), [5]),
        (("provenance",), []),
    ],
)
def test_a_wrong_type_is_refused(path: tuple[str | int, ...], value: object) -> None:
    data = prediction_to_dict(a_prediction())
    target = data
    for key in path[:-1]:
        target = target[key]  # type: ignore[index]
    target[path[-1]] = value  # type: ignore[index]
    with pytest.raises(ValueError, match="is not"):
        prediction_from_dict(data)


def test_maps_of_an_older_bundle_go(tmp_path: Path) -> None:
    (tmp_path / "heatmap-older.safetensors").write_bytes(b"of another run")
    (tmp_path / "notes.txt").write_text("the user's own")
    save_bundle(a_bundle(), tmp_path)
    assert not (tmp_path / "heatmap-older.safetensors").exists()
    assert (tmp_path / "notes.txt").exists()
    assert same_numbers(load_bundle(tmp_path), a_bundle()) == ()


def test_outlines_that_are_left_out_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "MOST_PARTS", 1)
    grid = HeatmapGrid("dots", "Dots", 5, 1, Point(0, 0), Size(10, 10))
    values = np.array([[1, 0, 1, 0, 1]], np.float32)
    facts = Provenance({"operating_point": 0.5}, {})
    prediction = Prediction(RunId("r"), "m", "1", heatmaps=(grid,), provenance=facts)
    save_bundle(Bundle(prediction, {"dots": values}), tmp_path)
    loaded = load_bundle(tmp_path)
    assert len(loaded.annotations) == 1
    assert loaded.prediction.warnings == (
        "Only the 1 areas with the highest peaks of the 3 in the map dots are outlined.",
    )
