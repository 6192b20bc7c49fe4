"""All plugins at one look: what they bring, where they come from, whether they can be used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lnm_desktop import paths
from lnm_desktop.app.models import PluginState
from lnm_desktop.plugin.discovery import normalised
from lnm_desktop.plugin.installation import Installation, Record, State
from lnm_desktop.plugin.spec import ModelDescription

LEFT_OUT = "left out in safe mode"


@dataclass(frozen=True)
class PluginEntry:
    """One plugin. `origin` tells in words who vouches for it; `versions` are those that can be gone back to."""

    name: str
    version: str
    models: tuple[ModelDescription, ...]
    problem: str
    publisher: str
    licence: str
    origin: str
    enabled: bool = True
    removable: bool = False
    versions: tuple[str, ...] = ()

    @property
    def health(self) -> str:
        """Ready, disabled, or what is wrong."""
        return self.problem or ("ready" if self.enabled else "disabled")

    def to_dict(self) -> dict[str, Any]:
        """JSON form; the models without their cards."""
        return {
            "plugin": self.name,
            "version": self.version,
            "problem": self.problem,
            "publisher": self.publisher,
            "licence": self.licence,
            "origin": self.origin,
            "enabled": self.enabled,
            "health": self.health,
            "versions": list(self.versions),
            "models": [item.spec.to_dict() | {"card": None} for item in self.models],
        }


def overview(states: Sequence[PluginState]) -> tuple[PluginEntry, ...]:
    """The plugins of the environment and those installed from packages; last, those that are disabled or left out.

    Raises PluginError where the record of installed plugins is damaged.
    """
    installed = Installation(paths.data_dir() / "plugins").state()
    entries = [_entry(state, installed) for state in states]
    disabled = [_disabled(record, installed) for record in installed.records if not record.enabled]
    names = {normalised(state.name) for state in states}
    left_out = [record for record in installed.records if record.enabled and normalised(record.name) not in names]
    return (*entries, *(_installed(record, installed, (), LEFT_OUT) for record in left_out), *disabled)


def _entry(state: PluginState, installed: State) -> PluginEntry:
    record = installed.find(normalised(state.name))
    if record is None or not record.enabled:
        origin = "part of the application" if state.first_party else "the application's environment"
        spec = state.models[0].spec if state.models else None
        publisher, licence = (spec.publisher, spec.licence) if spec is not None else ("", "")
        return PluginEntry(state.name, state.version, state.models, state.problem, publisher, licence, origin)
    return _installed(record, installed, state.models, state.problem)


def _disabled(record: Record, installed: State) -> PluginEntry:
    return _installed(record, installed, (), "")


def _installed(record: Record, installed: State, models: tuple[ModelDescription, ...], problem: str) -> PluginEntry:
    used = record.versions[0]
    named = installed.trusted.get(used.key, "")
    unnamed = "signed with a key that is not trusted" if used.key else "not signed"
    return PluginEntry(
        record.name,
        used.version,
        models,
        problem,
        used.publisher,
        used.licence,
        f"signed by {named}" if named else unnamed,
        record.enabled,
        removable=True,
        versions=tuple(item.version for item in record.versions[1:]),
    )
