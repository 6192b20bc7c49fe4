"""Reading ahead keeps the order, is bounded, and stops."""

from __future__ import annotations

import threading

import pytest

from lnm_desktop.imaging.read_ahead import read_ahead


def test_results_come_in_order() -> None:
    assert list(read_ahead(lambda x: x * x, range(10))) == [(x, x * x) for x in range(10)]


def test_no_more_than_depth_results_wait() -> None:
    begun: list[int] = []
    results = read_ahead(begun.append, range(100), depth=3)
    next(results)
    results.close()
    assert len(begun) <= 4


def test_an_error_of_reading_reaches_the_caller() -> None:
    def read(x: int) -> int:
        if x == 2:
            raise OSError("made up")
        return x

    results = read_ahead(read, range(5))
    with pytest.raises(OSError, match="made up"):
        list(results)


def test_reading_is_on_another_thread() -> None:
    (_, thread), *_ = read_ahead(lambda _: threading.current_thread(), [0])
    assert thread is not threading.current_thread()
