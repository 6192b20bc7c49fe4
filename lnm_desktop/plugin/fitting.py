"""Whether wheels fit into the application: what each of them would be there, and what speaks against it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from platform import python_version

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from lnm_desktop.plugin.wheel import Wheel

APPLICATION = "lnm-desktop"


class Role(StrEnum):
    """What a wheel is to an installation."""

    PLUGIN = "plugin"
    ADDED = "added"
    """A library that the application has not."""
    OVERRIDE = "instead of the application's"
    """Another version of a library of the application, for this plugin's process alone."""
    SPARE = "not needed"
    """The application's own version will do."""


@dataclass(frozen=True)
class Fit:
    """The role of each wheel, and in words what keeps them from being installed (nothing: they can be)."""

    roles: Mapping[Wheel, Role]
    problems: tuple[str, ...]

    @property
    def plugin(self) -> Wheel | None:
        """The wheel that is the plugin."""
        return next((wheel for wheel, role in self.roles.items() if role is Role.PLUGIN), None)

    def of(self, role: Role) -> tuple[Wheel, ...]:
        """The wheels of a role."""
        return tuple(wheel for wheel, its in self.roles.items() if its is role)


def fit(wheels: Sequence[Wheel]) -> Fit:
    """Judge wheels that are to be installed together, one of which is the plugin."""
    plugins = [wheel for wheel in wheels if wheel.is_plugin]
    if len(plugins) != 1:
        found = "none" if not plugins else ", ".join(wheel.name for wheel in plugins)
        return Fit({}, (f"one wheel must be a plugin with an entry point of the group lnm_desktop; found: {found}",))
    by_name = {wheel.name: wheel for wheel in wheels}
    needed = _needed(plugins[0], by_name)
    roles = {wheel: _role(wheel, plugins[0], needed) for wheel in wheels}
    used = [wheel for wheel in wheels if roles[wheel] is not Role.SPARE]
    problems = [problem for wheel in used for problem in _problems(wheel, roles[wheel], by_name)]
    return Fit(roles, tuple(problems))


def missing(wheels: Sequence[Wheel]) -> tuple[str, ...]:
    """The requirements of the wheels that neither the application nor one of them meets, as pip writes them."""
    by_name = {wheel.name: wheel for wheel in wheels}
    unmet = (req for wheel in wheels for req in requirements(wheel) if _unmet(req, by_name))
    return tuple(dict.fromkeys(str(req).partition(";")[0].strip() for req in unmet))


def requirements(wheel: Wheel) -> Iterator[Requirement]:
    """What a wheel needs here; extras aside."""
    for text in wheel.fields("Requires-Dist"):
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement


def own_version(name: str) -> str | None:
    """The version of a distribution in the application's environment."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _needed(plugin: Wheel, by_name: Mapping[str, Wheel]) -> set[str]:
    """The wheels that must be installed: what the plugin needs, directly or not, and the application has not."""
    found: set[str] = set()
    waiting = [plugin]
    while waiting:
        for requirement in requirements(waiting.pop()):
            name = canonicalize_name(requirement.name)
            own = own_version(name)
            suffices = own is not None and requirement.specifier.contains(own, prereleases=True)
            if name in by_name and name not in found and not suffices:
                found.add(name)
                waiting.append(by_name[name])
    return found


def _role(wheel: Wheel, plugin: Wheel, needed: set[str]) -> Role:
    if wheel is plugin:
        return Role.PLUGIN
    if wheel.name not in needed:
        return Role.SPARE
    return Role.ADDED if own_version(wheel.name) is None else Role.OVERRIDE


def _problems(wheel: Wheel, role: Role, by_name: Mapping[str, Wheel]) -> Iterator[str]:
    named = f"{wheel.name} {wheel.version}"
    if role is Role.PLUGIN and own_version(wheel.name) is not None:
        yield f"{wheel.name} is a part of the application's own environment, where pip installs it"
    if not _takes_python(wheel):
        yield f"{named} needs Python {wheel.field('Requires-Python')}, here is {python_version()}"
    for requirement in requirements(wheel):
        if _unmet(requirement, by_name):
            yield f"{named} {_unmet_words(requirement, by_name)}"
    yield from (f"{wheel.name} would shadow {name}" for name in sorted(_shadowed(wheel, role)))


def _takes_python(wheel: Wheel) -> bool:
    try:
        return SpecifierSet(wheel.field("Requires-Python")).contains(python_version(), prereleases=True)
    except InvalidSpecifier:
        return False


def _unmet(requirement: Requirement, by_name: Mapping[str, Wheel]) -> bool:
    name = canonicalize_name(requirement.name)
    versions = [own_version(name)]
    # Nothing replaces the application itself.
    if name != APPLICATION and name in by_name:
        versions.append(by_name[name].version)
    return not any(found and requirement.specifier.contains(found, prereleases=True) for found in versions)


def _unmet_words(requirement: Requirement, by_name: Mapping[str, Wheel]) -> str:
    name = canonicalize_name(requirement.name)
    wanted = f"needs {requirement.name} {requirement.specifier}".strip()
    found = [f"the application has {own}"] if (own := own_version(name)) else []
    found += [f"the bundle brings {by_name[name].version}"] if name in by_name else []
    return f"{wanted}; {' and '.join(found) or 'it is neither in the application nor in the bundle'}"


def _shadowed(wheel: Wheel, role: Role) -> set[str]:
    """What it would hide: the standard library, the application, and libraries of other distributions."""
    taken = set(sys.stdlib_module_names) | {"lnm_desktop"}
    for name, owners in _owners().items():
        # Another version of one library may take that library's names, and no others.
        if role is not Role.OVERRIDE or {canonicalize_name(owner) for owner in owners} != {wheel.name}:
            taken.add(name)
    return {name for name in wheel.top_level if name in taken}


@cache
def _owners() -> Mapping[str, list[str]]:
    return packages_distributions()
