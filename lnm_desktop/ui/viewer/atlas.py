"""Which tile lies in which square of the texture; the graphics card's memory is shared out here."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple

from lnm_desktop.imaging.cache import TileKey
from lnm_desktop.imaging.pyramid import TILE_PX

SPARE_SLOTS = 24
# A tile and a border of one pixel; fifteen in a row stay below the 8,192 pixels that every card can do.
SQUARE_PX = TILE_PX + 2
NARROW, WIDE = 8, 15
RESERVED = 2


class Square(NamedTuple):
    """A place in the texture."""

    column: int
    row: int


class Atlas:
    """Squares of one texture, `columns` in a row; the tile that was used longest ago gives way.

    Two squares are kept for what is not read yet (`blank`) and for what cannot be read (`hatched`).
    """

    def __init__(self, columns: int, rows: int) -> None:
        self.columns = columns
        self.rows = rows
        self.blank, self.hatched = self._square(0), self._square(1)
        self._slots: OrderedDict[TileKey, int] = OrderedDict()
        self._free = list(range(RESERVED, columns * rows))[::-1]

    def __contains__(self, key: object) -> bool:
        return key in self._slots

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def capacity(self) -> int:
        """How many tiles there is room for."""
        return self.columns * self.rows - RESERVED

    def place(self, key: TileKey) -> Square:
        """A tile's square; it is given one first if it has none."""
        if key not in self._slots:
            self._slots[key] = self._free.pop() if self._free else self._slots.popitem(last=False)[1]
        return self._square(self._slots[key])

    def touch(self, keys: Iterable[TileKey]) -> None:
        """These are in use: all others give way before them."""
        for key in keys:
            if key in self._slots:
                self._slots.move_to_end(key)

    def clear(self) -> None:
        """Forget all tiles."""
        self._free.extend(self._slots.values())
        self._slots.clear()

    def _square(self, slot: int) -> Square:
        return Square(slot % self.columns, slot // self.columns)


def atlas_for(width_px: float, height_px: float) -> Atlas:
    """An atlas for a canvas of so many device pixels: a view of tiles at up to half their size, and some to spare."""
    across, down = (math.ceil(2 * extent / TILE_PX) + 1 for extent in (width_px, height_px))
    wanted = across * down + SPARE_SLOTS + RESERVED
    columns = NARROW if wanted <= NARROW * NARROW * 2 else WIDE
    return Atlas(columns, min(math.ceil(wanted / columns), WIDE))
