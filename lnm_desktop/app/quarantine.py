"""A plugin that keeps crashing is set aside until somebody asks for it again."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from pathlib import Path

from lnm_desktop.plugin.discovery import InstalledPlugin

MOST_CRASHES = 3
WITHIN_S = 600.0


class Quarantine:
    """Remembers in the cache when each plugin's process died; another version of a plugin begins anew."""

    def __init__(self, cache_dir: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = cache_dir / "crashes"
        self._clock = clock

    def note_crash(self, plugin: InstalledPlugin) -> bool:
        """A process of the plugin died; True when that was one too many."""
        now = self._clock()
        times = [at for at in self._times(plugin) if 0 <= now - at <= WITHIN_S]
        times = [*times, now] if len(times) < MOST_CRASHES else times
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file(plugin).write_text(json.dumps(times), encoding="utf-8")
        return len(times) >= MOST_CRASHES

    def problem(self, plugin: InstalledPlugin) -> str:
        """Why the plugin is set aside, in words; "" where it is not."""
        if len(self._times(plugin)) < MOST_CRASHES:
            return ""
        return (
            f"its process died {MOST_CRASHES} times within {WITHIN_S / 60:.0f} minutes, and it is set aside. "
            f"Try it again with `lnm plugins retry {plugin.distribution}`, or install another version"
        )

    def lift(self, plugin: InstalledPlugin) -> None:
        """Use the plugin again, or forget about it."""
        self._file(plugin).unlink(missing_ok=True)

    def _times(self, plugin: InstalledPlugin) -> list[float]:
        try:
            return [float(at) for at in json.loads(self._file(plugin).read_text(encoding="utf-8"))]
        except (OSError, ValueError, TypeError):
            return []

    def _file(self, plugin: InstalledPlugin) -> Path:
        return self._folder / f"{plugin.hash}.json"
