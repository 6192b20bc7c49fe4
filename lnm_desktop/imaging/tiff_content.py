"""Whether a TIFF of no vendor holds more than the one 8-bit picture that OpenSlide would show of it."""

from __future__ import annotations

from pathlib import Path

from lnm_desktop.imaging.tiff_check import Directory, TiffWalk

_SUBFILE_TYPE, _WIDTH, _LENGTH, _BITS, _DESCRIPTION, _SAMPLES, _SUB_IFDS = 254, 256, 257, 258, 270, 277, 330
_REDUCED, _MASK = 1, 4
_PICTURE_SAMPLES = (1, 3, 4)
_DESCRIPTION_BYTES = 4096


def is_more_than_a_picture(path: Path) -> bool:
    """True for OME-TIFF, more than 8 bits, channels, several pictures of one size, or levels that stand aside.

    Raises ImageDamaged, OSError.
    """
    with path.open("rb") as file:
        walk = TiffWalk(path.name, file, path.stat().st_size)
        directories = walk.directories()
        first = next(directories)
        return _is_special(walk, first) or any(_is_another(walk, first, other) for other in directories)


def _is_special(walk: TiffWalk, first: Directory) -> bool:
    if _SUB_IFDS in first or walk.value(first, _SAMPLES, 1) not in _PICTURE_SAMPLES:
        return True
    bits = walk.values(first[_BITS]) if _BITS in first else (1,)
    return max(bits, default=1) > 8 or b"<OME" in walk.text(first, _DESCRIPTION, _DESCRIPTION_BYTES)


def _is_another(walk: TiffWalk, first: Directory, other: Directory) -> bool:
    """True for a second picture of the full size."""
    if walk.value(other, _SUBFILE_TYPE, 0) & (_REDUCED | _MASK):
        return False
    return all(walk.value(first, tag, 0) == walk.value(other, tag, 0) for tag in (_WIDTH, _LENGTH))
