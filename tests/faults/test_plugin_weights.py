"""Weights that are not what they should be (rows M01 to M05 and M07): named, and nothing of them is run."""

from __future__ import annotations

import hashlib
import json
import pickle
import struct
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save

from lnm_desktop import paths
from lnm_desktop.app.models import Models
from lnm_desktop.app.predict import predict
from lnm_desktop.errors import InferenceError, WeightsError
from lnm_desktop.learning.torch_tiles import TorchTileClassifier
from lnm_desktop.plugin.discovery import installed_plugins
from lnm_desktop.plugin.spec import ModelSpec
from lnm_desktop.plugin.weights import verify_weights
from tests.fakes.plugins import PLUGIN, install_fake
from tests.fakes.slides import a_picture, a_request

SOUND = save({"w": np.zeros(64, np.float32)})


def refused(file: Path, data: bytes) -> str:
    """Why weights with this content, and with their right hash, are refused."""
    file.write_bytes(data)
    with pytest.raises(WeightsError) as caught:
        verify_weights(file, hashlib.sha256(data).hexdigest())
    return caught.value.message


class Payload:
    """Would leave a mark where it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.mark,)


class WithPayload(torch.nn.Linear):
    """A whole network, whose class comes with it: what `torch.save(network)` writes runs code when it is read."""

    def __init__(self, mark: Path) -> None:
        super().__init__(2, 2)
        self.mark = Payload(mark)


def torch_file(kind: str, mark: Path) -> bytes:
    file = mark.parent / "torch.pt"
    if kind == "state":
        torch.save({"w": torch.zeros(2)}, file)
    elif kind == "old state":
        torch.save({"w": torch.zeros(2)}, file, _use_new_zipfile_serialization=False)
    elif kind == "network":
        torch.save(WithPayload(mark), file)
    else:
        with warnings.catch_warnings(action="ignore"):  # some versions of torch call it outdated
            torch.jit.save(torch.jit.trace(torch.nn.Linear(2, 2), torch.zeros(1, 2)), file)
    return file.read_bytes()


@pytest.mark.parametrize("name", ["w.pt", "w.safetensors"])
@pytest.mark.parametrize("kind", ["pickle", "state", "old state", "network", "torchscript"])
def test_m01_what_can_run_code_is_refused_as_weights_of_a_plugin(kind: str, name: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    data = pickle.dumps(Payload(mark)) if kind == "pickle" else torch_file(kind, mark)
    assert "can run code" in refused(tmp_path / name, data)
    assert not mark.exists()


def test_the_payload_would_leave_its_mark(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Payload(tmp_path / "mark")))
    assert (tmp_path / "mark").exists()
    torch_file("network", tmp_path / "other")
    torch.load(tmp_path / "torch.pt", weights_only=False)
    assert (tmp_path / "other").exists()


WEIGHTS = """
import numpy as np
from safetensors.numpy import load_file
from lnm_desktop.api import TileClassifier

class Model(TileClassifier):
    backend = "numpy"

    def load(self, device, weights):
        self.bias = load_file(weights)["bias"]

    def classify(self, tiles):
        return np.full((len(tiles), 2), 0.5, np.float32) + self.bias
"""


def a_plugin_with_weights(folder: Path, data: bytes, name: str = "w.safetensors", model: str = WEIGHTS) -> Models:
    """A plugin with these weights and their right hash, in a worker of its own."""
    sha256 = hashlib.sha256(data).hexdigest()
    spec = PLUGIN.replace("synthetic=True", f'synthetic=True, weights_file="{name}", weights_sha256="{sha256}"')
    install_fake(folder / "plugins", plugin=spec, model=model)
    (folder / "plugins" / "fake_darkness" / name).write_bytes(data)
    (plugin,) = [one for one in installed_plugins([folder / "plugins"]) if one.path]
    return Models(folder / "log", folder / "cache", search=lambda: [plugin])


def test_m01_a_plugin_whose_weights_are_a_pickle_is_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with a_plugin_with_weights(tmp_path, pickle.dumps(Payload(mark)), "w.pt") as models:
        assert models.plugins()[0].problem == ""
        with pytest.raises(WeightsError, match=r"w\.pt is a pickle"):
            predict(models, a_request(a_picture(tmp_path / "synthetic.png"), tmp_path / "result"))
    assert not mark.exists()
    assert not (tmp_path / "result").exists()


@pytest.mark.parametrize(
    ("bias", "words"),
    [(np.full(2, np.nan), "fails its test.*output-finite"), (np.zeros((3, 1, 2)), "fails its test.*output-shape")],
)
def test_m04_weights_of_a_plugin_without_torch_are_tried_when_they_are_loaded(
    bias: np.ndarray, words: str, tmp_path: Path
) -> None:
    with (
        a_plugin_with_weights(tmp_path, save({"bias": bias.astype(np.float32)})) as models,
        pytest.raises(WeightsError, match=words),
    ):
        predict(models, a_request(a_picture(tmp_path / "synthetic.png"), tmp_path / "result"))
    assert not (tmp_path / "result").exists()


def test_m02_weights_of_a_plugin_that_are_something_else_are_named(tmp_path: Path) -> None:
    file = tmp_path / "w.safetensors"
    assert "empty" in refused(file, b"")
    assert "web page" in refused(file, b"<!doctype html><title>404</title>")
    assert "git-lfs pointer" in refused(file, b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    assert "damaged" in refused(file, SOUND[:-9])
    assert "no kind" in refused(tmp_path / "w.npy", b"\x93NUMPY")


def test_m03_one_flipped_bit_in_the_weights_of_a_plugin_is_noticed(tmp_path: Path) -> None:
    file, flipped = tmp_path / "w.safetensors", bytearray(SOUND)
    flipped[-1] ^= 1
    file.write_bytes(flipped)
    with pytest.raises(WeightsError, match="not the ones that the model names"):
        verify_weights(file, hashlib.sha256(SOUND).hexdigest())


@pytest.mark.parametrize(
    "header",
    [
        {"w": {"dtype": "F32", "shape": [64], "data_offsets": [0, 999999]}},
        {"w": {"dtype": "F32", "shape": [9], "data_offsets": [0, 256]}},
        {"w": {"dtype": "F32", "shape": [64], "data_offsets": [256, 0]}},
    ],
)
def test_m05_weights_of_a_plugin_whose_header_lies_are_refused(header: dict[str, object], tmp_path: Path) -> None:
    text = json.dumps(header).encode()
    assert "damaged" in refused(tmp_path / "w.safetensors", struct.pack("<Q", len(text)) + text + bytes(256))
    assert "damaged" in refused(tmp_path / "w.safetensors", struct.pack("<Q", 2**62) + text)


class OneLayer(TorchTileClassifier):
    """A linear network over mean colours; made up."""

    def build(self, weights: Path) -> torch.nn.Module:
        from safetensors.torch import load_file

        network = torch.nn.Sequential(
            torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(3, 2), torch.nn.Softmax(1)
        )
        network.load_state_dict(load_file(weights))
        return network


def loaded(folder: Path, weight: np.ndarray) -> OneLayer:
    data = save({"2.weight": weight.astype(np.float32), "2.bias": np.zeros(2, np.float32)})
    (folder / "w.safetensors").write_bytes(data)
    spec = ModelSpec(
        "one-layer", "1", "Made up", "tile-classification", ("no", "yes"), 1.0, 32, "w.safetensors",
        hashlib.sha256(data).hexdigest(),
    )  # fmt: skip
    model = OneLayer(spec)
    model.load("cpu", folder / "w.safetensors")
    return model


def test_m04_weights_of_a_plugin_of_another_shape_or_without_numbers_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LNM_HOME", str(tmp_path / "home"))
    with pytest.raises(WeightsError, match="do not fit the network"):
        loaded(tmp_path, np.zeros((2, 4)))
    with pytest.raises(WeightsError, match=r"fails its test.*output-finite"):
        loaded(tmp_path, np.full((2, 3), np.nan))
    model = loaded(tmp_path, np.ones((2, 3)))
    assert model.classify(np.zeros((3, 32, 32, 3), np.uint8)) == pytest.approx(np.full((3, 2), 0.5))
    assert list((paths.cache_dir() / "backends").glob("*.json"))


MAPPED = """
import os
import numpy as np
from safetensors import safe_open
from lnm_desktop.api import TileClassifier

class Model(TileClassifier):
    backend = "numpy"

    def load(self, device, weights):
        self.mapped = safe_open(weights, framework="numpy")
        os.truncate(weights, 4096)

    def classify(self, tiles):
        return np.full((len(tiles), 2), 0.5, np.float32) + self.mapped.get_tensor("w")[-1]
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a file that is mapped cannot be cut there")
def test_m07_weights_of_a_plugin_that_are_cut_while_they_are_mapped_end_its_process_alone(tmp_path: Path) -> None:
    data = save({"w": np.zeros(2 * 1024 * 1024, np.float32)})
    with a_plugin_with_weights(tmp_path, data, model=MAPPED) as models:
        request = a_request(a_picture(tmp_path / "synthetic.png"), tmp_path / "result")
        with pytest.raises(InferenceError, match="SIGBUS"):
            predict(models, request)
        with pytest.raises(WeightsError, match="not the ones that the model names"):
            predict(models, request)
