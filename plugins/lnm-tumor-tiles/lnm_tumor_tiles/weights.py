"""Weights files: safetensors with the network's shape and history in the header."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from lnm_tumor_tiles.network import TumorTileNet
from lnm_tumor_tiles.reading import Reading
from lnm_tumor_tiles.recipe import Fitted


def assemble(
    fitted: list[Fitted],
    widths: tuple[int, int, int],
    reading: Reading,
    mixture: tuple[float, float, float],
    temperature: float,
) -> TumorTileNet:
    """Return trained networks and texture reading as one model, in evaluation mode."""
    net = TumorTileNet(len(fitted), widths)
    for member, result in zip(net.members, fitted, strict=True):
        member.load_state_dict({name: torch.from_numpy(value) for name, value in result.state.items()})
    net.texture = reading.module()
    net.mixture.copy_(torch.tensor(mixture))
    net.temperature.fill_(temperature)
    return net.eval()


def save_weights(net: TumorTileNet, path: Path, notes: dict[str, str]) -> None:
    """Write every tensor as float32, with `notes` in the header."""
    tensors = {name: value.float().contiguous() for name, value in net.state_dict().items()}
    save_file(tensors, path, metadata=notes)


def load_weights(path: Path) -> TumorTileNet:
    """Return the network of a weights file, in evaluation mode."""
    with safe_open(path, framework="pt") as file:
        notes = file.metadata()
    fine, middle, coarse = (int(width) for width in notes["widths"].split(","))
    net = TumorTileNet(int(notes["members"]), (fine, middle, coarse))
    net.load_state_dict(load_file(path))
    return net.eval()


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
