"""Which tissue of a slide was on the screen, how large at best, and where to look next."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.app.session import Session
from lnm_desktop.domain.case import CaseImage
from lnm_desktop.domain.coverage import CoverageGrid, grid_of
from lnm_desktop.domain.geometry import Point, ring_area_px2
from lnm_desktop.domain.image import Calibration, ImageInfo
from lnm_desktop.errors import StoreError
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.store.records import KeptCoverage

TISSUE_MPP = 4.0
"""Half of what models use: a strand of tissue that is left out would never be asked for."""
LEAST_TISSUE = 0.01
"""A cell counts as tissue when so much of it is."""
SHARED_RADIUS = 0.6
"""The next view is centred among the unseen cells within so much of its radius."""
_STORED = np.dtype("<f4")
_ROUNDING = 1e-3

Cells = NDArray[np.bool_]
"""One value for each cell of a grid, (rows, columns)."""


@dataclass
class Coverage:
    """The finest downsample at which each cell was seen whole, (rows, columns), inf where it never was.

    Downsamples rather than magnifications are kept: they stay true when a pixel size is stated later.
    """

    grid: CoverageGrid
    finest: NDArray[np.float32]

    @classmethod
    def empty(cls, grid: CoverageGrid) -> Coverage:
        """Nothing was looked at."""
        return cls(grid, np.full((grid.rows, grid.columns), np.inf, np.float32))

    def copy(self) -> Coverage:
        """The same, untouched by what is looked at from now on."""
        return Coverage(self.grid, self.finest.copy())

    def note(self, corners: Sequence[Point], downsample: float) -> bool:
        """A view with these corners (level-0, in order around it) was looked at; True when it shows something new."""
        rows, columns = _touched(self.grid, corners)
        inside = _cells_inside(self.grid, corners, rows, columns)
        part = self.finest[rows, columns]
        better = inside & (part > downsample)
        part[better] = downsample
        return bool(better.any())

    def seen(self, downsample: float) -> Cells:
        """The cells that were seen at this downsample or a finer one."""
        return self.finest <= downsample * (1 + _ROUNDING)

    def pack(self) -> bytes:
        """The cells as bytes."""
        return zlib.compress(self.finest.astype(_STORED).tobytes(), 1)

    @classmethod
    def unpack(cls, grid: CoverageGrid, cells: bytes) -> Coverage:
        """What `pack` gave. Raises StoreError for other bytes."""
        wanted = grid.rows * grid.columns * _STORED.itemsize
        try:
            data = zlib.decompressobj().decompress(cells, wanted + 1)
        except zlib.error:
            data = b""
        if len(data) != wanted:
            raise StoreError("what was looked at cannot be read", hint="It is counted from the start again.")
        return cls(grid, np.frombuffer(data, _STORED).reshape(grid.rows, grid.columns).astype(np.float32))


@dataclass
class Reading:
    """One slide as it is read: `limit` is the coarsest downsample that counts, `tissue` what there is to look at.

    Either is None while it is not known.
    """

    coverage: Coverage
    limit: float | None = None
    tissue: Cells | None = None

    @property
    def unseen(self) -> Cells | None:
        """The tissue that was not looked at; None while that cannot be told."""
        if self.limit is None or self.tissue is None:
            return None
        return self.tissue & ~self.coverage.seen(self.limit)

    @property
    def percent(self) -> int | None:
        """How much of the tissue was looked at, rounded down: 100 is all of it. None where it cannot be told."""
        unseen = self.unseen
        if unseen is None or self.tissue is None or not self.tissue.any():
            return None
        total = int(self.tissue.sum())
        return 100 * (total - int(unseen.sum())) // total


def read_coverage(session: Session, image: CaseImage, info: ImageInfo, calibration: Calibration) -> Coverage:
    """What the session's author has looked at; nothing where it was another file. Raises StoreError."""
    kept = session.coverage(image.id)
    if kept is None or (kept.grid.size, kept.fingerprint) != (info.size, info.fingerprint):
        return Coverage.empty(grid_of(info.size, calibration))
    return Coverage.unpack(kept.grid, kept.cells)


def keep_coverage(session: Session, image: CaseImage, info: ImageInfo, coverage: Coverage) -> None:
    """Write what the session's author has looked at. Raises StoreError."""
    session.save_coverage(image.id, KeptCoverage(session.author, info.fingerprint, coverage.grid, coverage.pack()))


def tissue_cells(reader: ImageReader, grid: CoverageGrid) -> Cells:
    """Where there is tissue; reads the slide, so not on the window's thread. Raises ImageError."""
    from lnm_desktop.imaging.tissue import find_tissue  # noqa: PLC0415 - scipy takes long to come in

    edges_x = np.linspace(0, grid.size.width, grid.columns + 1)
    edges_y = np.linspace(0, grid.size.height, grid.rows + 1)
    return find_tissue(reader, mpp=TISSUE_MPP).fractions(edges_x, edges_y) >= LEAST_TISSUE


def next_unseen(grid: CoverageGrid, unseen: Cells, here: Point, radius_px: float) -> Point | None:
    """Where to look next: near the unseen cell that is nearest, amid its unseen neighbours; None when all is seen.

    `radius_px` is how far a view reaches in every direction, in level-0 pixels: the nearest cell is always in it.
    """
    rows, columns = np.nonzero(unseen)
    if not rows.size:
        return None
    x, y = (columns + 0.5) * grid.cell.width, (rows + 0.5) * grid.cell.height
    nearest = int(np.argmin(np.hypot(x - here.x, y - here.y)))
    half_cell = math.hypot(grid.cell.width, grid.cell.height) / 2
    reach = min(SHARED_RADIUS * radius_px, max(0.0, radius_px - half_cell))
    near = np.hypot(x - x[nearest], y - y[nearest]) <= reach
    return Point(float(x[near].mean()), float(y[near].mean()))


def _touched(grid: CoverageGrid, corners: Sequence[Point]) -> tuple[slice, slice]:
    """Rows and columns of the cells in the view's bounding box."""
    return (
        _span([corner.y for corner in corners], grid.cell.height, grid.rows),
        _span([corner.x for corner in corners], grid.cell.width, grid.columns),
    )


def _span(places: Sequence[float], extent: float, count: int) -> slice:
    low, high = math.floor(min(places) / extent), math.ceil(max(places) / extent)
    return slice(min(max(low, 0), count), min(max(high, 0), count))


def _cells_inside(grid: CoverageGrid, corners: Sequence[Point], rows: slice, columns: slice) -> Cells:
    """Which cells of a part of the grid lie inside a convex polygon with all four corners."""
    x = (np.arange(columns.start, columns.stop + 1) * grid.cell.width)[np.newaxis, :]
    y = (np.arange(rows.start, rows.stop + 1) * grid.cell.height)[:, np.newaxis]
    inside = np.full((y.size, x.size), ring_area_px2(tuple(corners)) > 0)
    turn = math.copysign(1.0, _signed_area_px2(corners))
    for a, b in zip(corners, (*corners[1:], corners[0]), strict=True):
        side = turn * ((b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x))
        inside &= side >= -_ROUNDING * math.hypot(b.x - a.x, b.y - a.y)
    return inside[:-1, :-1] & inside[1:, :-1] & inside[:-1, 1:] & inside[1:, 1:]


def _signed_area_px2(corners: Sequence[Point]) -> float:
    """Positive for corners that go clockwise on the screen; a mirrored view has them the other way round."""
    pairs = zip(corners, (*corners[1:], corners[0]), strict=True)
    return sum(a.x * b.y - b.x * a.y for a, b in pairs) / 2
