"""Why a model answers as it does at one place of a slide, as pictures and numbers on disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from lnm_desktop import __version__
from lnm_desktop.app.models import Models
from lnm_desktop.domain.geometry import Point, Region
from lnm_desktop.domain.prediction import RESEARCH_USE_ONLY
from lnm_desktop.errors import InferenceError
from lnm_desktop.formats.files import write_atomic
from lnm_desktop.formats.heatmap_png import colorize, dumps_png, with_caption

METHODS = ("grad-cam", "integrated-gradients")
GAP_TOLERANCE = 0.05  # of a probability: Sundararajan et al. 2017 ask for 5 %
MEANING = "It shows which pixels the network used for its answer, not what is in the tissue."


@dataclass(frozen=True, eq=False)
class TileExplanation:
    """A tile (tile, tile, 3), what each pixel adds (tile, tile), and the probabilities by class.

    `gap` tells how far integrated gradients are from adding up; None for Grad-CAM.
    """

    model_id: str
    model_version: str
    method: str
    target: str
    region: Region
    tile: NDArray[np.uint8]
    values: NDArray[np.float32]
    probabilities: dict[str, float]
    gap: float | None
    warnings: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def adds_up(self) -> bool | None:
        """Whether integrated gradients add up to the answer within `GAP_TOLERANCE`; None for Grad-CAM."""
        return None if self.gap is None else self.gap <= GAP_TOLERANCE

    def to_dict(self) -> dict[str, Any]:
        """JSON form, without the arrays."""
        return {
            "model": self.model_id,
            "version": self.model_version,
            "method": self.method,
            "class": self.target,
            "probabilities": self.probabilities,
            "region": [self.region.x, self.region.y, self.region.width, self.region.height],
            "gap": self.gap,
            "adds_up": self.adds_up,
            "warnings": list(self.warnings),
            **self.facts,
            "lnm_desktop": __version__,
            "meaning": MEANING,
            "notice": RESEARCH_USE_ONLY,
        }


def explain_tile(
    models: Models, model_id: str, slide: Path, at: Point, method: str, *, target: str = "", user_mpp: float = 0.0
) -> TileExplanation:
    """Explain the answer for the tile around a level-0 point, for the finding's class unless `target` names another.

    Raises PluginError, ImageError, CalibrationMissing, InferenceError.
    """
    spec = models.find(model_id).spec
    if method not in METHODS:
        raise InferenceError(f"there is no method {method!r}", hint=f"Choose {' or '.join(METHODS)}.")
    target = target or spec.classes[-1]
    if target not in spec.classes:
        raise InferenceError(f"{model_id} has no class {target!r}", hint=f"Choose {' or '.join(spec.classes)}.")
    told = models.client(model_id).explain(model_id, slide, at, method, spec.classes.index(target), user_mpp)
    return TileExplanation(
        spec.id,
        spec.version,
        method,
        target,
        Region(*told.region),
        told.tile,
        told.values,
        dict(zip(spec.classes, told.probabilities, strict=True)),
        told.gap,
        told.warnings,
        told.facts,
    )


def save_explanation(found: TileExplanation, folder: Path) -> None:
    """`explanation.json`, `attribution.safetensors`, and the tile beside its map as `explanation.png`.

    Raises FormatError where the disk refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / "attribution.safetensors", save({"values": found.values, "tile": found.tile}))
    write_atomic(folder / "explanation.png", explained_png(found))
    write_atomic(folder / "explanation.json", json.dumps(found.to_dict(), indent=1).encode())


def explained_png(found: TileExplanation) -> bytes:
    """The picture with its legend, as it is shown and kept."""
    return with_caption(dumps_png(picture(found)), caption(found))


def caption(found: TileExplanation) -> tuple[str, ...]:
    """The lines under the picture: without them it could be taken for a finding."""
    scale = "untinted: nothing, or against the class; bright: most for the class"
    sum_words = "" if found.gap is None else f"; sums up to {found.gap:.3f}{'' if found.adds_up else ' (too far)'}"
    return (
        f"{found.model_id} {found.model_version}, {found.method}{sum_words}",
        f"class {found.target}: {found.probabilities[found.target]:.3f}; {scale}",
        MEANING,
        *found.warnings,
        RESEARCH_USE_ONLY,
    )


def picture(found: TileExplanation) -> NDArray[np.uint8]:
    """The tile, and beside it the same with the map laid over it: RGBA (tile, 2 × tile, 4)."""
    opaque = np.full((*found.tile.shape[:2], 1), 255, np.uint8)
    plain = np.concatenate([found.tile, opaque], axis=2)
    share = strength(found.values)
    colours = colorize(share)[..., :3]
    mixed = found.tile * (1 - 0.7 * share[..., None]) + colours * (0.7 * share[..., None])
    return np.concatenate([plain, np.concatenate([np.round(mixed).astype(np.uint8), opaque], axis=2)], axis=1)


def strength(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """From 0 to 1 how strongly each pixel speaks for the class; what speaks against it is 0."""
    speaking = np.clip(values, 0, None)
    largest = float(np.quantile(speaking, 0.995))
    return np.clip(speaking / largest, 0, 1).astype(np.float32) if largest > 0 else np.zeros_like(speaking)
