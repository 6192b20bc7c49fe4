"""Weights, their TorchScript and ONNX forms, and the plugin, all in one temporary folder."""

from __future__ import annotations

import hashlib
import json
import shutil
import warnings
from pathlib import Path

import numpy as np
import openslide
import torch
from PIL import Image
from torch import Tensor, nn

from inferring.nets import build, make_weights
from inferring.pipelines.job import CELL_PX, PATCH_PX
from inferring.running import SHIPPED
from inferring.slides import Slide

HERE = Path(__file__).resolve().parent
SPREAD_PATCHES = 32
FAST_OPSET = 13
RESAMPLING = {"bilinear": "pil-bilinear-antialias", "area": "area"}
DISTRIBUTION = "lnm_benchmark-1.0.dist-info"


def prepare_nets(nets: list[str], slide: Slide, folder: Path) -> None:
    """Write NET.safetensors, NET.pt (TorchScript giving logits) and NET.onnx (batch of one) for each net."""
    patches = _some_patches(slide)
    for net in nets:
        weights = folder / f"{net}.safetensors"
        if net == "shipped":
            shutil.copy2(SHIPPED / "lnm_tumor_tiles" / "weights.safetensors", weights)
        else:
            make_weights(net, patches, weights)
        network = build(net, weights)
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # tracing speaks to the authors of networks
            torch.jit.trace(Logits(network), patches[:2]).save(folder / f"{net}.pt")
            _write_onnx(network, patches[:1], folder / f"{net}.onnx")


def install_plugin(nets: list[str], resampling: str, weights: Path, folder: Path) -> None:
    """Lay the plugin and its record of installation into a folder for the search path."""
    package = folder / "lnm_benchmark"
    shutil.copytree(HERE / "plugin" / "lnm_benchmark", package)
    shutil.copy2(HERE / "nets.py", package)
    models = []
    for net in nets:
        kept = shutil.copy2(weights / f"{net}.safetensors", package)
        digest = hashlib.sha256(Path(kept).read_bytes()).hexdigest()
        models.append({"net": net, "resampling": RESAMPLING[resampling], "sha256": digest})
    (package / "models.json").write_text(json.dumps(models), encoding="utf-8")
    record = folder / DISTRIBUTION
    record.mkdir()
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: lnm-benchmark\nVersion: 1.0\n", encoding="utf-8")
    entry = "[lnm_desktop]\nlnm-benchmark = lnm_benchmark.plugin\n"
    (record / "entry_points.txt").write_text(entry, encoding="utf-8")


class Logits(nn.Module):
    """What gives the network's probabilities again when a softmax is put on it."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        return self.network(x).clamp_min(1e-30).log()


def _write_onnx(network: nn.Module, example: Tensor, path: Path) -> None:
    """For FAST, whose OpenVINO is of 2022."""
    names = {"input_names": ["x"], "output_names": ["y"]}
    torch.onnx.export(network, (example,), path, dynamo=False, opset_version=FAST_OPSET, **names)


def _some_patches(slide: Slide) -> Tensor:
    chosen = np.linspace(0, len(slide.patches) - 1, SPREAD_PATCHES).round().astype(int)
    with openslide.OpenSlide(slide.path) as reader:
        cells = [reader.read_region(slide.patches[n], 0, (CELL_PX, CELL_PX)).convert("RGB") for n in chosen]
    size = (PATCH_PX, PATCH_PX)
    pixels = np.stack([np.asarray(cell.resize(size, Image.Resampling.BILINEAR)) for cell in cells])
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
