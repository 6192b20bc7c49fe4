"""What was computed once is found again, for the same slide, model and options alone."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lnm_desktop.app import run_cache
from lnm_desktop.app.run_cache import RunCache
from lnm_desktop.domain.geometry import Point, Size
from lnm_desktop.domain.ids import RunId
from lnm_desktop.domain.prediction import HeatmapGrid, Prediction, Provenance, Score
from lnm_desktop.formats.prediction_bundle import Bundle, load_bundle, same_numbers, save_bundle
from lnm_desktop.inference.request import PredictionRequest
from tests.fakes.slides import a_request

GRID = HeatmapGrid("dark", "Dark", 2, 1, Point(0, 0), Size(32, 32))


@pytest.fixture
def cache(tmp_path: Path) -> RunCache:
    return RunCache(tmp_path / "runs")


@pytest.fixture
def request_(tmp_path: Path) -> PredictionRequest:
    slide = tmp_path / "synthetic.tif"
    slide.write_bytes(bytes(200_000))
    return a_request(slide, tmp_path / "one", options={"stride_px": 32})


def a_bundle(request: PredictionRequest) -> Bundle:
    prediction = Prediction(
        request.run_id,
        "fake",
        "1",
        scores=(Score("highest", "Highest", 0.5),),
        heatmaps=(GRID,),
        provenance=Provenance({"device": "cpu"}, {"duration_s": 9.0}),
    )
    save_bundle(Bundle(prediction, {"dark": np.array([[0.5, np.nan]], np.float32)}), Path(request.out_dir))
    return load_bundle(Path(request.out_dir))


def test_a_result_is_found_again_under_the_new_run(
    cache: RunCache, request_: PredictionRequest, tmp_path: Path
) -> None:
    key = cache.key(request_, "plugin")
    cache.keep(key, first := a_bundle(request_))
    again = replace(request_, run_id=RunId("second"), out_dir=str(tmp_path / "two"))
    found = cache.find(cache.key(again, "plugin"), again)
    assert found is not None
    assert found.prediction.id == "second"
    assert same_numbers(first, found) == same_numbers(first, load_bundle(tmp_path / "two")) == ()
    assert found.prediction.warnings == first.prediction.warnings
    circumstances = found.prediction.provenance.circumstances
    assert (circumstances["computed_by_run"], circumstances["duration_s"]) == (request_.run_id, 9.0)


def test_whatever_changes_the_numbers_changes_the_key(cache: RunCache, request_: PredictionRequest) -> None:
    others = [
        replace(request_, model_id="another"),
        replace(request_, options={"stride_px": 64}),
        replace(request_, device="cuda"),
        replace(request_, user_mpp=0.3),
    ]
    keys = {cache.key(request_, "plugin"), cache.key(request_, "changed plugin")}
    assert len(keys | {cache.key(other, "plugin") for other in others}) == 6
    same = replace(request_, run_id=RunId("x"), out_dir="elsewhere", draft_file="y")
    assert cache.key(same, "plugin") in keys


def test_a_slide_that_changed_is_another_slide(cache: RunCache, request_: PredictionRequest) -> None:
    slide, before = Path(request_.image_path), cache.key(request_, "plugin")
    os.utime(slide, ns=(1, 1))
    touched = cache.key(request_, "plugin")
    slide.write_bytes(b"x" + bytes(199_999))
    os.utime(slide, ns=(1, 1))
    assert len({before, touched, cache.key(request_, "plugin")}) == 3


def test_a_slide_that_is_gone_has_no_key_and_nothing_is_kept(cache: RunCache, request_: PredictionRequest) -> None:
    bundle = a_bundle(request_)
    Path(request_.image_path).unlink()
    assert cache.key(request_, "plugin") == cache.draft_file("") == ""
    cache.keep("", bundle)
    assert cache.find("", request_) is None


def test_a_damaged_result_is_not_used(cache: RunCache, request_: PredictionRequest, tmp_path: Path) -> None:
    key = cache.key(request_, "plugin")
    cache.keep(key, a_bundle(request_))
    (tmp_path / "runs" / key / "prediction.json").write_text("{}")
    assert cache.find(key, request_) is None


def test_the_oldest_results_go_first(
    cache: RunCache, request_: PredictionRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_cache, "MOST_RESULTS", 2)
    bundle = a_bundle(request_)
    for number, key in enumerate(["a", "b", "c"]):
        cache.keep(key, bundle)
        os.utime(tmp_path / "runs" / key, (number, number))
    cache.keep("d", bundle)
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["c", "d"]
