"""A model's map to a picture: colours where it says something, clear elsewhere."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from lnm_desktop.domain.colormaps import MAGMA, ColorTable

PICTURE_EDGE_PX = 1024
FONT_PX, LINE_PX, CHARACTER_PX = 16, 22, 9


def colorize(
    values: NDArray[np.floating], opacity: float = 1.0, threshold: float = 0.0, table: ColorTable = MAGMA
) -> NDArray[np.uint8]:
    """RGBA uint8 (rows, columns, 4) of values from 0 to 1 (others are clipped).

    Cells below the threshold, and cells that are not finite because they were not examined, are clear.
    """
    examined = np.isfinite(values)
    known = np.where(examined, values, 0.0).clip(0.0, 1.0)
    rgba = np.empty((*values.shape, 4), np.uint8)
    rgba[..., :3] = np.array(table, np.uint8)[np.rint(known * (len(table) - 1)).astype(np.intp)]
    shown = examined & (known >= threshold)
    rgba[..., 3] = np.where(shown, round(255 * min(max(opacity, 0.0), 1.0)), 0)
    return rgba


def dumps_png(rgba: NDArray[np.uint8]) -> bytes:
    """A PNG in which a small map's cells are squares of several pixels."""
    rows, columns = rgba.shape[:2]
    factor = max(1, PICTURE_EDGE_PX // max(rows, columns, 1))
    picture = Image.fromarray(rgba).resize((columns * factor, rows * factor), Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def with_caption(png: bytes, lines: Sequence[str]) -> bytes:
    """The picture with lines of text under it, black on white, wrapped to its width."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    wrapped = [part for line in lines for part in textwrap.wrap(line, max(20, picture.width // CHARACTER_PX))]
    larger = Image.new("RGB", (picture.width, picture.height + LINE_PX * (len(wrapped) + 1)), "white")
    larger.paste(picture)
    write = ImageDraw.Draw(larger)
    font = ImageFont.load_default(size=FONT_PX)
    for number, line in enumerate(wrapped):
        write.text((FONT_PX, picture.height + LINE_PX * (number + 0.5)), line, "black", font)
    buffer = io.BytesIO()
    larger.save(buffer, "PNG")
    return buffer.getvalue()
