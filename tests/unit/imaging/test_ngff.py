"""OME-Zarr's metadata, read without trust."""

from __future__ import annotations

from typing import Any

import pytest

from lnm_desktop.imaging.ngff import MetadataError, image_group, read_multiscale


def attributes(axes: Any = None, scale: Any = (1, 1, 1, 2.5, 0.5), **more: Any) -> dict[str, Any]:
    named = [{"name": axis, "unit": "micrometer"} for axis in "tczyx"] if axes is None else axes
    datasets = [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": list(scale)}]}]
    return {"multiscales": [{"axes": named, "datasets": datasets, **more}]}


@pytest.mark.parametrize(
    ("unit", "mpp"), [("micrometer", 0.5), ("nanometer", 0.0005), ("millimeter", 500), ("", None), ("parsec", None)]
)
def test_pixel_sizes_in_every_unit(unit: str, mpp: float | None) -> None:
    found = read_multiscale(attributes([{"name": axis, "unit": unit} for axis in "tczyx"]))
    assert found.mpp_x == (None if mpp is None else pytest.approx(mpp))
    assert found.axes == "tczyx"


def test_both_transformations_count() -> None:
    whole = [{"type": "scale", "scale": [1, 1, 1, 2, 2]}]
    found = read_multiscale(attributes(coordinateTransformations=whole))
    assert (found.mpp_x, found.mpp_y) == (1.0, 5.0)


@pytest.mark.parametrize("axes", [["t", "c", "z", "y", "x"], [], None])
def test_axes_of_older_versions(axes: Any) -> None:
    entry = attributes(axes)
    if axes is None:
        del entry["multiscales"][0]["axes"]
    assert read_multiscale(entry).axes == "tczyx"


def test_channels_and_colours() -> None:
    colors = [
        {"label": "a", "color": "FF0000"},
        {"color": "00ff00", "window": {"start": 5, "end": 25}},
        {"color": "red"},
    ]
    found = read_multiscale({**attributes(), "omero": {"channels": colors}})
    assert (found.names, found.colors, found.is_rgb) == (("a", "", ""), ("#ff0000", "#00ff00", ""), False)
    assert found.windows[0] is None
    window = found.windows[1]
    assert window is not None and (window.center, window.width) == (15, 20)
    rgb = [{"color": color} for color in ("FF0000", "00FF00", "0000FF")]
    assert read_multiscale({**attributes(), "omero": {"channels": rgb}}).is_rgb
    assert read_multiscale(attributes()).is_rgb is None


def test_the_newer_version_keeps_all_under_one_key() -> None:
    assert image_group({"ome": attributes()}) == "" and read_multiscale({"ome": attributes()}).axes == "tczyx"


def test_bioformats_keeps_the_image_in_a_group_of_its_own() -> None:
    assert image_group({"bioformats2raw.layout": 3}) == "0"


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({}, "it has no multiscales"),
        ({"plate": {}}, "it is a plate of many images"),
        ({"multiscales": []}, "it has no multiscales"),
    ],
)
def test_what_is_no_image_is_named(entry: dict[str, Any], words: str) -> None:
    with pytest.raises(MetadataError, match=words):
        image_group(entry)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"multiscales": [{"datasets": 5}]}, "not as OME-Zarr describes them"),
        ({"multiscales": [7]}, "not as OME-Zarr describes them"),
        ({"multiscales": [{"datasets": []}]}, "list no level"),
        ({"multiscales": [{"datasets": [{"path": "../0"}]}]}, "outside its folder"),
        ({"multiscales": [{"datasets": [{"path": "/etc"}]}]}, "outside its folder"),
        (attributes(["y", "q"]), "its axes 'yq'"),
        (attributes(["x", "y"]), "its axes 'xy'"),
        ({**attributes(), "omero": {"channels": [3]}}, "not as OME-Zarr describes them"),
        ({**attributes(), "omero": 3}, "not as OME-Zarr describes them"),
    ],
)
def test_what_cannot_be_right_is_named(entry: dict[str, Any], words: str) -> None:
    with pytest.raises(MetadataError, match=words):
        read_multiscale(entry)


@pytest.mark.parametrize("scale", [(1, 1), (1, 1, 1, 0, 1), (1, 1, 1, "nan", 1)])
def test_an_unusable_scale_is_none_at_all(scale: Any) -> None:
    assert read_multiscale(attributes(scale=scale)).mpp_x is None
