"""Which models there are, and the workers that run them."""

from __future__ import annotations

import difflib
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from lnm_desktop import paths
from lnm_desktop.app.quarantine import Quarantine
from lnm_desktop.app.run_cache import RunCache
from lnm_desktop.errors import LnmError, PluginError
from lnm_desktop.inference.client import Limits, WorkerClient
from lnm_desktop.log import Safe, get_logger
from lnm_desktop.plugin.discovery import InstalledPlugin, installed_plugins, normalised
from lnm_desktop.plugin.installation import Installation
from lnm_desktop.plugin.manifest import Manifest, forget_manifest, load_manifest, save_manifest
from lnm_desktop.plugin.spec import ModelDescription

_log = get_logger(__name__)
_ASKED_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class PluginState:
    """An installed plugin as the user sees it; `problem` says why it cannot be used (empty: it can)."""

    name: str
    version: str
    models: tuple[ModelDescription, ...] = ()
    problem: str = ""
    first_party: bool = False


class Models:
    """The installed models and one warm worker per plugin that runs. Close it to end the workers.

    Nothing of a plugin is imported in this process: each is asked in a worker of its own, once per change of
    its files. `search` finds what is installed, by default `known_plugins`. May be used from several threads.
    """

    def __init__(
        self,
        log_dir: Path,
        cache_dir: Path,
        *,
        search: Callable[[], Sequence[InstalledPlugin]] | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._log_dir = log_dir
        self._cache_dir = cache_dir
        self._search = search or known_plugins
        self._limits = limits or Limits()
        self.runs = RunCache(cache_dir / "runs")
        self._quarantine = Quarantine(cache_dir)
        self._manifests: dict[str, Manifest] | None = None
        self._clients: dict[str, WorkerClient] = {}
        self._lock = threading.RLock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def list(self) -> tuple[ModelDescription, ...]:
        """Every usable model, the first-party ones first. The first call may wait for workers."""
        return tuple(model for state in self.plugins() for model in state.models)

    def plugins(self) -> tuple[PluginState, ...]:
        """Every installed plugin with its models or its problem. The first call may wait for workers."""
        return tuple(
            PluginState(
                item.plugin.distribution, item.plugin.version, item.models, item.problem, item.plugin.first_party
            )
            for item in self._known().values()
        )

    def find(self, model_id: str) -> ModelDescription:
        """The model of that id. Raises PluginError with the nearest id."""
        return self._owner(model_id)[1]

    def client(self, model_id: str) -> WorkerClient:
        """The client whose worker runs that model. Raises PluginError."""
        plugin = self._owner(model_id)[0].plugin
        with self._lock:
            client = self._clients.get(plugin.hash)
            if client is None:
                client = self._clients[plugin.hash] = self._new_client(plugin)
            return client

    def note_death(self, model_id: str) -> str:
        """The process that ran a model died; where that was once too often, why the plugin is set aside now."""
        plugin = self._owner(model_id)[0].plugin
        if not self._quarantine.note_crash(plugin):
            return ""
        _log.warning("plugin %s is set aside: it keeps crashing", Safe(plugin.distribution))
        self.refresh()
        return self._quarantine.problem(plugin)

    def retry(self, name: str) -> PluginState:
        """Ask a plugin again that had a problem. Raises PluginError for a name that is not installed."""
        with self._lock:
            manifest = next((m for m in self._known().values() if m.plugin.distribution == name), None)
            if manifest is None:
                raise PluginError(f"there is no plugin {name!r}", hint="`lnm plugins list` names what is installed.")
            forget_manifest(manifest.plugin, self._cache_dir)
            self._quarantine.lift(manifest.plugin)
            self.refresh()
            return next(state for state in self.plugins() if state.name == name)

    def refresh(self) -> None:
        """Look again at what is installed; workers of plugins that changed or went are ended."""
        with self._lock:
            self._manifests = None
            known = self._known()
            gone = [self._clients.pop(key) for key in list(self._clients) if key not in known]
        for client in gone:
            client.close()

    def use_all(self) -> None:
        """Take in every plugin there is, after a start without those of others."""
        self._search = known_plugins
        self.refresh()

    def close(self) -> None:
        """End all workers."""
        with self._lock:
            clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            client.close()

    def _known(self) -> dict[str, Manifest]:
        with self._lock:
            if self._manifests is None:
                with ThreadPoolExecutor(_ASKED_AT_ONCE, "describe") as pool:
                    manifests = pool.map(self._manifest, self._search())
                    self._manifests = {item.plugin.hash: item for item in _without_doubles(manifests)}
            return self._manifests

    def _manifest(self, plugin: InstalledPlugin) -> Manifest:
        if problem := self._quarantine.problem(plugin):
            return Manifest(plugin, problem=problem)
        kept = load_manifest(plugin, self._cache_dir)
        # A first-party plugin's problem is the machine's (a slow disk, a broken torch): it is asked every time.
        if kept is not None and not (kept.problem and plugin.first_party):
            return kept
        manifest = self._ask(plugin)
        save_manifest(manifest, self._cache_dir)
        return manifest

    def _ask(self, plugin: InstalledPlugin) -> Manifest:
        client = self._new_client(plugin)
        try:
            return Manifest(plugin, client.describe())
        except LnmError as error:
            _log.warning("plugin %s cannot be used: %s", Safe(plugin.distribution), error.message)
            return Manifest(plugin, problem=f"{error.message}. {error.hint}" if error.hint else error.message)
        finally:
            client.close()

    def _new_client(self, plugin: InstalledPlugin) -> WorkerClient:
        return WorkerClient(plugin, self._log_dir / f"worker-{plugin.distribution}.log", self._limits)

    def _owner(self, model_id: str) -> tuple[Manifest, ModelDescription]:
        for manifest in self._known().values():
            for model in manifest.models:
                if model.spec.id == model_id:
                    return manifest, model
        raise _unknown(model_id, self._known().values())


def known_plugins() -> tuple[InstalledPlugin, ...]:
    """What pip put into the application's environment, and what was installed from packages and is enabled."""
    own = installed_plugins()
    try:
        added = Installation(paths.data_dir() / "plugins").plugins()
    except PluginError as error:
        _log.warning("installed plugins are left out: %s", error.message)
        added = ()
    names = {normalised(plugin.distribution) for plugin in own}
    return (*own, *(plugin for plugin in added if normalised(plugin.distribution) not in names))


def own_plugins() -> tuple[InstalledPlugin, ...]:
    """The plugins that are part of the application: what a safe start uses."""
    return tuple(plugin for plugin in installed_plugins() if plugin.first_party)


def _without_doubles(manifests: Iterable[Manifest]) -> list[Manifest]:
    """Of two plugins with one model id the first keeps it; the other says so as its problem."""
    owners: dict[str, str] = {}
    result = []
    for manifest in manifests:
        taken = next((model.spec.id for model in manifest.models if model.spec.id in owners), None)
        if taken is not None:
            problem = f"its model {taken!r} is already registered by {owners[taken]}"
            result.append(Manifest(manifest.plugin, problem=problem))
            continue
        owners |= {model.spec.id: manifest.plugin.distribution for model in manifest.models}
        result.append(manifest)
    return result


def _unknown(model_id: str, manifests: Iterable[Manifest]) -> PluginError:
    ids = [model.spec.id for manifest in manifests for model in manifest.models]
    near = difflib.get_close_matches(model_id, ids, n=1)
    if near:
        hint = f"Did you mean {near[0]!r}?"
    else:
        hint = f"Installed models: {', '.join(ids)}." if ids else "No model is installed; see `lnm plugins list`."
    return PluginError(f"there is no model {model_id!r}", hint=hint, model=model_id)
