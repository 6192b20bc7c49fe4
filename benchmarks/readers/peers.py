"""How each library reads tiles, each in its fastest plain way; every one answers RGB uint8 (size, size, 3).

What is coarser than the level read is halved by OpenCV's area filter where that is installed, else by numpy: the
same means. All are imported in a child process of their own, so that a missing or crashing one harms no other.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from readers.task import Place, Task

Pixels = NDArray[np.uint8]
Use = Callable[[int, Pixels], None]
BATCH = 32
FLOOR = "floor: decoding alone"


class Peer:
    """One open slide. `one_handle` tells that threads may share it."""

    one_handle = True

    def __init__(self, task: Task) -> None:
        self.task = task
        self.area = _area_filter()
        self.open(task.slide)

    def open(self, path: str) -> None:
        """Open the slide and what belongs to the level."""
        raise NotImplementedError

    def read(self, x: int, y: int) -> Pixels:
        """The tile at a place of the level."""
        raise NotImplementedError

    def run(self, use: Use) -> None:
        """Read every place; each worker is a thread with every n-th one, which spares all queues."""
        workers = self.task.workers
        if workers == 1:
            self._read_some(use, 0)
            return
        peers = [self if self.one_handle else type(self)(self.task) for _ in range(workers)]
        threads = [threading.Thread(target=peer._read_some, args=(use, n)) for n, peer in enumerate(peers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _read_some(self, use: Use, first: int) -> None:
        for index in range(first, len(self.task.places), self.task.workers):
            use(index, self.finished(self.read(*self.task.places[index])))

    def finished(self, pixels: Pixels) -> Pixels:
        """At the size that was asked for, in memory of its own."""
        size = self.task.size
        return np.ascontiguousarray(pixels) if pixels.shape[0] == size else self.area(pixels, size)


def _area_filter() -> Callable[[Pixels, int], Pixels]:
    try:
        import cv2
    except ImportError:
        return _means
    cv2.setNumThreads(1)
    return lambda pixels, size: cv2.resize(pixels, (size, size), interpolation=cv2.INTER_AREA)


def _means(pixels: Pixels, size: int) -> Pixels:
    factor = pixels.shape[0] // size
    sums = pixels.reshape(size, factor, size, factor, 3).sum(axis=(1, 3), dtype=np.uint32)
    return ((sums + factor**2 // 2) // factor**2).astype(np.uint8)


class OpenSlidePython(Peer):
    """The reference."""

    def open(self, path: str) -> None:
        import openslide

        self.slide = openslide.OpenSlide(path)

    def read(self, x: int, y: int) -> Pixels:
        task = self.task
        place, size = (x * task.factor, y * task.factor), (task.read_px, task.read_px)
        return np.asarray(self.slide.read_region(place, task.level, size).convert("RGB"))


class Tifffile(Peer):
    """Tiles by tifffile's own decoder, put together by hand."""

    def open(self, path: str) -> None:
        import tifffile

        page = tifffile.TiffFile(path).series[0].levels[self.task.level].keyframe
        self.page, self.tile_px, self.across = page, page.tilewidth, -(-page.imagewidth // page.tilewidth)
        self.offsets, self.counts = page.dataoffsets, page.databytecounts
        self.file = os.open(path, os.O_RDONLY)

    def stored(self, index: int) -> bytes:
        """The bytes of one tile."""
        return os.pread(self.file, self.counts[index], self.offsets[index])

    def tile(self, index: int) -> Pixels:
        """One stored tile."""
        return self.page.decode(self.stored(index), index, jpegtables=self.page.jpegtables)[0][0]

    def read(self, x: int, y: int) -> Pixels:
        side, read_px = self.tile_px, self.task.read_px
        left, top, right, bottom = x // side, y // side, (x + read_px - 1) // side, (y + read_px - 1) // side
        if left == right and top == bottom:
            return self.tile(top * self.across + left)
        whole = np.empty(((bottom - top + 1) * side, (right - left + 1) * side, 3), np.uint8)
        for row in range(top, bottom + 1):
            for col in range(left, right + 1):
                tile = self.tile(row * self.across + col)
                whole[(row - top) * side :, (col - left) * side :][:side, :side] = tile
        return whole[y - top * side :, x - left * side :][:read_px, :read_px]


class DecodingAlone(Tifffile):
    """No reader but a floor: tifffile's table of tiles and simplejpeg, with no check and no order of results.

    It gives wrong colours where a file keeps its tables apart.
    """

    def open(self, path: str) -> None:
        import simplejpeg

        super().open(path)
        self.decode: Any = simplejpeg.decode_jpeg
        self.tables = bytes(self.page.jpegtables or b"")[:-2]

    def tile(self, index: int) -> Pixels:
        data = self.stored(index)
        return self.decode(self.tables + data[2:] if self.tables else data, "RGB", fastdct=False, fastupsample=False)


class TiffSlidePeer(Peer):
    """tiffslide: OpenSlide's interface over tifffile and zarr."""

    def open(self, path: str) -> None:
        import tiffslide

        self.slide = tiffslide.TiffSlide(path)

    def read(self, x: int, y: int) -> Pixels:
        task = self.task
        place, size = (x * task.factor, y * task.factor), (task.read_px, task.read_px)
        return np.asarray(self.slide.read_region(place, task.level, size, as_array=True))


class Pyvips(Peer):
    """libvips' own TIFF loader, a region of it per thread."""

    one_handle = False

    def open(self, path: str) -> None:
        os.environ.setdefault("VIPS_CONCURRENCY", "1")
        import pyvips

        pyvips.cache_set_max(0)
        page = self.task.level + (self.task.level > 0)  # the second page of an Aperio slide is its thumbnail
        self.image = pyvips.Image.tiffload(path, page=page, access="random")
        self.region = pyvips.Region.new(self.image)

    def read(self, x: int, y: int) -> Pixels:
        side = self.task.read_px
        found = np.frombuffer(self.region.fetch(x, y, side, side), np.uint8)
        return found.reshape(side, side, self.image.bands)[..., :3]


class Fastslide(Peer):
    """fastslide takes places in pixels of the level."""

    def open(self, path: str) -> None:
        import fastslide

        self.slide = fastslide.FastSlide.from_file_path(path)

    def read(self, x: int, y: int) -> Pixels:
        side = self.task.read_px
        return self.slide.read_region((x, y), self.task.level, (side, side)).numpy()[..., :3]


class Slideio(Peer):
    """slideio reads and resizes in one call."""

    one_handle = False

    def open(self, path: str) -> None:
        import slideio

        self.slide = slideio.open_slide(path, "SVS")
        self.scene = self.slide.get_scene(0)

    def read(self, x: int, y: int) -> Pixels:
        task = self.task
        span = task.read_px * task.factor
        return self.scene.read_block((x * task.factor, y * task.factor, span, span), (task.size, task.size))


class Microtome(Peer):
    """microtome-wsi reads stored tiles in batches on threads of its own; it knows no other places."""

    def open(self, path: str) -> None:
        import microtome

        self.slide = microtome.open(path)
        level: Any = self.slide.levels[self.task.level]
        width = level["width"] if isinstance(level, dict) else level.width
        self.across, self.step = -(-width // 256), self.task.read_px // 256
        if self.task.read_px % 256 or any(x % 256 or y % 256 for x, y in self.task.places):
            raise NotImplementedError("reads stored tiles of 256 px only")

    def run(self, use: Use) -> None:
        for start, places in _batches(self.task.places):
            numbers = [number for place in places for number in self._numbers(*place)]
            tiles = self.slide.read_batch(self.task.level, numbers, self.task.workers)
            for n in range(len(places)):
                use(start + n, self.finished(self._joined(tiles[n * self.step**2 : (n + 1) * self.step**2])))

    def _numbers(self, x: int, y: int) -> list[int]:
        rows, cols = range(y // 256, y // 256 + self.step), range(x // 256, x // 256 + self.step)
        return [row * self.across + col for row in rows for col in cols]

    def _joined(self, tiles: Pixels) -> Pixels:
        step, side = self.step, self.task.read_px
        return tiles.reshape(step, step, 256, 256, 3).swapaxes(1, 2).reshape(side, side, 3)


class Cucim(Peer):
    """cuCIM on the processor, one place at a time."""

    def open(self, path: str) -> None:
        from cucim import CuImage

        self.slide: Any = CuImage(path)

    def read(self, x: int, y: int) -> Pixels:
        task = self.task
        place, size = (x * task.factor, y * task.factor), (task.read_px, task.read_px)
        return np.asarray(self.slide.read_region(location=place, level=task.level, size=size))[..., :3]


class CucimBatch(Cucim):
    """cuCIM's own loader: all places at once, threads of its own."""

    def run(self, use: Use) -> None:
        task = self.task
        places = [(x * task.factor, y * task.factor) for x, y in task.places]
        loader = self.slide.read_region(
            location=places,
            level=task.level,
            size=(task.read_px, task.read_px),
            num_workers=task.workers,
            batch_size=BATCH,
        )
        done = 0
        for batch in loader:
            tiles = np.asarray(batch)
            for tile in tiles.reshape(-1, *tiles.shape[-3:]):
                if done < len(places):
                    use(done, self.finished(tile[..., :3]))
                done += 1


def _batches(places: Sequence[Place]) -> Iterable[tuple[int, Sequence[Place]]]:
    for start in range(0, len(places), BATCH):
        yield start, places[start : start + BATCH]


PEERS: dict[str, type[Peer]] = {
    "openslide-python": OpenSlidePython,
    "tifffile": Tifffile,
    FLOOR: DecodingAlone,
    "tiffslide": TiffSlidePeer,
    "pyvips": Pyvips,
    "fastslide": Fastslide,
    "slideio": Slideio,
    "microtome-wsi": Microtome,
    "cucim": Cucim,
    "cucim batch": CucimBatch,
}
