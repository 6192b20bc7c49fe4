"""What an image file is, bit by bit: the hash by which a moved or changed file is known again."""

from __future__ import annotations

import hashlib
from pathlib import Path

from lnm_desktop.errors import ImageNotFound

CHUNK_BYTES = 4 * 1024**2


def fingerprint(path: Path) -> str:
    """SHA-256 in hexadecimal of a file.

    A folder is hashed over the sorted relative names and hashes of its files; a MIRAX slide over its file and
    its folder. Raises ImageNotFound.
    """
    try:
        if path.is_dir():
            return _tree_hash(_files_below(path), path)
        companion = path.with_suffix("")
        if path.suffix.lower() == ".mrxs" and companion.is_dir():
            return _tree_hash([path, *_files_below(companion)], path.parent)
        return _file_hash(path)
    except OSError as error:
        raise ImageNotFound(f"{path.name} cannot be read", hint="Check that it is there and may be read.") from error


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
