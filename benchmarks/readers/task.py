"""What crosses the border to a child; standard library only, since a peer's Python may have nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

Place = tuple[int, int]


@dataclass(frozen=True)
class Task:
    """What a child is asked to read; places are the top left corners in pixels of the level."""

    slide: str
    level: int
    factor: int
    read_px: int
    size: int
    workers: int
    places: Sequence[Place]
    kept_in: str = ""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)
