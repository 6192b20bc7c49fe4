"""Made-up images of known content, in every format that a reader opens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tifffile
import zarr
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

BLOB = (411.25, 307.75)
WIDTH, HEIGHT = 800, 640
PLANES, CHANNELS = 2, 3


def a_blob(width: int = WIDTH, height: int = HEIGHT, downsample: tuple[float, float] = (1, 1)) -> NDArray[np.float64]:
    """A round hill, 1 at BLOB (level-0 pixels, corners at whole numbers), seen at a downsample."""
    x = (np.arange(width) + 0.5) * downsample[0] - BLOB[0]
    y = (np.arange(height) + 0.5) * downsample[1] - BLOB[1]
    return np.exp(-(x[None, :] ** 2 + y[:, None] ** 2) / (2 * 25.0**2))


def blob_rgb(width: int = WIDTH, height: int = HEIGHT, downsample: tuple[float, float] = (1, 1)) -> NDArray[np.uint8]:
    """The hill as a dark spot on white, the red channel darkest."""
    spot = a_blob(width, height, downsample)[..., None] * np.array([240, 200, 160])
    return np.rint(255 - spot).astype(np.uint8)


def blob_grey(width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint16]:
    """The hill as 16-bit grey on 0."""
    return np.rint(a_blob(width, height) * 4000).astype(np.uint16)


def stack_pixels(plane: int, channel: int, downsample: int = 1) -> NDArray[np.uint16]:
    """The hill as it is in a plane of a channel of `a_stack`, each of its own height."""
    hill = a_blob(WIDTH // downsample, HEIGHT // downsample, (downsample, downsample))
    return np.rint(hill * 4000).astype(np.uint16) // np.uint16(1 + channel + CHANNELS * plane)


def a_stack(path: Path, downsamples: tuple[int, ...] = (1, 4), *, channels: int = CHANNELS) -> Path:
    """An OME-TIFF of two slices of three channels of 16 bits at 0.5 µm per pixel; reduced levels are SubIFDs."""
    options: dict[str, Any] = {"tile": (128, 128), "photometric": "minisblack", "compression": "deflate"}
    named = {"Name": ["DAPI", "CK", "Ki-67"], "Color": [0x0000FFFF, 0x00FF00FF, -16776961]}
    metadata = {"axes": "ZCYX", "PhysicalSizeX": 500, "PhysicalSizeXUnit": "nm", "Channel": named}
    with tifffile.TiffWriter(path) as file:
        for index, downsample in enumerate(downsamples):
            pixels = np.array(
                [[stack_pixels(plane, channel, downsample) for channel in range(channels)] for plane in range(PLANES)]
            )
            more: dict[str, Any] = {"subfiletype": 1} if index else {"subifds": len(downsamples) - 1}
            file.write(pixels, metadata=None if index else metadata, **more, **options)
    return path


def an_ome_zarr(
    path: Path,
    pixels: Sequence[NDArray[Any]],
    axes: str,
    *,
    zarr_format: Literal[2, 3] = 2,
    omero: dict[str, Any] | None = None,
    mpp: float | None = 0.5,
    **options: Any,
) -> Path:
    """An OME-Zarr folder (NGFF 0.4 or 0.5) with a level for each of the pictures given."""
    group = zarr.create_group(path, zarr_format=zarr_format)
    for index, level in enumerate(pixels):
        chunks = (*(1,) * (level.ndim - 2), 128, 128)
        array = group.create_array(str(index), shape=level.shape, dtype=level.dtype, chunks=chunks, **options)
        array[...] = level
    kinds = {"t": "time", "c": "channel"}
    unit = {} if mpp is None else {"unit": "micrometer"}
    named = [{"name": axis, "type": kinds.get(axis, "space"), **(unit if axis in "xyz" else {})} for axis in axes]
    scales = [
        [(mpp or 1) * pixels[0].shape[-1] / level.shape[-1] if axis in "xy" else 1.0 for axis in axes]
        for level in pixels
    ]
    datasets = [
        {"path": str(index), "coordinateTransformations": [{"type": "scale", "scale": scale}]}
        for index, scale in enumerate(scales)
    ]
    facts = {"multiscales": [{"axes": named, "datasets": datasets}], **({"omero": omero} if omero else {})}
    version = {"version": "0.5" if zarr_format == 3 else "0.4"}
    group.attrs.update({"ome": {**version, **facts}} if zarr_format == 3 else facts)
    return path


def a_zarr_stack(path: Path, zarr_format: Literal[2, 3] = 2) -> Path:
    """The slices and channels of `a_stack` as OME-Zarr."""
    levels = [
        np.array([[stack_pixels(p, c, factor) for p in range(PLANES)] for c in range(CHANNELS)]) for factor in (1, 4)
    ]
    colors = {"DAPI": "0000FF", "CK": "00FF00", "Ki-67": "FF0000"}
    channels = [
        {"label": name, "color": color, "window": {"start": 0, "end": 4000}} for name, color in colors.items()
    ]
    return an_ome_zarr(path, levels, "czyx", zarr_format=zarr_format, omero={"channels": channels})


def a_zarr_picture(path: Path, zarr_format: Literal[2, 3] = 2) -> Path:
    """The hill in colour as OME-Zarr."""
    return an_ome_zarr(path, [blob_rgb().transpose(2, 0, 1)], "cyx", zarr_format=zarr_format)


def a_slide(path: Path, *, level_sizes: tuple[tuple[int, int], ...] = ((200, 160),), mpp: float = 0.5) -> Path:
    """A pyramidal tiled TIFF that OpenSlide opens, lossless, with the blob."""
    with tifffile.TiffWriter(path) as file:
        for index, (width, height) in enumerate(((WIDTH, HEIGHT), *level_sizes)):
            file.write(
                blob_rgb(width, height, (WIDTH / width, HEIGHT / height)),
                photometric="rgb",
                tile=(128, 128),
                compression="deflate",
                subfiletype=1 if index else 0,
                resolution=(10_000 / mpp, 10_000 / mpp),
                resolutionunit="CENTIMETER",
                metadata=None,
            )
    return path


def a_plain_tiff(path: Path, pixels: NDArray[Any], **options: Any) -> Path:
    """A TIFF of strips, which OpenSlide does not open."""
    options.setdefault("photometric", "rgb" if pixels.ndim == 3 else "minisblack")
    tifffile.imwrite(path, pixels, rowsperstrip=64, metadata=None, **options)
    return path


def a_png(path: Path) -> Path:
    """The blob as PNG."""
    Image.fromarray(blob_rgb()).save(path)
    return path


def a_dicom(path: Path, pixels: NDArray[Any] | None = None, **elements: Any) -> Path:
    """A single-frame MR image; `elements` set or (None) remove attributes by keyword."""
    pixels = blob_grey() if pixels is None else pixels
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = MRImageStorage
    instance = generate_uid()
    data.file_meta.MediaStorageSOPInstanceUID = instance
    bits = pixels.dtype.itemsize * 8
    identity = {"PatientName": "Canary^Patient", "PatientID": "CANARY-1", "InstitutionName": "Canary Hospital"}
    values: dict[str, Any] = identity | {
        "SOPClassUID": MRImageStorage,
        "SOPInstanceUID": instance,
        "SeriesInstanceUID": "1.2.3",
        "Modality": "MR",
        "Rows": pixels.shape[0],
        "Columns": pixels.shape[1],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "PixelSpacing": [0.5, 0.5],
        "BitsAllocated": bits,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": int(pixels.dtype.kind == "i"),
        "PixelData": pixels.tobytes(),
        **elements,
    }
    for name, value in values.items():
        if value is not None:
            setattr(data, name, value)
    data.save_as(path, enforce_file_format=True)
    return path


def a_slice(path: Path, depth_mm: float, value: int = 0, **elements: Any) -> Path:
    """One plane of an axial series at a depth, filled with a value."""
    pixels = np.full((8, 10), value, np.uint16)
    place = {"ImagePositionPatient": [0.0, 0.0, depth_mm], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}
    return a_dicom(path, pixels, **{**place, **elements})
