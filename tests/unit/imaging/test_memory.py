from __future__ import annotations

import threading

from lnm_desktop.imaging.memory import SLOW_ALIGNMENT, ScratchTile, keep_freed_memory, tile_memory

SHAPE = (240, 256, 3)


def test_memory_for_tiles_lies_where_decoding_is_fast() -> None:
    kept = [tile_memory(SHAPE) for _ in range(50)]
    for memory in kept:
        assert memory.shape == SHAPE
        assert memory.flags["C_CONTIGUOUS"]
        assert memory.flags["WRITEABLE"]
        assert memory.ctypes.data % SLOW_ALIGNMENT


def test_each_thread_has_room_of_its_own() -> None:
    scratch = ScratchTile()
    mine = scratch.of(SHAPE)
    assert scratch.of(SHAPE) is mine
    others = []
    thread = threading.Thread(target=lambda: others.append(scratch.of(SHAPE)))
    thread.start()
    thread.join()
    assert others[0] is not mine
    assert scratch.of((8, 8, 3)).shape == (8, 8, 3)


def test_the_hint_to_the_system_may_be_given_again() -> None:
    keep_freed_memory()
    keep_freed_memory()
