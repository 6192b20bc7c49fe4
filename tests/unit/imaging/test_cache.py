from __future__ import annotations

import numpy as np
import pytest

from lnm_desktop.imaging.cache import BadTiles, TileCache, TileKey


def a_tile(value: int = 0) -> np.ndarray:
    return np.full((10, 10), value, np.uint8)


def key(col: int, level: int = 0) -> TileKey:
    return TileKey(0, level, 0, col)


class FakeClock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_the_least_recently_used_tile_leaves_first() -> None:
    cache = TileCache(300)
    for col in range(3):
        cache.put(key(col), a_tile(col))
    assert cache.get(key(0)) is not None  # used: now 1 is the oldest
    cache.put(key(3), a_tile(3))
    assert [col for col in range(4) if key(col) in cache] == [0, 2, 3]
    assert cache.used_bytes == 300


def test_a_smaller_budget_is_met_at_once() -> None:
    cache = TileCache(1000)
    for col in range(8):
        cache.put(key(col), a_tile(col))
    cache.set_budget(300)
    assert [col for col in range(8) if key(col) in cache] == [5, 6, 7]
    cache.set_budget(1000)
    cache.put(key(8), a_tile(8))
    assert cache.used_bytes == 400


def test_pinned_tiles_stay() -> None:
    cache = TileCache(100)
    cache.put(key(0, level=5), a_tile(7), pinned=True)
    for col in range(20):
        cache.put(key(col), a_tile(col))
    kept = cache.get(key(0, level=5))
    assert kept is not None and kept[0, 0] == 7
    assert cache.used_bytes == 100


def test_a_tile_put_twice_is_counted_once() -> None:
    cache = TileCache(1000)
    cache.put(key(0), a_tile(1))
    cache.put(key(0), a_tile(2))
    assert cache.used_bytes == 100
    found = cache.get(key(0))
    assert found is not None and found[0, 0] == 2


def test_one_tile_larger_than_the_budget_is_still_shown() -> None:
    cache = TileCache(10)
    cache.put(key(0), a_tile())
    assert key(0) in cache


def test_clear_forgets_pinned_tiles_too() -> None:
    cache = TileCache(1000)
    cache.put(key(0), a_tile(), pinned=True)
    cache.clear()
    assert key(0) not in cache


def test_a_bad_tile_is_asked_for_ever_more_rarely() -> None:
    clock = FakeClock()
    bad = BadTiles(clock)
    bad.add(key(0), lasting=False)
    assert not bad.is_due(key(0))
    clock.now_s = 1.0
    assert bad.is_due(key(0))
    bad.add(key(0), lasting=False)
    assert bad.next_retry_s() == pytest.approx(2.0)
    for _ in range(20):
        bad.add(key(0), lasting=False)
    assert bad.next_retry_s() == pytest.approx(5.0)


def test_what_nobody_wants_any_more_is_forgotten_unless_it_is_damaged() -> None:
    bad = BadTiles()
    bad.add(key(0), lasting=False)
    bad.add(key(1), lasting=False)
    bad.add(key(2), lasting=True)
    bad.keep_only({key(1)})
    assert [key(n) in bad for n in range(3)] == [False, True, True]
    bad.keep_only(set())
    assert bad.next_retry_s() is None


def test_damaged_pixels_are_never_asked_for_again() -> None:
    clock = FakeClock()
    bad = BadTiles(clock)
    bad.add(key(0), lasting=True)
    clock.now_s = 1e9
    assert not bad.is_due(key(0))
    assert bad.next_retry_s() is None
    assert len(bad) == 1


def test_a_tile_that_came_after_all_is_no_longer_bad() -> None:
    bad = BadTiles()
    bad.add(key(0), lasting=False)
    assert bad.remove(key(0))
    assert not bad.remove(key(0))
    assert key(0) not in bad and bad.is_due(key(0))
