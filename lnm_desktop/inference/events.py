"""What a running model reports: progress, maps and their finished blocks, as JSON over the channel."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.geometry import Point, Size
from lnm_desktop.domain.prediction import HeatmapGrid


@dataclass(frozen=True, slots=True)
class Stage:
    """What the worker begins to do, in words for the user: "loading the model", "running" …"""

    label: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work is; rate and remaining time are 0 until they can be told."""

    done: int
    total: int
    unit: str = "tiles"
    rate_per_s: float = 0.0
    seconds_left: float = 0.0


@dataclass(frozen=True, slots=True)
class GridAnnounced:
    """A map will appear: where its cells lie."""

    grid: HeatmapGrid


@dataclass(frozen=True, eq=False, slots=True)
class TileDone:
    """A finished block of the map `name`: float32 (rows, columns), its top left cell at (column, row)."""

    name: str
    column: int
    row: int
    values: NDArray[np.float32]


Event = Stage | Progress | GridAnnounced | TileDone
OnEvent = Callable[[Event], None]


def event_to_dict(event: Event) -> dict[str, Any]:
    """JSON form; float32 values travel as little-endian bytes in base64."""
    match event:
        case Stage(label):
            return {"event": "stage", "label": label}
        case Progress():
            names = ("done", "total", "unit", "rate_per_s", "seconds_left")
            return {"event": "progress", **{name: getattr(event, name) for name in names}}
        case GridAnnounced(grid):
            return {"event": "grid", **_grid_to_dict(grid)}
        case TileDone(name, column, row, values):
            data = base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode("ascii")
            return {"event": "tile", "name": name, "column": column, "row": row, "shape": values.shape, "data": data}


def event_from_dict(data: Mapping[str, Any]) -> Event:
    """The inverse of `event_to_dict`. Raises KeyError or ValueError for what no worker of ours sends."""
    match data["event"]:
        case "stage":
            return Stage(data["label"])
        case "progress":
            return Progress(data["done"], data["total"], data["unit"], data["rate_per_s"], data["seconds_left"])
        case "grid":
            return GridAnnounced(_grid_from_dict(data))
        case "tile":
            values = np.frombuffer(base64.b64decode(data["data"]), "<f4").reshape(data["shape"])
            return TileDone(data["name"], data["column"], data["row"], values.astype(np.float32))
        case other:
            raise ValueError(f"{other!r} is not an event")


def _grid_to_dict(grid: HeatmapGrid) -> dict[str, Any]:
    return {
        "name": grid.name,
        "label": grid.label,
        "columns": grid.columns,
        "rows": grid.rows,
        "origin": [grid.origin.x, grid.origin.y],
        "cell": [grid.cell.width, grid.cell.height],
    }


def _grid_from_dict(data: Mapping[str, Any]) -> HeatmapGrid:
    origin, cell = Point(*data["origin"]), Size(*data["cell"])
    return HeatmapGrid(data["name"], data["label"], data["columns"], data["rows"], origin, cell)
