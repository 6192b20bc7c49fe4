"""Registration of the model; what was measured and frozen comes from the files beside this module."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

from lnm_desktop.api import ModelSpec, RegisterModel, hookimpl

FOLDER = Path(__file__).resolve().parent
MODEL = "lnm_tumor_tiles.model:TumorTiles"


def spec() -> ModelSpec:
    """The model's definition. Weights hash and operating point are those of the evidence that was measured."""
    evidence = json.loads((FOLDER / "evidence.json").read_text(encoding="utf-8"))
    return ModelSpec(
        id="lnm-tumor-tiles",
        version=version("lnm-tumor-tiles"),
        title="Tumour in H&E lymph node tiles",
        task="tile-classification",
        classes=("normal", "tumor"),
        resolution_mpp=0.97,
        tile_px=96,
        weights_file="weights.safetensors",
        weights_sha256=evidence["weights_sha256"],
        operating_point=evidence["test"]["threshold_probability"],
        licence="Weights trained on PatchCamelyon (CC0 by its README); code Apache-2.0",
        intended_use="Research: showing where an H&E section of a lymph node looks like breast cancer metastasis.",
        not_for="Diagnosis, staging, other organs, other stains, frozen sections, isolated tumour cells.",
        card=(FOLDER / "card.md").read_text(encoding="utf-8"),
        publisher="LNM Desktop",
    )


@hookimpl
def lnm_register_models(register: RegisterModel) -> None:
    """Register the tumour tile classifier."""
    register(spec(), MODEL)
