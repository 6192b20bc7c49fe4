"""A canvas that shows one image: pixels, place, turn and colours; nothing is drawn or predicted here."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QEventLoop, QPointF, QSizeF, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QImage, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from lnm_desktop.domain.geometry import Point, Region
from lnm_desktop.domain.image import Calibration, ImageInfo, ImageKind, Window
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.imaging.view_tiles import View
from lnm_desktop.ui.viewer.camera import Camera
from lnm_desktop.ui.viewer.canvas import Canvas
from lnm_desktop.ui.viewer.coordinates import Placement
from lnm_desktop.ui.viewer.plane_bar import PlaneBar
from lnm_desktop.ui.viewer.scale_bar import ScaleBarLabel
from lnm_desktop.ui.viewer.scene import Scene
from lnm_desktop.ui.viewer.unreadable_label import UnreadableLabel
from lnm_desktop.ui.viewer.view_state import ChannelView, Look, ViewPlace, ViewState

# Text that changes makes the whole window be put together anew. Without a graphics card that takes as long as a
# frame, so words then wait until the hand rests; with one they follow it.
WORDS_MS = 100
WORDS_WITHOUT_CARD_MS = 2000
WORDS_AT_REST_MS = 80
CLOSE_WAIT_S = 1.0
DEFAULT_CACHE_BYTES = 1024**3


class ImagePane(QWidget):
    """Shows one image. The reader stays the owner's; `show_image` and `clear` do not wait for a read that is under
    way, so a reader closed after them must bear that (one across a process border does).

    Signals: view_changed(ViewState), files_dropped(tuple of Path), bad_tiles_changed(int), failed(LnmError),
    plane_changed(int), overview_changed(), image_changed() when another image or none is shown, window_changed() of
    grey values, moved() with every step of the view.
    """

    view_changed = Signal(object)
    files_dropped = Signal(object)
    bad_tiles_changed = Signal(int)
    failed = Signal(object)
    plane_changed = Signal(int)
    overview_changed = Signal()
    image_changed = Signal()
    window_changed = Signal()
    moved = Signal()

    def __init__(self, parent: QWidget | None = None, tile_cache_bytes: int = DEFAULT_CACHE_BYTES) -> None:
        super().__init__(parent)
        self._calibration = Calibration()
        self._closed = False
        self.setAcceptDrops(True)
        self._build_canvas(tile_cache_bytes)
        self._connect_canvas()

    # -- the image

    @property
    def image_info(self) -> ImageInfo | None:
        """What is shown, None while nothing is."""
        return self._scene.image.info if self._scene.image else None

    def show_image(self, reader: ImageReader, title: str, calibration: Calibration) -> None:
        """Show another image, fitted. Returns at once: pixels follow as they are read."""
        self._calibration = calibration
        self.setAccessibleName(title)
        self._scene.show_image(reader, Placement.of(calibration))
        self._planes.set_planes(reader.info.planes)
        self._camera.look_at_image(reader.info.region, self._scene.placement)
        self.image_changed.emit()

    def clear(self) -> None:
        """Show nothing."""
        self._scene.clear()
        self._scale_bar.hide()
        self._planes.set_planes(1)
        self.image_changed.emit()

    def set_cache_bytes(self, cache_bytes: int) -> None:
        """Keep so many bytes of tiles: panes beside each other share what one alone has."""
        self._scene.set_cache_bytes(cache_bytes)

    @property
    def planes(self) -> int:
        """How many planes the image has."""
        return self._scene.image.info.planes if self._scene.image else 1

    @property
    def plane(self) -> int:
        """The plane that is shown."""
        return self._scene.image.plane if self._scene.image else 0

    def set_plane(self, plane: int) -> None:
        """Show another plane of a series."""
        self._planes.set_plane(plane)

    def set_window(self, window: Window) -> None:
        """Show grey values in another window."""
        if self._scene.image is not None:
            self._scene.image.set_window(window)

    @property
    def grey_window(self) -> Window | None:
        """How grey values are shown; None for colours and channels."""
        return self._scene.image.window if self._scene.image else None

    @property
    def inverted(self) -> bool:
        """True where high grey values are shown dark."""
        return self._scene.image is not None and self._scene.image.inverted

    def set_inverted(self, inverted: bool) -> None:
        """Show high grey values dark, or bright."""
        if self._scene.image is not None:
            self._scene.image.set_inverted(inverted)

    def values(self) -> NDArray[np.generic] | None:
        """Values of the whole plane as far as read, coarse: (number,), for channels (number, channels shown)."""
        return self._scene.image.values() if self._scene.image else None

    @property
    def look(self) -> Look:
        """How colours are shown."""
        return self._scene.image.look if self._scene.image else Look()

    def set_look(self, look: Look) -> None:
        """Show colours otherwise; what models see stays as it is."""
        if self._scene.image is not None:
            self._scene.image.set_look(look)

    @property
    def channels(self) -> tuple[ChannelView, ...]:
        """How each fluorescence channel is shown; empty for other images."""
        return self._scene.image.channels if self._scene.image else ()

    def set_channels(self, channels: Iterable[ChannelView]) -> None:
        """Show channels otherwise."""
        if self._scene.image is not None:
            self._scene.image.set_channels(tuple(channels))

    @property
    def overview(self) -> QImage | None:
        """The whole image, at most 1,024 pixels wide or high; None until it has been read."""
        pixels = self._scene.image.overview() if self._scene.image else None
        if pixels is None:
            return None
        height, width = pixels.shape[:2]
        return QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()

    # -- the view

    @property
    def view(self) -> ViewState | None:
        """What is seen, None while nothing is."""
        if self.image_info is None:
            return None
        return self._camera.state(self._objective(), self._slide_mpp(), self._calibration)

    @property
    def view_place(self) -> ViewPlace | None:
        """Where the view is and how it lies, None while nothing is seen."""
        if self.image_info is None:
            return None
        lies = self._scene.placement
        return ViewPlace(self._camera.center, self._camera.downsample, lies.rotation_deg, lies.mirrored)

    def show_place(self, place: ViewPlace) -> None:
        """Look there, with one step of the view; unlike `move_to` also beside the image, as linked panes must."""
        if self.image_info is None:
            return
        lies = self._scene.placement
        if (lies.rotation_deg, lies.mirrored) != (place.rotation_deg, place.mirrored):
            lies = replace(lies, rotation_deg=place.rotation_deg, mirrored=place.mirrored)
            self._scene.place(lies)
        self._camera.follow(lies, place.center, place.downsample)

    def visible_region(self) -> Region:
        """The part of the image that is seen (all that a turned view touches), in level-0 pixels."""
        corners = self._camera.corners
        x, y = min(corner.x for corner in corners), min(corner.y for corner in corners)
        width, height = max(corner.x for corner in corners) - x, max(corner.y for corner in corners) - y
        region = Region(x, y, width, height)
        return region.intersect(self.image_info.region) if self.image_info else region

    def move_to(self, center: Point, downsample: float) -> None:
        """Look at a point, with so many level-0 pixels per screen pixel."""
        self._camera.move_to(center, downsample)

    def rotate_to(self, degrees: float) -> None:
        """Turn the picture clockwise from its upright place, around the middle of the view."""
        self._turn(replace(self._scene.placement, rotation_deg=degrees % 360.0))

    def rotate_by(self, degrees: float) -> None:
        """Turn the picture further clockwise."""
        self.rotate_to(self._scene.placement.rotation_deg + degrees)

    def mirror(self) -> None:
        """Swap left and right of what is on the screen."""
        placement = self._scene.placement
        turned = replace(placement, mirrored=not placement.mirrored, rotation_deg=-placement.rotation_deg % 360.0)
        self._turn(turned)

    def zoom_to_fit(self) -> None:
        """Show the whole image."""
        self._camera.fit()

    def zoom_by(self, factor: float) -> None:
        """Magnify around the middle."""
        self._camera.zoom_by(factor)

    def zoom_to_magnification(self, magnification: float) -> None:
        """Show an objective's magnification; 40 means one pixel for one where that cannot be told."""
        downsample = self._camera.downsample_of(magnification, self._objective(), self._slide_mpp())
        self._camera.move_to(self._camera.center, downsample or 40.0 / magnification)

    def go_to(self, region: Region) -> None:
        """Bring a region into view."""
        self._camera.go_to(region)

    def set_theme(self, theme: str) -> None:
        """ "dark" or "light"."""
        self._canvas.set_theme(theme)

    def screenshot(self) -> QImage:
        """The canvas as it is on the screen."""
        return self._canvas.native.grab().toImage()

    def to_screen(self, point: Point) -> QPointF:
        """Where a level-0 point lies on the canvas widget, logical pixels."""
        return self._camera.to_screen(point)

    @property
    def canvas_widget(self) -> QWidget:
        """The widget that receives mouse and keys (for pictures and tests)."""
        return self._canvas.native

    @property
    def is_sharp(self) -> bool:
        """True when every tile of the view has gone to the screen, or is known to be bad."""
        return self._scene.image is None or self._scene.image.is_sharp

    def wait_until_sharp(self, timeout_ms: int) -> bool:
        """Serve events until every tile in view is drawn; False when time ran out. For tests and pictures."""
        deadline = time.monotonic() + timeout_ms / 1000
        rounds = 0
        while time.monotonic() < deadline:
            self._canvas.native.update()
            _serve_events(15)
            moving = self._scene.image is not None and self._scene.image.haste.is_moving
            rounds = rounds + 1 if self.is_sharp and not moving else 0
            if rounds >= 4:
                return True
        return False

    # -- Qt

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Stop reading and let napari go; the pane is of no use afterwards."""
        if not self._closed:
            self._closed = True
            self._scene.clear(CLOSE_WAIT_S)
            self.clear()
            self._canvas.close()
        super().closeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Files may be dropped anywhere on the pane."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Tell the owner; nothing is opened here."""
        paths = tuple(Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile())
        if paths:
            event.acceptProposedAction()
            self.files_dropped.emit(paths)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Keep what lies on the canvas in its place."""
        super().resizeEvent(event)
        self._on_resized()

    def _build_canvas(self, tile_cache_bytes: int) -> None:
        self._canvas = Canvas()
        self._scene = Scene(self._canvas, tile_cache_bytes, self)
        native = self._canvas.native
        self._camera = Camera(self._canvas.viewer, lambda: QSizeF(native.size()), self)
        self._scale_bar = ScaleBarLabel(native)
        self._unreadable = UnreadableLabel(native)
        self._planes = PlaneBar(self)
        self._words_moving = _single_shot(self, WORDS_WITHOUT_CARD_MS if self._canvas.is_software else WORDS_MS)
        self._words_at_rest = _single_shot(self, WORDS_AT_REST_MS)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._canvas, 1)
        layout.addWidget(self._planes)

    def _connect_canvas(self) -> None:
        self._planes.plane_chosen.connect(self._on_plane)
        self._camera.changed.connect(self._on_camera)
        self._words_moving.timeout.connect(self._on_view)
        self._words_at_rest.timeout.connect(self._on_view)
        self._scene.bad_tiles_changed.connect(self.bad_tiles_changed)
        self._scene.hatched_changed.connect(self._unreadable.show_count)
        self._scene.failed.connect(self.failed)
        self._scene.overview_changed.connect(self.overview_changed)
        self._scene.window_changed.connect(self.window_changed)

    def _turn(self, placement: Placement) -> None:
        self._scene.place(placement)
        self._camera.turn(placement)

    def _on_camera(self) -> None:
        self._show_view()
        self.moved.emit()
        self._words_at_rest.start()
        if not self._words_moving.isActive():
            self._words_moving.start()

    def _show_view(self) -> None:
        """Let the image draw what is seen; on a dense screen its pixels are the finer ones."""
        if self._scene.image is not None:
            ratio, size = self._canvas.native.devicePixelRatioF(), self._canvas.native.size()
            view = View(self._camera.corners, self._camera.downsample / ratio)
            self._scene.image.show(view, size.width() * ratio, size.height() * ratio)

    def _on_view(self) -> None:
        self._words_moving.stop()
        self._words_at_rest.stop()
        if self.image_info is None:
            return
        view = self._camera.state(self._objective(), self._slide_mpp(), self._calibration)
        self._scale_bar.show_view(view)
        self.view_changed.emit(view)

    def _objective(self) -> float | None:
        return self.image_info.objective_power if self.image_info else None

    def _slide_mpp(self) -> float | None:
        """The pixel size where magnification has a meaning: not in radiology."""
        is_slide = self.image_info is not None and self.image_info.kind is ImageKind.SLIDE
        return self._calibration.mpp if is_slide and self._calibration.is_known else None

    def _on_resized(self) -> None:
        self._scale_bar.place()
        if self.image_info is not None:
            self._camera.refit()
            self._show_view()

    def _on_plane(self, plane: int) -> None:
        if self._scene.image is not None:
            self._scene.image.set_plane(plane)
            self.plane_changed.emit(plane)


def _single_shot(parent: QWidget, interval_ms: int) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(interval_ms)
    return timer


def _serve_events(duration_ms: int) -> None:
    QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, duration_ms)
    time.sleep(duration_ms / 1000)
