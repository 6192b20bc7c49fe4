"""OME-Zarr folders (Zarr 2 and 3): levels, slices, times and channels, chunk by chunk."""

from __future__ import annotations

import warnings
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.storage import LocalStore

from lnm_desktop.domain.geometry import Size
from lnm_desktop.domain.image import Channel, ImageInfo, ImageKind, Level, Photometric, RegionRequest
from lnm_desktop.errors import ImageDamaged, ImageError, ImageUnsupported
from lnm_desktop.imaging.calibration import read_calibration
from lnm_desktop.imaging.fluorescence import named_channels, shown_range
from lnm_desktop.imaging.ngff import MetadataError, Multiscale, image_group, read_multiscale
from lnm_desktop.imaging.placement import Block, place
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.imaging.readers.recent import RecentTiles
from lnm_desktop.imaging.windowing import robust_window

WHITE = 255
CACHED_BYTES = 64 * 1024**2
MAXIMUM_CHUNK_BYTES = 256 * 1024**2
MAXIMUM_EDGE_PX = 4_000_000
SAMPLE_EDGE_PX = 1024
MOST_RANGES = 64
_KEPT_DTYPES = frozenset({"uint8", "int8", "uint16", "int16", "float32"})
_COPY_AGAIN = "Copy the folder again from its source, whole."
# Whatever its codecs raise: most have errors of their own that come from these.
_DECODING = (OSError, ValueError, TypeError, RuntimeError, KeyError, IndexError, NotImplementedError)


class OmeZarrReader(ImageReader):
    """The first image of an OME-Zarr folder."""

    thread_safe = True

    def __init__(self, path: Path) -> None:
        """Raises ImageDamaged, ImageUnsupported."""
        self._path = path
        self._closed = False
        self._chunks = RecentTiles[NDArray[Any]](CACHED_BYTES)
        self._image, self._arrays = _open(path)
        self._lengths = dict(zip(self._image.axes, self._arrays[0].shape, strict=True))
        channels = self._lengths.get("c", 1)
        kind = self._arrays[0].dtype
        self._is_rgb = channels == 3 and kind == np.uint8 and self._image.is_rgb is not False
        self._channels = channels if channels > 1 and not self._is_rgb else 0
        self._planes = self._lengths.get("t", 1) * self._lengths.get("z", 1)
        self._info = self._describe()

    @property
    def info(self) -> ImageInfo:
        """What the metadata tell."""
        return self._info

    def read_region(self, request: RegionRequest) -> NDArray[np.generic]:
        """See `ImageReader.read_region`."""
        if self._closed:
            raise ImageError(f"{self._path.name} is closed", hint="Open the image again.")
        self._check_place(request.plane, request.channel)

        def read_block(level: int, x: int, y: int, width: int, height: int) -> Block:
            return Block(self._read(level, self._index(request.plane, request.channel), x, y, width, height), x, y)

        return place(request, self._info, read_block, WHITE if self._is_rgb else 0)

    def read_associated(self, name: str) -> NDArray[np.uint8]:
        """None are offered: raises ImageError."""
        raise ImageError(f"{self._path.name} has no {name!r} image", hint="OME-Zarr has no associated images.")

    def close(self) -> None:
        """Files are open only while they are read."""
        self._closed = True

    def _check_place(self, plane: int, channel: int) -> None:
        for what, asked, count in (("plane", plane, self._info.planes), ("channel", channel, self._channels)):
            if not 0 <= asked < max(1, count):
                raise ImageError(
                    f"{self._path.name} has no {what} {asked}", hint=f"Choose one of 0 to {max(1, count) - 1}."
                )

    def _index(self, plane: int, channel: int) -> tuple[int | slice, ...]:
        """Where in all but the last two dimensions a plane of a channel lies; slices of one time lie together."""
        time, depth = divmod(plane, self._lengths.get("z", 1))
        places: dict[str, int | slice] = {"t": time, "z": depth, "c": slice(None) if self._is_rgb else channel}
        return tuple(places[axis] for axis in self._image.axes[:-2])

    def _describe(self) -> ImageInfo:
        size = _size(self._arrays[0])
        sample = self._sample(0)
        calibration, warnings_ = read_calibration(self._image.mpp_x, self._image.mpp_y)
        channels = self._named()
        has_window = not self._is_rgb and not channels and sample.dtype != np.uint8
        return ImageInfo(
            kind=ImageKind.SLIDE,
            format=f"ome-zarr/{self._arrays[0].metadata.zarr_format}",
            size=size,
            levels=tuple(self._level(size, index) for index in range(len(self._arrays))),
            calibration=calibration,
            photometric=Photometric.RGB if self._is_rgb else Photometric.GREY,
            dtype=sample.dtype.name,
            planes=self._planes,
            window=robust_window(sample) if has_window else None,
            channels=channels,
            warnings=warnings_,
        )

    def _level(self, size: Size, index: int) -> Level:
        array = self._arrays[index]
        own = _size(array)
        tile = Size(array.chunks[-1], array.chunks[-2])
        factors = (self._factor(index, -1, size.width / own.width), self._factor(index, -2, size.height / own.height))
        return Level(own, *factors, tile)

    def _factor(self, index: int, axis: int, by_size: float) -> float:
        """The stated downsample, which knows of half pixels that the sizes have lost, if the sizes agree with it."""
        first, own = self._image.levels[0].scale, self._image.levels[index].scale
        if not first or not own:
            return by_size
        stated = own[axis] / first[axis]
        length = self._arrays[index].shape[axis]
        return stated if abs(stated - by_size) * length <= stated else by_size

    def _named(self) -> tuple[Channel, ...]:
        stated = (*self._image.windows, *[None] * self._channels)[: self._channels]
        found = [
            window or (shown_range(self._sample(n)) if n < MOST_RANGES else None) for n, window in enumerate(stated)
        ]
        return named_channels(self._image.names, self._image.colors, found)

    def _sample(self, channel: int) -> NDArray[np.generic]:
        """The middle of the middle plane at the coarsest level, to learn the type and the range of its values."""
        size = _size(self._arrays[-1])
        width, height = (min(SAMPLE_EDGE_PX, int(edge)) for edge in (size.width, size.height))
        x, y = (int(size.width) - width) // 2, (int(size.height) - height) // 2
        middle = self._planes // 2
        return self._read(len(self._arrays) - 1, self._index(middle, channel), x, y, width, height)

    def _read(
        self, level: int, index: tuple[int | slice, ...], x: int, y: int, width: int, height: int
    ) -> NDArray[np.generic]:
        """A rectangle of a level as it is shown: (height, width), with 3 colours for RGB."""
        array = self._arrays[level]
        chunk_height, chunk_width = array.chunks[-2:]
        shape = (3, height, width) if self._is_rgb else (height, width)
        pixels = np.empty(shape, array.dtype)
        rows = range(y // chunk_height, (y + height - 1) // chunk_height + 1)
        columns = range(x // chunk_width, (x + width - 1) // chunk_width + 1)
        for row, column in product(rows, columns):
            chunk = self._chunk(level, index, row, column)
            top, left = row * chunk_height, column * chunk_width
            bottom, right = min(top + chunk.shape[-2], y + height), min(left + chunk.shape[-1], x + width)
            part = chunk[..., max(0, y - top) : bottom - top, max(0, x - left) : right - left]
            pixels[..., max(0, top - y) : bottom - y, max(0, left - x) : right - x] = part
        if self._is_rgb:
            return np.ascontiguousarray(pixels.transpose(1, 2, 0))
        return pixels if pixels.dtype.name in _KEPT_DTYPES else pixels.astype(np.float32)

    def _chunk(self, level: int, index: tuple[int | slice, ...], row: int, column: int) -> NDArray[Any]:
        key = (level, row, column, *(-1 if isinstance(place, slice) else place for place in index))
        found = self._chunks.get(key)
        if found is not None:
            return found
        array = self._arrays[level]
        height, width = array.chunks[-2:]
        rows, columns = (slice(n * edge, (n + 1) * edge) for n, edge in ((row, height), (column, width)))
        try:
            pixels = np.asarray(array[(*index, rows, columns)])
        except _DECODING as error:
            raise ImageDamaged(
                f"{self._path.name}: the chunk in row {row}, column {column} of level {level} cannot be decoded "
                f"({type(error).__name__})",
                hint=_COPY_AGAIN,
            ) from error
        pixels = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
        self._chunks.put(key, pixels, pixels.nbytes)
        return pixels


def _open(path: Path) -> tuple[Multiscale, list[Any]]:
    """The description of the image and its arrays, the finest first."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # other files in the folder are none of our business
            root = zarr.open_group(LocalStore(path, read_only=True), mode="r", use_consolidated=False)
            place_ = image_group(root.attrs.asdict())
            group: Any = root[place_] if place_ else root
            image = read_multiscale(group.attrs.asdict())
            arrays: list[Any] = [group[level.path] for level in image.levels]
    except MetadataError as error:
        raise ImageUnsupported(
            f"{path.name} cannot be shown: {error}", hint="Open the folder of an OME-Zarr image, or export it again."
        ) from error
    except KeyError as error:
        raise ImageDamaged(f"{path.name} lacks a level that it lists", hint=_COPY_AGAIN) from error
    except (*_DECODING, AttributeError) as error:
        raise ImageDamaged(
            f"{path.name}: its Zarr metadata cannot be read ({type(error).__name__})", hint=_COPY_AGAIN
        ) from error
    _check(path, image, arrays)
    return image, arrays


def _check(path: Path, image: Multiscale, arrays: list[Any]) -> None:
    """Refuse by arithmetic what cannot be an image or would exhaust memory."""
    first = arrays[0]
    for array in arrays:
        alike = isinstance(array, zarr.Array) and array.ndim == len(image.axes) and array.dtype == first.dtype
        if not alike or array.shape[:-2] != first.shape[:-2]:
            raise ImageDamaged(f"{path.name}: its levels do not fit together", hint=_COPY_AGAIN)
        if array.dtype.kind not in "uif" or 0 in array.shape or max(array.shape) > MAXIMUM_EDGE_PX:
            raise ImageUnsupported(
                f"{path.name} holds values of type {array.dtype} in the shape {array.shape}, which is no image",
                hint="Export it again with whole numbers or floats.",
            )
        chunk_bytes = prod(array.chunks) * array.dtype.itemsize
        if chunk_bytes > MAXIMUM_CHUNK_BYTES:
            raise ImageUnsupported(
                f"{path.name} has chunks of {chunk_bytes // 1024**2} MiB: more than the "
                f"{MAXIMUM_CHUNK_BYTES // 1024**2} MiB that are decoded at once",
                hint="Export it again with smaller chunks.",
            )


def _size(array: Any) -> Size:
    return Size(array.shape[-1], array.shape[-2])
