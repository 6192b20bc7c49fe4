"""Whole slides of every format that OpenSlide knows, read through OpenSlide."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import openslide
from numpy.typing import NDArray
from PIL import Image

from lnm_desktop.domain.geometry import Region, Size
from lnm_desktop.domain.image import READ_BY, ImageInfo, ImageKind, Kernel, Level, RegionRequest
from lnm_desktop.errors import ImageDamaged, ImageError, ImageUnsupported
from lnm_desktop.imaging.calibration import MAXIMUM_MPP, MAXIMUM_PRINT_MPP, read_calibration
from lnm_desktop.imaging.color_profile import ColorProfile, for_screen, read_profile
from lnm_desktop.imaging.placement import Block, place
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.imaging.readers.stored_tiles import GapInTile, StoredLevel, StoredTiles

WHITE = 255
PLAIN_TIFF = "generic-tiff"
DEFAULT_TILE_PX = 256
LARGE_SINGLE_LEVEL_PX = 20_000
ICC_SIZE = "openslide.icc-size"
SAME_PLACE_PX = 1e-6
# Parts of property names that may identify a patient, a laboratory or a person who worked on the slide.
_IDENTIFYING = (
    *("barcode", "patient", "comment", "imagedescription", "filename", "user", "operator", "physician", "accession"),
    *(
        "institution",
        "specimen",
        "container",
        "slideid",
        "imageid",
        "study",
        "series",
        "uid",
        "date",
        "time",
        "label",
        "title",
    ),
)


class _NotStored(Exception):
    """A tile of a level that exists in decoding only cannot be decoded."""


def driver_of(path: Path) -> str:
    """The name of OpenSlide's driver for the file, empty where it has none."""
    return openslide.OpenSlide.detect_format(str(path)) or ""


class OpenSlideReader(ImageReader):
    """A slide behind OpenSlide. A read error condemns OpenSlide's handle, so it is replaced after one."""

    thread_safe = True

    def __init__(self, path: Path) -> None:
        """Raises ImageUnsupported, ImageDamaged."""
        self._path = path
        self._slide = self._open()
        self._replacing = threading.Lock()
        self._closed = False
        self._stored = StoredTiles(path, self._slide.level_dimensions)
        self._drop_different_levels()
        self._profile, doubts = read_profile(_profile_bytes(self._slide), lambda: self._slide.color_profile)
        self._info = _describe(self._slide, self._stored, self._profile, doubts)
        self._reduced = self._with_reduced_levels()

    @property
    def info(self) -> ImageInfo:
        """What OpenSlide tells of the slide."""
        return self._info

    def read_region(self, request: RegionRequest) -> NDArray[np.generic]:
        """See `ImageReader.read_region`."""
        self._check_open()
        return for_screen(self._placed(request), request, self._profile)

    def read_associated(self, name: str) -> NDArray[np.uint8]:
        """Label, macro, thumbnail …, composited on white."""
        self._check_open()
        if name not in self._info.associated:
            raise ImageError(
                f"{self._path.name} has no image named {name!r}", hint="Choose one that the slide lists."
            )
        try:
            return _on_white(self._slide.associated_images[name])
        except openslide.OpenSlideError as error:
            self._replace()
            raise ImageDamaged(
                f"{self._path.name}: the {name} image cannot be decoded ({self._reason(error)})",
                hint="The slide itself may be intact.",
            ) from error

    def close(self) -> None:
        """Release the file."""
        if not self._closed:
            self._closed = True
            self._stored.close()
            self._slide.close()

    def _open(self) -> openslide.OpenSlide:
        try:
            return openslide.OpenSlide(str(self._path))
        except openslide.OpenSlideUnsupportedFormatError as error:
            raise ImageUnsupported(
                f"{self._path.name} is not a slide that OpenSlide knows",
                hint="Convert it to pyramidal TIFF or DICOM.",
            ) from error
        except openslide.OpenSlideError as error:
            reason = self._reason(error)
            kind = ImageUnsupported if "nsupported" in reason else ImageDamaged
            raise kind(
                f"{self._path.name} cannot be opened: {reason}",
                hint="Copy the file again from its source, or convert it to a pyramidal TIFF.",
            ) from error

    def _placed(self, request: RegionRequest) -> NDArray[np.generic]:
        if request.kernel is Kernel.DCT:
            with suppress(_NotStored):
                return place(request, self._reduced, self._read_reduced, WHITE, self._read_stored)
        return place(request, self._info, self._read_block, WHITE, self._read_stored)

    def _read_reduced(self, level: int, x: int, y: int, width: int, height: int) -> Block:
        """A block of a level that may exist in decoding only. Raises _NotStored for what OpenSlide must read."""
        stored = self._read_stored(level, x, y, width, height)
        if stored is None:
            raise _NotStored
        return Block(stored, x, y, is_own=True)

    def _with_reduced_levels(self) -> ImageInfo:
        """The slide with the levels that its JPEG tiles can be decoded at."""
        levels = list(self._info.levels)
        for native, fraction in self._stored.add_reduced():
            level, stored = self._info.levels[native], self._stored.levels[len(levels)]
            if stored is not None:
                size, tile = Size(stored.width, stored.height), Size(stored.tile_width, stored.tile_height)
                levels.append(Level(size, level.downsample_x * fraction, level.downsample_y * fraction, tile))
        return replace(self._info, levels=tuple(levels))

    def _read_block(self, level: int, x: int, y: int, width: int, height: int) -> Block:
        stored = self._read_stored(level, x, y, width, height)
        if stored is not None:
            return Block(stored, x, y, is_own=True)
        slide = self._slide
        factor = slide.level_downsamples[level]
        location = (round(x * factor), round(y * factor))
        try:
            image = slide.read_region(location, level, (width, height))
        except openslide.OpenSlideError:
            image = self._read_again(location, level, (width, height))
        # OpenSlide interpolates from the fractional place of a level-0 location, so that place is the block's corner.
        return Block(_on_white(image), location[0] / factor, location[1] / factor)

    def _read_stored(
        self, level: int, x: int, y: int, width: int, height: int, factor: int = 1
    ) -> NDArray[np.uint8] | None:
        """A tile with a gap is not OpenSlide's business: it would make plausible tissue of it."""
        try:
            return self._stored.read(level, x, y, width, height, factor)
        except GapInTile as gap:
            at = self._reduced.levels[level]
            raise self._damaged((round(gap.x * at.downsample_x), round(gap.y * at.downsample_y)), gap) from gap

    def _drop_different_levels(self) -> None:
        """Leave to OpenSlide each level of which a sample tile comes out otherwise there."""
        for level, stored in enumerate(self._stored.levels):
            if stored is not None and not all(self._is_same(level, place) for place in _samples(stored)):
                self._stored.levels[level] = None

    def _is_same(self, level: int, place: tuple[int, int, int, int]) -> bool:
        """True where both ways give the same pixels, or one gives none."""
        x, y, width, height = place
        factor = self._slide.level_downsamples[level]
        location = (round(x * factor), round(y * factor))
        if max(abs(location[0] / factor - x), abs(location[1] / factor - y)) > SAME_PLACE_PX:
            return True
        try:
            found = self._stored.read(level, *place)
        except GapInTile:
            return True
        try:
            expected = _on_white(self._slide.read_region(location, level, (width, height)))
        except openslide.OpenSlideError:
            self._slide = self._open()
            return found is None
        return found is None or np.array_equal(found, expected)

    def _read_again(self, location: tuple[int, int], level: int, size: tuple[int, int]) -> Image.Image:
        """Read on a handle of our own: the failed one may have been condemned by another region."""
        with self._replacing:
            fresh = self._open()
            try:
                image = fresh.read_region(location, level, size)
            except openslide.OpenSlideError as error:
                self._slide = self._open()
                raise self._damaged(location, error) from error
            self._slide = fresh
            return image

    def _replace(self) -> None:
        with self._replacing:
            self._slide = self._open()

    def _damaged(self, location: tuple[int, int], error: Exception) -> ImageDamaged:
        return ImageDamaged(
            f"{self._path.name}: the part at x {location[0]}, y {location[1]} "
            f"cannot be decoded ({self._reason(error)})",
            hint="The rest of the slide may be readable; copy the file again from its source.",
            x_px=location[0],
            y_px=location[1],
        )

    def _reason(self, error: Exception) -> str:
        """OpenSlide's words without the folders that they name."""
        return str(error).replace(f"{self._path.parent}{os.sep}", "")

    def _check_open(self) -> None:
        if self._closed:
            raise ImageError(f"{self._path.name} is closed", hint="Open the image again.")


def _samples(stored: StoredLevel) -> list[tuple[int, int, int, int]]:
    """The first, a middle and the last tile of a level, and one between tiles: x, y, width, height."""
    width, height = stored.tile_width, stored.tile_height
    last_x, last_y = ((stored.width - 1) // width * width, (stored.height - 1) // height * height)
    middle = (last_x // width // 2 * width, last_y // height // 2 * height)
    corners = {(0, 0), middle, (last_x, last_y), (middle[0] // 2 + 3, middle[1] // 2 + 5)}
    return [(x, y, min(width, stored.width - x), min(height, stored.height - y)) for x, y in sorted(corners)]


def _profile_bytes(slide: openslide.OpenSlide) -> int:
    """Length of the colour profile, 0 where there is none."""
    return int(slide.properties.get(ICC_SIZE, "0"))


def _describe(
    slide: openslide.OpenSlide, stored: StoredTiles, profile: ColorProfile | None, doubts: tuple[str, ...]
) -> ImageInfo:
    properties = slide.properties
    vendor = properties.get(openslide.PROPERTY_NAME_VENDOR, "")
    calibration, warnings = read_calibration(
        properties.get(openslide.PROPERTY_NAME_MPP_X),
        properties.get(openslide.PROPERTY_NAME_MPP_Y),
        maximum_mpp=MAXIMUM_PRINT_MPP if vendor == PLAIN_TIFF else MAXIMUM_MPP,
    )
    size = Size(*slide.dimensions)
    return ImageInfo(
        kind=ImageKind.SLIDE,
        format=f"openslide/{vendor}",
        size=size,
        levels=tuple(_level(slide, index) for index in range(slide.level_count)),
        calibration=calibration,
        objective_power=_power(properties.get(openslide.PROPERTY_NAME_OBJECTIVE_POWER)),
        bounds=_bounds(properties),
        icc=profile.description if profile is not None else "",
        associated=tuple(sorted(slide.associated_images)),
        properties={**_technical(properties), READ_BY: _ways(stored)},
        warnings=warnings + doubts + _level_warning(slide),
    )


def _ways(stored: StoredTiles) -> str:
    """How levels are read, for those who want to know why a slide is fast or slow."""
    direct = sum(level is not None for level in stored.levels)
    return f"stored tiles in {direct} of {len(stored.levels)} levels, else OpenSlide" if direct else "OpenSlide"


def _level(slide: openslide.OpenSlide, index: int) -> Level:
    full, (width, height) = slide.dimensions, slide.level_dimensions[index]
    tile_width = slide.properties.get(f"openslide.level[{index}].tile-width", DEFAULT_TILE_PX)
    tile_height = slide.properties.get(f"openslide.level[{index}].tile-height", DEFAULT_TILE_PX)
    tile = Size(int(tile_width), int(tile_height))
    return Level(Size(width, height), full[0] / width, full[1] / height, tile)


def _level_warning(slide: openslide.OpenSlide) -> tuple[str, ...]:
    if slide.level_count > 1 or max(slide.dimensions) <= LARGE_SINGLE_LEVEL_PX:
        return ()
    return ("The slide has no reduced levels: overviews are slow. Convert it to a pyramidal TIFF.",)


def _bounds(properties: Mapping[str, str]) -> Region | None:
    """The part that holds pixels, where the format says so."""
    names = ("x", "y", "width", "height")
    try:
        return Region(*(float(properties[f"openslide.bounds-{name}"]) for name in names))
    except (KeyError, ValueError):
        return None


def _power(text: str | None) -> float | None:
    try:
        power = float(text or "")
    except ValueError:
        return None
    return power if 0 < power < 1000 else None


def _technical(properties: Mapping[str, str]) -> dict[str, str]:
    """Properties whose names do not hint at a person; OpenSlide's own are kept but for comment and barcode."""
    return {
        name: str(value)
        for name, value in properties.items()
        if not any(word in name.lower() for word in _IDENTIFYING)
    }


def _on_white(image: Image.Image) -> NDArray[np.uint8]:
    """uint8 (height, width, 3); transparent pixels show white."""
    rgba = image.convert("RGBA")
    if rgba.getchannel("A").getextrema()[0] == WHITE:
        return np.asarray(rgba)[..., :3]
    white = Image.new("RGBA", rgba.size, (WHITE, WHITE, WHITE, WHITE))
    return np.asarray(Image.alpha_composite(white, rgba))[..., :3]
