"""Models without a line of code: an ONNX file or weights of a named network, and a card."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest

from lnm_desktop.errors import PluginError, WeightsError
from lnm_desktop.learning.onnx_tiles import OnnxTiles, single_file
from lnm_desktop.learning.sample_tiles import sample_tiles
from lnm_desktop.plugin.discovery import InstalledPlugin
from lnm_desktop.plugin.host import PluginHost
from lnm_desktop.plugin.ready_made import load_card
from tests.fakes.onnx_nets import CARD, expected, mean_color_net, ready_made_package


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Path]:
    monkeypatch.syspath_prepend(tmp_path)
    name = f"ready_{hashlib.md5(request.node.name.encode()).hexdigest()}"
    yield tmp_path / name
    sys.modules.pop(name, None)


def host(package: Path) -> PluginHost:
    return PluginHost(InstalledPlugin(package.name, "1.0", package.name, ""))


def test_an_onnx_file_and_its_card_are_a_model_that_gives_the_numbers_of_the_network(package: Path) -> None:
    ready_made_package(package, mean_color_net())
    (model,) = host(package).describe()
    assert (model.spec.id, model.spec.classes, model.spec.task) == (
        "mean-color",
        ("ground", "stain"),
        "tile-classification",
    )
    loaded = host(package).load_model("mean-color", "cpu", 1)
    assert isinstance(loaded, OnnxTiles)
    tiles = sample_tiles(11, 32)
    assert np.abs(loaded.classify_checked(tiles) - expected(tiles)).max() < 1e-6


def test_one_number_is_that_of_the_last_of_two_classes(package: Path) -> None:
    card = CARD.replace('"softmax"', '"sigmoid"')
    ready_made_package(package, mean_color_net(np.array([[1.0, 1.0, 1.0]])), card)
    loaded = host(package).load_model("mean-color", "cpu", 1)
    assert isinstance(loaded, OnnxTiles)
    tiles = sample_tiles(3, 32)
    pixels = ((tiles / 255 - (0.5, 0.25, 0.75)) / (0.5, 1.0, 2.0)).mean(axis=(1, 2)).sum(axis=1)
    found = loaded.classify_checked(tiles)
    assert found[:, 1] == pytest.approx(1 / (1 + np.exp(-pixels)), abs=1e-6)
    assert found.sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("location", ["data.bin", "../data.bin", "/etc/passwd"])
def test_m06_an_onnx_model_of_a_plugin_that_keeps_numbers_elsewhere_is_refused(location: str, package: Path) -> None:
    model = mean_color_net()
    (tensor,) = model.graph.initializer
    data = tensor.raw_data
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    ready_made_package(package, model)
    (package / "data.bin").write_bytes(data)
    with pytest.raises(WeightsError, match="keeps numbers in other files; only a single file is taken"):
        host(package).load_model("mean-color", "cpu", 1)


def test_an_onnx_file_that_is_none_or_unsound_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(b"\xff\xff\xff\xff no")
    with pytest.raises(WeightsError, match="no ONNX file"):
        single_file(file)
    model = mean_color_net()
    model.graph.node[0].op_type = "NoSuchOperator"
    file.write_bytes(model.SerializeToString())
    with pytest.raises(WeightsError, match="no sound ONNX network"):
        single_file(file)


@pytest.mark.parametrize("weight", [np.ones((3, 3)), np.full((2, 3), np.nan)])
def test_a_network_that_does_not_keep_what_its_card_says_fails_its_test(weight: np.ndarray, package: Path) -> None:
    ready_made_package(package, mean_color_net(weight))
    with pytest.raises(WeightsError, match="fails its test"):
        host(package).load_model("mean-color", "cpu", 1)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('architecture = "onnx"', 'architecture = "resnet"', "'architecture' is wrong"),
        ("tile_px = 32", "tile = 32", "'tile_px' is wrong"),
        ("[input]", "[input]\ncolor = 1", "'input.color' is wrong"),
        ("[input]", "[input", "no TOML"),
    ],
)
def test_a_wrong_card_names_its_field(before: str, after: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "model.toml"
    file.write_text(CARD.replace(before, after))
    with pytest.raises(PluginError, match=words):
        load_card(file)


def test_weights_of_the_shipped_network_need_no_code_either(package: Path) -> None:
    pytest.importorskip("lnm_tumor_tiles")
    from lnm_tumor_tiles.plugin import FOLDER, spec

    package.mkdir()
    (package / "__init__.py").write_text("")
    shipped = spec()
    (package / "own.safetensors").write_bytes((FOLDER / shipped.weights_file).read_bytes())
    head = CARD[: CARD.index("[input]")].replace('"onnx"', '"tumor-tile-net"').replace("tile_px = 32", "tile_px = 96")
    head = head.replace("model.onnx", "own.safetensors").replace("{sha256}", shipped.weights_sha256)
    (package / "model.toml").write_text(head.replace("{id}", "own"))
    found = host(package)
    assert found.model_class("own").__name__ == "TumorTiles"
    assert found._weights("own") == package / "own.safetensors"
