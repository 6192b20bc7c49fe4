"""The viewers that follow the script: ours, bare napari in several ways, and a plain Qt tile viewer."""

from __future__ import annotations

import math
import os
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PySide6.QtCore import QObject, QRectF, Qt, Signal
from PySide6.QtGui import QImage, QPixmap, QTransform
from PySide6.QtWidgets import QGraphicsPixmapItem, QGraphicsScene, QGraphicsView, QMainWindow, QWidget


class Viewer(Protocol):
    """What the script does with a viewer; coordinates are level-0 pixels, the screen's ratio is 1."""

    canvas: QWidget
    size: tuple[float, float]

    def move(self, x: float, y: float, downsample: float) -> None:
        """Look at a point."""

    def is_sharp(self) -> bool:
        """All of the view is at hand at the right level (what is missing is at most to be painted)."""

    def close(self) -> None:
        """Stop."""


class Ours:
    """The product's pane with its pixel server."""

    def __init__(self, window: QMainWindow, path: Path) -> None:
        from lnm_desktop.domain.geometry import Point
        from lnm_desktop.imaging.remote import PixelServer
        from lnm_desktop.ui.viewer.pane import ViewerPane

        self._point = Point
        self._pane = ViewerPane()
        window.setCentralWidget(self._pane)
        self._server = PixelServer(Path(tempfile.mkdtemp()) / "pixels.log")
        reader = self._server.open(path)
        self._pane.show_image(reader, path.stem, reader.info.calibration)
        self.size = (reader.info.size.width, reader.info.size.height)
        self.canvas = self._pane.canvas_widget

    def move(self, x: float, y: float, downsample: float) -> None:
        self._pane.move_to(self._point(x, y), downsample)

    def is_sharp(self) -> bool:
        return self._pane.is_sharp

    def close(self) -> None:
        self._pane.close()
        self._server.close()


class Napari:
    """A bare QtViewer; `add` puts layers into the model and tells the size of level 0."""

    def __init__(self, window: QMainWindow, add: Callable[[Any], tuple[float, float]], *, wrap: float = 0.0) -> None:
        from napari.components import ViewerModel
        from napari.qt import QtViewer

        self._model = ViewerModel()
        self._qt = QtViewer(self._model, show_welcome_screen=False)
        self._wrap = wrap
        window.setCentralWidget(self._qt)
        self._qt.dims.hide()
        frame = self._qt.canvas.native.parentWidget().layout()
        frame.setContentsMargins(0, 0, 0, 0)
        self.size = add(self._model)
        self.canvas = self._qt.canvas.native
        self._painted = Painted(self.canvas)
        self._paintings_before = 0

    def move(self, x: float, y: float, downsample: float) -> None:
        if self._wrap:  # one picture in memory is looked at again and again, each octave of the zoom anew
            farthest = self._wrap / self.canvas.width()
            if downsample > farthest:
                downsample = farthest * 2 ** (math.log2(downsample / farthest) % 1 - 1)
            reach = max(self.canvas.width(), self.canvas.height()) * downsample / 2
            span = max(1.0, self._wrap - 2 * reach)
            x, y = reach + x % span, reach + y % span
        self._model.scene.camera.zoom = 1 / downsample
        self._model.scene.camera.center = (y, x)
        self._paintings_before = self._painted.count
        self.canvas.update()

    def is_sharp(self) -> bool:
        """napari slices after it has drawn: the first frame of a new view starts that, a later one shows it."""
        return self._painted.count > self._paintings_before and all(layer.loaded for layer in self._model.layers)

    def close(self) -> None:
        self._model.layers.clear()
        self._qt.close()


def floor_napari(window: QMainWindow, _path: Path) -> Napari:
    """One picture in memory: what drawing costs when nothing has to be read."""
    picture = np.random.default_rng(0).integers(0, 255, (4096, 4096, 3), dtype=np.uint8)

    def add(model: Any) -> tuple[float, float]:
        model.add_image(picture, rgb=True)
        return 4096.0, 4096.0

    return Napari(window, add, wrap=4096.0)


def napari_dask(window: QMainWindow, path: Path) -> Napari:
    """dask arrays of delayed OpenSlide reads, one for each level."""
    import dask.array as da
    import openslide
    from dask import delayed

    slide = openslide.OpenSlide(str(path))

    def tile(level: int, y: int, x: int, height: int, width: int) -> Any:
        factor = slide.level_downsamples[level]
        region = slide.read_region((round(x * factor), round(y * factor)), level, (width, height))
        return np.asarray(region)[..., :3]

    def array(level: int, side: int = 512) -> Any:
        width, height = slide.level_dimensions[level]
        rows = []
        for y in range(0, height, side):
            h = min(side, height - y)
            row = [
                da.from_delayed(delayed(tile, pure=True)(level, y, x, h, min(side, width - x)),
                                (h, min(side, width - x), 3), np.uint8)
                for x in range(0, width, side)
            ]  # fmt: skip
            rows.append(da.concatenate(row, axis=1))
        return da.concatenate(rows, axis=0)

    def add(model: Any) -> tuple[float, float]:
        model.add_image([array(level) for level in range(slide.level_count)], multiscale=True, rgb=True)
        return tuple(map(float, slide.dimensions))  # type: ignore[return-value]

    return Napari(window, add)


def napari_zarr(window: QMainWindow, path: Path) -> Napari:
    """tifffile's zarr store, one array for each level."""
    import tifffile
    import zarr

    series = tifffile.TiffFile(path).series[0]
    arrays: list[Any] = [zarr.open(series.aszarr(level=n), mode="r") for n in range(len(series.levels))]

    def add(model: Any) -> tuple[float, float]:
        model.add_image(arrays, multiscale=True, rgb=True)
        return float(arrays[0].shape[1]), float(arrays[0].shape[0])

    return Napari(window, add)


def napari_zarr_async(window: QMainWindow, path: Path) -> Napari:
    """The same, read in napari's own thread."""
    from napari.settings import get_settings

    get_settings().experimental.async_ = True
    return napari_zarr(window, path)


def napari_wsi(window: QMainWindow, path: Path) -> Napari:
    """The napari-wsi plugin's own store over OpenSlide."""
    from napari_wsi.reader import wsi_reader_openslide  # pyright: ignore[reportMissingImports]

    read = wsi_reader_openslide(str(path))

    def add(model: Any) -> tuple[float, float]:
        for data, options, _kind in read(str(path)):
            model.add_image(data, **options)
        rows, columns = model.layers[0].data[0].shape[:2]
        return float(columns), float(rows)

    return Napari(window, add)


class PlainQt(QGraphicsView):
    """Stored tiles as pixmaps in a QGraphicsScene, decoded by tifffile in two threads: the floor for reading."""

    _arrived = Signal(object, object)

    def __init__(self, window: QMainWindow, path: Path) -> None:
        import tifffile

        super().__init__()
        self._file = tifffile.TiffFile(path)
        self._levels = [level.keyframe for level in self._file.series[0].levels]
        self.size = (float(self._levels[0].imagewidth), float(self._levels[0].imagelength))
        self._factors = [self.size[0] / level.imagewidth for level in self._levels]
        self._reading = threading.Lock()
        self._pool = ThreadPoolExecutor(2)
        self._pending: dict[tuple[int, int, int], Any] = {}
        self._items: OrderedDict[tuple[int, int, int], QGraphicsPixmapItem] = OrderedDict()
        self._wanted: set[tuple[int, int, int]] = set()
        self.setScene(QGraphicsScene(QRectF(0, 0, *self.size), self))
        self.setFrameShape(QGraphicsView.Shape.NoFrame)
        for policy in (self.setHorizontalScrollBarPolicy, self.setVerticalScrollBarPolicy):
            policy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self._arrived.connect(self._show)
        window.setCentralWidget(self)
        self.canvas = self.viewport()

    def move(self, x: float, y: float, downsample: float) -> None:
        self.setTransform(QTransform.fromScale(1 / downsample, 1 / downsample))
        self.centerOn(x, y)
        level = max(0, *(n for n, factor in enumerate(self._factors) if factor <= downsample * 1.05), 0)
        span = 256 * self._factors[level]
        seen = self.mapToScene(self.canvas.rect()).boundingRect()
        rows = range(max(0, int(seen.top() / span)), math.ceil(min(seen.bottom(), self.size[1]) / span))
        cols = range(max(0, int(seen.left() / span)), math.ceil(min(seen.right(), self.size[0]) / span))
        self._wanted = {(level, row, col) for row in rows for col in cols}
        self._drop()
        for key in self._wanted - self._items.keys() - self._pending.keys():
            self._pending[key] = self._pool.submit(self._read, key)

    def is_sharp(self) -> bool:
        return self._wanted <= self._items.keys()

    def close(self) -> bool:
        self._pool.shutdown(cancel_futures=True)
        return super().close()

    def _drop(self) -> None:
        for key in [key for key in self._pending if key not in self._wanted and self._pending[key].cancel()]:
            del self._pending[key]
        while len(self._items) > 1500:
            self.scene().removeItem(self._items.popitem(last=False)[1])

    def _read(self, key: tuple[int, int, int]) -> None:
        level, row, col = key
        page = self._levels[level]
        index = row * math.ceil(page.imagewidth / page.tilewidth) + col
        with self._reading:
            self._file.filehandle.seek(page.dataoffsets[index])
            data = self._file.filehandle.read(page.databytecounts[index])
        tile, _, _ = page.decode(data, index, jpegtables=page.jpegtables)
        self._arrived.emit(key, np.ascontiguousarray(tile[0]))

    def _show(self, key: tuple[int, int, int], tile: Any) -> None:
        self._pending.pop(key, None)
        level, row, col = key
        image = QImage(tile.data, tile.shape[1], tile.shape[0], 3 * tile.shape[1], QImage.Format.Format_RGB888)
        item = QGraphicsPixmapItem(QPixmap.fromImage(image))
        item.setScale(self._factors[level])
        item.setPos(col * 256 * self._factors[level], row * 256 * self._factors[level])
        item.setZValue(-level)
        item.setTransformationMode(Qt.TransformationMode.FastTransformation)
        self.scene().addItem(item)
        self._items[key] = item


VIEWERS: dict[str, Callable[[QMainWindow, Path], Viewer]] = {
    "ours": Ours,
    "floor-napari": floor_napari,
    "qgraphicsview": PlainQt,
    "napari-dask-openslide": napari_dask,
    "napari-tifffile-zarr": napari_zarr,
    "napari-tifffile-zarr-async": napari_zarr_async,
    "napari-wsi": napari_wsi,
}


def use_private_settings() -> None:
    """napari's settings of the user must neither act nor change here."""
    os.environ["NAPARI_CONFIG"] = str(Path(tempfile.mkdtemp()) / "napari.yaml")


class Painted(QObject):
    """Counts paint events of a widget."""

    def __init__(self, watched: QWidget) -> None:
        super().__init__(watched)
        self.count = 0
        watched.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: Any) -> bool:
        self.count += event.type() == event.Type.Paint
        return False
