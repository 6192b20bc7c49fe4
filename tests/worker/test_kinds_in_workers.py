"""One plugin with a model of each kind, in its worker: image, series or none, objects and features in the bundle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file

from lnm_desktop.app.models import Models
from lnm_desktop.app.predict import predict
from lnm_desktop.domain.clinical import ClinicalRecord
from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import RegionRequest
from lnm_desktop.errors import CalibrationMissing, ClinicalError, ImageUnsupported
from lnm_desktop.formats.prediction_bundle import Bundle, same_numbers
from lnm_desktop.plugin.made_up import MadeUpSlide
from tests.fakes.plugins import install_fake
from tests.fakes.slides import a_request
from tests.unit.imaging.builders import a_dicom

PLUGIN = """
from lnm_desktop.api import ModelSpec, hookimpl

@hookimpl
def lnm_register_models(register):
    facts = dict(version="1.0", title="Made up", classes=("ground", "stain"), synthetic=True)
    tiles = dict(resolution_mpp=1.0, tile_px=64, **facts)
    register(ModelSpec("segment", task="segmentation", **tiles), "kinds.model:Segment")
    register(ModelSpec("detect", task="detection", **tiles), "kinds.model:Detect")
    register(ModelSpec("extract", task="feature-extraction", **tiles), "kinds.model:Extract")
    register(ModelSpec("series", task="series-classification", needs_images=("series",), **facts),
             "kinds.model:Series")
    register(ModelSpec("table", task="tabular-classification", needs_images=(), needs_clinical=("age",), **facts),
             "kinds.model:Table")
"""

MODEL = """
import numpy as np
from lnm_desktop.api import DetectionModel, FeatureExtractor, SegmentationModel, SeriesModel, TabularModel

class Segment(SegmentationModel):
    backend = "numpy"
    def segment(self, tiles):
        stain = (tiles[..., 1] < 200).astype(float)
        return np.stack([1 - stain, stain], axis=-1)

class Detect(DetectionModel):
    backend = "numpy"
    def detect(self, tiles):
        return [np.array([[20.0, 20.0, 0, 0, 0.9, 1]]) for tile in tiles]

class Extract(FeatureExtractor):
    backend = "numpy"
    def features(self, tiles):
        return tiles.mean(axis=(1, 2)) / 255

class Series(SeriesModel):
    backend = "numpy"
    def predict_series(self, volume, spacing_mm):
        return np.array([0.0, volume.shape[0] / 10])

class Table(TabularModel):
    backend = "numpy"
    def predict_proba(self, rows):
        return np.array([[1 - row["age"] / 100, row["age"] / 100] for row in rows])
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Models]:
    home = tmp_path_factory.mktemp("kinds")
    plugin = install_fake(home / "plugins", "kinds", plugin=PLUGIN, model=MODEL)
    with Models(home / "log", home / "cache", search=lambda: [plugin]) as found:
        assert found.plugins()[0].problem == ""
        yield found


@pytest.fixture(scope="module")
def slide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("slide") / "synthetic.png"
    made_up = MadeUpSlide(640, 448, tissue=Region(128, 64, 320, 256))
    Image.fromarray(np.asarray(made_up.read_region(RegionRequest(made_up.info.region)))).save(file)
    return file


def run(models: Models, image: Path, folder: Path, model: str, **details: object) -> Bundle:
    return predict(models, a_request(image, folder / "result", model, **{"options": {}, **details}))


def test_a_segmentation_is_a_map_with_outlines(models: Models, slide: Path, tmp_path: Path) -> None:
    bundle = run(models, slide, tmp_path, "segment")
    assert [item.group for item in bundle.annotations] == ["stain (model)"]
    (outline,) = bundle.annotations
    assert outline.geometry.bounds == Region(128, 64, 320, 256)
    assert bundle.prediction.provenance.repeatable["stride_px"] == 32


def test_objects_are_annotations_of_the_bundle(models: Models, slide: Path, tmp_path: Path) -> None:
    bundle = run(models, slide, tmp_path, "detect")
    assert len(bundle.annotations) == len(bundle.prediction.objects) > 10
    assert {item.group for item in bundle.annotations} == {"stain (model)"}
    again = run(models, slide, tmp_path / "again", "detect", device="cpu")
    assert same_numbers(bundle, again) == ()


def test_features_lie_beside_the_result(models: Models, slide: Path, tmp_path: Path) -> None:
    bundle = run(models, slide, tmp_path, "extract")
    arrays = load_file(tmp_path / "result" / "features.safetensors")
    assert arrays["features"].shape == (len(arrays["coordinates"]), 3)
    assert np.array_equal(arrays["features"], bundle.features["features"])


def test_a_series_model_is_given_a_series_and_refuses_a_slide(models: Models, slide: Path, tmp_path: Path) -> None:
    folder = tmp_path / "scan"
    folder.mkdir()
    for number in range(4):
        a_dicom(folder / f"{number}.dcm", ImagePositionPatient=[0, 0, number], InstanceNumber=number)
    bundle = run(models, folder, tmp_path, "series", user_mpp=0.0)
    assert {score.id: score.value for score in bundle.prediction.scores}["stain"] == pytest.approx(0.4)
    with pytest.raises(ImageUnsupported, match="reads a series; the image is a slide"):
        run(models, slide, tmp_path, "series")
    with pytest.raises(ImageUnsupported, match="reads a slide; the image is a series"):
        run(models, folder, tmp_path, "segment")


def test_a_tabular_model_needs_the_record_alone(models: Models, tmp_path: Path) -> None:
    request = a_request(tmp_path, tmp_path / "result", "table", options={}, synthetic_input=False)
    request = replace(request, image_path="", clinical=ClinicalRecord({"age": 40.0}))
    bundle = predict(models, request)
    assert bundle.prediction.scores[0].value == pytest.approx(0.4)
    assert bundle.prediction.provenance.repeatable["image_fingerprint"] == ""
    with pytest.raises(ClinicalError, match="Age"):
        predict(models, replace(request, clinical=ClinicalRecord()))


def test_a_slide_of_unknown_size_is_refused(models: Models, slide: Path, tmp_path: Path) -> None:
    with pytest.raises(CalibrationMissing):
        run(models, slide, tmp_path, "extract", user_mpp=0.0)
