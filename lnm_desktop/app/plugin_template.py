"""A new plugin from the template: sources, tests and a model card that pass every check as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from string import Template

from lnm_desktop import paths
from lnm_desktop.errors import PluginError
from lnm_desktop.formats.files import write_atomic
from lnm_desktop.plugin.kinds import KINDS
from lnm_desktop.plugin.spec import API_VERSION

READY_MADE = "ready-made"
KIND_NAMES = (*KINDS, READY_MADE)
SUFFIX = ".tmpl"
SPEC_FILE = "spec.txt"
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def new_plugin(name: str, kind: str, out: Path) -> tuple[Path, ...]:
    """Write the sources of a plugin to a folder of its name in `out`; the files. Raises PluginError, FormatError."""
    if not _NAME.fullmatch(name):
        raise PluginError(
            f"{name!r} cannot be the name of a plugin", hint="Use small letters, digits and single dashes."
        )
    if kind not in KIND_NAMES:
        raise PluginError(f"there is no kind {kind!r}", hint=f"Kinds: {', '.join(KIND_NAMES)}.")
    folder = out / name
    if folder.exists():
        raise PluginError(f"{folder.name} is there already", hint="Choose another name or folder.")
    return tuple(_written(folder, name, kind))


def _written(folder: Path, name: str, kind: str) -> Iterator[Path]:
    words = _words(name, kind)
    for part in ("shared", "" if kind == READY_MADE else "coded", kind):
        root = paths.resource("plugin-template", part)
        for source in sorted(root.rglob(f"*{SUFFIX}")) if part else ():
            place = source.relative_to(root).as_posix().removesuffix(SUFFIX)
            file = folder / place.replace("package", words["package"])
            file.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(file, Template(source.read_text(encoding="utf-8")).substitute(words).encode())
            yield file


def _words(name: str, kind: str) -> dict[str, str]:
    """What stands for what in the template."""
    package = name.replace("-", "_")
    spec = paths.resource("plugin-template", kind, SPEC_FILE)
    return {
        "name": name,
        "package": package,
        "model": "".join(part.capitalize() for part in name.split("-")),
        "task": kind,
        "api": str(API_VERSION),
        "spec": spec.read_text(encoding="utf-8").strip() if spec.is_file() else "",
        "entry": package if kind == READY_MADE else f"{package}.plugin",
    }
