"""What is drawn on a picture that leaves the program: annotations in their groups' colours, and a scale bar."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from lnm_desktop.domain.annotation import Annotation
from lnm_desktop.domain.geometry import Ring, Shape
from lnm_desktop.domain.picture import Picture
from lnm_desktop.domain.scale_bar import ScaleBar, micrometre_bar, pixel_bar

Pixels = NDArray[np.uint8]
FINER = 3
"""Lines are drawn so many times finer and averaged, for smooth edges."""
LINE_PX, DOT_RADIUS_PX = 2.0, 5.0
USUAL_SIDE_PX = 1000
"""Lines and letters grow with pictures whose shorter side is longer than that: they are looked at as a whole."""
PLATE, INK = (18, 20, 24), (255, 255, 255)
BAR_SHARE = 0.25
LEAST_BAR_SIDE_PX = 120


@dataclass(frozen=True, slots=True)
class _Stamp:
    """Ready pixels (height, width, 3) and where their top left corner lies in the picture."""

    pixels: Pixels
    left: int
    top: int


class Drawing:
    """Draws the same lines on each piece of a picture, wherever it is cut."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._grown = max(1.0, min(picture.size) / USUAL_SIDE_PX)
        self._bar = _bar_stamp(picture, self._grown) if picture.scale_bar else None

    @property
    def is_empty(self) -> bool:
        """True where the pixels stay as they are."""
        return self._bar is None and not len(self._picture.annotations)

    def on(self, pixels: Pixels, left: int, top: int) -> Pixels:
        """The piece (height, width, 3) whose corner is at (left, top) of the picture, with what belongs on it."""
        for annotation in self._picture.annotations:
            if self._touches(annotation, pixels, left, top):
                pixels = self._outlined(pixels, annotation, left, top)
        return _stamped(pixels, self._bar, left, top) if self._bar is not None else pixels

    def _touches(self, annotation: Annotation, pixels: Pixels, left: int, top: int) -> bool:
        height, width = pixels.shape[:2]
        around = DOT_RADIUS_PX * self._grown + 2
        piece = self._picture.part(left, top, width, height)
        room = around * self._picture.downsample
        box = annotation.geometry.bounds
        apart_x = box.right < piece.x - room or box.x > piece.right + room
        return not (apart_x or box.bottom < piece.y - room or box.y > piece.bottom + room)

    def _outlined(self, pixels: Pixels, annotation: Annotation, left: int, top: int) -> Pixels:
        height, width = pixels.shape[:2]
        sheet = Image.new("L", (width * FINER, height * FINER), 0)
        pen = ImageDraw.Draw(sheet)
        geometry = annotation.geometry
        if geometry.shape in (Shape.DOT, Shape.POINT_SET):
            self._draw_dots(pen, self._places(geometry.points, left, top))
        else:
            closed = geometry.shape is not Shape.MEASUREMENT
            for ring in (geometry.points, *geometry.holes):
                self._draw_line(pen, self._places(ring, left, top), closed=closed)
        cover = np.asarray(sheet.reduce(FINER), np.float32)[..., np.newaxis] / 255
        ink = np.array(_rgb(self._picture.annotations.color_of(annotation)), np.float32)
        return (pixels + (ink - pixels) * cover + 0.5).astype(np.uint8)

    def _places(self, ring: Ring, left: int, top: int) -> list[tuple[float, float]]:
        """Points in the finer pixels of the sheet."""
        region, step = self._picture.region, self._picture.downsample
        return [
            (((point.x - region.x) / step - left) * FINER, ((point.y - region.y) / step - top) * FINER)
            for point in ring
        ]

    def _draw_line(self, pen: ImageDraw.ImageDraw, places: list[tuple[float, float]], *, closed: bool) -> None:
        line = [*places, *places[:2]] if closed else places
        pen.line(line, fill=255, width=round(LINE_PX * FINER * self._grown), joint="curve")

    def _draw_dots(self, pen: ImageDraw.ImageDraw, places: list[tuple[float, float]]) -> None:
        radius = DOT_RADIUS_PX * FINER * self._grown
        for x, y in places:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)


def bar_of(picture: Picture) -> tuple[ScaleBar, int] | None:
    """The scale bar of a picture and its length in the picture's pixels; None on one too small to hold it."""
    width, height = picture.size
    if min(width, height) < LEAST_BAR_SIDE_PX:
        return None
    pixel = picture.pixel_um
    per_px = pixel[0] if pixel else picture.downsample
    longest = width * BAR_SHARE * per_px
    bar = micrometre_bar(longest) if pixel else pixel_bar(longest)
    return bar, round(bar.length / per_px)


def _bar_stamp(picture: Picture, grown: float) -> _Stamp | None:
    found = bar_of(picture)
    if found is None:
        return None
    bar, length = found
    pad, thick = round(10 * grown), max(2, round(3 * grown))
    words = _words(bar.text, 16 * grown)
    wide, high = max(length, words.width) + 2 * pad, words.height + 2 * pad + thick
    plate = Image.new("RGB", (wide, high), PLATE)
    plate.paste(INK, ((wide - words.width) // 2, pad // 2), words)
    pen = ImageDraw.Draw(plate)
    start, y = (wide - length) // 2, high - pad - thick
    pen.rectangle((start, y, start + length - 1, y + thick - 1), fill=INK)
    margin = round(12 * grown)
    return _Stamp(np.asarray(plate), picture.size[0] - wide - margin, picture.size[1] - high - margin)


def _words(text: str, size_px: float) -> Image.Image:
    """Words as a mask. The font that comes with Pillow has no micro sign: it is a u with a stem."""
    font = ImageFont.load_default(size_px)
    stem, foot = max(1, round(size_px * 0.08)), round(size_px * 1.25)
    mask = Image.new("L", (round(font.getlength(text.replace("µ", "u"))) + 2, foot + 1), 0)
    pen, x = ImageDraw.Draw(mask), 1.0
    for letter in text:
        drawn = "u" if letter == "µ" else letter
        pen.text((x, 0), drawn, font=font, fill=255)
        if letter == "µ":
            left, top, _, _ = font.getbbox(drawn)
            pen.rectangle((round(x + left), top, round(x + left) + stem - 1, foot), fill=255)
        x += font.getlength(drawn)
    return mask


def _stamped(pixels: Pixels, stamp: _Stamp, left: int, top: int) -> Pixels:
    height, width = pixels.shape[:2]
    rows, columns = stamp.pixels.shape[:2]
    first_y, last_y = max(0, stamp.top - top), min(height, stamp.top + rows - top)
    first_x, last_x = max(0, stamp.left - left), min(width, stamp.left + columns - left)
    if first_y >= last_y or first_x >= last_x:
        return pixels
    output = pixels.copy()
    dy, dx = top - stamp.top, left - stamp.left
    output[first_y:last_y, first_x:last_x] = stamp.pixels[first_y + dy : last_y + dy, first_x + dx : last_x + dx]
    return output


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
