"""The plugins that were installed from packages: a folder for each version, and one file that says which are used."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from lnm_desktop.errors import PluginError
from lnm_desktop.formats.files import sync_folder, write_atomic
from lnm_desktop.plugin.discovery import InstalledPlugin, installed_plugins
from lnm_desktop.plugin.fitting import Fit, Role
from lnm_desktop.plugin.wheel import unpack_wheel

STATE_FILE = "plugins.json"
AUDIT_FILE = "audit.jsonl"
_STAGING = ".staging-"
_FORMAT = 1


@dataclass(frozen=True)
class InstalledVersion:
    """One version in a folder of its own; `key` is the publisher's where its bundle was signed."""

    folder: str
    version: str
    source_sha256: str
    key: str
    licence: str
    publisher: str
    packages: tuple[tuple[str, str, str], ...]
    installed_utc: str


@dataclass(frozen=True)
class Record:
    """What is installed under one name; the first of `versions` is used, the others can be gone back to."""

    name: str
    versions: tuple[InstalledVersion, ...]
    enabled: bool = True


@dataclass(frozen=True)
class State:
    """All records, and the names given to the keys of publishers that a user trusts."""

    records: tuple[Record, ...] = ()
    trusted: dict[str, str] = field(default_factory=dict)

    def find(self, name: str) -> Record | None:
        """The record of that name."""
        return next((record for record in self.records if record.name == name), None)

    def having(self, record: Record) -> State:
        """This state with the record in place of the one of its name; without versions it is gone."""
        others = tuple(item for item in self.records if item.name != record.name)
        return replace(self, records=(*others, record) if record.versions else others)


class Installation:
    """The folder of installed plugins. What one process changes there is seen by others at their next look.

    A change is made in full beside what is used, and takes effect by the replacement of one file: whatever is killed
    on the way, the state before stands.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def state(self) -> State:
        """What is installed. Raises PluginError for a damaged record."""
        try:
            data = json.loads((self.root / STATE_FILE).read_text(encoding="utf-8"))
            return _state(data)
        except FileNotFoundError:
            return State()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise PluginError(
                f"the record of installed plugins ({STATE_FILE}) cannot be read",
                hint="Restore it from a backup, or remove it and install the plugins again.",
            ) from error

    def plugins(self) -> tuple[InstalledPlugin, ...]:
        """What a worker needs to know of each plugin that is enabled."""
        used = (record for record in self.state().records if record.enabled)
        return tuple(plugin for record in used for plugin in self.found_in(self.root / record.versions[0].folder))

    def found_in(self, folder: Path) -> tuple[InstalledPlugin, ...]:
        """The plugin in the folder of a version, with its libraries; its hash covers these too."""
        library, overrides = folder / "library", folder / "overrides"
        found = (plugin for plugin in installed_plugins([library]) if plugin.path)
        first = (str(overrides),) if overrides.is_dir() else ()
        return tuple(
            replace(
                plugin, hash=hashlib.sha256(f"{plugin.hash}\0{folder.name}".encode()).hexdigest(), overrides=first
            )
            for plugin in found
        )

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """Held while something is changed: by one process at a time. Raises PluginError."""
        self.root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.root / "plugins.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise PluginError(
                "another window or command is changing the plugins", hint="Wait until it is done."
            ) from error
        try:
            self._sweep()
            yield
        finally:
            lock.release()

    @contextlib.contextmanager
    def staging(self) -> Iterator[Path]:
        """A new folder beside the installed ones that is gone afterwards, unless it was moved into place."""
        self.root.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=_STAGING, dir=self.root))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def unpack(self, fitted: Fit, folder: Path) -> None:
        """The wheels of a fit in a folder of a version. Raises PluginError, OSError."""
        for role, part in ((Role.PLUGIN, "library"), (Role.ADDED, "library"), (Role.OVERRIDE, "overrides")):
            for wheel in fitted.of(role):
                unpack_wheel(wheel, folder / part)
        _sync(folder)

    def activate(self, name: str, version: InstalledVersion, staged: Path) -> None:
        """Move a staged folder into place and use it from now on; the version before can be gone back to."""
        target = self.root / version.folder
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            staged.rename(target)
            sync_folder(target.parent)
        state = self.state()
        before = state.find(name) or Record(name, ())
        others = tuple(item for item in before.versions if item.folder != version.folder)
        self.keep(state.having(replace(before, versions=(version, *others), enabled=True)))

    def keep(self, state: State) -> None:
        """Write the record; this is what makes a change. Raises FormatError."""
        data = {"format": _FORMAT, **asdict(state)}
        write_atomic(self.root / STATE_FILE, json.dumps(data, indent=1, sort_keys=True).encode())

    def audit(self, what: str, **facts: Any) -> None:
        """Add a line to the trail of what was done and agreed to; each line holds the hash of the one before."""
        file = self.root / AUDIT_FILE
        lines = file.read_bytes().splitlines() if file.exists() else [b""]
        before = hashlib.sha256(lines[-1] if lines else b"").hexdigest()
        entry = {"utc": datetime.now(UTC).isoformat(timespec="seconds"), "what": what, **facts, "before": before}
        with file.open("ab") as out:
            out.write(json.dumps(entry, sort_keys=True).encode() + b"\n")
            out.flush()
            os.fsync(out.fileno())

    def remove_folders(self, versions: tuple[InstalledVersion, ...]) -> None:
        """Remove what is on the disk of versions that no record names any more."""
        for version in versions:
            shutil.rmtree(self.root / version.folder, ignore_errors=True)
            with contextlib.suppress(OSError):
                (self.root / version.folder).parent.rmdir()

    def _sweep(self) -> None:
        """Remove what killed installers left: staging folders, and versions that no record names."""
        named = {self.root / version.folder for record in self.state().records for version in record.versions}
        for folder in self.root.iterdir():
            if folder.name.startswith(_STAGING):
                shutil.rmtree(folder, ignore_errors=True)
            elif folder.is_dir():
                for version in set(folder.iterdir()) - named:
                    shutil.rmtree(version, ignore_errors=True)
                with contextlib.suppress(OSError):
                    folder.rmdir()


def _state(data: dict[str, Any]) -> State:
    if data["format"] != _FORMAT:
        raise ValueError("another format")
    return State(tuple(_record(item) for item in data["records"]), dict(data["trusted"]))


def _record(data: dict[str, Any]) -> Record:
    versions = tuple(
        InstalledVersion(**{**item, "packages": tuple(tuple(package) for package in item["packages"])})
        for item in data["versions"]
    )
    for version in versions:
        if ".." in Path(version.folder).parts or Path(version.folder).is_absolute():
            raise ValueError("a folder outside")
    return Record(data["name"], versions, bool(data["enabled"]))


def _sync(folder: Path) -> None:
    """What was unpacked is on the disk before the record names it."""
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb") as opened:
                os.fsync(opened.fileno())
        elif file.is_dir():
            sync_folder(file)
