"""The plugin of this worker and its model that stays loaded between runs."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property

from lnm_desktop.errors import InferenceError, LnmError, PluginError, WeightsError
from lnm_desktop.learning.sample_tiles import sample_tiles
from lnm_desktop.plugin.discovery import InstalledPlugin
from lnm_desktop.plugin.host import PluginHost
from lnm_desktop.plugin.model import ModelPlugin
from lnm_desktop.plugin.tile_classifier import TileClassifier
from lnm_desktop.process.loop import log_trace

NO_TORCH = "cpu"
NICENESS = 10


@dataclass(frozen=True, eq=False, slots=True)
class LoadedModel:
    """A model with its weights on a device."""

    model: ModelPlugin
    device: str
    device_reason: str

    @property
    def arithmetic(self) -> str:
        """What computes: see `learning.devices.arithmetic`; the processor's kind for a model without torch."""
        if not uses_torch(type(self.model)):
            return platform.machine()
        from lnm_desktop.learning.devices import arithmetic  # noqa: PLC0415 - loads torch

        return arithmetic(self.device)

    def running(self) -> AbstractContextManager[object]:
        """What surrounds each call of the model: torch's inference mode where it is a torch model."""
        if not uses_torch(type(self.model)):
            return nullcontext()
        import torch  # noqa: PLC0415 - a model without torch does not wait for it

        return torch.inference_mode()


class WorkerModels:
    """Imports the plugin when first needed and keeps the last loaded model."""

    def __init__(self, plugin: InstalledPlugin) -> None:
        self.plugin = plugin
        self._warm: tuple[tuple[str, str, int], LoadedModel] | None = None
        self._polite = False

    @cached_property
    def host(self) -> PluginHost:
        """The imported plugin. Raises PluginError."""
        with plugin_code(f"importing {self.plugin.distribution}"):
            return PluginHost(self.plugin)

    def load(self, model_id: str, device: str, threads: int) -> LoadedModel:
        """The model on the chosen device, from memory when it is the last one used. Raises LnmError.

        `threads` 0 means all cores that this process may use.
        """
        self._lower_priority()
        threads = threads or usable_cores()
        with plugin_code(f"importing the model {model_id}"):
            model_class = self.host.model_class(model_id)
        chosen, reason = _device(model_class, device)
        key = (model_id, chosen, threads)
        if self._warm is None or self._warm[0] != key:
            self._warm = None  # free the old weights before the new ones come
            _prepare(model_class, threads)
            with plugin_code(f"loading the model {model_id}"):
                loaded = LoadedModel(self.host.load_model(model_id, chosen, threads), chosen, reason)
                check_answers(loaded)
            self._warm = (key, loaded)
        return self._warm[1]

    def _lower_priority(self) -> None:
        """A run yields to the window; a description does not, or a busy machine would miss its deadline."""
        if not self._polite and hasattr(os, "nice"):
            os.nice(NICENESS)
        self._polite = True


def uses_torch(model_class: type[ModelPlugin]) -> bool:
    """True where the model says that torch does its arithmetic."""
    return model_class.backend.startswith("torch")


def check_answers(loaded: LoadedModel) -> None:
    """Raises WeightsError for a tile classifier whose answer to two made-up tiles breaks a rule of answers."""
    model = loaded.model
    if not isinstance(model, TileClassifier) or not model.spec.weights_file:
        return
    try:
        with loaded.running():
            model.classify_checked(sample_tiles(2, model.spec.tile_px))
    except InferenceError as error:
        raise WeightsError(
            f"the model with the weights {model.spec.weights_file} fails its test: {error}",
            hint="Report it to its publisher.",
        ) from error


@contextmanager
def plugin_code(doing: str) -> Iterator[None]:
    """Foreign code runs here: whatever it raises becomes a PluginError, its trace goes to the worker's log."""
    try:
        yield
    except LnmError:
        raise
    except BaseException as error:
        log_trace(error)
        raise PluginError(f"{doing} failed: {type(error).__name__}: {error}", hint="See the worker's log.") from error


def usable_cores() -> int:
    """How many cores the system lets this process use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _device(model_class: type[ModelPlugin], device: str) -> tuple[str, str]:
    """The device and why; a model without torch runs on the processor."""
    if not uses_torch(model_class):
        return NO_TORCH, f"its backend is {model_class.backend}"
    from lnm_desktop.learning.devices import choose_device  # noqa: PLC0415 - loads torch

    choice = choose_device(device)
    return choice.device, choice.reason


def _prepare(model_class: type[ModelPlugin], threads: int) -> None:
    if uses_torch(model_class):
        from lnm_desktop.learning.repeatable import prepare_torch  # noqa: PLC0415 - loads torch

        prepare_torch(threads)
