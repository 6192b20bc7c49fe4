"""Offline bundles: a plugin's wheels in one zip file, with a lock that names each by its hash and may be signed."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lnm_desktop.errors import PluginError
from lnm_desktop.formats.files import draft_of
from lnm_desktop.plugin.signing import is_signed, public_text, sign
from lnm_desktop.plugin.wheel import Wheel, file_sha256, read_wheel

LOCK_FILE = "lock.json"
SIGNATURE_FILE = "signature.json"
FORMAT = "lnm-plugin-bundle"
_MOST_LOCK_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Package:
    """The wheels of one installation; `key` is the publisher's public key where the lock was signed with it."""

    wheels: tuple[Wheel, ...]
    key: str = ""


def write_bundle(wheels: Sequence[Wheel], out: Path, key: Ed25519PrivateKey | None = None) -> None:
    """Write a bundle that holds these wheels. Raises FormatError where the disk refuses."""
    lock = json.dumps(_lock(wheels), indent=1, sort_keys=True).encode()
    with draft_of(out) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(LOCK_FILE, lock)
        if key is not None:
            signed = {"key": public_text(key.public_key()), "signature": sign(lock, key)}
            archive.writestr(SIGNATURE_FILE, json.dumps(signed, indent=1))
        for wheel in wheels:
            archive.write(wheel.path, wheel.path.name)


def read_bundle(path: Path, folder: Path) -> Package:
    """The bundle's wheels, put into a folder and judged. Raises PluginError, OSError where the disk refuses."""
    try:
        with zipfile.ZipFile(path) as archive:
            lock = _part(path, archive, LOCK_FILE)
            key = _signer(path, archive, lock)
            names = _locked(path, lock)
            if extra := sorted(set(archive.namelist()) - set(names) - {LOCK_FILE, SIGNATURE_FILE}):
                raise _bad(path, f"{extra[0][:200]!r} is not named in its lock")
            wheels = tuple(_take(path, archive, name, sha256, folder) for name, sha256 in names.items())
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, KeyError) as error:
        raise _bad(path, "it is damaged or no bundle") from error
    return Package(wheels, key)


def _lock(wheels: Sequence[Wheel]) -> dict[str, Any]:
    files = [
        {"file": item.path.name, "name": item.name, "version": item.version, "sha256": item.sha256} for item in wheels
    ]
    return {"format": FORMAT, "version": 1, "wheels": files}


def _part(path: Path, archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > _MOST_LOCK_BYTES:
        raise _bad(path, f"its {name} is too large")
    return archive.read(name)


def _signer(path: Path, archive: zipfile.ZipFile, lock: bytes) -> str:
    if SIGNATURE_FILE not in archive.namelist():
        return ""
    try:
        signed = json.loads(_part(path, archive, SIGNATURE_FILE))
        key, signature = str(signed["key"]), str(signed["signature"])
    except (ValueError, KeyError, TypeError) as error:
        raise _bad(path, "its signature cannot be read") from error
    if not is_signed(lock, signature, key):
        raise _bad(path, "its signature does not fit: it was changed after it was signed")
    return key


def _locked(path: Path, lock: bytes) -> dict[str, str]:
    try:
        told = json.loads(lock)
        if told["format"] != FORMAT or told["version"] != 1:
            raise _bad(path, "it is of a format that this application does not know")
        return {str(item["file"]): str(item["sha256"]) for item in told["wheels"]}
    except (ValueError, KeyError, TypeError) as error:
        raise _bad(path, "its lock cannot be read") from error


def _take(path: Path, archive: zipfile.ZipFile, name: str, sha256: str, folder: Path) -> Wheel:
    if Path(name).name != name or "\\" in name or not name.endswith(".whl"):
        raise _bad(path, f"its lock names {name[:200]!r}, which is no wheel")
    target = folder / name
    with archive.open(name) as source, target.open("xb") as file:
        shutil.copyfileobj(source, file)
    if file_sha256(target) != sha256:
        raise _bad(path, f"{name} is not the file that its lock names")
    return read_wheel(target)


def _bad(path: Path, reason: str) -> PluginError:
    return PluginError(
        f"{path.name} cannot be used: {reason}", hint="Get it again from its publisher.", reason=reason
    )
