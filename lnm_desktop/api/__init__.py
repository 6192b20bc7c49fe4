"""All that a plugin may import (its model and training modules may also import `lnm_desktop.learning`)."""

from lnm_desktop.domain.clinical import Absent, ClinicalRecord
from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape, Size
from lnm_desktop.domain.image import Calibration, CalibrationSource, ImageInfo, RegionRequest
from lnm_desktop.domain.prediction import HeatmapGrid, RankedRegion, Score
from lnm_desktop.errors import (
    CalibrationMissing,
    Cancelled,
    ImageError,
    InferenceError,
    LnmError,
    PluginError,
    WeightsError,
)
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.plugin.hookspecs import RegisterModel, hookimpl
from lnm_desktop.plugin.model import Job, ModelInputs, ModelOutput, ModelPlugin, NoOptions
from lnm_desktop.plugin.spec import API_VERSION, ModelSpec
from lnm_desktop.plugin.tile_classifier import TileClassifier, TileOptions

__all__ = [
    "API_VERSION",
    "Absent",
    "Calibration",
    "CalibrationMissing",
    "CalibrationSource",
    "Cancelled",
    "ClinicalRecord",
    "Geometry",
    "HeatmapGrid",
    "ImageError",
    "ImageInfo",
    "ImageReader",
    "InferenceError",
    "Job",
    "LnmError",
    "ModelInputs",
    "ModelOutput",
    "ModelPlugin",
    "ModelSpec",
    "NoOptions",
    "PluginError",
    "Point",
    "RankedRegion",
    "Region",
    "RegionRequest",
    "RegisterModel",
    "Score",
    "Shape",
    "Size",
    "TileClassifier",
    "TileOptions",
    "WeightsError",
    "hookimpl",
]
