"""Shared memory through which pixels cross a process border; the parent makes and removes every block."""

from __future__ import annotations

import os
import secrets
import sys
import threading
import weakref
from contextlib import suppress
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

from lnm_desktop.errors import EnvironmentFault

PREFIX = "lnm_"
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where Linux keeps it; other systems remove it with its last user
SMALLEST_BYTES = 1024 * 1024
KEPT_FREE = 4


class BlockPool:
    """Blocks that are used again and again. What is left at the end is removed, also at a plain exit."""

    def __init__(self) -> None:
        self._free: list[SharedMemory] = []
        self._all: dict[str, SharedMemory] = {}
        self._lock = threading.Lock()
        self._finalizer = weakref.finalize(self, _remove_all, self._all)

    def take(self, size_bytes: int) -> SharedMemory:
        """The smallest free block that is large enough, or a new one (a power of two, at least 1 MiB)."""
        with self._lock:
            fit = min((b for b in self._free if b.size >= size_bytes), key=lambda b: b.size, default=None)
            if fit is not None:
                self._free.remove(fit)
                return fit
            size = max(SMALLEST_BYTES, 1 << (size_bytes - 1).bit_length())
            block = _new_block(size)
            self._all[block.name] = block
            return block

    def give_back(self, block: SharedMemory) -> None:
        """Keep a block for the next taker, or remove it when enough are kept."""
        with self._lock:
            if len(self._free) < KEPT_FREE:
                self._free.append(block)
                return
        self.discard(block)

    def discard(self, block: SharedMemory) -> None:
        """Remove a block that a dying process may still write to."""
        with self._lock:
            self._all.pop(block.name, None)
        _remove(block)

    def close(self) -> None:
        """Remove every block; calling it twice is allowed."""
        with self._lock:
            self._free.clear()
            self._finalizer()


def _new_block(size_bytes: int) -> SharedMemory:
    """A block with all its memory reserved: where none is left, writing to it would kill the writer (SIGBUS)."""
    block: SharedMemory | None = None
    try:
        block = _locked_block(size_bytes)
        _reserve(block)
    except OSError as error:
        if block is not None:
            _remove(block)
        raise EnvironmentFault(
            f"there is no shared memory for {size_bytes / 1024**2:.0f} MiB of pixels: {error.strerror}",
            hint="Close other programs, or give /dev/shm more room.",
        ) from error
    return block


def _locked_block(size_bytes: int) -> SharedMemory:
    """A block whose lock says, as long as this process lives, that somebody uses it."""
    while True:
        block = SharedMemory(f"{PREFIX}{secrets.token_hex(6)}", create=True, size=size_bytes)
        if sys.platform == "win32" or _lock(_descriptor(block)):
            return block
        _remove(block)  # another process has just taken it for an abandoned one


def remove_abandoned() -> int:
    """Remove the blocks of processes that were killed together with their resource tracker; gives how many."""
    count = 0
    for file in SHARED_MEMORY.glob(f"{PREFIX}*") if sys.platform == "linux" else ():
        with suppress(OSError):
            descriptor = os.open(file, os.O_RDWR)
            try:
                if _lock(descriptor):
                    file.unlink()
                    count += 1
            finally:
                os.close(descriptor)
    return count


def _lock(descriptor: int) -> bool:
    """False where another process holds it, or has removed the file."""
    import fcntl  # noqa: PLC0415 - not on Windows

    with suppress(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.fstat(descriptor).st_nlink > 0
    return False


def _descriptor(block: SharedMemory) -> int:
    return int(getattr(block, "_fd", -1))


def _reserve(block: SharedMemory) -> None:
    descriptor = _descriptor(block)
    if hasattr(os, "posix_fallocate") and descriptor >= 0:
        os.posix_fallocate(descriptor, 0, block.size)


def _remove_all(blocks: dict[str, SharedMemory]) -> None:
    while blocks:
        _remove(blocks.popitem()[1])


def _remove(block: SharedMemory) -> None:
    with suppress(FileNotFoundError):
        block.unlink()
    with suppress(BufferError):
        block.close()
