"""A tile classifier without a line of code: weights and a card, `model.toml`, in the plugin's package."""

from __future__ import annotations

import tomllib
from pathlib import Path
from types import ModuleType
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from lnm_desktop.errors import PluginError
from lnm_desktop.plugin.spec import API_VERSION, ModelSpec

CARD = "model.toml"
ARCHITECTURES = {
    "onnx": "lnm_desktop.learning.onnx_tiles:OnnxTiles",
    "tumor-tile-net": "lnm_tumor_tiles.model:TumorTiles",
}
Triple = tuple[float, float, float]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class InputCard(_Strict):
    """What an ONNX network is given: float32 RGB in 0…1, less the mean, over the deviation."""

    layout: Literal["NCHW", "NHWC"] = "NCHW"
    mean: Triple = (0.0, 0.0, 0.0)
    std: Triple = (1.0, 1.0, 1.0)


class OutputCard(_Strict):
    """What turns the output of an ONNX network into probabilities.

    One number for a tile is that of the last of two classes.
    """

    activation: Literal["none", "sigmoid", "softmax"] = "none"


class ReadyMadeCard(_Strict):
    """The content of `model.toml`; most fields are those of `ModelSpec`. `card_file` is Markdown beside it."""

    id: str
    version: str
    title: str
    architecture: Literal["onnx", "tumor-tile-net"]
    classes: tuple[str, ...]
    resolution_mpp: float
    tile_px: int
    weights_file: str
    weights_sha256: str
    operating_point: float = 0.5
    resampling: str = "pil-bilinear-antialias"
    licence: str = ""
    intended_use: str = ""
    not_for: str = ""
    publisher: str = ""
    card_file: str = ""
    synthetic: bool = False
    api: int = API_VERSION
    input: InputCard = InputCard()
    output: OutputCard = OutputCard()

    @property
    def entry(self) -> str:
        """The class that runs such a network."""
        return ARCHITECTURES[self.architecture]

    def spec(self, folder: Path) -> ModelSpec:
        """The model's definition. Raises PluginError for a card of Markdown that is not there."""
        own = self.model_dump(exclude={"architecture", "card_file", "input", "output"})
        card = _text(folder / self.card_file) if self.card_file else ""
        return ModelSpec(task="tile-classification", card=card, **own)


def ready_made(module: ModuleType) -> tuple[Path, ReadyMadeCard] | None:
    """The folder and the card of a plugin that is made so; None for one that is not. Raises PluginError."""
    if module.__file__ is None:
        return None
    folder = Path(module.__file__).resolve().parent
    return (folder, load_card(folder / CARD)) if (folder / CARD).is_file() else None


def load_card(file: Path) -> ReadyMadeCard:
    """The card in a file. Raises PluginError naming the field that is wrong."""
    try:
        return ReadyMadeCard.model_validate(tomllib.loads(_text(file)))
    except tomllib.TOMLDecodeError as error:
        raise PluginError(f"{file.name} is no TOML: {error}", hint="Mend it with an editor.") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise PluginError(
            f"{file.name}: the field {name!r} is wrong: {first['msg']}", hint="See docs/write-a-plugin.md."
        ) from error


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PluginError(f"{file.name} cannot be read", hint="Install the plugin again.") from error
