"""Where plugins come from: a wheel, a folder of wheels or of sources, an offline bundle, a package index."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from lnm_desktop.errors import PluginError
from lnm_desktop.plugin.bundle import Package, read_bundle
from lnm_desktop.plugin.fitting import missing
from lnm_desktop.plugin.wheel import Wheel, read_wheel

PIP_S = 600.0
MOST_ROUNDS = 20


def fetch(source: str, folder: Path, *, index: bool = False) -> Package:
    """The wheels of a source, in files below `folder` or where they are. Raises PluginError.

    `index` lets what is missing be downloaded from the package index that pip is set to.
    """
    path = Path(source)
    if path.is_dir() and (path / "pyproject.toml").is_file():
        package = Package((read_wheel(build(path, folder)),))
    elif path.is_dir():
        package = Package(tuple(read_wheel(file) for file in sorted(path.glob("*.whl"))))
    elif path.suffix == ".whl":
        package = Package((read_wheel(_there(path)),))
    elif path.is_file():
        return _unbundled(path, folder)
    else:
        package = Package((_from_index(source, folder),)) if index else _unknown(source)
    return Package(complete(package.wheels, folder), package.key) if index else package


def build(project: Path, folder: Path) -> Path:
    """The wheel of a project's sources. Raises PluginError where it cannot be built here."""
    command = ["wheel", "--no-deps", "--wheel-dir", str(folder), str(project.absolute())]
    # Sources that name the usual builder can be built without a network where that is installed.
    if importlib.util.find_spec("hatchling") is not None and "hatchling" in (project / "pyproject.toml").read_text(
        "utf-8"
    ):
        command.insert(1, "--no-build-isolation")
    before = set(folder.glob("*.whl"))
    _pip(command, f"{project.name} could not be built")
    return next(iter(set(folder.glob("*.whl")) - before))


def _unbundled(path: Path, folder: Path) -> Package:
    try:
        return read_bundle(path, folder)
    except OSError as error:
        raise PluginError(
            f"{path.name} cannot be unpacked: {error.strerror}", hint="Free some space on the disk."
        ) from error


def complete(wheels: Sequence[Wheel], folder: Path) -> tuple[Wheel, ...]:
    """The wheels and all that they need and the application has not, downloaded one requirement after another."""
    found = list(wheels)
    for _ in range(MOST_ROUNDS):
        wanted = missing(found)
        if not wanted:
            return tuple(found)
        found.append(_from_index(wanted[0], folder))
    raise PluginError(
        "its requirements lead to more and more packages", hint="Ask its publisher for an offline bundle."
    )


def _from_index(requirement: str, folder: Path) -> Wheel:
    try:
        Requirement(requirement)
    except InvalidRequirement:
        _unknown(requirement)
    before = set(folder.glob("*.whl"))
    command = ["download", "--no-deps", "--only-binary", ":all:", "--dest", str(folder), requirement]
    _pip(command, f"{requirement} could not be downloaded")
    return read_wheel(next(iter(set(folder.glob("*.whl")) - before)))


def _pip(arguments: Sequence[str], failure: str) -> None:
    if importlib.util.find_spec("pip") is None:
        raise PluginError(f"{failure}: this application has no pip", hint="Ask the publisher for an offline bundle.")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=PIP_S, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise PluginError(f"{failure}: it took too long", hint="Ask the publisher for an offline bundle.") from error
    if ran.returncode:
        last = (ran.stderr.strip() or ran.stdout.strip()).splitlines()[-1:] or ["pip gave no reason"]
        raise PluginError(f"{failure}: {last[0][:300]}", hint="Check the name and the network, or use a bundle.")


def _there(path: Path) -> Path:
    if not path.is_file():
        _unknown(str(path))
    return path


def _unknown(source: str) -> Package:
    raise PluginError(
        f"{Path(source).name} is no wheel, folder or bundle that is there",
        hint="Check the path; to install by name from a package index add --index.",
    )
