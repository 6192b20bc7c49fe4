"""What does a network's arithmetic: torch on any device, OpenVINO on the processor."""

from __future__ import annotations

import queue
import sys
import warnings
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Tiles = NDArray[np.uint8]
Probabilities = NDArray[np.float32]
TYPES = {"f32": torch.float32, "bf16": torch.bfloat16}


class Backend(Protocol):
    """Runs tiles (n, tile, tile, 3) to probabilities (n, classes); may be called from several threads at once."""

    name: str
    batch_size: int

    def __call__(self, tiles: Tiles) -> Probabilities: ...


class PixelNetwork(nn.Module):
    """A network that takes tiles as they are read: uint8 (n, tile, tile, 3)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, tiles: Tensor) -> Tensor:
        return self.network(tiles.permute(0, 3, 1, 2).float() / 255)


class TorchBackend:
    """Torch itself, on the device where the network is."""

    def __init__(self, network: nn.Module, device: str, batch_size: int, precision: str = "f32") -> None:
        self._network = PixelNetwork(network)
        self._device = torch.device(device)
        self._precision = precision
        self.batch_size = batch_size
        self.name = f"torch {precision} channels_last"

    def __call__(self, tiles: Tiles) -> Probabilities:
        # The mode and the cast are each thread's own.
        cast = torch.autocast(self._device.type, TYPES["bf16"], enabled=self._precision == "bf16")
        with torch.inference_mode(), cast:
            output = self._network(torch.from_numpy(tiles).to(self._device))
        return output.float().cpu().numpy()


class OpenVinoBackend:
    """OpenVINO on the processor, in the precision asked for (its own default would be bf16).

    Batches have one size; the last one is filled up. Each is computed on one core, `threads` of them at once: the
    numbers depend neither on the cores nor on who shares the batch.
    """

    def __init__(self, model: Any, batch_size: int, threads: int, precision: str = "f32") -> None:
        openvino = import_openvino()
        settings = {
            "INFERENCE_PRECISION_HINT": precision,
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": threads,
        }
        self._compiled = openvino.Core().compile_model(model, "CPU", settings)
        # Threads come and go with each run; what a request has allocated stays for the next one.
        self._idle: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.batch_size = batch_size
        self.name = f"openvino {precision}"

    def __call__(self, tiles: Tiles) -> Probabilities:
        parts = [self._run(tiles[start : start + self.batch_size]) for start in range(0, len(tiles), self.batch_size)]
        return np.concatenate(parts)

    def _run(self, tiles: Tiles) -> Probabilities:
        count = len(tiles)
        if count < self.batch_size:
            rest = np.zeros((self.batch_size - count, *tiles.shape[1:]), np.uint8)
            tiles = np.concatenate([tiles, rest])
        request = self._request()
        try:
            return request.infer({0: tiles}, share_inputs=True)[0][:count].astype(np.float32)
        finally:
            self._idle.put(request)

    def _request(self) -> Any:
        """A request that nobody uses, a new one where there is none."""
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return self._compiled.create_infer_request()


def convert(network: nn.Module, tile_px: int, batch_size: int) -> Any:
    """The network as an OpenVINO model for uint8 tiles (batch, tile, tile, 3). Raises RuntimeError."""
    openvino = import_openvino()
    shape = (batch_size, tile_px, tile_px, 3)
    inputs = [openvino.PartialShape(list(shape))]
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # tracing speaks to the authors of networks
        example = torch.zeros(shape, dtype=torch.uint8)
        return openvino.convert_model(PixelNetwork(network), example_input=example, input=inputs)


def import_openvino() -> Any:
    """OpenVINO without the module that reports its use to its makers."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino  # noqa: PLC0415 - see above

    return openvino


def largest_difference(a: Backend, b: Backend, tiles: Tiles) -> float:
    """The largest absolute difference of two backends' probabilities; infinite where they do not compare."""
    one, two = a(tiles), b(tiles)
    if one.shape != two.shape or not (np.isfinite(one).all() and np.isfinite(two).all()):
        return float("inf")
    return float(np.abs(one - two).max(initial=0.0))
