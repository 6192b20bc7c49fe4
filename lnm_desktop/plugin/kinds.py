"""The kinds of model that there are, by the task that a spec names."""

from __future__ import annotations

from lnm_desktop.plugin.case_model import CaseModel
from lnm_desktop.plugin.detection import DetectionModel
from lnm_desktop.plugin.feature_extractor import FeatureExtractor
from lnm_desktop.plugin.model import ModelPlugin
from lnm_desktop.plugin.segmentation import SegmentationModel
from lnm_desktop.plugin.series_model import SeriesModel
from lnm_desktop.plugin.slide_model import SlideModel
from lnm_desktop.plugin.tabular_model import TabularModel
from lnm_desktop.plugin.tile_classifier import TileClassifier

KINDS: dict[str, type[ModelPlugin]] = {
    kind.task: kind
    for kind in (
        TileClassifier,
        SegmentationModel,
        DetectionModel,
        SlideModel,
        FeatureExtractor,
        SeriesModel,
        TabularModel,
        CaseModel,
    )
}
