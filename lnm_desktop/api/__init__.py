"""All that a plugin may import (its model and training modules may also import `lnm_desktop.learning`)."""

from lnm_desktop.domain.clinical import Absent, ClinicalRecord
from lnm_desktop.domain.geometry import Geometry, Point, Region, Shape, Size
from lnm_desktop.domain.image import Calibration, CalibrationSource, ImageInfo, RegionRequest
from lnm_desktop.domain.prediction import FoundObject, HeatmapGrid, RankedRegion, Score
from lnm_desktop.domain.risk import FieldRange, Population, RiskBand, ThresholdCount
from lnm_desktop.errors import (
    CalibrationMissing,
    Cancelled,
    ImageError,
    InferenceError,
    LnmError,
    PluginError,
    WeightsError,
)
from lnm_desktop.formats.risk_json import population_from_dict, population_to_dict
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.plugin.case_model import CaseModel
from lnm_desktop.plugin.detection import DetectionModel, DetectionOptions
from lnm_desktop.plugin.feature_extractor import FeatureExtractor
from lnm_desktop.plugin.hookspecs import RegisterModel, hookimpl
from lnm_desktop.plugin.model import Job, ModelInputs, ModelOutput, ModelPlugin, NoOptions
from lnm_desktop.plugin.risk_model import Judged, RiskModel, TrainedRisk
from lnm_desktop.plugin.segmentation import SegmentationModel, SegmentationOptions
from lnm_desktop.plugin.series_model import SeriesModel
from lnm_desktop.plugin.slide_model import SlideModel
from lnm_desktop.plugin.spec import API_VERSION, ModelSpec
from lnm_desktop.plugin.tabular_model import TabularModel
from lnm_desktop.plugin.tile_classifier import TileClassifier, TileOptions
from lnm_desktop.plugin.tile_features import BagAnswer, FeatureOptions

__all__ = [
    "API_VERSION",
    "Absent",
    "BagAnswer",
    "Calibration",
    "CalibrationMissing",
    "CalibrationSource",
    "Cancelled",
    "CaseModel",
    "ClinicalRecord",
    "DetectionModel",
    "DetectionOptions",
    "FeatureExtractor",
    "FeatureOptions",
    "FieldRange",
    "FoundObject",
    "Geometry",
    "HeatmapGrid",
    "ImageError",
    "ImageInfo",
    "ImageReader",
    "InferenceError",
    "Job",
    "Judged",
    "LnmError",
    "ModelInputs",
    "ModelOutput",
    "ModelPlugin",
    "ModelSpec",
    "NoOptions",
    "PluginError",
    "Point",
    "Population",
    "RankedRegion",
    "Region",
    "RegionRequest",
    "RegisterModel",
    "RiskBand",
    "RiskModel",
    "Score",
    "SegmentationModel",
    "SegmentationOptions",
    "SeriesModel",
    "Shape",
    "Size",
    "SlideModel",
    "TabularModel",
    "ThresholdCount",
    "TileClassifier",
    "TileOptions",
    "TrainedRisk",
    "WeightsError",
    "hookimpl",
    "population_from_dict",
    "population_to_dict",
]
