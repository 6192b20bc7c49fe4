"""A small ONNX network over the mean colour of a tile; made up."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WEIGHT = np.array([[2.0, -1.0, 0.5], [-3.0, 1.0, 1.5]], np.float32)

CARD = """
id = "{id}"
version = "1.0"
title = "Mean colour (made up)"
architecture = "onnx"
classes = ["ground", "stain"]
resolution_mpp = 1.0
tile_px = 32
weights_file = "model.onnx"
weights_sha256 = "{sha256}"
licence = "Apache-2.0"
intended_use = "Tests."
not_for = "Patients."
synthetic = true

[input]
mean = [0.5, 0.25, 0.75]
std = [0.5, 1.0, 2.0]

[output]
activation = "softmax"
"""


def mean_color_net(weight: np.ndarray = WEIGHT) -> onnx.ModelProto:
    """Float32 (n, 3, height, width) to logits (n, classes)."""
    nodes = [
        helper.make_node("GlobalAveragePool", ["x"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Gemm", ["flat", "w"], ["y"], transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", len(weight)])],
        [numpy_helper.from_array(weight.astype(np.float32), "w")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def expected(tiles: np.ndarray) -> np.ndarray:
    """What numpy says of tiles (n, height, width, 3)."""
    pixels = (tiles / 255 - (0.5, 0.25, 0.75)) / (0.5, 1.0, 2.0)
    logits = pixels.mean(axis=(1, 2)) @ WEIGHT.T
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def ready_made_package(package: Path, model: onnx.ModelProto, card: str = CARD) -> Path:
    """A package of three files without code, as an author would write it; returns the ONNX file."""
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text("")
    file = package / "model.onnx"
    file.write_bytes(model.SerializeToString())
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    (package / "model.toml").write_text(card.replace("{sha256}", sha256).replace("{id}", "mean-color"))
    return file
