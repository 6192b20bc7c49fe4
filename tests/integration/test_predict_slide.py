"""The first-party model on a real slide and on real tiles, through a worker as the application does it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lnm_desktop.app.evaluate import evaluate_tiles
from lnm_desktop.app.models import Models
from lnm_desktop.app.predict import predict
from lnm_desktop.domain.ids import RunId
from lnm_desktop.errors import CalibrationMissing
from lnm_desktop.formats.prediction_bundle import load_bundle, same_numbers
from lnm_desktop.inference.request import PredictionRequest
from lnm_desktop.plugin.discovery import installed_plugins
from tests.fakes.slides import a_picture

MODEL = "lnm-tumor-tiles"


@pytest.fixture
def models(tmp_path: Path):
    plugins = [plugin for plugin in installed_plugins() if plugin.distribution == MODEL]
    if not plugins:
        pytest.skip("lnm-tumor-tiles is not installed: pip install -e plugins/lnm-tumor-tiles")
    with Models(tmp_path / "log", tmp_path / "cache", search=lambda: plugins) as found:
        yield found


def a_run(image: Path, out: Path, **details: object) -> PredictionRequest:
    return PredictionRequest(RunId(out.name), MODEL, str(image), str(out), device="cpu", **details)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_two_runs_on_a_slide_give_the_same_numbers(models: Models, shared_data: Path, tmp_path: Path) -> None:
    slide = shared_data / "slides" / "aperio_svs" / "CMU-1-Small-Region.svs"
    options = {"stride_px": 64}
    first = predict(models, a_run(slide, tmp_path / "one", options=options))
    second = predict(models, a_run(slide, tmp_path / "two", options=options), fresh=True)
    values = first.maps["tumor"]
    assert np.isfinite(values).any()
    assert np.isnan(values).any()
    assert same_numbers(first, second) == ()
    assert same_numbers(first, load_bundle(tmp_path / "one")) == ()
    facts = first.prediction.provenance.repeatable
    assert facts["slide_mpp_source"] == "file"
    assert facts["options"]["stride_px"] == 64
    assert facts["backend"] in ("openvino f32", "torch f32 channels_last")
    assert facts["backend_difference"] < 1e-5
    assert len(facts["image_fingerprint"]) == 64
    assert any("lymph node" in warning for warning in first.prediction.warnings)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_slide_without_a_pixel_size_is_refused(models: Models, tmp_path: Path) -> None:
    picture = a_picture(tmp_path / "synthetic.png")
    with pytest.raises(CalibrationMissing) as caught:
        predict(models, a_run(picture, tmp_path / "result"))
    assert "--mpp" in caught.value.hint
    assert not (tmp_path / "result" / "prediction.json").exists()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_evidence_can_be_measured_again(models: Models, shared_data: Path) -> None:
    tiles = shared_data / "tiles"
    report = evaluate_tiles(models, MODEL, tiles / "tiles.csv", tiles / "images", "test")
    assert (report.n, report.n_positive) == (617, 248)
    assert report.auc_ci[0] > 0.8
    assert report.weights_sha256 == models.find(MODEL).spec.weights_sha256
