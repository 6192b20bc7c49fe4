"""The real window in trouble: its heart is counted, its picture is looked at, its words are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from lnm_desktop.domain.geometry import Point, Region
from lnm_desktop.ui.viewer.pane import ViewerPane
from tests.e2e.real_window import RealWindow
from tests.fakes.formula_reader import cell_color

TICK_MS = 5


class Pulse(QObject):
    """Counts how often the event loop came round, and how often the canvas was painted."""

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self.ticks = self.paints = self.noted = 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._timer.start(TICK_MS)
        canvas.installEventFilter(self)

    def _tick(self) -> None:
        self.ticks += 1

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.paints += event.type() == QEvent.Type.Paint
        return False

    def note(self) -> bool:
        """Keep in `noted` how often it was painted so far."""
        self.noted = self.paints
        return True

    def stop(self) -> None:
        """Stop counting."""
        self._timer.stop()
        self.deleteLater()


@contextmanager
def pulse_of(canvas: QWidget) -> Iterator[Pulse]:
    """Counts until the end of the block."""
    pulse = Pulse(canvas)
    yield pulse
    pulse.stop()


class Panning:
    """A hand that moves the view to and fro by some screen pixels with each step, around one place."""

    def __init__(self, pane: ViewerPane, center: Point, downsample: float = 1.0) -> None:
        self._pane = pane
        self._downsample = downsample
        self._center = center
        self.steps = 0

    def step(self) -> None:
        """Move on."""
        self.steps += 1
        shift = 4 * self._downsample * (self.steps % 50)
        self._pane.move_to(Point(self._center.x + shift, self._center.y), self._downsample)


def pan_until(window: RealWindow, panning: Panning, condition: Callable[[], object]) -> None:
    """Pan while events are served, until something is true."""

    def look() -> bool:
        panning.step()
        return bool(condition())

    window.wait(look)


def pane_of(window: RealWindow) -> ViewerPane:
    """The viewer."""
    pane = window.bench.pane
    assert pane is not None
    return pane


def color_at(pane: ViewerPane, image: QImage, point: Point) -> tuple[int, int, int]:
    """What a picture of the canvas shows at a level-0 point."""
    place = pane.to_screen(point)
    color = image.pixelColor(int(place.x()), int(place.y()))
    return color.red(), color.green(), color.blue()


def mean_color(pane: ViewerPane, region: Region) -> NDArray[np.float64]:
    """The mean red, green and blue of a level-0 region on the screen."""
    return pixels_of(pane, region).reshape(-1, 3).mean(axis=0)


def pixels_of(pane: ViewerPane, region: Region) -> NDArray[np.uint8]:
    """A level-0 region as it is on the screen, (rows, columns, 3)."""
    low, high = pane.to_screen(Point(region.x, region.y)), pane.to_screen(Point(region.right, region.bottom))
    shown = pane.screenshot().convertToFormat(QImage.Format.Format_RGB888)
    part = shown.copy(QRect(low.toPoint(), high.toPoint() - QPoint(1, 1)))
    rows = np.frombuffer(part.constBits(), np.uint8).reshape(part.height(), part.bytesPerLine())
    return rows[:, : 3 * part.width()].reshape(part.height(), part.width(), 3).copy()  # the image goes


def check_formula(pane: ViewerPane) -> None:
    """Every cell in the middle of the view has the colour that the formula gives it."""
    image, middle = pane.screenshot(), pane.visible_region()
    row = (middle.y + middle.height / 2) // 64 * 64 + 32
    for column in range(int(middle.x + 128) // 64, int(middle.right - 128) // 64):
        x = column * 64 + 32
        found, expected = color_at(pane, image, Point(x, row)), cell_color(x, row)
        assert max(abs(a - b) for a, b in zip(found, expected, strict=True)) <= 3, (x, row, found, expected)
