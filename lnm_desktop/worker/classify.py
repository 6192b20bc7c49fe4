"""Tile images on disk, classified in order: what `lnm evaluate` asks for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from lnm_desktop.errors import ImageDamaged, ImageNotFound, ImageUnsupported, PluginError
from lnm_desktop.imaging.read_ahead import read_ahead
from lnm_desktop.plugin.batching import BatchRunner
from lnm_desktop.plugin.tile_classifier import TileClassifier
from lnm_desktop.process.channel import Message
from lnm_desktop.process.loop import Request
from lnm_desktop.worker.job import RunJob
from lnm_desktop.worker.models import WorkerModels
from lnm_desktop.worker.provenance import library_versions

BATCH = 32


def classify_files(models: WorkerModels, request: Request) -> Message:
    """Probability of the last class for each file. Raises ImageError naming the file, InferenceError."""
    arguments, job = request.arguments, RunJob(request)
    job.stage("loading the model")
    loaded = models.load(arguments["model_id"], arguments["device"], arguments["threads"])
    model = loaded.model
    if not isinstance(model, TileClassifier):
        raise PluginError(f"the model {model.spec.id} does not classify tiles")
    job.stage("classifying")
    files = [Path(file) for file in arguments["files"]]
    runner = BatchRunner(model.classify_checked, BATCH, before=job.check_cancelled)
    probabilities: list[float] = []
    chunks = [files[start : start + BATCH] for start in range(0, len(files), BATCH)]
    with loaded.running():
        for _, tiles in read_ahead(lambda chunk: read_tiles(chunk, model.spec.tile_px), chunks):
            probabilities += [float(value) for value in runner(tiles)[:, -1]]
            job.progress(len(probabilities), len(files))
    return {
        "probabilities": probabilities,
        "batch_size": runner.size,
        "device": loaded.device,
        "libraries": library_versions(),
    }


def read_tiles(files: list[Path], tile_px: int) -> NDArray[np.uint8]:
    """Tiles (n, tile, tile, 3) of image files. Raises ImageError naming the first bad file."""
    return np.stack([_read_tile(file, tile_px) for file in files])


def _read_tile(file: Path, tile_px: int) -> NDArray[np.uint8]:
    try:
        with Image.open(file) as image:
            tile = np.asarray(image.convert("RGB"))
    except FileNotFoundError as error:
        raise ImageNotFound(f"the tile {file.name} is not there", hint="Check the folder of images.") from error
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise ImageUnsupported(f"{file.name} is not a tile image", hint="Use PNG, WebP, TIFF or JPEG.") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise ImageDamaged(f"the tile {file.name} cannot be decoded", hint="Get the file again.") from error
    if tile.shape != (tile_px, tile_px, 3):
        height, width = tile.shape[:2]
        raise ImageUnsupported(
            f"the tile {file.name} has {width} × {height} pixels, the model needs {tile_px} × {tile_px}",
            hint="Cut the tiles at the model's resolution; they are not resized here.",
        )
    return tile
