"""What a user prefers, kept as TOML; a missing or damaged file means the defaults."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import tomli_w


@dataclass(frozen=True)
class Settings:
    """Preferences of one user on one machine. `device` is auto, cpu, cuda or mps; `threads` is per worker, 0 is all.

    `recent` names the files opened last, none where `remember_recent` is off. `shortcuts` gives keys by action id
    where they are not the usual ones.
    """

    theme: str = "dark"
    author: str = ""
    device: str = "auto"
    threads: int = 0
    tile_cache_mb: int = 1024
    recent: tuple[str, ...] = ()
    remember_recent: bool = True
    shortcuts: Mapping[str, str] = field(default_factory=dict)


def load_settings(file: Path) -> Settings:
    """The settings in a TOML file; keys that are unknown or of another type are ignored."""
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return Settings()
    return Settings(**_known(data))


def save_settings(settings: Settings, file: Path) -> None:
    """Write the settings, replacing the file in one step."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".tmp")
    draft.write_text(tomli_w.dumps({**asdict(settings), "recent": list(settings.recent)}), encoding="utf-8")
    draft.replace(file)


def _known(data: dict[str, Any]) -> dict[str, Any]:
    defaults = Settings()
    found: dict[str, Any] = {}
    for item in fields(Settings):
        value = data.get(item.name)
        value = tuple(value) if isinstance(value, list) else value
        value = _texts(value) if isinstance(value, dict) else value
        if type(value) is type(getattr(defaults, item.name)):
            found[item.name] = value
    return found


def _texts(table: dict[str, Any]) -> dict[str, str]:
    return {key: value for key, value in table.items() if isinstance(value, str)}
