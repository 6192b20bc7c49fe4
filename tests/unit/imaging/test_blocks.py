"""Blocks of shared memory: their room is reserved, and a lack of it is said in words."""

from __future__ import annotations

import errno
import os
from multiprocessing.shared_memory import SharedMemory

import pytest

from lnm_desktop.errors import EnvironmentFault
from lnm_desktop.imaging import blocks
from lnm_desktop.imaging.blocks import SMALLEST_BYTES, BlockPool


def test_a_block_is_used_again() -> None:
    pool = BlockPool()
    first = pool.take(10)
    assert first.size >= SMALLEST_BYTES
    pool.give_back(first)
    assert pool.take(SMALLEST_BYTES) is first
    pool.close()


def test_a_lack_of_shared_memory_is_said_and_leaves_no_block(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def refuse(block: SharedMemory) -> None:
        made.append(block.name)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(blocks, "_reserve", refuse)
    with pytest.raises(EnvironmentFault, match="no shared memory for 2 MiB"):
        BlockPool().take(2 * 1024**2)
    with pytest.raises(FileNotFoundError):
        SharedMemory(made[0])
