"""Registration of the networks; which ones there are stands beside this module, in `models.json`."""

from __future__ import annotations

import json
from pathlib import Path

from lnm_desktop.api import ModelSpec, RegisterModel, hookimpl

FOLDER = Path(__file__).resolve().parent


@hookimpl
def lnm_register_models(register: RegisterModel) -> None:
    """Register each network."""
    for model in json.loads((FOLDER / "models.json").read_text(encoding="utf-8")):
        spec = ModelSpec(
            id=f"lnm-benchmark-{model['net']}",
            version="1.0",
            title=f"Benchmark: {model['net']}",
            task="tile-classification",
            classes=("normal", "tumor"),
            resolution_mpp=0.5,
            tile_px=256,
            weights_file=f"{model['net']}.safetensors",
            weights_sha256=model["sha256"],
            resampling=model["resampling"],
            intended_use="Measuring how long a run takes.",
            not_for="Any question about a patient.",
            synthetic=True,
        )
        register(spec, "lnm_benchmark.model:Net")
