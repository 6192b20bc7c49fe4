"""Generated slides of any size in small files: a few hundred encoded tiles, pointed at again and again."""

from __future__ import annotations

import math
import struct
import tempfile
from pathlib import Path

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from skimage.filters import gaussian

TILE = 256
TEXTURE_TILES = 16
GLASS = (242, 241, 243)
LEVEL_FACTORS = (1, 4, 16, 64, 256)
LEAST_LEVEL_PX = 700
UM_PER_PX = 0.25
_ASCII, _LONG, _LONG8, _SHORT, _RATIONAL = 2, 4, 16, 3, 5
_APERIO = "Aperio Image Library v12.0.15\r\n{side}x{side} (256x256) JPEG/RGB Q=80|AppMag = 40|MPP = 0.25"


def big_slide(side_px: int, *, aperio: bool = False) -> Path:
    """A square slide of 0.25 µm/px like an Aperio scan (levels 1, 4, 16 …, JPEG quality 80), made once and kept.

    With `aperio` it says that it is one, which some readers ask for.
    """
    path = Path(tempfile.gettempdir()) / f"lnm-generated-{side_px}.{'svs' if aperio else 'tif'}"
    if not path.exists():
        draft = path.with_suffix(".draft")
        _write(draft, side_px, _APERIO.format(side=side_px) if aperio else "")
        draft.replace(path)
    return path


def _write(path: Path, side_px: int, description: str) -> None:
    """A BigTIFF whose tile offsets repeat; the layout is that of the BigTIFF design by Adobe and Aware Systems."""
    with path.open("wb") as file:
        file.write(struct.pack("<2sHHHQ", b"II", 43, 8, 0, 0))
        places = []
        for tile in _encoded_tiles():
            places.append((file.tell(), len(tile)))
            file.write(tile)
        factors = [f for f in LEVEL_FACTORS if f == 1 or side_px / f >= LEAST_LEVEL_PX]
        where_next = 8
        for number, factor in enumerate(factors):
            entries = _level_entries(file, math.ceil(side_px / factor), factor, places)
            where_next = _write_directory(file, entries, description, where_next)
            if description and number == 0:
                where_next = _write_directory(file, _thumbnail_entries(places[0]), description, where_next)


Entry = tuple[int, int, int, int]


def _level_entries(file, side: int, factor: int, places: list[tuple[int, int]]) -> list[Entry]:
    chosen = _pattern(math.ceil(side / TILE))
    offsets = _put(file, np.array([places[n][0] for n in chosen], "<u8"))
    counts = _put(file, np.array([places[n][1] for n in chosen], "<u8"))
    return [
        *_picture_entries(side, factor),
        (322, _LONG, 1, TILE),
        (323, _LONG, 1, TILE),
        (324, _LONG8, len(chosen), offsets if len(chosen) > 1 else places[chosen[0]][0]),
        (325, _LONG8, len(chosen), counts if len(chosen) > 1 else places[chosen[0]][1]),
    ]


def _thumbnail_entries(place: tuple[int, int]) -> list[Entry]:
    """The small picture in one strip that follows the first level of an Aperio slide; here it is glass."""
    return [*_picture_entries(TILE, 1), (273, _LONG8, 1, place[0]), (278, _LONG, 1, TILE), (279, _LONG8, 1, place[1])]


def _picture_entries(side: int, factor: int) -> list[Entry]:
    bits = struct.unpack("<Q", struct.pack("<HHHH", 8, 8, 8, 0))[0]
    per_cm = struct.unpack("<Q", struct.pack("<II", round(10_000 / (UM_PER_PX * factor)), 1))[0]
    return [
        (254, _LONG, 1, 0 if factor == 1 else 1),
        (256, _LONG, 1, side),
        (257, _LONG, 1, side),
        (258, _SHORT, 3, bits),
        (259, _SHORT, 1, 7),
        (262, _SHORT, 1, 6),
        (277, _SHORT, 1, 3),
        (282, _RATIONAL, 1, per_cm),
        (283, _RATIONAL, 1, per_cm),
        (284, _SHORT, 1, 1),
        (296, _SHORT, 1, 3),
        (530, _SHORT, 2, struct.unpack("<Q", struct.pack("<HHHH", 2, 2, 0, 0))[0]),
    ]


def _write_directory(file, entries: list[Entry], description: str, link_at: int) -> int:
    """One image directory; returns where the next one's place is to be written."""
    if description:
        text = description.encode("ascii") + b"\0"
        full_size = (254, _LONG, 1, 0)  # Aperio's levels do not say that they are reduced
        entries = [full_size, *entries[1:], (270, _ASCII, len(text), _put(file, np.frombuffer(text, np.uint8)))]
    start = file.tell()
    file.write(struct.pack("<Q", len(entries)))
    for tag, kind, count, value in sorted(entries):
        file.write(struct.pack("<HHQQ", tag, kind, count, value))
    next_link = file.tell()
    file.write(struct.pack("<Q", 0))
    file.seek(link_at)
    file.write(struct.pack("<Q", start))
    file.seek(0, 2)
    return next_link


def _put(file, table: NDArray[np.unsignedinteger]) -> int:
    start = file.tell()
    file.write(table.tobytes())
    return start


def tissue_tiles(across: int) -> NDArray[np.bool_]:
    """Which tiles of a level so many tiles wide are tissue: three tenths in islands (rows, columns)."""
    rows, cols = np.mgrid[0:across, 0:across] / across
    islands = np.sin(rows * 9) * np.cos(cols * 11) + 0.6 * np.sin(cols * 23 + rows * 17)
    return islands > np.quantile(islands, 0.7)


def _pattern(across: int) -> list[int]:
    """Which encoded tile lies where; tile 0 is glass."""
    tissue = tissue_tiles(across)
    numbers = 1 + (np.arange(across)[:, None] % TEXTURE_TILES) * TEXTURE_TILES + np.arange(across) % TEXTURE_TILES
    return np.where(tissue, numbers, 0).ravel().tolist()


def _encoded_tiles() -> list[bytes]:
    """Glass, then 16 × 16 tiles of one seamless picture, JPEG quality 80 with chroma halved."""
    glass = np.full((TILE, TILE, 3), GLASS, np.uint8)
    picture = _texture()
    cut = [picture[r : r + TILE, c : c + TILE] for r in _steps() for c in _steps()]
    return [imagecodecs.jpeg8_encode(tile, level=80, subsampling="420") for tile in (glass, *cut)]


def _steps() -> range:
    return range(0, TILE * TEXTURE_TILES, TILE)


def _texture() -> NDArray[np.uint8]:
    """Nuclei-like blobs on a pink ground with grain: about as hard to encode as stained tissue."""
    rng = np.random.default_rng(20261123)
    side = TILE * TEXTURE_TILES
    nuclei = gaussian(rng.random((side, side), np.float32), 4, mode="wrap")
    fibres = gaussian(rng.random((side, side), np.float32), (1.5, 12), mode="wrap")
    dark = np.clip((nuclei - np.quantile(nuclei, 0.8)) / nuclei.std(), 0, 1)[..., None]
    pale = ((fibres - fibres.mean()) / fibres.std())[..., None]
    ground = np.array((222, 160, 198)) + pale * np.array((10, 18, 12))
    grain = rng.normal(0, 5, (side, side, 1))
    return np.clip(ground * (1 - dark) + np.array((88, 58, 140)) * dark + grain, 0, 255).astype(np.uint8)
