"""A wheel, judged before anything of it is unpacked: pip checks neither RECORD nor what a package would shadow.

The format is that of PEP 427 and of the PyPA's "Recording installed projects".
"""

from __future__ import annotations

import base64
import configparser
import csv
import hashlib
import io
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import BytesParser
from functools import cached_property
from pathlib import Path, PurePosixPath

from packaging.tags import sys_tags
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from lnm_desktop.errors import PluginError
from lnm_desktop.plugin.discovery import GROUP

MOST_BYTES = 8 * 1024**3
MOST_FILES = 50_000
_LEAST_HASHES = ("sha256", "sha384", "sha512")
_UNSIGNED = ("RECORD", "RECORD.jws", "RECORD.p7s")
# Parts of a wheel's .data folder that belong beside its packages; scripts and headers are not installed.
_LIBRARIES = ("purelib", "platlib")


@dataclass(frozen=True, eq=False)
class Wheel:
    """A wheel file that was judged: every file of it is named in its RECORD with the hash that it has."""

    path: Path
    name: str
    version: str
    sha256: str
    metadata: dict[str, tuple[str, ...]]
    files: tuple[str, ...]
    size_bytes: int
    entry_points: str

    def fields(self, name: str) -> tuple[str, ...]:
        """All values of a field of the metadata, e.g. "Requires-Dist"."""
        return self.metadata.get(name.lower(), ())

    def field(self, name: str) -> str:
        """The first value of a field of the metadata; "" where there is none."""
        return next(iter(self.fields(name)), "")

    @cached_property
    def is_plugin(self) -> bool:
        """True where it has an entry point of the group of plugins."""
        return GROUP in _sections(self.entry_points)

    @cached_property
    def top_level(self) -> frozenset[str]:
        """The names that it would add to what can be imported."""
        places = (place for name in self.files if (place := place_of(name)) is not None)
        tops = {place.parts[0] for place in places if not place.parts[0].endswith((".dist-info", ".libs"))}
        return frozenset(top.partition(".")[0] for top in tops)


def read_wheel(path: Path) -> Wheel:
    """Judge a wheel. Raises PluginError naming the file and what is wrong with it."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _read(path, archive)
    except (OSError, zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError) as error:
        raise bad_wheel(path, "it is damaged or no wheel") from error


def unpack_wheel(wheel: Wheel, folder: Path) -> None:
    """Unpack a judged wheel; each file is checked again as it is written. Raises PluginError, OSError."""
    with zipfile.ZipFile(wheel.path) as archive:
        hashes = _record(wheel.path, archive)
        for name in wheel.files:
            place = place_of(name)
            if place is not None:
                _write(wheel.path, archive, name, hashes.get(name, ""), folder.joinpath(*place.parts))


def place_of(name: str) -> PurePosixPath | None:
    """Where a wheel's file lies once it is installed; None for what is not installed."""
    path = PurePosixPath(name)
    if not path.parts[0].endswith(".data"):
        return path
    return PurePosixPath(*path.parts[2:]) if len(path.parts) > 2 and path.parts[1] in _LIBRARIES else None


def bad_wheel(path: Path, reason: str) -> PluginError:
    """A refusal that names the wheel."""
    return PluginError(
        f"{path.name} cannot be installed: {reason}", hint="Ask its publisher for a sound package.", reason=reason
    )


def _read(path: Path, archive: zipfile.ZipFile) -> Wheel:
    name, version = _named(path)
    files = tuple(_safe_names(path, archive))
    info = _dist_info(path, files)
    record = _record(path, archive)
    _check_record(path, files, record, info)
    for item in archive.infolist():
        if not item.is_dir() and item.filename in record:
            _check_hash(path, item.filename, record[item.filename], archive)
    metadata = _metadata(archive.read(f"{info}/METADATA"))
    told = canonicalize_name(metadata.get("name", ("",))[0]), metadata.get("version", ("",))[0]
    if told != (name, version):
        raise bad_wheel(path, f"it says that it is {told[0]} {told[1]}")
    entry_points = f"{info}/entry_points.txt"
    text = archive.read(entry_points).decode("utf-8", "replace") if entry_points in files else ""
    size = sum(item.file_size for item in archive.infolist())
    return Wheel(path, name, version, file_sha256(path), metadata, files, size, text)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _named(path: Path) -> tuple[str, str]:
    try:
        name, version, _, tags = parse_wheel_filename(path.name)
    except InvalidWheelFilename as error:
        raise bad_wheel(path, "its name is not that of a wheel") from error
    if not tags & set(sys_tags()):
        kinds = ", ".join(sorted(str(tag) for tag in tags))
        raise bad_wheel(path, f"it was made for another Python or system ({kinds})")
    return name, str(version)


def _safe_names(path: Path, archive: zipfile.ZipFile) -> Iterator[str]:
    """The files' names, none of which leads out of the folder, is a link, or starts code by itself."""
    items = [item for item in archive.infolist() if not item.is_dir()]
    if len(items) > MOST_FILES or sum(item.file_size for item in items) > MOST_BYTES:
        raise bad_wheel(path, "it holds more than any plugin needs")
    seen: set[str] = set()
    for item in items:
        name = item.filename
        if problem := _problem(item, seen):
            raise bad_wheel(path, f"{name[:200]!r} {problem}")
        seen.add(name.casefold())
        yield name


def _problem(item: zipfile.ZipInfo, seen: set[str]) -> str:
    name = item.filename
    parts = name.split("/")
    if name.startswith("/") or "\\" in name or ":" in name or not all(parts) or {".", ".."} & set(parts):
        return "leads out of the plugin's folder"
    if stat.S_ISLNK(item.external_attr >> 16):
        return "is a link"
    if name.casefold() in seen:
        return "is there twice"
    # Python runs these at its start, whether the plugin is asked for or not.
    if name.endswith(".pth") or parts[-1] in ("sitecustomize.py", "usercustomize.py"):
        return "would run code at each start of Python"
    return ""


def _dist_info(path: Path, files: tuple[str, ...]) -> str:
    tops = {name.partition("/")[0] for name in files}
    found = [top for top in tops if top.endswith(".dist-info")]
    if len(found) != 1 or not {f"{found[0]}/METADATA", f"{found[0]}/RECORD"} <= set(files):
        raise bad_wheel(path, "it has no metadata or no RECORD of its files")
    return found[0]


def _record(path: Path, archive: zipfile.ZipFile) -> dict[str, str]:
    """Hash by file, as RECORD has it."""
    name = next(name for name in archive.namelist() if name.endswith(".dist-info/RECORD"))
    try:
        rows = list(csv.reader(io.StringIO(archive.read(name).decode("utf-8")), strict=True))
        return {row[0]: row[1] for row in rows if row}
    except (UnicodeDecodeError, csv.Error, IndexError) as error:
        raise bad_wheel(path, "its RECORD cannot be read") from error


def _check_record(path: Path, files: tuple[str, ...], record: dict[str, str], info: str) -> None:
    free = {f"{info}/{name}" for name in _UNSIGNED}
    if unnamed := sorted(set(files) - set(record) - free):
        raise bad_wheel(path, f"{unnamed[0]!r} is not named in its RECORD")
    if missing := sorted(set(record) - set(files) - free):
        raise bad_wheel(path, f"{missing[0]!r}, which its RECORD names, is missing")
    for name in set(files) - free:
        if record[name].partition("=")[0] not in _LEAST_HASHES:
            raise bad_wheel(path, f"its RECORD gives no safe hash of {name!r}")


def _check_hash(path: Path, name: str, expected: str, archive: zipfile.ZipFile) -> None:
    if expected:
        with archive.open(name) as file:
            found = hashlib.file_digest(file, expected.partition("=")[0])  # type: ignore[arg-type]
        _compare(path, name, expected, found.digest())


def _compare(path: Path, name: str, expected: str, digest: bytes) -> None:
    told = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if told != expected.partition("=")[2].rstrip("="):
        raise bad_wheel(path, f"{name!r} is not the file that its RECORD names")


def _write(path: Path, archive: zipfile.ZipFile, name: str, expected: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    kind = expected.partition("=")[0] or "sha256"
    digest = hashlib.new(kind)
    with archive.open(name) as source, target.open("xb") as file:
        while chunk := source.read(1024 * 1024):
            digest.update(chunk)
            file.write(chunk)
    if expected:
        _compare(path, name, expected, digest.digest())


def _metadata(data: bytes) -> dict[str, tuple[str, ...]]:
    message = BytesParser().parsebytes(data, headersonly=True)
    return {key.lower(): tuple(str(value) for value in message.get_all(key, [])) for key in message}


def _sections(text: str) -> list[str]:
    parser = configparser.ConfigParser(delimiters=("=",), strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return []
    return parser.sections()
