"""Weights are compared with the hash in their model's definition before anything reads them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from safetensors import SafetensorError, safe_open

from lnm_desktop.errors import WeightsError

_POINTER = b"version https://git-lfs.github.com/spec/"
_PICKLES = (b"\x80", b"PK\x03\x04")
_KINDS = (".safetensors", ".onnx")
_REINSTALL = "Install the plugin again from its original package."


def verify_weights(path: Path, sha256: str) -> None:
    """Raises WeightsError for a file that is missing, empty, a git-lfs pointer, or of another content.

    Only safetensors and ONNX are weights: what torch or pickle write can run code when it is read.
    """
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
    _check_kind(path, start)


def _check_kind(path: Path, start: bytes) -> None:
    if start.startswith(_PICKLES):
        raise WeightsError(
            f"{path.name} is a pickle or an archive of torch, which can run code when it is read; it was not read",
            hint="Ask the publisher for weights as safetensors or ONNX.",
        )
    if start.lstrip()[:1] == b"<":
        raise WeightsError(f"{path.name} is a web page, not weights", hint=_REINSTALL)
    if path.suffix not in _KINDS:
        raise WeightsError(
            f"{path.name} is of no kind that is read as weights",
            hint="Weights are .safetensors or single-file .onnx.",
        )
    if path.suffix == ".safetensors":
        _check_safetensors(path)


def _check_safetensors(path: Path) -> None:
    """Its header is held against its length before anything is mapped."""
    try:
        with safe_open(path, framework="numpy") as file:
            file.keys()
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{path.name} is damaged: its header does not fit its content", hint=_REINSTALL) from error
