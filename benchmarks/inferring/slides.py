"""Generated slides whose patches are known: tissue fills whole patches, everything else is glass."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from inferring.pipelines.job import CELL_PX

TILE_PX = 256
TEXTURE_PX = 4096
LEVELS = (1, 4, 16)
GLASS = (243, 242, 244)
GRAIN = 3.0
REAL_TILE_SCALE = 4  # from 0.97 to about 0.25 µm/px
MOST_GLASS = 0.1
_APERIO = "Aperio Image Library v12.0.15\r\n{side}x{side} (256x256) JPEG/RGB Q=80|AppMag = 40|MPP = 0.25"
Pixels = NDArray[np.uint8]
Cells = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Slide:
    """A slide and which of its cells (rows, columns) of 512 px are tissue."""

    path: Path
    cells: Cells

    @property
    def patches(self) -> list[tuple[int, int]]:
        """Top left corners (x, y) of the patches in level-0 pixels, row by row."""
        return [(int(column) * CELL_PX, int(row) * CELL_PX) for row, column in np.argwhere(self.cells)]


def make_slide(side_px: int, patches: int) -> Slide:
    """A square slide like an Aperio scan (0.25 µm/px, levels 1, 4, 16, JPEG quality 80), made once and kept."""
    cells = _islands(side_px // CELL_PX, patches)
    kind = "real" if _real_tiles() else "drawn"
    path = Path(tempfile.gettempdir()) / f"lnm-inference-{side_px}-{patches}-{kind}.svs"
    if not path.exists():
        draft = path.with_suffix(".draft")
        _write(draft, side_px, cells)
        draft.replace(path)
    return Slide(path, cells)


def _islands(across: int, patches: int) -> Cells:
    """The cells inside a margin where smooth noise is highest, exactly so many."""
    noise = ndimage.gaussian_filter(np.random.default_rng(7).standard_normal((across, across)), 2)
    inner = np.full(noise.shape, -np.inf)
    inner[1:-1, 1:-1] = noise[1:-1, 1:-1]
    cells = np.zeros(noise.shape, dtype=bool)
    cells.flat[np.argsort(inner, axis=None)[-patches:]] = True
    return cells


def _write(path: Path, side: int, cells: Cells) -> None:
    texture = _texture()
    described = {"description": _APERIO.format(side=side), "metadata": None, "photometric": "rgb"}
    jpeg = {"compression": "jpeg", "compressionargs": {"level": 80}, "subsampling": (2, 2)}
    with tifffile.TiffWriter(path, bigtiff=True) as file:
        for factor in LEVELS:
            small = Image.fromarray(texture).reduce(factor) if factor > 1 else Image.fromarray(texture)
            tiles = _tiles(np.asarray(small), cells, side // factor, CELL_PX // factor)
            shape = (side // factor, side // factor, 3)
            place = {"tile": (TILE_PX, TILE_PX), "shape": shape, "dtype": np.uint8}
            file.write(tiles, **place, **described, **jpeg)
            if factor == 1:
                file.write(np.full((TILE_PX, TILE_PX, 3), GLASS, np.uint8), rowsperstrip=16, **described)


def _tiles(texture: Pixels, cells: Cells, side: int, cell_px: int) -> Iterator[Pixels]:
    """The tiles of a level, row by row, padded to full size at the far edges."""
    glass = np.full((TILE_PX, TILE_PX, 3), GLASS, np.uint8)
    for top in range(0, side, TILE_PX):
        for left in range(0, side, TILE_PX):
            rows, columns = top + np.arange(TILE_PX), left + np.arange(TILE_PX)
            at = np.ix_(np.minimum(rows // cell_px, len(cells) - 1), np.minimum(columns // cell_px, len(cells) - 1))
            tissue = cells[at]
            if not tissue.any():
                yield glass
                continue
            stained = texture[np.ix_(rows % len(texture), columns % len(texture))]
            yield np.where(tissue[..., None], stained, glass)


def _texture() -> Pixels:
    """One picture whose edges fit each other: real tiles side by side where there are some, else drawn nuclei."""
    files = _real_tiles()
    if not files:
        from viewing.big_slide import _texture as drawn

        return drawn()
    rng = np.random.default_rng(11)
    edge = TEXTURE_PX // (96 * REAL_TILE_SCALE) + 1
    names = iter(rng.permutation(files).tolist())
    rows = [np.concatenate([_dense_tile(names) for _ in range(edge)], axis=1) for _ in range(edge)]
    picture = np.concatenate(rows)[:TEXTURE_PX, :TEXTURE_PX]
    grain = rng.normal(0, GRAIN, (TEXTURE_PX, TEXTURE_PX, 1))
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def _dense_tile(names: Iterator[str]) -> Pixels:
    """The next tile that is hardly glass, enlarged."""
    for name in names:
        with Image.open(name) as image:
            tile = image.convert("RGB")
        if (np.asarray(tile).min(axis=2) > 200).mean() < MOST_GLASS:
            side = 96 * REAL_TILE_SCALE
            return np.asarray(tile.resize((side, side), Image.Resampling.BICUBIC))
    raise RuntimeError("too few tiles of dense tissue")


def _real_tiles() -> list[str]:
    """Files of H&E tiles of 96 px, where LNM_DATA_DIR has them."""
    folder = Path(os.environ.get("LNM_DATA_DIR", "")) / "tiles"
    return sorted(str(path) for path in (folder / "images").glob("*.webp"))
