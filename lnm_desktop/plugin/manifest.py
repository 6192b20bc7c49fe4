"""What a plugin said when it was last asked, kept on disk so that a start imports no plugin."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from lnm_desktop import __version__
from lnm_desktop.plugin.discovery import InstalledPlugin
from lnm_desktop.plugin.spec import API_VERSION, ModelDescription


@dataclass(frozen=True, slots=True)
class Manifest:
    """A plugin's models, or the problem that keeps it from being used (empty when there is none)."""

    plugin: InstalledPlugin
    models: tuple[ModelDescription, ...] = ()
    problem: str = ""


def load_manifest(plugin: InstalledPlugin, folder: Path) -> Manifest | None:
    """The manifest kept for exactly these files and this application; None when the plugin must be asked."""
    try:
        data = json.loads(_file(plugin, folder).read_text(encoding="utf-8"))
        if data["application"] != __version__ or data["api"] != API_VERSION:
            return None
        models = tuple(ModelDescription.from_dict(item) for item in data["models"])
        return Manifest(plugin, models, str(data["problem"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def save_manifest(manifest: Manifest, folder: Path) -> None:
    """Keep a manifest, replacing the file in one step; a cache that cannot be written is done without."""
    data = {
        "application": __version__,
        "api": API_VERSION,
        "plugin": manifest.plugin.distribution,
        "models": [model.to_dict() for model in manifest.models],
        "problem": manifest.problem,
    }
    file = _file(manifest.plugin, folder)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".tmp")
        draft.write_text(json.dumps(data), encoding="utf-8")
        draft.replace(file)
    except OSError:
        return


def forget_manifest(plugin: InstalledPlugin, folder: Path) -> None:
    """Drop what was kept, so that the plugin is asked again."""
    _file(plugin, folder).unlink(missing_ok=True)


def _file(plugin: InstalledPlugin, folder: Path) -> Path:
    return folder / "plugins" / f"{plugin.hash}.json"
