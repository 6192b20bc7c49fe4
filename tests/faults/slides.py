"""Made-up slides, whole and broken, for the fault catalogue; every one is small and synthetic."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

EDGE_PX = 1024
TILE_PX = 256
OPTIONS: dict[str, dict[str, Any]] = {
    "jpeg": {"compression": "jpeg", "compressionargs": {"level": 95}},
    "deflate": {"compression": "deflate"},
    "lzw": {"compression": "lzw"},
}


def texture(edge_px: int = EDGE_PX, seed: int = 7) -> NDArray[np.uint8]:
    """Synthetic pixels that no compression makes small: a tile's stored bytes are many pages long."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(90, 220, (edge_px // 16, edge_px // 16, 3)).repeat(16, 0).repeat(16, 1)
    return np.clip(coarse + rng.integers(-35, 36, coarse.shape), 0, 255).astype(np.uint8)


def a_pyramid(path: Path, compression: str = "jpeg", *, edge_px: int = EDGE_PX, seed: int = 7, **more: Any) -> Path:
    """A tiled RGB TIFF of two levels at 0.5 µm per pixel; its reduced level comes first in the file's bytes."""
    pixels = texture(edge_px, seed)
    options: dict[str, Any] = {"photometric": "rgb", "tile": (TILE_PX, TILE_PX), "metadata": None}
    options |= {"resolution": (20_000, 20_000), "resolutionunit": "CENTIMETER", **OPTIONS[compression], **more}
    with tifffile.TiffWriter(path) as file:
        file.write(pixels, **options)
        file.write(pixels[::4, ::4], subfiletype=1, **options)
    return path


def a_small_slide(path: Path, **more: Any) -> Path:
    """A quickly made slide of four tiles."""
    return a_pyramid(path, "deflate", edge_px=512, **more)


def tiles_of(path: Path) -> list[tuple[int, int]]:
    """Offset and length of every stored tile of level 0."""
    with tifffile.TiffFile(path) as file:
        page: Any = file.pages.first
        return list(zip(page.dataoffsets, page.databytecounts, strict=True))


def zero(path: Path, offset: int, length: int) -> None:
    """Overwrite some bytes with zeros, as a failed copy does."""
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(bytes(length))


def move_tile_to_end(path: Path, index: int) -> int:
    """Let the bytes of a tile of level 0 be the last ones of the file; returns how many they are."""
    offset, count = tiles_of(path)[index]
    with tifffile.TiffFile(path) as file:
        entry = file.pages.first.tags["TileOffsets"].valueoffset + 4 * index  # type: ignore[union-attr]
    data = path.read_bytes()
    moved = data[:entry] + struct.pack("<I", len(data)) + data[entry + 4 :] + data[offset : offset + count]
    path.write_bytes(moved)
    return count


def cut(path: Path, share: float) -> Path:
    """Keep only the first part of a file."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def a_claim(path: Path, tags: dict[int, int], *, next_offset: int = 0) -> Path:
    """A little-endian TIFF of one directory with these LONG values and hardly any pixels."""
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags.items()))
    directory = struct.pack("<H", len(tags)) + entries + struct.pack("<I", next_offset)
    path.write_bytes(b"II*\0" + struct.pack("<I", 8) + directory + bytes(600))
    return path


def rgb_tags(width: int, length: int, **more: int) -> dict[int, int]:
    """Tags of an 8-bit RGB picture."""
    named = {"tile_width": 322, "tile_length": 323, "rows_per_strip": 278, "compression": 259}
    tags = {256: width, 257: length, 258: 8, 259: 1, 262: 2, 277: 3}
    return {**tags, **{named[name]: value for name, value in more.items()}}


def a_chain(path: Path, count: int) -> Path:
    """A TIFF of so many directories, each of which is in order."""
    one = struct.pack("<HHHIIHHII", 2, 256, 4, 1, 16, 257, 4, 1, 16)
    size = len(one) + 4
    chain = b"".join(one + struct.pack("<I", 8 + (index + 1) * size) for index in range(count))
    path.write_bytes(b"II*\0" + struct.pack("<I", 8) + chain + bytes(600))
    return path


def a_bomb(path: Path, edge_px: int = 40_000) -> Path:
    """A tiled deflate TIFF of so many zeros that share one stored tile of half a kilobyte."""
    tile_px = 512
    stored = zlib.compress(bytes(tile_px * tile_px * 3), 9)
    count = (-(-edge_px // tile_px)) ** 2
    tables = b"II*\0" + struct.pack("<I", 8 + 8 * count + 6 + len(stored))
    start = 8 + 8 * count + 6
    tables += struct.pack(f"<{count}I", *[start] * count) + struct.pack(f"<{count}I", *[len(stored)] * count)
    entries = [(256, 4, 1, edge_px), (257, 4, 1, edge_px), (258, 3, 3, 8 + 8 * count), (259, 3, 1, 8), (262, 3, 1, 2)]
    entries += [(277, 3, 1, 3), (284, 3, 1, 1), (322, 4, 1, tile_px), (323, 4, 1, tile_px)]
    entries += [(324, 4, count, 8), (325, 4, count, 8 + 4 * count)]
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    path.write_bytes(tables + struct.pack("<3H", 8, 8, 8) + stored + directory + bytes(4))
    return path


def an_aperio_slide(path: Path, seed: int = 7, mpp: str = "0.4990", title: str = "") -> Path:
    """A made-up slide that OpenSlide takes for Aperio's: a level, a thumbnail, a label and a macro image."""
    head = "Aperio Image Library v11.2.1 SYNTHETIC\r\n512x512 [0,0 512x512] (256x256)"
    small = texture(256, seed)
    strips: dict[str, Any] = {"photometric": "rgb", "rowsperstrip": 64, "metadata": None}
    with tifffile.TiffWriter(path) as file:
        slide: dict[str, Any] = {
            "photometric": "rgb",
            "tile": (TILE_PX, TILE_PX),
            "metadata": None,
            **OPTIONS["jpeg"],
        }
        told = f"{head}|AppMag = 20" + (f"|MPP = {mpp}" if mpp else "") + (f"|Title = {title}" if title else "")
        file.write(texture(512, seed), description=told, **slide)
        file.write(small, description=head, **strips, **OPTIONS["jpeg"])
        for name, kind, compression in (("label", 1, "lzw"), ("macro", 9, "jpeg")):
            words = f"Aperio Image Library v11.2.1\r\n{name} 256x256"
            file.write(small, description=words, subfiletype=kind, **strips, **OPTIONS[compression])
    return path


def zero_page(path: Path, index: int) -> None:
    """Overwrite all pixels of one picture of a TIFF."""
    with tifffile.TiffFile(path) as file:
        page: Any = file.pages[index]
        places = list(zip(page.dataoffsets, page.databytecounts, strict=True))
    for offset, count in places:
        zero(path, offset, count)
