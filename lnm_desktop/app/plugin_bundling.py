"""Offline bundles are made of sources and wheels, complete or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from lnm_desktop.app.plugin_sources import complete, fetch
from lnm_desktop.errors import PluginError
from lnm_desktop.plugin.bundle import write_bundle
from lnm_desktop.plugin.fitting import fit
from lnm_desktop.plugin.signing import load_key
from lnm_desktop.plugin.wheel import Wheel


def make_bundle(sources: Sequence[Path], out: Path, key_file: Path | None, *, index: bool) -> tuple[Wheel, ...]:
    """Write a bundle of a plugin and what it needs; what it holds. Raises PluginError, FormatError.

    `index` lets what is missing be downloaded.
    """
    key = load_key(key_file) if key_file is not None else None
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        wheels = [wheel for source in sources for wheel in fetch(str(source), folder).wheels]
        wheels = list(complete(wheels, folder)) if index else wheels
        fitted = fit(wheels)
        if fitted.problems:
            raise PluginError(
                f"the bundle would not work: {'; '.join(fitted.problems)}",
                hint="Name the missing wheels too, or add --index.",
            )
        write_bundle(wheels, out, key)
    return tuple(wheels)
