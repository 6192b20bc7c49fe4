"""A large picture becomes a tiled, pyramidal OME-TIFF, tile by tile: memory stays the same however large it is."""

from __future__ import annotations

import contextlib
import tempfile
import uuid
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import tifffile
from numpy.typing import NDArray

from lnm_desktop.errors import FormatError
from lnm_desktop.imaging.area import area_mean
from lnm_desktop.imaging.picture_tiles import Box

Pixels = NDArray[np.uint8]
TILE_PX = 256
HALF_PX = TILE_PX // 2
COARSEST_PX = 1024
JPEG_QUALITY = 90
CLASSIC_BYTES = 2 * 1024**3
SOFTWARE = "LNM Desktop. Research use only, not for diagnostic use."


@dataclass(frozen=True, slots=True)
class OmeTiff:
    """What stands in the file: shape (height, width[, 3]), pixel size in µm, the source's name; JPEG or deflate.

    Of `labels` each coarser level has every second one: their mean would be another label.
    """

    shape: tuple[int, ...]
    pixel_um: tuple[float, float] | None = None
    label: str = ""
    lossless: bool = False
    labels: bool = False

    @property
    def levels(self) -> list[tuple[int, ...]]:
        """Shapes from the finest to the coarsest, each half as wide and high as the last."""
        shapes = [self.shape]
        while max(shapes[-1][:2]) > COARSEST_PX:
            height, width = (max(1, side // 2) for side in shapes[-1][:2])
            shapes.append((height, width, *self.shape[2:]))
        return shapes


def tile_boxes(shape: tuple[int, ...]) -> list[Box]:
    """The tiles of the finest level, row by row; the last ones are cut off at the picture's edge."""
    height, width = shape[:2]
    return [
        Box(left, top, min(TILE_PX, width - left), min(TILE_PX, height - top))
        for top in range(0, height, TILE_PX)
        for left in range(0, width, TILE_PX)
    ]


def write_ome_tiff(file: BinaryIO, form: OmeTiff, tiles: Iterable[Pixels], spool_folder: Path) -> None:
    """Write the tiles of `tile_boxes(form.shape)` and the coarser levels made of them.

    What the coarser levels are made of waits in an unnamed file in `spool_folder`, compressed. Raises what `tiles`
    raises, OSError.
    """
    levels = form.levels
    big = int(np.prod(form.shape)) > CLASSIC_BYTES
    with tifffile.TiffWriter(file, bigtiff=big, ome=True) as writer, contextlib.ExitStack() as spools:
        source: Iterable[Pixels] = map(_whole_tile, tiles)
        for index, shape in enumerate(levels):
            coarser = levels[index + 1] if index + 1 < len(levels) else None
            if coarser is None:
                writer.write(iter(source), **_layout(form, index, shape))
                continue
            kept = spools.enter_context(tempfile.TemporaryFile(dir=spool_folder))
            spool = _Spool(kept, shape, coarser, form.labels)
            writer.write(spool.halves_of(source), **_layout(form, index, shape))
            source = spool.tiles()


def check_ome_tiff(file: BinaryIO, name: str, form: OmeTiff) -> None:
    """Read back what was written: sizes of all levels, first and last tile of each. Raises FormatError."""
    file.seek(0)
    try:
        with tifffile.TiffFile(file) as written:
            levels = written.series[0].levels
            found = [level.shape for level in levels]
            for level in levels:
                _decode_ends(level.keyframe, written.filehandle)
    except (OSError, ValueError, IndexError, RuntimeError, tifffile.TiffFileError) as error:
        raise FormatError(f"{name} cannot be read back", hint="Check the disk, and export again.") from error
    if found != form.levels:
        raise FormatError(f"{name} reads back with other sizes", hint="Check the disk, and export again.")


def _decode_ends(page: Any, file: tifffile.FileHandle) -> None:
    for index in {0, len(page.dataoffsets) - 1}:
        file.seek(page.dataoffsets[index])
        data = file.read(page.databytecounts[index])
        if page.decode(data, index, jpegtables=page.jpegtables)[0] is None:
            raise ValueError("an empty tile")


class _Spool:
    """The tiles of a level, each halved, kept until the next coarser level is made of them."""

    def __init__(self, file: BinaryIO, finer: tuple[int, ...], coarser: tuple[int, ...], labels: bool) -> None:
        self._file = file
        self._labels = labels
        self._columns = -(-finer[1] // TILE_PX)
        self._shape = coarser
        self._places: dict[tuple[int, int], tuple[int, int]] = {}

    def halves_of(self, tiles: Iterable[Pixels]) -> Iterator[Pixels]:
        """Gives each tile on, and keeps its half."""
        for number, tile in enumerate(tiles):
            data = zlib.compress((tile[::2, ::2] if self._labels else area_mean(tile, 2)).tobytes(), 1)
            self._places[divmod(number, self._columns)] = (self._file.tell(), len(data))
            self._file.write(data)
            yield tile

    def tiles(self) -> Iterator[Pixels]:
        """The coarser level's tiles, each of up to four halves."""
        for box in tile_boxes(self._shape):
            row, column = 2 * box.top // TILE_PX, 2 * box.left // TILE_PX
            tile = np.zeros((TILE_PX, TILE_PX, *self._shape[2:]), np.uint8)
            for dy, dx in ((0, 0), (0, 1), (1, 0), (1, 1)):
                if (row + dy, column + dx) in self._places:
                    there = slice(dy * HALF_PX, (dy + 1) * HALF_PX), slice(dx * HALF_PX, (dx + 1) * HALF_PX)
                    tile[there] = self._half(row + dy, column + dx)
            yield _whole_tile(tile[: box.height, : box.width])

    def _half(self, row: int, column: int) -> Pixels:
        place, length = self._places[row, column]
        self._file.seek(place)
        flat = np.frombuffer(zlib.decompress(self._file.read(length)), np.uint8)
        return flat.reshape(HALF_PX, HALF_PX, *self._shape[2:])


def _whole_tile(tile: Pixels) -> Pixels:
    """A tile at the picture's edge is filled up with the edge, so that nothing rings in JPEG."""
    missing = [(0, TILE_PX - side) for side in tile.shape[:2]]
    if missing == [(0, 0), (0, 0)]:
        return tile
    return np.pad(tile, [*missing, *[(0, 0)] * (tile.ndim - 2)], mode="edge")


def _layout(form: OmeTiff, index: int, shape: tuple[int, ...]) -> dict[str, Any]:
    """What tifffile is told of one level."""
    color = len(shape) == 3
    packed = ("adobe_deflate", {"level": 6}) if form.lossless else ("jpeg", {"level": JPEG_QUALITY})
    layout: dict[str, Any] = {
        "shape": shape,
        "dtype": np.uint8,
        "tile": (TILE_PX, TILE_PX),
        "photometric": "rgb" if color else "minisblack",
        "compression": packed[0],
        "compressionargs": packed[1],
        "predictor": form.lossless,
        "maxworkers": 1,
    }
    if form.pixel_um is not None:
        across = [
            10_000 / (side * form.shape[axis] / shape[axis]) for side, axis in zip(form.pixel_um, (1, 0), strict=True)
        ]
        layout |= {"resolution": tuple(across), "resolutionunit": "CENTIMETER"}
    if index:
        return {**layout, "subfiletype": 1, "metadata": None}
    return {**layout, "subifds": len(form.levels) - 1, "software": SOFTWARE, "metadata": _metadata(form, color)}


def _metadata(form: OmeTiff, color: bool) -> dict[str, Any]:
    # The library's own identifier would tell this machine's network address.
    found: dict[str, Any] = {"UUID": str(uuid.uuid4()), "axes": "YXS" if color else "YX", "Description": SOFTWARE}
    if form.label:
        found["Name"] = form.label
    if form.pixel_um is not None:
        found |= {"PhysicalSizeX": form.pixel_um[0], "PhysicalSizeXUnit": "µm"}
        found |= {"PhysicalSizeY": form.pixel_um[1], "PhysicalSizeYUnit": "µm"}
    return found
