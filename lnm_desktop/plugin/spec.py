"""What a plugin says about its models: plain data, so that listing models runs nobody's code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from lnm_desktop.domain.image import Kernel

# What a spec may name as `api`: the interface only grows within this range.
OLDEST_API = 1
API_VERSION = 1
# The kernels by which a slide is brought to a model's resolution; with another one the same network gives others
# probabilities.
KERNELS = {"pil-bilinear-antialias": Kernel.BILINEAR, "area": Kernel.AREA, "dct-area": Kernel.DCT}


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model's definition.

    `task` is that of the kind of model, e.g. "tile-classification", see docs/plugin-hooks.md. `resolution_mpp` is
    what the weights were trained at and `tile_px` the edge of their input there; both are 0 for models without tiles.
    The finding is the last of `classes`. `needs_images` names the kinds of image one of which it is run on ("slide",
    "series"), none where it needs none. Without the fields of `needs_clinical` it is not run; what `uses_clinical`
    names it reads where it is known. `resampling` names the kernel by which a slide is brought to that
    resolution, one of `KERNELS`. `operating_point` is the threshold frozen on training folds. `card` is Markdown.
    `synthetic` marks models trained on made-up data wherever they show.
    """

    id: str
    version: str
    title: str
    task: str
    classes: tuple[str, ...]
    resolution_mpp: float = 0.0
    tile_px: int = 0
    weights_file: str = ""
    weights_sha256: str = ""
    resampling: str = "pil-bilinear-antialias"
    operating_point: float = 0.5
    needs_images: tuple[str, ...] = ("slide",)
    needs_clinical: tuple[str, ...] = ()
    uses_clinical: tuple[str, ...] = ()
    licence: str = ""
    intended_use: str = ""
    not_for: str = ""
    card: str = ""
    publisher: str = ""
    synthetic: bool = False
    api: int = API_VERSION

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ModelSpec:
        """Rebuild from JSON; unknown keys of a newer application are ignored."""
        known = {item.name for item in fields(cls)}
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in data.items() if key in known
        }
        return cls(**values)


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """A registered model as the host knows it: spec, JSON schema of its options, where its class is."""

    spec: ModelSpec
    entry: str
    options_schema: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"spec": self.spec.to_dict(), "entry": self.entry, "options_schema": dict(self.options_schema)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ModelDescription:
        """Rebuild from JSON."""
        return cls(ModelSpec.from_dict(data["spec"]), data["entry"], data.get("options_schema", {}))
