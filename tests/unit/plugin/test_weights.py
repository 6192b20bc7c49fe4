"""Weights that are not the model's are refused before anything reads them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from lnm_desktop.errors import WeightsError
from lnm_desktop.plugin.weights import verify_weights

CONTENT = save({"made up": np.zeros(4, np.float32)})
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def test_the_right_weights_pass(tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(CONTENT)
    verify_weights(tmp_path / "w.safetensors", SHA256)


def test_missing_empty_and_pointer_files_are_named(tmp_path: Path) -> None:
    file = tmp_path / "w.safetensors"
    for content, words in (
        (None, "missing"),
        (b"", "empty"),
        (b"version https://git-lfs.github.com/spec/v1\n", "lfs"),
    ):
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(WeightsError, match=words) as caught:
            verify_weights(file, SHA256)
        assert "w.safetensors" in caught.value.message
        assert str(tmp_path) not in caught.value.message


def test_one_changed_byte_is_refused_with_both_hashes(tmp_path: Path) -> None:
    file = tmp_path / "w.safetensors"
    file.write_bytes(b"Weights, made up")
    with pytest.raises(WeightsError) as caught:
        verify_weights(file, SHA256)
    assert SHA256[:12] in caught.value.message
    assert hashlib.sha256(b"Weights, made up").hexdigest()[:12] in caught.value.message
