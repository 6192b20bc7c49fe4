"""Loading of one plugin, inside its worker: hooks, registered models, and their classes when they run."""

from __future__ import annotations

import difflib
import sys
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path

import pluggy

from lnm_desktop.errors import PluginError
from lnm_desktop.plugin import hookspecs
from lnm_desktop.plugin.discovery import GROUP, InstalledPlugin
from lnm_desktop.plugin.model import ModelPlugin
from lnm_desktop.plugin.ready_made import ready_made
from lnm_desktop.plugin.spec import API_VERSION, KERNELS, OLDEST_API, ModelDescription, ModelSpec
from lnm_desktop.plugin.weights import verify_weights

HOOKS = tuple(name for name in vars(hookspecs) if name.startswith("lnm_"))


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """A spec and where its class is: "package.module:Class".

    `folder` holds the weights; None means beside the module of the class.
    """

    spec: ModelSpec
    entry: str
    folder: Path | None = None


class ModelRegistry:
    """Collects what a plugin registers. Raises PluginError for what cannot be accepted."""

    def __init__(self) -> None:
        self.models: dict[str, RegisteredModel] = {}

    def register(self, spec: ModelSpec, entry: str, *, folder: Path | None = None) -> None:
        """Given to the hook `lnm_register_models`."""
        if not isinstance(spec, ModelSpec):
            raise PluginError(f"it registers {type(spec).__name__} where a ModelSpec is needed")
        if not OLDEST_API <= spec.api <= API_VERSION:
            here = f"is {API_VERSION}" if OLDEST_API == API_VERSION else f"are {OLDEST_API} to {API_VERSION}"
            raise PluginError(
                f"its model {spec.id!r} needs version {spec.api} of the plugin interface, here {here}",
                hint="Install a version of the plugin that fits this application.",
            )
        if spec.resampling not in KERNELS:
            raise PluginError(
                f"the resampling {spec.resampling!r} of {spec.id!r} is not known",
                hint=f"Name {' or '.join(KERNELS)}.",
            )
        if spec.id in self.models:
            raise PluginError(f"it registers the model {spec.id!r} twice")
        if entry.count(":") != 1:
            raise PluginError(f"the class of {spec.id!r} is given as {entry!r}, not as 'package.module:Class'")
        self.models[spec.id] = RegisteredModel(spec, entry, folder)


class PluginHost:
    """One imported plugin and the models that it registered."""

    def __init__(self, plugin: InstalledPlugin) -> None:
        self.plugin = plugin
        self.models = _registered(plugin)

    def find(self, model_id: str) -> RegisteredModel:
        """The registered model of that id. Raises PluginError."""
        if model_id not in self.models:
            raise PluginError(f"the plugin {self.plugin.distribution} has no model {model_id!r}")
        return self.models[model_id]

    def model_class(self, model_id: str) -> type[ModelPlugin]:
        """Import a model's class. Raises PluginError when it is not there or not a ModelPlugin."""
        entry = self.find(model_id).entry
        found = EntryPoint(name=model_id, value=entry, group=GROUP).load()
        if not (isinstance(found, type) and issubclass(found, ModelPlugin)):
            raise PluginError(f"{entry!r} is not a subclass of ModelPlugin")
        return found

    def describe(self) -> tuple[ModelDescription, ...]:
        """Every model with the JSON schema of its options; imports their classes."""
        return tuple(
            ModelDescription(model.spec, model.entry, self.model_class(name).Options.model_json_schema())
            for name, model in self.models.items()
        )

    def load_model(self, model_id: str, device: str, threads: int = 1) -> ModelPlugin:
        """An instance with its verified weights on the device. Raises PluginError, WeightsError."""
        model = self.model_class(model_id)(self.find(model_id).spec)
        model.threads = threads
        model.load(device, self._weights(model_id))
        return model

    def _weights(self, model_id: str) -> Path:
        """The weights file, which stands beside the module of the model's class; verified."""
        registered = self.find(model_id)
        if not registered.spec.weights_file:
            return Path()
        module = sys.modules[registered.entry.partition(":")[0]]
        folder = registered.folder or Path(str(module.__file__)).resolve().parent
        weights = (folder / registered.spec.weights_file).resolve()
        if not weights.is_relative_to(folder):
            raise PluginError(f"the weights of {model_id!r} lie outside the plugin's own folder")
        verify_weights(weights, registered.spec.weights_sha256)
        return weights


def _registered(plugin: InstalledPlugin) -> dict[str, RegisteredModel]:
    """Import one plugin and call its hooks. One manager per plugin: a hook that raises stops nobody else's."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    module = EntryPoint(name=plugin.distribution, value=plugin.entry, group=GROUP).load()
    try:
        manager.register(module, plugin.distribution)
        _refuse_unknown_hooks(manager, module)
    except pluggy.PluginValidationError as error:
        raise PluginError(f"a hook is not as it should be: {error}", hint="See docs/plugin-hooks.md.") from error
    registry = ModelRegistry()
    manager.hook.lnm_register_models(register=registry.register)
    if (made := ready_made(module)) is not None:
        folder, card = made
        registry.register(card.spec(folder), card.entry, folder=folder)
    if not registry.models:
        raise PluginError("it registers no model", hint="Implement lnm_register_models, see docs/write-a-plugin.md.")
    return registry.models


def _refuse_unknown_hooks(manager: pluggy.PluginManager, module: object) -> None:
    """A misspelt hook is refused by name; in plain pluggy it would just never be called."""
    for name in dir(module):
        if manager.parse_hookimpl_opts(module, name) is not None and name not in HOOKS:
            near = difflib.get_close_matches(name, HOOKS, n=1)
            raise PluginError(
                f"it implements the hook {name!r}, which does not exist",
                hint=f"Did you mean {near[0]!r}?" if near else f"Hooks: {', '.join(HOOKS)}.",
            )
    manager.check_pending()
