"""What part of the image is seen, in level-0 pixels; the only writer of napari's camera."""

from __future__ import annotations

from collections.abc import Callable

from napari.components import ViewerModel
from PySide6.QtCore import QObject, QPointF, QSizeF, Signal

from lnm_desktop.domain.geometry import Point, Region
from lnm_desktop.domain.image import Calibration
from lnm_desktop.ui.viewer.coordinates import Placement, region_center
from lnm_desktop.ui.viewer.view_state import ViewState

CLOSEST_DOWNSAMPLE = 1 / 40
FARTHEST_FITS = 8.0
FIT_MARGIN = 1.04


class Camera(QObject):
    """Centre and downsample (level-0 pixels per screen pixel), and the way between screen and image."""

    changed = Signal()

    def __init__(self, model: ViewerModel, size: Callable[[], QSizeF], parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self._size = size
        self._bounds = Region(0, 0, 1, 1)
        self._placement = Placement((1.0, 1.0), "pixel")
        self._fitted = True

    def look_at_image(self, bounds: Region, placement: Placement) -> None:
        """A new image: its rectangle and where it lies; the view fits all of it."""
        self._bounds = bounds
        self._placement = placement
        self.fit()

    def turn(self, placement: Placement) -> None:
        """The image lies otherwise now; the same point stays in the middle."""
        center, downsample, fitted = self.center, self.downsample, self._fitted
        self._placement = placement
        self.move_to(center, downsample)
        if fitted:
            self.fit()

    @property
    def placement(self) -> Placement:
        """Where the image lies."""
        return self._placement

    @property
    def corners(self) -> tuple[Point, Point, Point, Point]:
        """The level-0 points in the corners of the canvas, clockwise from top left."""
        right, bottom = self._size().width(), self._size().height()
        places = (QPointF(0, 0), QPointF(right, 0), QPointF(right, bottom), QPointF(0, bottom))
        first, second, third, fourth = (self.to_image(place) for place in places)
        return first, second, third, fourth

    @property
    def seen(self) -> Region:
        """The smallest upright rectangle around what the canvas shows, which may reach beyond the image."""
        xs, ys = [corner.x for corner in self.corners], [corner.y for corner in self.corners]
        return Region(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))

    @property
    def downsample(self) -> float:
        """Level-0 pixels per screen pixel (geometric mean of both axes)."""
        return 1.0 / (self._model.scene.camera.zoom * self._placement.mean_scale)

    @property
    def center(self) -> Point:
        """The level-0 point in the middle."""
        return self._placement.to_level0(*self._model.scene.camera.center[-2:])

    def to_image(self, position: QPointF) -> Point:
        """The level-0 point at a place on the canvas (logical pixels)."""
        row, col = self._model.scene.camera.center[-2:]
        zoom, size = self._model.scene.camera.zoom, self._size()
        world_row = row + (position.y() - size.height() / 2) / zoom
        return self._placement.to_level0(world_row, col + (position.x() - size.width() / 2) / zoom)

    def to_screen(self, point: Point) -> QPointF:
        """The place of a level-0 point on the canvas."""
        row, col = self._model.scene.camera.center[-2:]
        zoom, size = self._model.scene.camera.zoom, self._size()
        world_row, world_col = self._placement.to_world(point)
        return QPointF((world_col - col) * zoom + size.width() / 2, (world_row - row) * zoom + size.height() / 2)

    def fit(self) -> None:
        """Show the whole image; it stays fitted when the window is resized, until the user moves."""
        self._show_region(self._bounds)
        self._fitted = True

    def refit(self) -> None:
        """The canvas has another size."""
        if self._fitted:
            self.fit()

    def go_to(self, region: Region) -> None:
        """Centre a region and make it fill the view (a region without size is centred only)."""
        if region.is_empty:
            self.move_to(region_center(region), self.downsample)
        else:
            self._show_region(region)
        self._fitted = False

    def zoom_by(self, factor: float, fixed: QPointF | None = None) -> None:
        """Magnify; the image point under `fixed` (the middle by default) stays where it is."""
        center, downsample = self.center, self._kept_in_sense(self.downsample / factor)
        under = self.to_image(fixed) if fixed is not None else center
        shrunk = downsample / self.downsample
        x, y = under.x + (center.x - under.x) * shrunk, under.y + (center.y - under.y) * shrunk
        self.move_to(Point(x, y), downsample)

    def pan_by(self, dx: float, dy: float) -> None:
        """Drag the image by screen pixels."""
        size = self._size()
        place = QPointF(size.width() / 2 - dx, size.height() / 2 - dy)
        self.move_to(self.to_image(place), self.downsample)

    def move_to(self, center: Point, downsample: float) -> None:
        """Look at a point; the magnification is kept within sense, the centre within the image."""
        x = min(max(center.x, self._bounds.x), self._bounds.right)
        y = min(max(center.y, self._bounds.y), self._bounds.bottom)
        self.follow(self._placement, Point(x, y), self._kept_in_sense(downsample))

    def follow(self, placement: Placement, center: Point, downsample: float) -> None:
        """Look where another pane says, even beside the image: nothing is kept within anything."""
        self._placement = placement
        self._fitted = False
        self._model.scene.camera.zoom = 1.0 / (downsample * self._placement.mean_scale)
        self._model.scene.camera.center = self._placement.to_world(center)
        self.changed.emit()

    def state(self, objective: float | None, slide_mpp: float | None, calibration: Calibration) -> ViewState:
        """What the status line shows. Without an objective, 10 µm per screen pixel count as 1×."""
        mpp = calibration.mpp * self.downsample if calibration.is_known else None
        magnification = objective / self.downsample if objective else None
        if magnification is None and slide_mpp is not None:
            magnification = 10.0 / (slide_mpp * self.downsample)
        turned = (self._placement.rotation_deg, self._placement.mirrored)
        return ViewState(magnification, mpp, self.downsample, self.center, self.corners, *turned)

    def downsample_of(self, magnification: float, objective: float | None, slide_mpp: float | None) -> float | None:
        """The downsample that shows a magnification; None when neither objective nor pixel size is known."""
        if objective:
            return objective / magnification
        return 10.0 / (magnification * slide_mpp) if slide_mpp else None

    def _show_region(self, region: Region) -> None:
        self.move_to(region_center(region), self._fit_downsample(region) * FIT_MARGIN)

    def _kept_in_sense(self, downsample: float) -> float:
        return min(max(downsample, CLOSEST_DOWNSAMPLE), self._fit_downsample(self._bounds) * FARTHEST_FITS)

    def _fit_downsample(self, region: Region) -> float:
        """What makes the region, turned as it is, just fit."""
        corners = ((region.x, region.y), (region.right, region.y), (region.right, region.bottom))
        places = [self._placement.to_world(Point(x, y)) for x, y in (*corners, (region.x, region.bottom))]
        rows, cols = ([place[axis] for place in places] for axis in (0, 1))
        size = self._size()
        world = max(
            (max(cols) - min(cols)) / max(1.0, size.width()), (max(rows) - min(rows)) / max(1.0, size.height())
        )
        return world / self._placement.mean_scale
