"""Every channel of a fluorescence image passes through here: its name, its colour, the range it is shown in."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.image import Channel, Window

# A few bright specks must not make all else dark, and most of a slide is background.
SHOWN_PERCENTILES = (1.0, 99.8)
WHITE = "#ffffff"
# Where a file gives no colours; the first four are shown at once, so they stay apart with any colour vision.
_PALETTE = ("#3f6fff", "#00d000", "#ff3030", "#ffd000", "#ff40ff", "#00d8d8", "#ff8c00", "#b0b0b0")
_DYES = (
    (r"dapi|hoechst|draq5|dna", "#3f6fff"),
    (r"fitc|gfp|af ?488|alexa ?(fluor )?488|opal ?520", "#00d000"),
    (r"tritc|rhod|cy3|af ?5(46|55|68)|alexa ?(fluor )?5(46|55|68)|opal ?570", "#ffd000"),
    (r"texas|mcherry|af ?594|alexa ?(fluor )?594|opal ?620", "#ff8c00"),
    (r"cy5(?!\.)|af ?6(33|47)|alexa ?(fluor )?6(33|47)|opal ?6[59]0", "#ff3030"),
    (r"cy7|af ?7[059]0|alexa ?(fluor )?7[059]0|opal ?780", "#ff40ff"),
)
_LONGEST_NAME = 80


def named_channels(
    names: Sequence[str], colors: Sequence[str], windows: Sequence[Window | None]
) -> tuple[Channel, ...]:
    """One channel per window; names and colours that the file lacks ("") are made up.

    Several channels that are all of one colour were given none: writers fill in white.
    """
    count = len(windows)
    names, colors = ((*given, *[""] * count)[:count] for given in (names, colors))
    if count > 1 and len(set(colors)) == 1:
        colors = ("",) * count
    shown = [name.strip()[:_LONGEST_NAME] or f"Channel {index + 1}" for index, name in enumerate(names)]
    return tuple(
        Channel(name, color or _color(name, index), window)
        for index, (name, color, window) in enumerate(zip(shown, colors, windows, strict=True))
    )


def shown_range(sample: NDArray[np.generic]) -> Window | None:
    """The range in which a channel is shown: of percentiles, else of its extremes; None where it is flat."""
    finite = np.asarray(sample, dtype=np.float64)
    finite = finite[np.isfinite(finite)]
    if not finite.size:
        return None
    low, high = (float(value) for value in np.percentile(finite, SHOWN_PERCENTILES))
    if high <= low:
        low, high = float(finite.min()), float(finite.max())
    return Window((low + high) / 2, high - low) if high > low else None


def _color(name: str, index: int) -> str:
    """By the dye that a name tells, else by its place."""
    found = (color for pattern, color in _DYES if re.search(pattern, name.lower()))
    return next(found, _PALETTE[index % len(_PALETTE)])
