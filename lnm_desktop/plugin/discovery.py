"""What is installed: plugins by their entry point, found without importing one line of them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.machinery import PathFinder
from importlib.metadata import Distribution, EntryPoint, distributions
from importlib.util import find_spec
from pathlib import Path, PurePath
from typing import Any

GROUP = "lnm_desktop"
# In the order in which their models are offered: what runs on a slide comes first.
FIRST_PARTY = ("lnm-tumor-tiles", "lnm-clinical")


@dataclass(frozen=True, slots=True)
class InstalledPlugin:
    """A distribution with an entry point of the group `lnm_desktop`.

    `entry` is the module (or "module:object") that holds its hooks. `hash` is SHA-256 over the distribution's own
    files: it changes with any of them and is the same on every machine, however the plugin was installed. `path`
    holds folders that the worker appends *last* to its search path; empty for what lives in the application's own
    environment. `overrides` holds folders that come *first* in this plugin's worker: other versions of libraries of
    the application, which the plugin needs.
    """

    distribution: str
    version: str
    entry: str
    hash: str
    path: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()

    @property
    def first_party(self) -> bool:
        """True for the plugins that belong to the application."""
        return normalised(self.distribution) in FIRST_PARTY

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> InstalledPlugin:
        """Rebuild from JSON."""
        path, overrides = tuple(data.get("path", ())), tuple(data.get("overrides", ()))
        return cls(data["distribution"], data["version"], data["entry"], data["hash"], path, overrides)


def installed_plugins(folders: Iterable[Path] = ()) -> tuple[InstalledPlugin, ...]:
    """Every plugin of this environment and of the extra `folders`; first-party ones first, then by name.

    Of two distributions with one name the environment's wins: a folder cannot shadow it.
    """
    found: dict[str, InstalledPlugin] = {}
    for plugin in _all(folders):
        found.setdefault(normalised(plugin.distribution), plugin)
    return tuple(sorted(found.values(), key=_rank))


def _rank(plugin: InstalledPlugin) -> tuple[int, str]:
    name = normalised(plugin.distribution)
    return (FIRST_PARTY.index(name) if plugin.first_party else len(FIRST_PARTY), plugin.distribution)


def normalised(name: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _all(folders: Iterable[Path]) -> Iterator[InstalledPlugin]:
    for distribution in distributions():
        yield from _plugins_of(distribution, ())
    for folder in folders:
        for distribution in distributions(path=[str(folder)]):
            yield from _plugins_of(distribution, (str(folder),))


def _plugins_of(distribution: Distribution, path: tuple[str, ...]) -> Iterator[InstalledPlugin]:
    for entry in distribution.entry_points.select(group=GROUP):
        name = distribution.metadata["Name"]
        yield InstalledPlugin(name, distribution.version, entry.value, _hash(distribution, entry, path), path)


def _hash(distribution: Distribution, entry: EntryPoint, path: tuple[str, ...]) -> str:
    """SHA-256 over the version, the entry, and names and contents of the packages' files.

    What an installer adds on its own account (scripts, its records, links of editable installs) is left out.
    """
    files = {file.as_posix(): Path(str(file.locate())) for file in distribution.files or () if _is_content(file)}
    files |= _package_files(entry, path)
    digest = hashlib.sha256(f"{distribution.version}\0{entry.value}\0".encode())
    for name, file in sorted(files.items()):
        if file.is_file() and file.suffix != ".pyc" and "__pycache__" not in file.parts:
            digest.update(f"{name}\0{file.stat().st_size}\0".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _is_content(file: PurePath) -> bool:
    """True for what lies in the packages themselves; `..` leads to scripts and shared data."""
    top = file.parts[0]
    is_record = top.endswith((".dist-info", ".egg-info"))
    is_link = file.suffix == ".pth" or top.startswith(("__editable__", "_editable_impl"))
    return top != ".." and not file.is_absolute() and not is_record and not is_link


def _package_files(entry: EntryPoint, path: tuple[str, ...]) -> dict[str, Path]:
    top = entry.module.partition(".")[0]
    spec = PathFinder.find_spec(top, list(path)) if path else find_spec(top)
    if spec is None:
        return {}
    if spec.submodule_search_locations is None:
        return {Path(spec.origin).name: Path(spec.origin)} if spec.origin else {}
    roots = [Path(root) for root in spec.submodule_search_locations]
    return {file.relative_to(root.parent).as_posix(): file for root in roots for file in root.rglob("*")}
