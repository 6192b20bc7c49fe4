"""A tile is explained through the worker and written to disk."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lnm_desktop.app.explain import METHODS, caption, explain_tile, picture, save_explanation, strength
from lnm_desktop.app.models import Models, own_plugins
from lnm_desktop.domain.geometry import Point
from lnm_desktop.errors import CalibrationMissing, InferenceError
from tests.fakes.slides import a_picture
from tests.worker.test_runs import Start, start  # noqa: F401 - a fixture


@pytest.mark.timeout(300)
def test_the_tumour_network_is_explained_by_both_methods(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LNM_HOME", str(tmp_path / "home"))
    slide, flat = tmp_path / "synthetic.png", a_picture(tmp_path / "flat.png")
    noise = np.random.default_rng(0).gamma(4, 25, (256, 320, 3)).clip(0, 255).astype(np.uint8)
    Image.fromarray(noise).save(slide)
    with Models(tmp_path / "log", tmp_path / "cache", search=own_plugins) as models:
        found = {
            method: explain_tile(models, "lnm-tumor-tiles", slide, Point(160, 100), method, user_mpp=0.97)
            for method in METHODS
        }
        with pytest.raises(InferenceError, match="gradients of lnm-tumor-tiles are not finite"):
            explain_tile(models, "lnm-tumor-tiles", flat, Point(20, 20), METHODS[1], user_mpp=0.97)
        with pytest.raises(InferenceError, match="no class 'nonsense'"):
            explain_tile(models, "lnm-tumor-tiles", slide, Point(1, 1), METHODS[0], target="nonsense")
        with pytest.raises(InferenceError, match="it is too coarse"):
            explain_tile(models, "lnm-tumor-tiles", slide, Point(20, 20), METHODS[0], user_mpp=5.0)
        with pytest.raises(InferenceError, match="the point 320,100 lies outside"):
            explain_tile(models, "lnm-tumor-tiles", slide, Point(320, 100), METHODS[0], user_mpp=0.97)
        with pytest.raises(CalibrationMissing):
            explain_tile(models, "lnm-tumor-tiles", slide, Point(20, 20), METHODS[0])
    cam, gradients = (found[method] for method in METHODS)
    assert cam.probabilities == pytest.approx(gradients.probabilities)
    assert sum(cam.probabilities.values()) == pytest.approx(1)
    assert (cam.gap, cam.region.width) == (None, 96)
    assert gradients.gap is not None and gradients.gap < 0.05
    assert not cam.values[:16].any(), "the layer sees the centre of the tile only"
    assert np.array_equal(cam.tile, noise[52:148, 112:208])
    save_explanation(gradients, tmp_path / "why")
    told = json.loads((tmp_path / "why" / "explanation.json").read_text())
    assert (told["class"], told["method"]) == ("tumor", "integrated-gradients")
    assert "Research use only" in told["notice"]
    assert told["adds_up"] is True
    assert (told["slide_mpp_x"], told["slide_mpp_source"], told["steps"]) == (0.97, "user", 64)
    assert len(told["weights_sha256"]) == 64 and told["image_fingerprint"] and told["libraries"]["captum"]
    assert any("was stated by the user" in words for words in told["warnings"])
    assert any("tumor" in line for line in caption(cam)) and "Research use only" in caption(cam)[-1]
    assert not any("sums up" in line for line in caption(cam))
    assert "(too far)" in caption(replace(gradients, gap=0.2))[0]
    with Image.open(tmp_path / "why" / "explanation.png") as written:
        assert written.height > written.width // 2, "a legend stands below the tile and its map"
    assert picture(cam).shape == (96, 192, 4)
    assert strength(np.zeros((4, 4), np.float32)).max() == 0


def test_a_model_without_a_network_says_that_it_cannot_be_explained(start: Start, tmp_path: Path) -> None:  # noqa: F811
    slide = a_picture(tmp_path / "synthetic.png")
    with pytest.raises(InferenceError, match="cannot be explained"):
        explain_tile(start(), "fake-darkness", slide, Point(9, 9), "grad-cam", user_mpp=1.0)
