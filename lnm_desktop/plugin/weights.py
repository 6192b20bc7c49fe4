"""Weights are compared with the hash in their model's definition before anything reads them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from lnm_desktop.errors import WeightsError

_POINTER = b"version https://git-lfs.github.com/spec/"
_REINSTALL = "Install the plugin again from its original package."


def verify_weights(path: Path, sha256: str) -> None:
    """Raises WeightsError for a file that is missing, empty, a git-lfs pointer, or of another content."""
    if not path.is_file():
        raise WeightsError(f"the weights {path.name} are missing", hint=_REINSTALL)
    with path.open("rb") as file:
        start = file.read(len(_POINTER))
        if not start:
            raise WeightsError(f"the weights {path.name} are empty", hint=_REINSTALL)
        if start == _POINTER:
            raise WeightsError(
                f"{path.name} is a git-lfs pointer, not the weights themselves",
                hint="Run `git lfs pull` in the sources.",
            )
        file.seek(0)
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise WeightsError(
            f"the weights {path.name} are not the ones that the model names: "
            f"SHA-256 {found[:12]}…, expected {sha256[:12]}…",
            hint=_REINSTALL,
            found=found,
            expected=sha256,
        )
