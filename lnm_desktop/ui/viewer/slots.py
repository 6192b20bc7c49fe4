"""Vertices of many things in one buffer of the graphics card; changing one thing uploads that thing alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from vispy.gloo import VertexBuffer

Vertices = NDArray[np.void]
_LEAST_ROOM = 6 * 1024


class Slots:
    """One place in the buffer for each key. What is free holds zeros, of which nothing is seen."""

    def __init__(self, dtype: np.dtype[np.void]) -> None:
        self._dtype = dtype
        self.buffer = VertexBuffer(np.zeros(1, dtype))
        self.fill({})

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, key: object) -> bool:
        return key in self._places

    def fill(self, things: Mapping[str, Vertices]) -> None:
        """Hold these and nothing else."""
        stops = np.cumsum([len(vertices) for vertices in things.values()], dtype=np.intp)
        self._end = int(stops[-1]) if len(stops) else 0
        self._data = np.zeros(self._end + max(_LEAST_ROOM, self._end // 8), self._dtype)
        if things:
            self._data[: self._end] = np.concatenate(list(things.values()))
        starts = np.concatenate([[0], stops[:-1]]).astype(int)
        self._places = {key: slice(int(a), int(b)) for key, a, b in zip(things, starts, stops, strict=False)}
        self.buffer.set_data(self._data, copy=True)

    def put(self, key: str, vertices: Vertices) -> None:
        """Hold a thing, in its old place where it fits."""
        place = self._places.get(key)
        if place is None or place.stop - place.start < len(vertices):
            self.remove(key)
            place = self._room_for(len(vertices))
            self._places[key] = place
        self._data[place] = np.zeros((), self._dtype)
        self._data[place.start : place.start + len(vertices)] = vertices
        self._upload(place)

    def remove(self, key: str) -> None:
        """Forget a thing; one that is not there is passed over."""
        place = self._places.pop(key, None)
        if place is not None:
            self._data[place] = np.zeros((), self._dtype)
            self._upload(place)

    def _room_for(self, count: int) -> slice:
        if self._end + count > len(self._data):
            self.fill({key: self._data[place].copy() for key, place in self._places.items()})
            if self._end + count > len(self._data):
                larger = np.zeros(2 * (self._end + count), self._dtype)
                larger[: self._end] = self._data[: self._end]
                self._data = larger
                self.buffer.set_data(larger, copy=True)
        place = slice(self._end, self._end + count)
        self._end += count
        return place

    def _upload(self, place: slice) -> None:
        if place.stop > place.start:
            self.buffer.set_subdata(self._data[place], offset=place.start, copy=True)
