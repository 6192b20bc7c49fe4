"""Wheels made up for tests: sound ones, and ones that are wrong in one point."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.fakes.plugins import MODEL, PLUGIN

Files = dict[str, bytes]


def record_line(name: str, data: bytes) -> str:
    """A line of RECORD."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(data)}\n"


def a_wheel(
    folder: Path,
    name: str,
    version: str = "1.0",
    files: Mapping[str, str] | None = None,
    *,
    requires: tuple[str, ...] = (),
    python: str = "",
    tag: str = "py3-none-any",
    entry: str = "",
    change: Callable[[Files], None] = lambda files: None,
) -> Path:
    """A wheel in a folder; `change` may alter its files after RECORD was written."""
    package = name.replace("-", "_")
    info = f"{package}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nAuthor: Nobody\nLicense-Expression: MIT\n"
    metadata += "".join(f"Requires-Dist: {item}\n" for item in requires)
    metadata += f"Requires-Python: {python}\n" if python else ""
    given = files if files is not None else {f"{package}/__init__.py": f"VERSION = {version!r}\n"}
    content: Files = {path: text.encode() for path, text in given.items()}
    content[f"{info}/METADATA"] = metadata.encode()
    content[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n".encode()
    if entry:
        content[f"{info}/entry_points.txt"] = f"[lnm_desktop]\n{name} = {entry}\n".encode()
    record = "".join(record_line(path, data) for path, data in content.items())
    content[f"{info}/RECORD"] = (record + f"{info}/RECORD,,\n").encode()
    change(content)
    folder.mkdir(parents=True, exist_ok=True)
    out = folder / f"{package}-{version}-{tag}.whl"
    with zipfile.ZipFile(out, "w") as archive:
        for path, data in content.items():
            archive.writestr(path, data)
    return out


def a_plugin_wheel(
    folder: Path,
    name: str = "fake-darkness",
    version: str = "1.0",
    *,
    model: str = MODEL,
    more: Mapping[str, str] | None = None,
    requires: tuple[str, ...] = (),
    python: str = "",
    tag: str = "py3-none-any",
    change: Callable[[Files], None] = lambda files: None,
) -> Path:
    """The wheel of a plugin with one model of its name."""
    package = name.replace("-", "_")
    files = {
        f"{package}/__init__.py": "",
        f"{package}/plugin.py": PLUGIN.replace("{package}", package).replace("{model_id}", name),
        f"{package}/model.py": model,
        **(more or {}),
    }
    return a_wheel(
        folder,
        name,
        version,
        files,
        requires=requires,
        python=python,
        tag=tag,
        entry=f"{package}.plugin",
        change=change,
    )
