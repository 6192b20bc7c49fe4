"""Batches shrink when memory is short, and nothing is lost or repeated."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lnm_desktop.errors import Cancelled, InferenceError
from lnm_desktop.plugin.batching import BatchRunner, is_out_of_memory


class FakeDevice:
    """Holds at most `room` tiles, like a graphics card; made up."""

    def __init__(self, room: int, error: Exception | None = None) -> None:
        self.room = room
        self.error = error or RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        self.batches: list[int] = []

    def __call__(self, tiles: NDArray[np.uint8]) -> NDArray[np.float32]:
        if len(tiles) > self.room:
            raise self.error
        self.batches.append(len(tiles))
        return tiles[:, 0, 0, :1].astype(np.float32)


def numbered(count: int) -> NDArray[np.uint8]:
    return np.arange(count, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), np.uint8)


def test_batches_keep_the_order_and_the_rest() -> None:
    device = FakeDevice(100)
    reported: list[int] = []
    assert BatchRunner(device, 4, after=reported.append)(numbered(10))[:, 0].tolist() == list(range(10))
    assert device.batches == reported == [4, 4, 2]


@pytest.mark.parametrize("error", [RuntimeError("MPS backend out of memory"), MemoryError("no room")])
def test_a_full_device_halves_the_batch_once_and_for_all(error: Exception) -> None:
    device = FakeDevice(5, error)
    runner = BatchRunner(device, 32)
    assert runner(numbered(40))[:, 0].tolist() == list(range(40))
    assert (runner.size, runner.requested) == (4, 32)
    assert set(device.batches) == {4}


@pytest.mark.parametrize(("asked", "at_last"), [(8, 1), (64, 8), (1, 1)])
def test_after_three_halvings_a_device_without_room_says_so(asked: int, at_last: int) -> None:
    with pytest.raises(InferenceError, match=f"not hold {at_last} tiles") as caught:
        BatchRunner(FakeDevice(0), asked)(numbered(64))
    assert "device cpu" in caught.value.hint


def test_other_errors_are_not_taken_for_memory() -> None:
    device = FakeDevice(0, RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    with pytest.raises(RuntimeError, match="mat1"):
        BatchRunner(device, 8)(numbered(8))
    assert not is_out_of_memory(device.error)


def test_a_wish_to_stop_is_seen_before_each_batch() -> None:
    device = FakeDevice(100)
    calls = iter([None, None, Cancelled("stop")])

    def before() -> None:
        wish = next(calls)
        if wish is not None:
            raise wish

    with pytest.raises(Cancelled):
        BatchRunner(device, 2, before=before)(numbered(10))
    assert device.batches == [2, 2]


def test_nothing_gives_nothing() -> None:
    assert len(BatchRunner(FakeDevice(1), 2)(numbered(0))) == 0
