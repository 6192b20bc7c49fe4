"""TIFF files that OpenSlide does not know: the first picture and its reduced levels, decoded tile by tile."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from defusedxml import ElementTree
from numpy.typing import NDArray

from lnm_desktop.domain.geometry import Size
from lnm_desktop.domain.image import Calibration, ImageInfo, ImageKind, Level, Photometric, RegionRequest, Window
from lnm_desktop.errors import ImageDamaged, ImageError, ImageUnsupported
from lnm_desktop.imaging.calibration import MAXIMUM_PRINT_MPP, read_calibration
from lnm_desktop.imaging.color_profile import for_screen, profile_of
from lnm_desktop.imaging.placement import Block, place
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.imaging.tiff_check import check_tiff
from lnm_desktop.imaging.windowing import robust_window

WHITE = 255
CACHED_BYTES = 64 * 1024**2
SAMPLE_EDGE_PX = 1024
_UM_PER_UNIT = {2: 25_400.0, 3: 10_000.0}
_RGB, _GREY, _PALETTE = (2, 6), (0, 1), 3
_MINISWHITE = 0
# Types that a display can window without loss; others are widened to float32.
_KEPT_DTYPES = frozenset({"uint8", "int8", "uint16", "int16", "float32"})


class TiffReader(ImageReader):
    """The first RGB or grey picture of a TIFF. Not thread safe: one file position is shared."""

    def __init__(self, path: Path) -> None:
        """Raises ImageDamaged, ImageUnsupported."""
        self._path = path
        check_tiff(path, path.stat().st_size, spared_tiles=0)
        # Its warnings name paths; what matters is raised or told in `info.warnings`.
        logging.getLogger("tifffile").setLevel(logging.CRITICAL)
        self._file = self._open()
        self._pages = _level_pages(self._file)
        self._tiles = _TileCache(CACHED_BYTES)
        self._lock = threading.Lock()
        self._closed = False
        self._color = _color_kind(path, self._pages[0])
        stored = self._pages[0].iccprofile if self._color == "rgb" else None
        self._profile, doubts = profile_of(stored)
        self._info = self._describe(doubts)

    @property
    def info(self) -> ImageInfo:
        """What the first page's tags tell."""
        return self._info

    def read_region(self, request: RegionRequest) -> NDArray[np.generic]:
        """See `ImageReader.read_region`."""
        if self._closed:
            raise ImageError(f"{self._path.name} is closed", hint="Open the image again.")
        grey = self._info.photometric is Photometric.GREY
        pixels = place(request, self._info, self._read_block, 0 if grey else WHITE)
        return for_screen(pixels, request, self._profile)

    def read_associated(self, name: str) -> NDArray[np.uint8]:
        """None are offered: raises ImageError."""
        raise ImageError(f"{self._path.name} has no {name!r} image", hint="A plain TIFF has no associated images.")

    def close(self) -> None:
        """Release the file."""
        self._closed = True
        self._file.close()

    def _open(self) -> tifffile.TiffFile:
        try:
            return tifffile.TiffFile(self._path)
        except (tifffile.TiffFileError, OSError, ValueError, KeyError, TypeError, IndexError) as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> ImageDamaged:
        # The system's own words carry the whole path.
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        return ImageDamaged(
            f"{self._path.name} cannot be decoded: {reason}", hint="Copy the file again from its source."
        )

    def _describe(self, doubts: tuple[str, ...]) -> ImageInfo:
        first = self._pages[0]
        size = Size(first.imagewidth, first.imagelength)
        calibration, warnings = self._calibration()
        sample = self._sample(size)
        grey = sample.ndim == 2
        return ImageInfo(
            kind=ImageKind.SLIDE,
            format="ome-tiff" if self._file.is_ome else "tiff",
            size=size,
            levels=tuple(_level(size, page) for page in self._pages),
            calibration=calibration,
            photometric=Photometric.GREY if grey else Photometric.RGB,
            dtype=sample.dtype.name,
            window=_window(sample),
            inverted=grey and first.photometric == _MINISWHITE,
            icc=self._profile.description if self._profile is not None else "",
            warnings=warnings + doubts + _content_warnings(self._file, first),
        )

    def _sample(self, size: Size) -> NDArray[np.generic]:
        """The middle of the picture, to learn the type and the range of its values."""
        width, height = min(SAMPLE_EDGE_PX, int(size.width)), min(SAMPLE_EDGE_PX, int(size.height))
        x, y = (int(size.width) - width) // 2, (int(size.height) - height) // 2
        return self._read_block(0, x, y, width, height).pixels

    def _calibration(self) -> tuple[Calibration, tuple[str, ...]]:
        if self._file.is_ome and self._file.ome_metadata:
            stated = _ome_pixel_size(self._file.ome_metadata)
            if stated is not None:
                return read_calibration(*stated)
        page = self._pages[0]
        unit = _UM_PER_UNIT.get(int(page.resolutionunit))
        if unit is None or not all(page.resolution):
            return read_calibration(None, None)
        x, y = page.resolution
        return read_calibration(unit / x, unit / y, maximum_mpp=MAXIMUM_PRINT_MPP)

    def _read_block(self, level: int, x: int, y: int, width: int, height: int) -> Block:
        page = self._pages[level]
        samples = page.samplesperpixel
        raw = np.zeros((height, width, samples), page.dtype)
        try:
            with self._lock:
                for index in _tiles_over(page, x, y, width, height):
                    self._paste(raw, level, index, x, y)
        except (OSError, ValueError, TypeError, RuntimeError, IndexError, KeyError, NotImplementedError) as error:
            raise self._damaged(error) from error
        return Block(_to_pixels(raw, self._color, page), x, y)

    def _paste(self, raw: NDArray[Any], level: int, index: int, x: int, y: int) -> None:
        """Copy the part of one tile that lies over the block at (x, y)."""
        tile, (sample, tile_y, tile_x) = self._tile(level, index)
        top, left = max(tile_y, y), max(tile_x, x)
        bottom = min(tile_y + tile.shape[0], y + raw.shape[0])
        right = min(tile_x + tile.shape[1], x + raw.shape[1])
        part = tile[top - tile_y : bottom - tile_y, left - tile_x : right - tile_x]
        raw[top - y : bottom - y, left - x : right - x, sample : sample + tile.shape[2]] = part

    def _tile(self, level: int, index: int) -> tuple[NDArray[Any], tuple[int, int, int]]:
        """A decoded tile (rows, columns, samples) and its first sample, row and column."""
        found = self._tiles.get((level, index))
        if found is not None:
            return found
        page = self._pages[level]
        handle = self._file.filehandle
        handle.seek(page.dataoffsets[index])
        data = handle.read(page.databytecounts[index])
        decoded, place_, shape = page.decode(data or None, index, jpegtables=page.jpegtables)
        rows, columns = shape[1], shape[2]
        if decoded is None:
            # A sparse tile: nothing was scanned there.
            fill = np.iinfo(page.dtype).max if self._color == "rgb" and page.dtype.kind in "ui" else 0
            decoded = np.full((1, rows, columns, shape[3]), fill, page.dtype)
        tile = np.asarray(decoded)[0][:rows, :columns]
        return self._tiles.put((level, index), (tile, (place_[0], place_[2], place_[3])))


class _TileCache:
    """The tiles decoded last, up to a number of bytes."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._bytes = 0
        self._tiles: OrderedDict[tuple[int, int], tuple[NDArray[Any], tuple[int, int, int]]] = OrderedDict()

    def get(self, key: tuple[int, int]) -> tuple[NDArray[Any], tuple[int, int, int]] | None:
        if key in self._tiles:
            self._tiles.move_to_end(key)
        return self._tiles.get(key)

    def put(
        self, key: tuple[int, int], tile: tuple[NDArray[Any], tuple[int, int, int]]
    ) -> tuple[NDArray[Any], tuple[int, int, int]]:
        self._tiles[key] = tile
        self._bytes += tile[0].nbytes
        while self._bytes > self._limit_bytes and len(self._tiles) > 1:
            self._bytes -= self._tiles.popitem(last=False)[1][0].nbytes
        return tile


def _level_pages(file: tifffile.TiffFile) -> list[Any]:
    """The first page and the reduced versions that tifffile finds of it."""
    first: Any = file.pages.first
    try:
        levels = file.series[0].levels
        pages: list[Any] = [level.keyframe for level in levels]
    except (IndexError, ValueError, KeyError, TypeError):
        return [first]
    same = pages and pages[0].imagewidth == first.imagewidth and pages[0].imagelength == first.imagelength
    fit = [page for page in pages if page.dtype == first.dtype and page.samplesperpixel == first.samplesperpixel]
    return fit if same and fit else [first]


def _level(size: Size, page: Any) -> Level:
    width, height = page.imagewidth, page.imagelength
    tile = Size(page.tilewidth or width, page.tilelength or min(page.rowsperstrip or height, height))
    return Level(Size(width, height), size.width / width, size.height / height, tile)


def _color_kind(path: Path, page: Any) -> str:
    """How samples become pixels: "rgb", "palette" or "grey". Raises ImageUnsupported."""
    photometric = int(page.photometric)
    if photometric in _RGB and page.samplesperpixel >= 3:
        return "rgb"
    if photometric == _PALETTE and page.colormap is not None:
        return "palette"
    if photometric in _GREY and np.issubdtype(page.dtype, np.complexfloating) is False and page.dtype is not None:
        return "grey"
    raise ImageUnsupported(
        f"{path.name} holds TIFF colours that cannot be shown ({page.photometric!s})",
        hint="Convert it to RGB or grey.",
    )


def _tiles_over(page: Any, x: int, y: int, width: int, height: int) -> list[int]:
    """Indices of the tiles or strips that touch a rectangle, for every sample plane."""
    tile_width = page.tilewidth or page.imagewidth
    tile_height = page.tilelength or page.rowsperstrip or page.imagelength
    across, down = -(-page.imagewidth // tile_width), -(-page.imagelength // tile_height)
    planes = page.samplesperpixel if int(page.planarconfig) == 2 else 1
    columns = range(x // tile_width, min(across, -(-(x + width) // tile_width)))
    rows = range(y // tile_height, min(down, -(-(y + height) // tile_height)))
    return [(plane * down + row) * across + column for plane in range(planes) for row in rows for column in columns]


def _to_pixels(raw: NDArray[Any], color: str, page: Any) -> NDArray[np.generic]:
    if color == "rgb":
        return _to_uint8(raw[..., :3])
    if color == "palette":
        return (page.colormap[:, raw[..., 0]] >> 8).astype(np.uint8).transpose(1, 2, 0)
    grey = raw[..., 0]
    if grey.dtype == np.bool_:
        return grey.astype(np.uint8) * np.uint8(255)
    return grey if grey.dtype.name in _KEPT_DTYPES else grey.astype(np.float32)


def _to_uint8(raw: NDArray[Any]) -> NDArray[np.uint8]:
    if raw.dtype == np.uint8:
        return raw
    if np.issubdtype(raw.dtype, np.floating):
        return (np.clip(np.nan_to_num(raw), 0, 1) * 255 + 0.5).astype(np.uint8)
    top = np.iinfo(raw.dtype.name).max
    return (np.clip(raw, 0, top).astype(np.float64) * (255 / top) + 0.5).astype(np.uint8)


def _window(sample: NDArray[np.generic]) -> Window | None:
    return robust_window(sample) if sample.ndim == 2 and sample.dtype != np.uint8 else None


def _content_warnings(file: tifffile.TiffFile, first: Any) -> tuple[str, ...]:
    """What of the file is not shown."""
    found = []
    pages = len(file.series[0].pages) if file.series else 1
    if pages > 1:
        found.append(f"Only the first of {pages} pages (channels, slices or times) is shown.")
    if first.dtype is not None and int(first.photometric) in _RGB and first.dtype != np.uint8:
        found.append(f"Colours of type {first.dtype} are shown with 8 bits.")
    return tuple(found)


def _ome_pixel_size(text: str) -> tuple[str, str] | None:
    """PhysicalSizeX and Y where they are stated in micrometres (OME's default unit)."""
    try:
        root = ElementTree.fromstring(text, forbid_dtd=True)
    except (ElementTree.ParseError, ValueError):
        return None
    for element in root.iter():
        if element.tag.endswith("}Pixels") and element.get("PhysicalSizeX"):
            units = {element.get("PhysicalSizeXUnit", "µm"), element.get("PhysicalSizeYUnit", "µm")}
            x = element.get("PhysicalSizeX", "")
            return (x, element.get("PhysicalSizeY", x)) if units == {"µm"} else None
    return None
