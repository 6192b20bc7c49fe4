"""Annotations as a mask of labels, PNG or tiled TIFF pyramid, and back from one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import find_contours

from lnm_desktop.app.shapes import from_shapely
from lnm_desktop.domain.annotation import NO_GROUP, Annotation, AnnotationGroup, AnnotationSet, new_annotation
from lnm_desktop.domain.geometry import Geometry, Point, Ring, Size
from lnm_desktop.domain.image import Photometric, RegionRequest
from lnm_desktop.domain.picture import PNG_SUFFIX, Picture, PictureReport, check_png_size, picture_suffix
from lnm_desktop.domain.prediction import RESEARCH_USE_ONLY
from lnm_desktop.errors import FormatError
from lnm_desktop.formats import strict_json
from lnm_desktop.formats.files import draft_of, read_bytes, write_atomic
from lnm_desktop.formats.loaded import LoadedAnnotations, counted
from lnm_desktop.formats.png_stream import check_png, write_png
from lnm_desktop.imaging.label_tiles import AREAS, LabelTiles
from lnm_desktop.imaging.ome_tiff_writer import OmeTiff, check_ome_tiff, tile_boxes, write_ome_tiff
from lnm_desktop.imaging.open import open_image
from lnm_desktop.imaging.picture_tiles import Box

MOST_LABELS = 255
LARGEST_MASK_PX = 100_000_000
BAND_ROWS = 256
LIMIT_BYTES = 1024**2
Labels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class LabelMask:
    """A written mask, which number stands for which group, and the file that says so."""

    report: PictureReport
    labels: Mapping[int, str]
    description: Path


def export_label_mask(annotations: AnnotationSet, picture: Picture, target: Path) -> LabelMask:
    """Write the areas of a set; beside the mask, `NAME.json` tells which number is which group.

    Points and lines are no areas and are left out, which the report tells. Raises FormatError.
    """
    groups = [item.group for item in annotations if item.geometry.shape in AREAS]
    labels = {group: number for number, group in enumerate(sorted(set(groups)), start=1)}
    if len(labels) > MOST_LABELS:
        raise FormatError(
            f"{len(labels)} groups are too many for a mask", hint=f"It holds {MOST_LABELS}: merge some."
        )
    tiles = LabelTiles(picture, annotations, labels)
    write = _writer(target, picture)
    with draft_of(target) as file:
        write(file, tiles, target)
    description = target.with_name(f"{target.name}.json")
    write_atomic(description, strict_json.dumps(_described(annotations, picture, labels)))
    left = len(annotations) - len(groups)
    notes = (f"{counted(left, 'point or line')} is no area and was left out.",) if left else ()
    report = PictureReport(target, *picture.size, picture.pixel_um, notes)
    return LabelMask(report, {number: group for group, number in labels.items()}, description)


def load_label_mask(path: Path, slide: Size) -> LoadedAnnotations:
    """One polygon with its holes for each connected area of each label, scaled to the slide's level 0 in pixels.

    Groups have the names of `NAME.json` where that is beside the mask, else `Label 1` …. Raises FormatError,
    ImageError.
    """
    mask, names = _read(path), _names(path)
    height, width = mask.shape
    scale = slide.width / width, slide.height / height
    found: list[Annotation] = []
    for label in (int(value) for value in np.unique(mask) if value):
        group = names.get(label, AnnotationGroup(f"Label {label}"))
        name = group.name if group.name != _UNGROUPED else NO_GROUP
        found += [new_annotation(one, name, color=group.color) for one in _areas(mask == label, scale)]
    used = {item.group for item in found} - {NO_GROUP}
    known = {group.name: group for group in names.values()}
    groups = tuple(known.get(name, AnnotationGroup(name)) for name in sorted(used))
    uneven = abs(scale[0] / scale[1] - 1) > 0.01
    notes = ("The mask has other proportions than the slide: it was stretched.",) if uneven else ()
    return LoadedAnnotations(AnnotationSet(found, groups), notes)


_UNGROUPED = "(no group)"


def _writer(target: Path, picture: Picture) -> Any:
    suffix = picture_suffix(target)
    if suffix == PNG_SUFFIX:
        check_png_size(picture)
        return _write_png
    if suffix:
        return _write_tiff
    raise FormatError(f"{target.name} has no known ending", hint="Choose a name that ends in .png or .ome.tif.")


def _write_png(file: BinaryIO, tiles: LabelTiles, target: Path) -> None:
    height, width = tiles.shape
    tops = range(0, height, BAND_ROWS)
    bands = (tiles.read(Box(0, top, width, min(BAND_ROWS, height - top))) for top in tops)
    write_png(file, tiles.shape, bands, pixel_um=tiles.picture.pixel_um, texts={"Comment": RESEARCH_USE_ONLY})
    check_png(file, target.name, tiles.shape)


def _write_tiff(file: BinaryIO, tiles: LabelTiles, target: Path) -> None:
    form = OmeTiff(tiles.shape, tiles.picture.pixel_um, lossless=True, labels=True)
    write_ome_tiff(file, form, map(tiles.read, tile_boxes(form.shape)), target.parent)
    file.flush()
    check_ome_tiff(file, target.name, form)


def _described(annotations: AnnotationSet, picture: Picture, labels: Mapping[str, int]) -> dict[str, Any]:
    rows = [
        {"label": number, "group": group or _UNGROUPED, "color": _color(annotations, group)}
        for group, number in labels.items()
    ]
    return {
        "labels": rows,
        "background": 0,
        "downsample": picture.downsample,
        "size_px": list(picture.size),
        "region_px": asdict(picture.region),
        "notice": RESEARCH_USE_ONLY,
    }


def _color(annotations: AnnotationSet, group: str) -> str:
    return next(annotations.color_of(item) for item in annotations if item.group == group)


def _names(path: Path) -> dict[int, AnnotationGroup]:
    """The groups of the description beside a mask; none where there is no such file."""
    file = path.with_name(f"{path.name}.json")
    if not file.is_file():
        return {}
    try:
        rows = strict_json.Fields(strict_json.loads(read_bytes(file, LIMIT_BYTES), name=file.name), file.name)
        return {
            row.whole("label"): AnnotationGroup(row.text("group"), row.text("color"))
            for row in rows.list_of_fields("labels")
        }
    except ValueError as error:
        raise FormatError(f"{file.name} cannot be read: {error}", hint="Correct it, or take it away.") from error


def _read(path: Path) -> Labels:
    """All of a mask at its own resolution."""
    with open_image(path) as reader:
        info = reader.info
        if info.size.width * info.size.height > LARGEST_MASK_PX:
            raise FormatError(
                f"{path.name} has more than {LARGEST_MASK_PX / 1e6:.0f} million pixels, the most that is read",
                hint="Make it coarser: lnm mask export has --downsample.",
            )
        pixels = reader.read_region(RegionRequest(info.region))
    if info.photometric is Photometric.RGB and pixels.ndim == 3:
        if (pixels != pixels[..., :1]).any():
            raise FormatError(
                f"{path.name} is a colour picture, no mask", hint="Save it with one grey value a label."
            )
        pixels = pixels[..., 0]
    if pixels.min() < 0 or pixels.max() > MOST_LABELS or (pixels != np.floor(pixels)).any():
        raise FormatError(f"{path.name} holds other values than labels from 0 to 255", hint="Save it with 8 bits.")
    return pixels.astype(np.uint8)


def _areas(mask: NDArray[np.bool_], scale: tuple[float, float]) -> Iterator[Geometry]:
    """The connected areas of a mask in level-0 pixels."""
    pieces, _ = ndimage.label(mask)  # pyright: ignore[reportGeneralTypeIssues]
    for number, place in enumerate(ndimage.find_objects(pieces), start=1):
        rows, columns = place
        piece = np.pad(pieces[place] == number, 1).astype(np.float32)
        # With the pad of one pixel taken off and half a pixel put on, indices become corners of pixels.
        rings = [ring[:, ::-1] - 0.5 for ring in find_contours(piece, 0.5)]
        area = shapely.build_area(shapely.MultiLineString(rings))
        for geometry in from_shapely(area):
            yield _placed(geometry, (columns.start, rows.start), scale)


def _placed(geometry: Geometry, corner: tuple[int, int], scale: tuple[float, float]) -> Geometry:
    def level_0(ring: Ring) -> Ring:
        return tuple(Point((p.x + corner[0]) * scale[0], (p.y + corner[1]) * scale[1]) for p in ring)

    return replace(geometry, points=level_0(geometry.points), holes=tuple(map(level_0, geometry.holes)))
