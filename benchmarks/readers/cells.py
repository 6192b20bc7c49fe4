"""What is read: which tiles of which slide at which resolution."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from viewing.big_slide import TILE, UM_PER_PX, big_slide, tissue_tiles

from readers.task import Place, Task

SIDE_PX = 40_000
# Where the generated slide's levels stand: level number by level-0 pixels per pixel.
LEVELS = {1: 0, 4: 1}
CHECKED_TILES = 8
UNALIGNED_PX = 100
REAL_SLIDE = Path("slides/aperio_svs/CMU-1-Small-Region.svs")
REAL_TILE_PX = 240


@dataclass(frozen=True)
class Cell:
    """One kind of reading: tiles of `size` px at `um_per_px`, decoded from a level `factor` times coarser."""

    name: str
    slide: str
    size: int
    um_per_px: float
    factor: int
    workers: int
    read_px: int
    offset_px: int
    most_tiles: int


def cells(quick: bool) -> list[Cell]:
    """The generated slide at 0.25, 0.5 and 1 µm/px, and the real one where there is the folder of real data."""
    slide, stored = str(big_slide(SIDE_PX, aperio=True)), 320 if quick else 1280
    made = [
        _generated(slide, size, um_per_px, offset, workers, stored)
        for size, um_per_px, offset in _KINDS
        for workers in (1, 2)
        if workers == 2 or not quick or (size, um_per_px, offset) in _QUICK_ALONE
    ]
    return [*made, *_real(stored)]


_KINDS = [(size, um, 0) for um in (0.25, 0.5, 1.0) for size in (256, 512)]
_KINDS += [(256, 0.25, UNALIGNED_PX), (256, 0.5, UNALIGNED_PX)]
_QUICK_ALONE = {(256, 0.25, 0), (256, 0.5, 0)}


def _generated(slide: str, size: int, um_per_px: float, offset: int, workers: int, stored: int) -> Cell:
    wanted = round(um_per_px / UM_PER_PX)
    factor = max(level for level in LEVELS if level <= wanted)
    read_px = size * wanted // factor
    name = f"{size} px at {um_per_px} µm/px{', unaligned' if offset else ''}, {workers} worker{'s' * (workers > 1)}"
    return Cell(name, slide, size, um_per_px, factor, workers, read_px, offset, stored // (read_px // TILE) ** 2)


def _real(stored: int) -> list[Cell]:
    slide = Path(os.environ.get("LNM_DATA_DIR", "")) / REAL_SLIDE
    if not slide.is_file():
        return []
    side, name = REAL_TILE_PX, "CMU-1-Small-Region, 240 px at 0.5 µm/px, 2 workers"
    return [Cell(name, str(slide), side, 0.5, 1, 2, side, 0, stored)]


def task(cell: Cell, seed: int, *, kept_in: str = "") -> Task:
    """Random tissue tiles of a cell; with `kept_in` only a few, whose pixels the child leaves in that file."""
    count = CHECKED_TILES if kept_in else cell.most_tiles
    level = 0 if cell.factor == 1 else LEVELS[cell.factor]
    places = _places(cell, count, np.random.default_rng(seed))
    return Task(cell.slide, level, cell.factor, cell.read_px, cell.size, cell.workers, places, kept_in)


def _places(cell: Cell, count: int, rng: np.random.Generator) -> list[Place]:
    if cell.read_px == REAL_TILE_PX:  # 2220 × 2967 pixels: 9 × 12 whole tiles
        free = [(col * REAL_TILE_PX, row * REAL_TILE_PX) for row in range(12) for col in range(9)]
    else:
        free = _tissue_places(cell)
    return [free[n] for n in rng.choice(len(free), count, replace=count > len(free))]


def _tissue_places(cell: Cell) -> list[Place]:
    across = -(-SIDE_PX // cell.factor // TILE)
    tissue, step = tissue_tiles(across), cell.read_px // TILE
    span = step + bool(cell.offset_px)
    starts = range(0, across - span, step)
    return [
        (col * TILE + cell.offset_px, row * TILE + cell.offset_px)
        for row in starts
        for col in starts
        if tissue[row : row + span, col : col + span].all()
    ]
