"""TIFF files that OpenSlide does not know or knows in part only: levels, slices and channels, tile by tile."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from lnm_desktop.domain.geometry import Size
from lnm_desktop.domain.image import Calibration, Channel, ImageInfo, ImageKind, Level, Photometric, RegionRequest
from lnm_desktop.errors import ImageDamaged, ImageError
from lnm_desktop.imaging.calibration import MAXIMUM_PRINT_MPP, read_calibration
from lnm_desktop.imaging.color_profile import for_screen, profile_of
from lnm_desktop.imaging.damage import has_gap
from lnm_desktop.imaging.fluorescence import named_channels, shown_range
from lnm_desktop.imaging.placement import Block, place
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.imaging.readers.ome import OmeImage, has_dtd, read_ome
from lnm_desktop.imaging.readers.recent import RecentTiles
from lnm_desktop.imaging.readers.tiff_pixels import WHITE, Colors, brightest, colors_of
from lnm_desktop.imaging.readers.tiff_stack import Stored, TiffStack
from lnm_desktop.imaging.tiff_check import check_tiff
from lnm_desktop.imaging.windowing import robust_window

CACHED_BYTES = 64 * 1024**2
SAMPLE_EDGE_PX = 1024
SMALLEST_SAMPLE_PX = 256
SAMPLE_STEP_PX = 256
# Ranges are found at opening, one decoded picture each; the display takes the type's range for the rest.
MOST_RANGES = 64
_UM_PER_UNIT = {2: 25_400.0, 3: 10_000.0}
_MINISWHITE = 0
_DECODING = (OSError, ValueError, TypeError, RuntimeError, IndexError, KeyError, NotImplementedError)
_OPENING = (tifffile.TiffFileError, *_DECODING, AttributeError)
Tile = tuple[NDArray[Any], int, int, int]


class TiffReader(ImageReader):
    """The first series of a TIFF. Files are read in turn, tiles are decoded at once."""

    thread_safe = True

    def __init__(self, path: Path) -> None:
        """Raises ImageDamaged, ImageUnsupported."""
        self._path = path
        check_tiff(path, path.stat().st_size, spared_tiles=0)
        # Its warnings name paths; what matters is raised or told in `info.warnings`.
        logging.getLogger("tifffile").setLevel(logging.CRITICAL)
        self._tiles = RecentTiles[Tile](CACHED_BYTES)
        self._lock = threading.Lock()
        self._closed = False
        self._file = self._open()
        try:
            self._stack, self._ome = self._content()
            self._first = self._stack.keyframes[0]
            self._colors = colors_of(path, self._first, is_split=bool(self._stack.samples))
            self._colors = self._ranged(self._colors)
            self._profile, doubts = profile_of(self._first.iccprofile if self._colors.kind == "rgb" else None)
            self._info = self._describe(doubts)
        except BaseException:
            self._file.close()
            raise

    @property
    def info(self) -> ImageInfo:
        """What the tags and OME-XML tell."""
        return self._info

    def read_region(self, request: RegionRequest) -> NDArray[np.generic]:
        """See `ImageReader.read_region`."""
        if self._closed:
            raise ImageError(f"{self._path.name} is closed", hint="Open the image again.")
        self._check_place(request.plane, request.channel)

        def read_block(level: int, x: int, y: int, width: int, height: int) -> Block:
            return self._read_block((level, request.plane, request.channel), x, y, width, height)

        grey = self._info.photometric is Photometric.GREY
        return for_screen(place(request, self._info, read_block, 0 if grey else WHITE), request, self._profile)

    def read_associated(self, name: str) -> NDArray[np.uint8]:
        """None are offered: raises ImageError."""
        raise ImageError(f"{self._path.name} has no {name!r} image", hint="A plain TIFF has no associated images.")

    def close(self) -> None:
        """Release the file."""
        self._closed = True
        self._file.close()

    def _open(self) -> tifffile.TiffFile:
        """Files that OME-XML names beside this one are not opened."""
        try:
            return tifffile.TiffFile(self._path, _multifile=False)
        except _OPENING as error:
            raise self._damaged(error) from error

    def _content(self) -> tuple[TiffStack, OmeImage]:
        """The pictures and what OME-XML tells of them; tifffile reads that text as well, and with more trust."""
        try:
            if has_dtd(self._file.pages.first.description):
                raise ValueError("its OME-XML declares entities")
            return TiffStack(self._file), read_ome(self._file.ome_metadata if self._file.is_ome else None)
        except _OPENING as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> ImageDamaged:
        return ImageDamaged(
            f"{self._path.name} cannot be decoded: {_reason(error)}", hint="Copy the file again from its source."
        )

    def _check_place(self, plane: int, channel: int) -> None:
        for what, asked, count in (("plane", plane, self._stack.planes), ("channel", channel, self._stack.channels)):
            if not 0 <= asked < max(1, count):
                raise ImageError(
                    f"{self._path.name} has no {what} {asked}", hint=f"Choose one of 0 to {max(1, count) - 1}."
                )

    def _describe(self, doubts: tuple[str, ...]) -> ImageInfo:
        sample = self._pixels(self._sample(0), 0)
        size = Size(self._first.imagewidth, self._first.imagelength)
        calibration, warnings = self._calibration()
        grey, channels = sample.ndim == 2, self._channels()
        return ImageInfo(
            kind=ImageKind.SLIDE,
            format="ome-tiff" if self._file.is_ome else "tiff",
            size=size,
            levels=tuple(_level(size, page) for page in self._stack.keyframes),
            calibration=calibration,
            photometric=Photometric.GREY if grey else Photometric.RGB,
            dtype=sample.dtype.name,
            planes=self._stack.planes,
            window=robust_window(sample) if grey and not channels and sample.dtype != np.uint8 else None,
            inverted=grey and not channels and self._first.photometric == _MINISWHITE,
            channels=channels,
            icc=self._profile.description if self._profile is not None else "",
            warnings=warnings + doubts + _content_warnings(self._stack, self._first),
        )

    def _channels(self) -> tuple[Channel, ...]:
        count = self._stack.channels
        windows = [shown_range(self._pixels(self._sample(n), n)) if n < MOST_RANGES else None for n in range(count)]
        return named_channels(self._ome.names, self._ome.colors, windows)

    def _ranged(self, colors: Colors) -> Colors:
        """Colours of more than 8 bits, with the value that is brightest."""
        if colors.kind != "rgb" or self._first.dtype == np.uint8:
            return colors
        bits = self._ome.significant_bits or self._first.bitspersample
        return replace(colors, top=brightest(self._first.dtype, bits, float(self._sample(0)[..., :3].max())))

    def _sample(self, channel: int) -> NDArray[Any]:
        """Samples (n, 1, samples) from the middle plane at a coarse level, to learn type and range of the values.

        Damaged tiles are passed over as long as others are whole.
        """
        pages = self._stack.keyframes
        fit = [n for n, page in enumerate(pages) if max(page.imagewidth, page.imagelength) >= SMALLEST_SAMPLE_PX]
        level = max(fit, default=0)
        page = pages[level]
        width, height = min(SAMPLE_EDGE_PX, page.imagewidth), min(SAMPLE_EDGE_PX, page.imagelength)
        x, y = (page.imagewidth - width) // 2, (page.imagelength - height) // 2
        where = (level, self._stack.planes // 2, channel)
        parts, errors = [], []
        for top, left in product(range(y, y + height, SAMPLE_STEP_PX), range(x, x + width, SAMPLE_STEP_PX)):
            bottom, right = min(top + SAMPLE_STEP_PX, y + height), min(left + SAMPLE_STEP_PX, x + width)
            try:
                parts.append(self._read_raw(where, left, top, right - left, bottom - top))
            except ImageDamaged as error:
                errors.append(error)
        if not parts:
            raise errors[0]
        return np.concatenate([part.reshape(-1, 1, part.shape[2]) for part in parts])

    def _pixels(self, raw: NDArray[Any], channel: int) -> NDArray[np.generic]:
        return self._colors.pixels(raw, self._stack.sample_of(channel))

    def _calibration(self) -> tuple[Calibration, tuple[str, ...]]:
        if self._ome.mpp_x is not None:
            return read_calibration(self._ome.mpp_x, self._ome.mpp_y)
        unit = _UM_PER_UNIT.get(int(self._first.resolutionunit))
        if unit is None or not all(self._first.resolution):
            return read_calibration(None, None)
        x, y = self._first.resolution
        return read_calibration(unit / x, unit / y, maximum_mpp=MAXIMUM_PRINT_MPP)

    def _read_block(self, where: tuple[int, int, int], x: int, y: int, width: int, height: int) -> Block:
        raw = self._read_raw(where, x, y, width, height)
        return Block(self._pixels(raw, where[2]), x, y)

    def _read_raw(self, where: tuple[int, int, int], x: int, y: int, width: int, height: int) -> NDArray[Any]:
        """Samples of a rectangle at a level of a plane of a channel: (height, width, samples)."""
        keyframe = self._stack.keyframes[where[0]]
        raw = np.full((height, width, keyframe.samplesperpixel), self._colors.blank, keyframe.dtype)
        try:
            with self._lock:
                stored = self._stack.stored(*where)
            if stored is not None:
                for index in _tiles_over(keyframe, x, y, width, height):
                    _paste(raw, self._tile(where[0], stored, keyframe, index), x, y)
        except _DECODING as error:
            raise self._damaged(error) from error
        return raw

    def _tile(self, level: int, stored: Stored, keyframe: Any, index: int) -> Tile:
        """A decoded tile (rows, columns, samples), its first sample, row and column."""
        offset = stored.page.dataoffsets[index] + stored.shift_bytes
        key = (level, offset, index)
        found = self._tiles.get(key)
        if found is not None:
            return found
        data = self._bytes(offset, stored.page.databytecounts[index])
        decoded, (sample, _, row, column, _), shape = keyframe.decode(
            data or None, index, jpegtables=stored.page.jpegtables
        )
        rows, columns = shape[1], shape[2]
        if has_gap(data, int(keyframe.compression), rows, columns):
            raise ValueError(f"the part at x {column}, y {row} has a gap of zeros in its stored bytes")
        if decoded is None:
            # A sparse tile: nothing was scanned there.
            decoded = np.full((1, rows, columns, shape[3]), self._colors.blank, keyframe.dtype)
        pixels = np.asarray(decoded)[0][:rows, :columns]
        self._tiles.put(key, (pixels, sample, row, column), pixels.nbytes)
        return pixels, sample, row, column

    def _bytes(self, offset: int, count: int) -> bytes:
        with self._lock:
            self._file.filehandle.seek(offset)
            return self._file.filehandle.read(count)


def _reason(error: Exception) -> str:
    """The system's own words carry the whole path."""
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


def _level(size: Size, page: Any) -> Level:
    width, height = page.imagewidth, page.imagelength
    tile = Size(page.tilewidth or width, page.tilelength or min(page.rowsperstrip or height, height))
    return Level(Size(width, height), size.width / width, size.height / height, tile)


def _tiles_over(page: Any, x: int, y: int, width: int, height: int) -> list[int]:
    """Indices of the tiles or strips that touch a rectangle, for every sample plane."""
    tile_width = page.tilewidth or page.imagewidth
    tile_height = page.tilelength or page.rowsperstrip or page.imagelength
    across, down = -(-page.imagewidth // tile_width), -(-page.imagelength // tile_height)
    planes = page.samplesperpixel if int(page.planarconfig) == 2 else 1
    columns = range(x // tile_width, min(across, -(-(x + width) // tile_width)))
    rows = range(y // tile_height, min(down, -(-(y + height) // tile_height)))
    return [(plane * down + row) * across + column for plane in range(planes) for row in rows for column in columns]


def _paste(raw: NDArray[Any], placed: Tile, x: int, y: int) -> None:
    """Copy the part of a tile that lies over the block at (x, y)."""
    tile, sample, tile_y, tile_x = placed
    top, left = max(tile_y, y), max(tile_x, x)
    bottom = min(tile_y + tile.shape[0], y + raw.shape[0])
    right = min(tile_x + tile.shape[1], x + raw.shape[1])
    part = tile[top - tile_y : bottom - tile_y, left - tile_x : right - tile_x]
    raw[top - y : bottom - y, left - x : right - x, sample : sample + tile.shape[2]] = part


def _content_warnings(stack: TiffStack, first: Any) -> tuple[str, ...]:
    """What is shown otherwise than stored, and what is not known for sure."""
    found = []
    if stack.missing > 0 and stack.planes * max(1, stack.channels) == 1:
        found.append("Only the first of its pictures is shown: the others are not in this file.")
    if stack.is_guess:
        shown = "channels" if stack.channels else "slices"
        found.append(f"The file does not tell what its pictures are; they are shown as {shown}.")
    if first.dtype is not None and not stack.samples and int(first.photometric) not in (0, 1):
        found += [f"Colours of type {first.dtype} are shown with 8 bits."] if first.dtype != np.uint8 else []
    return tuple(found)
