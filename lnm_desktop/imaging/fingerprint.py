"""What an image file is: the hashes by which a moved file is known again and another one is told apart."""

from __future__ import annotations

import hashlib
from pathlib import Path

from lnm_desktop.errors import ImageNotFound
from lnm_desktop.imaging.parts import files_of

CHUNK_BYTES = 4 * 1024**2
SAMPLES = 16
SAMPLE_BYTES = 64 * 1024


def fingerprint(path: Path) -> str:
    """SHA-256 in hexadecimal of a file: every byte counts.

    A folder is hashed over the sorted relative names and hashes of its files; a MIRAX slide over its file and
    its folder, any other slide of several files over all of them. Raises ImageNotFound.
    """
    try:
        if path.is_dir():
            return _tree_hash(_files_below(path), path)
        companion = path.with_suffix("")
        if path.suffix.lower() == ".mrxs" and companion.is_dir():
            return _tree_hash([path, *_files_below(companion)], path.parent)
        files = files_of(path)
        return _tree_hash(list(files), path.parent) if len(files) > 1 else _file_hash(path)
    except OSError as error:
        raise _unreadable(path) from error


def quick_fingerprint(path: Path) -> str:
    """A hash that tells one slide from another in milliseconds, however large they are.

    It sees the size of every file that the slide is read from, and samples spread evenly over each; names and
    times do not count. It does not see a change between the samples. Raises ImageNotFound.
    """
    digest = hashlib.sha256()
    try:
        files = files_of(path)
        for file in files:
            _sample(digest, file, max(2, SAMPLES // len(files)))
    except OSError as error:
        raise _unreadable(path) from error
    return f"quick1-{digest.hexdigest()}"


def _sample(digest: hashlib._Hash, path: Path, samples: int) -> None:
    size_bytes = path.stat().st_size
    digest.update(f"{size_bytes}\n".encode())
    last = max(0, size_bytes - SAMPLE_BYTES)
    with path.open("rb") as file:
        for place in sorted({last * index // (samples - 1) for index in range(samples)}):
            file.seek(place)
            digest.update(file.read(SAMPLE_BYTES))


def _unreadable(path: Path) -> ImageNotFound:
    return ImageNotFound(f"{path.name} cannot be read", hint="Check that it is there and may be read.")


def _files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _tree_hash(files: list[Path], root: Path) -> str:
    total = hashlib.sha256()
    for name, path in sorted((file.relative_to(root).as_posix(), file) for file in files):
        total.update(f"{name}\0{_file_hash(path)}\n".encode())
    return total.hexdigest()


def _file_hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
