"""Made-up pictures that stand in for slides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lnm_desktop.domain.ids import RunId, new_id
from lnm_desktop.inference.request import PredictionRequest


def a_picture(file: Path, width: int = 320, height: int = 256) -> Path:
    """A synthetic light picture with one dark rectangle, saved without a pixel size."""
    pixels = np.full((height, width, 3), 230, np.uint8)
    pixels[64:128, 128:224] = (60, 20, 80)
    Image.fromarray(pixels).save(file)
    return file


def a_request(image: Path, out_dir: Path, model_id: str = "fake-darkness", **details: Any) -> PredictionRequest:
    """A request for every cell of a picture at 1 µm per pixel."""
    settings: dict[str, Any] = {"user_mpp": 1.0, "options": {"tissue_fraction": 0.0}, "synthetic_input": True}
    settings |= details
    return PredictionRequest(RunId(new_id()), model_id, str(image), str(out_dir), **settings)
