"""What is told of tiles that cannot be read: how many of the view are hatched, and each reason once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lnm_desktop.errors import LnmError
from lnm_desktop.imaging.cache import TileKey
from lnm_desktop.imaging.damage import kind_of
from lnm_desktop.ui.viewer.tile_store import TileStore


class Troubles:
    """`on_hatched` gets the number of hatched tiles in view when it changes; `on_failure` the first LnmError of each
    kind until all can be read again."""

    def __init__(
        self, store: TileStore, on_hatched: Callable[[int], None], on_failure: Callable[[LnmError], None]
    ) -> None:
        self._store = store
        self._on_hatched = on_hatched
        self._on_failure = on_failure
        self._hatched = 0
        self._told: set[str] = set()

    def tell(self, seen: Sequence[TileKey]) -> None:
        """Tell what has changed for these tiles in view."""
        hatched = sum(key in self._store.bad for key in seen)
        if hatched != self._hatched:
            self._hatched = hatched
            self._on_hatched(hatched)
        failure = self._store.failure
        if not len(self._store.bad):
            self._told.clear()
        elif failure is not None and kind_of(failure) not in self._told:
            self._told.add(kind_of(failure))
            self._on_failure(failure)
