"""Reading on a thread of its own while the caller works on what was read before."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Read = TypeVar("Read")


def read_ahead(
    read: Callable[[Item], Read], items: Iterable[Item], *, depth: int = 3
) -> Generator[tuple[Item, Read]]:
    """Each item with what `read` gives for it, in order; at most `depth` results wait unused.

    Closing the iterator drops what was not begun. Raises what `read` raises.
    """
    waiting: deque[tuple[Item, Future[Read]]] = deque()
    with ThreadPoolExecutor(1, "decode") as pool:
        try:
            for item in items:
                waiting.append((item, pool.submit(read, item)))
                if len(waiting) > depth:
                    yield _first(waiting)
            while waiting:
                yield _first(waiting)
        finally:
            for _, future in waiting:
                future.cancel()


def _first(waiting: deque[tuple[Item, Future[Read]]]) -> tuple[Item, Read]:
    item, future = waiting.popleft()
    return item, future.result()
