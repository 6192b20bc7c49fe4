"""Whether a plugin keeps every rule: one that is installed, or one that is still being written."""

from __future__ import annotations

import difflib
import importlib.util
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lnm_desktop import paths
from lnm_desktop.app.models import known_plugins
from lnm_desktop.errors import EnvironmentFault, LnmError, PluginError
from lnm_desktop.inference.client import WorkerClient
from lnm_desktop.plugin.discovery import GROUP, InstalledPlugin, normalised
from lnm_desktop.plugin.findings import Finding

PROJECT = "pyproject.toml"
# What other packages bring into pytest, and its own traces in the author's folder.
UNWANTED = ("cacheprovider", "napari", "napari-plugin-engine", "npe2")


@dataclass(frozen=True, slots=True)
class Report:
    """What an examination found."""

    plugin: str
    version: str
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """True where no rule is broken."""
        return all(item.state != "failed" for item in self.findings)


def check(target: str) -> Report:
    """Examine a folder of sources, or an installed plugin by its name. Raises PluginError for neither."""
    with plugin_at(target) as plugin, tempfile.TemporaryDirectory() as folder:
        log = paths.log_dir() / f"check-{plugin.distribution}.log"
        with closing(WorkerClient(plugin, log)) as client:
            try:
                findings = (*client.check(Path(folder)), Finding("answers", "passed"))
            except LnmError as error:
                findings = (Finding("answers", "failed", error.message),)
    return Report(plugin.distribution, plugin.version, findings)


def run_tests(folder: Path) -> int:
    """The exit code of pytest on a plugin's own tests, in a process of its own, what it prints being shown.

    Raises PluginError for a folder without sources, EnvironmentFault where there is no pytest.
    """
    if importlib.util.find_spec("pytest") is None:
        raise EnvironmentFault("pytest is not there", hint="Install it beside the application: pip install pytest.")
    _project(folder)
    path = os.pathsep.join(filter(None, (str(_root(folder)), os.environ.get("PYTHONPATH", ""))))
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", *(f"-pno:{name}" for name in UNWANTED), "."]
    return subprocess.run(command, cwd=folder, env=environment, check=False).returncode  # noqa: S603 - our own words


@contextmanager
def plugin_at(target: str) -> Iterator[InstalledPlugin]:
    """The plugin in a folder of sources, as if it were installed, or the installed one. Raises PluginError."""
    folder = Path(target)
    if not folder.is_dir():
        yield _installed(target)
        return
    project = _project(folder)
    with tempfile.TemporaryDirectory() as made:
        _write_metadata(project, Path(made))
        entries = project.get("entry-points", {}).get(GROUP, {})
        if len(entries) != 1:
            raise PluginError(
                f"{PROJECT} names {len(entries)} entry points of the group {GROUP}, not one",
                hint="See docs/plugin-hooks.md.",
            )
        path = (str(_root(folder).absolute()), made)
        yield InstalledPlugin(project["name"], project["version"], *entries.values(), hash="sources", path=path)


def _installed(name: str) -> InstalledPlugin:
    plugins = {normalised(plugin.distribution): plugin for plugin in known_plugins()}
    if normalised(name) in plugins:
        return plugins[normalised(name)]
    near = difflib.get_close_matches(normalised(name), plugins, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else "Name a folder of sources, or what `lnm plugins list` shows."
    raise PluginError(f"there is no plugin {name!r}, and no such folder", hint=hint)


def _project(folder: Path) -> dict[str, Any]:
    """The table of the project. Raises PluginError for a folder that holds none."""
    try:
        project = tomllib.loads((folder / PROJECT).read_text(encoding="utf-8"))["project"]
        return {**project, "name": str(project["name"]), "version": str(project["version"])}
    except OSError as error:
        raise PluginError(
            f"{folder.name} holds no {PROJECT}", hint="Name the folder of a plugin's sources."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise PluginError(
            f"{PROJECT} of {folder.name} cannot be used: {error}", hint="It must state name and version."
        ) from error


def _root(folder: Path) -> Path:
    """Where the packages lie: the folder itself, or `src` in it."""
    return folder / "src" if (folder / "src").is_dir() else folder


def _write_metadata(project: dict[str, Any], folder: Path) -> None:
    """What an installer would write, so that the sources can ask for their own version."""
    info = folder / f"{normalised(project['name']).replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    text = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (info / "METADATA").write_text(text, encoding="utf-8")
