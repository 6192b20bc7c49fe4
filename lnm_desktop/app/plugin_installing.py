"""Plugins come and go: looked at first, agreed to, tried in a worker, put in place in one step, gone back from."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from lnm_desktop.app.plugin_sources import fetch
from lnm_desktop.app.quarantine import Quarantine
from lnm_desktop.errors import LnmError, PluginError
from lnm_desktop.inference.client import Limits, WorkerClient
from lnm_desktop.plugin.bundle import Package
from lnm_desktop.plugin.fitting import Fit, Role, fit, own_version
from lnm_desktop.plugin.installation import Installation, InstalledVersion, Record
from lnm_desktop.plugin.manifest import forget_manifest

CONSENT = "The plugin runs as a program of yours: it can read your files. Install only what you trust."


@dataclass(frozen=True)
class Change:
    """One package of an installation, as a user sees it before it is agreed to."""

    name: str
    version: str
    role: Role
    size_bytes: int
    licence: str
    instead_of: str = ""


@dataclass(frozen=True)
class Plan:
    """What an installation would do; it can be done where there are no `problems`.

    `key` is the publisher's public key, `trusted` the name under which the user trusts it.
    """

    name: str
    version: str
    before: str
    publisher: str
    licence: str
    key: str
    trusted: str
    changes: tuple[Change, ...]
    problems: tuple[str, ...]

    @property
    def signature(self) -> str:
        """In words, whether its origin is known."""
        if not self.key:
            return "not signed: nobody vouches for where it comes from"
        return f"signed by {self.trusted}" if self.trusted else "signed with a key that you have not trusted yet"


class PluginInstaller:
    """Installs into the folder of one user. Each method that changes something records it in the audit trail."""

    def __init__(
        self, installation: Installation, log_dir: Path, cache_dir: Path, limits: Limits | None = None
    ) -> None:
        self._installation = installation
        self._log_dir = log_dir
        self._cache_dir = cache_dir
        self._limits = limits or Limits()

    def plan(self, source: str, *, index: bool = False) -> Plan:
        """What installing a source would change; changes nothing. Raises PluginError for one that is not sound."""
        with self._fetched(source, index=index) as (package, fitted, _):
            return self._plan(package, fitted)

    def install(self, source: str, *, index: bool = False, trust_as: str = "", consent: str = "") -> Plan:
        """Install a source, or another version of what is installed. `consent` is what the user agreed to, in words.

        `trust_as` keeps the publisher's key under that name. Raises PluginError and leaves everything as it was.
        """
        with self._installation.changing(), self._fetched(source, index=index) as (package, fitted, staging):
            plan = self._plan(package, fitted)
            self._check(plan)
            version = _version(package, fitted)
            staged = staging / "version" / Path(version.folder).name
            try:
                self._installation.unpack(fitted, staged)
            except OSError as error:
                raise _disk(plan.name, error) from error
            self._try(staged)
            self._put_in_place(plan, version, staged, trust_as, consent)
        return replace(plan, trusted=plan.trusted or trust_as)

    def remove(self, name: str) -> Record:
        """Remove a plugin to its last file. What it has computed stays readable. Raises PluginError."""
        with self._installation.changing():
            record = self._record(name)
            state = self._installation.state()
            self._forget(record)
            self._installation.keep(state.having(replace(record, versions=())))
            self._installation.remove_folders(record.versions)
            self._installation.audit("remove", plugin=name, versions=[item.version for item in record.versions])
        return record

    def enable(self, name: str, *, enabled: bool) -> None:
        """Use a plugin, or leave it unused where it is. Raises PluginError."""
        with self._installation.changing():
            record = replace(self._record(name), enabled=enabled)
            self._installation.keep(self._installation.state().having(record))
            self._installation.audit("enable" if enabled else "disable", plugin=name)

    def roll_back(self, name: str) -> InstalledVersion:
        """Use the version that was used before. Raises PluginError where there is none."""
        with self._installation.changing():
            record = self._record(name)
            if len(record.versions) < 2:
                raise PluginError(f"no earlier version of {name} is kept", hint="Install the version that you want.")
            used, back, *others = record.versions
            self._try(self._installation.root / back.folder)
            kept = replace(record, versions=(back, *others, used))
            self._installation.keep(self._installation.state().having(kept))
            self._installation.audit("roll back", plugin=name, version=back.version, instead_of=used.version)
        return back

    @contextlib.contextmanager
    def _fetched(self, source: str, *, index: bool) -> Iterator[tuple[Package, Fit, Path]]:
        with self._installation.staging() as staging:
            packages = staging / "packages"
            packages.mkdir()
            package = fetch(source, packages, index=index)
            yield package, fit(package.wheels), staging

    def _plan(self, package: Package, fitted: Fit) -> Plan:
        plugin = fitted.plugin
        if plugin is None:
            raise PluginError("; ".join(fitted.problems), hint="Ask for the package of a plugin of LNM Desktop.")
        state = self._installation.state()
        record = state.find(plugin.name)
        key_problem = _key_problem(record, package.key)
        return Plan(
            plugin.name,
            plugin.version,
            record.versions[0].version if record is not None else "",
            plugin.field("Author") or plugin.field("Author-Email"),
            _licence(plugin.field("License-Expression"), plugin.field("License")),
            package.key,
            state.trusted.get(package.key, ""),
            tuple(
                _change(wheel.name, wheel.version, role, wheel.size_bytes, wheel.field("License-Expression"))
                for wheel, role in fitted.roles.items()
                if role is not Role.SPARE
            ),
            (*fitted.problems, *key_problem),
        )

    def _check(self, plan: Plan) -> None:
        if plan.problems:
            raise PluginError(
                f"{plan.name} {plan.version} cannot be installed: {'; '.join(plan.problems)}",
                hint="Ask its publisher for a version that fits this application.",
                problems=list(plan.problems),
            )

    def _try(self, folder: Path) -> None:
        """Let a worker import and describe what is about to be used. Raises PluginError."""
        found = self._installation.found_in(folder)
        if not found:
            raise PluginError("it holds no plugin", hint="Ask its publisher for a sound package.")
        client = WorkerClient(found[0], self._log_dir / f"worker-{found[0].distribution}-trial.log", self._limits)
        try:
            client.describe()
        except LnmError as error:
            raise PluginError(f"it does not work here: {error.message}", hint=error.hint) from error
        finally:
            client.close()

    def _put_in_place(self, plan: Plan, version: InstalledVersion, staged: Path, trust_as: str, consent: str) -> None:
        try:
            self._installation.audit(
                "install",
                plugin=plan.name,
                version=plan.version,
                packages=[list(package) for package in version.packages],
                source_sha256=version.source_sha256,
                key=plan.key,
                signature=plan.signature,
                consent=consent,
            )
            self._installation.activate(plan.name, version, staged)
            if trust_as and plan.key and not plan.trusted:
                state = self._installation.state()
                self._installation.keep(replace(state, trusted={**state.trusted, plan.key: trust_as}))
        except OSError as error:
            raise _disk(plan.name, error) from error

    def _forget(self, record: Record) -> None:
        """Remove what the application itself noted about a plugin."""
        for version in record.versions:
            for plugin in self._installation.found_in(self._installation.root / version.folder):
                forget_manifest(plugin, self._cache_dir)
                Quarantine(self._cache_dir).lift(plugin)
                for log in self._log_dir.glob(f"worker-{plugin.distribution}*.log"):
                    log.unlink(missing_ok=True)

    def _record(self, name: str) -> Record:
        record = self._installation.state().find(name)
        if record is None:
            raise PluginError(
                f"no plugin {name!r} was installed from a package", hint="`lnm plugins list` names what is installed."
            )
        return record


def _key_problem(record: Record | None, key: str) -> tuple[str, ...]:
    """A plugin that was signed is replaced only by one that is signed with the same key."""
    pinned = record.versions[0].key if record is not None else ""
    if pinned and key != pinned:
        how = "is signed with another key" if key else "is not signed"
        return (f"it {how} than the version in use: remove that one first if you know why",)
    return ()


def _version(package: Package, fitted: Fit) -> InstalledVersion:
    plugin = fitted.plugin
    assert plugin is not None
    used = [(wheel, role) for wheel, role in fitted.roles.items() if role is not Role.SPARE]
    digest = hashlib.sha256("".join(sorted(wheel.sha256 for wheel, _ in used)).encode()).hexdigest()
    return InstalledVersion(
        f"{plugin.name}/{plugin.version}-{digest[:8]}",
        plugin.version,
        digest,
        package.key,
        _licence(plugin.field("License-Expression"), plugin.field("License")),
        plugin.field("Author") or plugin.field("Author-Email"),
        tuple((wheel.name, wheel.version, role.value) for wheel, role in used),
        datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _change(name: str, version: str, role: Role, size_bytes: int, licence: str) -> Change:
    instead = (own_version(name) or "") if role is Role.OVERRIDE else ""
    return Change(name, version, role, size_bytes, licence, instead)


def _licence(expression: str, text: str) -> str:
    return expression or (text.splitlines()[0] if text else "")


def _disk(name: str, error: OSError) -> PluginError:
    return PluginError(
        f"{name} cannot be installed: {error.strerror or type(error).__name__}",
        hint="Free some space and check the permissions; nothing was changed.",
    )
