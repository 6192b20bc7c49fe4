"""A tile classifier that is one ONNX file, run by OpenVINO in f32 on the processor."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from onnx.external_data_helper import convert_model_from_external_data
from scipy.special import expit, softmax

from lnm_desktop.errors import InferenceError, WeightsError
from lnm_desktop.learning.backends import OpenVinoBackend, import_openvino
from lnm_desktop.learning.sample_tiles import sample_tiles
from lnm_desktop.plugin.ready_made import CARD, InputCard, load_card
from lnm_desktop.plugin.tile_classifier import TileClassifier

BATCH = 8


class OnnxTiles(TileClassifier):
    """What its card beside the weights says."""

    backend: str = "openvino f32"
    batch_size: int = BATCH
    activations: ClassVar[dict[str, Any]] = {
        "none": lambda values: values,
        "sigmoid": expit,
        "softmax": lambda values: softmax(values, axis=1),
    }

    def load(self, device: str, weights: Path) -> None:
        """Compile the network and try it on two made-up tiles. Raises WeightsError."""
        card = load_card(weights.with_name(CARD))
        self._activate = self.activations[card.output.activation]
        content = single_file(weights)
        try:
            network = _network(content, card.input, self.spec.tile_px)
            self._backend = OpenVinoBackend(network, BATCH, self.threads)
            self.streams = self.threads
            self.classify_checked(sample_tiles(2, self.spec.tile_px))
        except (InferenceError, RuntimeError, ValueError) as error:
            raise WeightsError(
                f"the network {weights.name} fails its test: {str(error)[:300]}", hint="Report it to its publisher."
            ) from error

    def classify(self, tiles: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Probabilities (n, classes) of tiles (n, tile, tile, 3)."""
        values = self._backend(tiles)
        probabilities = self._activate(values.reshape(len(values), -1))
        if probabilities.shape[1] == 1 and len(self.spec.classes) == 2:
            return np.concatenate([1 - probabilities, probabilities], axis=1)
        return probabilities


def single_file(weights: Path) -> bytes:
    """The network, which holds all of its numbers itself. Raises WeightsError for one that names other files."""
    try:
        model = onnx.load(weights, load_external_data=False)
        convert_model_from_external_data(model)
        onnx.checker.check_model(model)
    except DecodeError as error:
        raise WeightsError(f"{weights.name} is no ONNX file", hint="Install the plugin again.") from error
    except ValueError as error:
        # Whatever place they name, nothing there is looked at.
        raise WeightsError(
            f"{weights.name} keeps numbers in other files; only a single file is taken",
            hint="Save it with its data inside: onnx.save(model, file, save_as_external_data=False).",
        ) from error
    except onnx.checker.ValidationError as error:
        raise WeightsError(
            f"{weights.name} is no sound ONNX network: {str(error)[:200]}", hint="Export the network again."
        ) from error
    return model.SerializeToString()


def _network(content: bytes, card: InputCard, tile_px: int) -> Any:
    """The network for uint8 tiles (batch, tile, tile, 3). Raises RuntimeError."""
    openvino = import_openvino()
    prepared = openvino.preprocess.PrePostProcessor(openvino.Core().read_model(content))
    layout = openvino.Layout
    prepared.input().tensor().set_element_type(openvino.Type.u8).set_layout(layout("NHWC"))
    steps = prepared.input().preprocess().convert_element_type(openvino.Type.f32).scale(255.0)
    steps.mean(list(card.mean)).scale(list(card.std))
    prepared.input().model().set_layout(layout(card.layout))
    network = prepared.build()
    network.reshape([BATCH, tile_px, tile_px, 3])
    return network
