"""Which backend runs a network on this machine: found by a trial at the first run, and kept."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from torch import nn

from lnm_desktop.learning.backends import (
    Backend,
    OpenVinoBackend,
    TorchBackend,
    convert,
    import_openvino,
    largest_difference,
)
from lnm_desktop.learning.devices import arithmetic
from lnm_desktop.learning.sample_tiles import sample_tiles
from lnm_desktop.learning.trial import BATCH_SIZES, Timing, best_batch
from lnm_desktop.log import Safe, get_logger
from lnm_desktop.plugin.spec import ModelSpec

_log = get_logger(__name__)
# A backend that moves a probability by more than this computes something else.
TOLERANCE = 1e-4
COMPARED_TILES = 8


@dataclass(frozen=True, slots=True)
class Wish:
    """What a user asks for: "auto", "torch" or "openvino", and "f32" or "bf16"."""

    backend: str = "auto"
    precision: str = "f32"


@dataclass(frozen=True, eq=False, slots=True)
class Chosen:
    """A backend, why it was taken, and by how much its probabilities differ from those of torch in f32."""

    backend: Backend
    reason: str
    difference: float


@dataclass(frozen=True, eq=False, slots=True)
class Workplace:
    """A network on a device with so many threads; choices are kept in `folder`."""

    network: nn.Module
    spec: ModelSpec
    device: str
    threads: int
    folder: Path

    @property
    def streams(self) -> int:
        """How many batches are computed at once: one for each core, one on a graphics card."""
        return self.threads if self.device == "cpu" else 1

    def choose(self, wish: Wish) -> Chosen:
        """The kept choice, or the outcome of a trial. A backend that does not agree with torch is not taken."""
        kept = self._kept(wish)
        if kept is not None:
            return kept
        return self._try(wish)

    def _kept(self, wish: Wish) -> Chosen | None:
        try:
            timings = [Timing(**item) for item in json.loads(self._file(wish).read_text(encoding="utf-8"))]
            best = timings[0]
            backend = self._makers(wish)[best.backend.partition(" ")[0]](best.batch_size)
            return self._checked(backend, timings, wish)
        except (OSError, ValueError, KeyError, TypeError, IndexError, RuntimeError):
            # Nothing kept, or of another network with the same name and version.
            self._converted_file().unlink(missing_ok=True)
            return None

    def _try(self, wish: Wish) -> Chosen:
        tiles = sample_tiles(BATCH_SIZES[-1], self.spec.tile_px)
        found: list[tuple[Backend, Timing]] = []
        for name, make in self._makers(wish).items():
            try:
                backend, timing = best_batch(make, tiles, self.streams)
                self._checked(backend, [timing], wish)
                found.append((backend, timing))
            except (RuntimeError, OSError) as error:
                _log.warning("%s cannot run %s: %s", Safe(name), Safe(self.spec.id), Safe(type(error).__name__))
        if not found:
            raise RuntimeError(f"no backend can run {self.spec.id} on {self.device}")
        found.sort(key=lambda pair: -pair[1].tiles_per_s)
        timings = [timing for _, timing in found]
        self._keep(wish, timings)
        return self._checked(found[0][0], timings, wish)

    def _checked(self, backend: Backend, timings: list[Timing], wish: Wish) -> Chosen:
        """Raises RuntimeError for a backend of full precision that does not agree with torch."""
        reference = TorchBackend(self.network, self.device, COMPARED_TILES)
        difference = largest_difference(backend, reference, sample_tiles(COMPARED_TILES, self.spec.tile_px))
        if wish.precision == "f32" and difference > TOLERANCE:
            raise RuntimeError(f"{backend.name} differs from torch by {difference:.2g}")
        return Chosen(backend, _words(timings), difference)

    def _makers(self, wish: Wish) -> dict[str, Callable[[int], Backend]]:
        """What can be tried, by name."""
        makers: dict[str, Callable[[int], Backend]] = {
            "torch": lambda size: TorchBackend(self.network, self.device, size, wish.precision)
        }
        if self.device == "cpu":
            makers["openvino"] = lambda size: self._openvino(size, wish.precision)
        return {name: make for name, make in makers.items() if wish.backend in ("auto", name)}

    def _openvino(self, size: int, precision: str) -> Backend:
        model = self._converted().clone()
        # Raises RuntimeError for a network that is tied to the batch it was converted with.
        model.reshape([size, self.spec.tile_px, self.spec.tile_px, 3])
        return OpenVinoBackend(model, size, self.threads, precision)

    def _converted(self) -> Any:
        """The network in OpenVINO, from the last time where it was kept: converting takes seconds.

        It is always read from a file: as converted, its last bits would be others than after the file.
        """
        file = self._converted_file()
        if not file.is_file():
            self.folder.mkdir(parents=True, exist_ok=True)
            import_openvino().save_model(
                convert(self.network, self.spec.tile_px, BATCH_SIZES[0]), file, compress_to_fp16=False
            )
        return import_openvino().Core().read_model(file)

    def _converted_file(self) -> Path:
        return self.folder / f"{self._digest('network')}.xml"

    def _keep(self, wish: Wish, timings: list[Timing]) -> None:
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._file(wish).write_text(json.dumps([asdict(timing) for timing in timings]), encoding="utf-8")

    def _file(self, wish: Wish) -> Path:
        facts = self.device, arithmetic(self.device), self.threads, wish.backend, wish.precision
        return self.folder / f"{self._digest(*facts)}.json"

    def _digest(self, *facts: object) -> str:
        spec = self.spec
        versions = version("torch"), version("openvino")
        text = json.dumps([spec.id, spec.version, spec.weights_sha256, spec.tile_px, *versions, *map(str, facts)])
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def _words(timings: list[Timing]) -> str:
    """As in "openvino f32 341 tiles/s in batches of 16, torch f32 channels_last 203 in batches of 8"."""
    return ", ".join(
        f"{item.backend} {item.tiles_per_s:.0f} tiles/s in batches of {item.batch_size}" for item in timings
    )
