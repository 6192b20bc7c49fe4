"""Builders for tests of the window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from lnm_desktop.app.models import PluginState
from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape, rectangle
from lnm_desktop.domain.image import Calibration, CalibrationSource
from lnm_desktop.domain.prediction import Prediction, Provenance, RankedRegion, Score
from lnm_desktop.errors import ImageDamaged, ImageNotFound
from lnm_desktop.plugin.spec import ModelDescription, ModelSpec
from tests.fakes.formula_reader import FormulaReader, slide_info

SCHEMA: dict[str, Any] = {
    "properties": {
        "stride": {"enum": [32, 96], "default": 96, "title": "Stride"},
        "batch": {"type": "integer", "default": 4, "minimum": 1, "maximum": 64, "description": "Tiles per step."},
        "tissue": {"type": "number", "default": 0.1, "minimum": 0, "maximum": 1},
        "fast": {"type": "boolean", "default": True},
        "limit": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}], "default": None},
        "kind": {"$ref": "#/$defs/Kind", "default": "b"},
        "note": {"type": "string", "default": "x"},
    },
    "$defs": {"Kind": {"enum": ["a", "b"]}},
}


class FakePixels:
    """Opens anything but what is called broken or missing. `fingerprints` tell files apart by name."""

    def __init__(self, *, mpp: float = 0.5) -> None:
        self.mpp = mpp
        self.objective: float | None = 40.0
        self.fingerprints: dict[str, str] = {}
        self.opened: list[Path] = []

    def open(self, path: Path) -> FormulaReader:
        if "broken" in path.name:
            raise ImageDamaged(f"{path.name} is truncated", hint="Copy it again from its source.")
        if "missing" in path.name:
            raise ImageNotFound(f"{path.name} cannot be found", hint="Check the drive.")
        self.opened.append(path)
        info = slide_info(1000, 800, a_calibration(self.mpp))
        facts = {"objective_power": self.objective, "fingerprint": self.fingerprints.get(path.name, "")}
        return FormulaReader(replace(info, **facts))  # type: ignore[arg-type]

    def close(self) -> None: ...


def a_calibration(mpp: float) -> Calibration:
    return Calibration(mpp, mpp, CalibrationSource.FILE) if mpp else Calibration()


def a_triangle() -> Geometry:
    return Geometry(Shape.POLYGON, (Point(0, 0), Point(100, 0), Point(0, 100)))


def a_box() -> Geometry:
    return rectangle(Region(200, 200, 50, 40))


def a_model(model_id: str = "test-model", **changes: Any) -> ModelDescription:
    facts: dict[str, Any] = {"classes": ("no", "yes"), "resolution_mpp": 0.5, "tile_px": 96, "operating_point": 0.31}
    spec = ModelSpec(model_id, "1.2.0", "Test model", "tile-classification", **{**facts, **changes})
    return ModelDescription(spec, "package:Class", SCHEMA)


def a_plugin(*models: ModelDescription, problem: str = "") -> PluginState:
    return PluginState("test-plugin", "1.0", models, problem)


def a_prediction(run_id: str = "r" * 32) -> Prediction:
    scores = (
        Score("p", "Tumour probability", 0.8731, "", "Highest in the slide"),
        Score("area", "Area", 12.0, "mm²"),
    )
    regions = (RankedRegion(Region(10, 10, 5, 5), 0.9), RankedRegion(Region(50, 10, 5, 5), 0.4))
    facts = Provenance({"weights_sha256": "abcdef0123456789", "device": "cpu"}, {"duration_s": 2.5})
    return Prediction(run_id, "test-model", "1.2.0", scores, (), regions, ("Check the stain.",), facts)  # type: ignore[arg-type]
