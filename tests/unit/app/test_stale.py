"""What has changed since a run is told, and nothing that has not."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lnm_desktop.app.run_history import past_runs
from lnm_desktop.app.session import Session
from lnm_desktop.app.stale import Inputs, SlideHashes, stale_reasons
from lnm_desktop.domain.annotation import AnnotationSet, new_annotation
from lnm_desktop.domain.clinical import Absent, ClinicalRecord
from lnm_desktop.domain.geometry import Point, Region, rectangle
from lnm_desktop.domain.ids import RunId, new_id
from lnm_desktop.domain.image import ImageKind
from lnm_desktop.domain.prediction import Prediction, Provenance
from lnm_desktop.formats.clinical_schema import load_default_schema
from lnm_desktop.formats.geometry_json import geometry_to_dict
from lnm_desktop.formats.prediction_bundle import Bundle, save_bundle
from lnm_desktop.imaging.fingerprint import fingerprint
from lnm_desktop.plugin.spec import ModelSpec

SPEC = ModelSpec("m", "1.0", "M", "tile-classification", ("a", "b"), 0.5, 96, weights_sha256="w" * 64)
REGION = rectangle(Region(10, 10, 50, 50))


class Trial:
    """A slide, a run on it that lies one hour back, and what a run would be given now."""

    def __init__(self, folder: Path) -> None:
        self.slide = folder / "slide.tif"
        self.slide.write_bytes(b"pixels")
        self.started = datetime.now(UTC) - timedelta(hours=1)
        self.facts: dict[str, Any] = {
            "image_fingerprint": fingerprint(self.slide),
            "model": "m",
            "plugin_version": "3.1",
            "weights_sha256": "w" * 64,
            "regions": [geometry_to_dict(REGION)],
            "clinical": {"age": 51.0},
        }
        self.inputs = Inputs(
            self.slide,
            0.0,
            ClinicalRecord({"age": 51.0, "ki67": 20.0}),
            load_default_schema(),
            AnnotationSet((new_annotation(REGION),)),
            {"m": (SPEC, "3.1")},
        )

    def run(self, **facts: Any) -> Prediction:
        origin = Provenance({**self.facts, **facts}, {"started_utc": self.started.isoformat(), "duration_s": 2.5})
        return Prediction(RunId(new_id()), "m", "1.0", provenance=origin)

    def reasons(self, facts: dict[str, Any] | None = None, **inputs: Any) -> tuple[str, ...]:
        return stale_reasons(self.run(**(facts or {})), replace(self.inputs, **inputs))


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return Trial(tmp_path)


def test_a_run_whose_inputs_are_the_same_is_not_stale(trial: Trial) -> None:
    assert trial.reasons() == ()


def test_a_slide_that_was_written_over_is_told(trial: Trial) -> None:
    trial.slide.write_bytes(b"others")
    assert trial.reasons() == ("The slide's file was changed.",)
    trial.slide.unlink()
    assert trial.reasons() == ("The slide's file cannot be read.",)


def test_a_slide_is_read_only_where_it_was_touched_since(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []

    def counted(path: Path) -> str:
        read.append(path)
        return fingerprint(path)

    monkeypatch.setattr("lnm_desktop.app.stale.fingerprint", counted)
    hashes, recorded = SlideHashes(), trial.facts["image_fingerprint"]
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert not hashes.changed(trial.slide, recorded, later)
    assert read == []
    for _ in range(3):
        assert not hashes.changed(trial.slide, recorded, trial.started.isoformat())
    assert read == [trial.slide]
    os.utime(trial.slide)
    assert not hashes.changed(trial.slide, recorded, trial.started.isoformat())
    assert len(read) == 2


def test_only_the_fields_that_the_model_uses_count(trial: Trial) -> None:
    assert trial.reasons(clinical=ClinicalRecord({"age": 51.0})) == ()
    assert trial.reasons(clinical=ClinicalRecord({"age": 60.0})) == ("Age at diagnosis was 51, and is 60.",)
    assert trial.reasons(clinical=ClinicalRecord({"age": Absent.UNKNOWN}))[0].endswith("was 51, and is unknown.")
    hungrier = {"m": (replace(SPEC, needs_clinical=("age", "ki67")), "3.1")}
    (reason,) = trial.reasons(models=hungrier)
    assert reason.endswith("was not asked, and is 20.")


def test_a_moved_region_is_told(trial: Trial) -> None:
    moved = replace(REGION, points=(Point(0, 0), *REGION.points[1:]))
    told = ("1 of the 1 regions that it looked at were changed or removed.",)
    assert trial.reasons(drawn=AnnotationSet((new_annotation(moved),))) == told
    assert trial.reasons({"regions": []}, drawn=AnnotationSet()) == ()


def test_another_model_and_other_weights_are_told(trial: Trial) -> None:
    newer = {"m": (replace(SPEC, version="1.1", weights_sha256="v" * 64), "3.2")}
    assert trial.reasons(models=newer) == (
        "The model was version 1.0, and is 1.1.",
        "The model's weights are other ones.",
    )
    assert trial.reasons(models={"m": (SPEC, "3.2")}) == ("The model's plugin was version 3.1, and is 3.2.",)
    assert trial.reasons(models={}) == ("The model is not installed.",)
    assert trial.reasons(models=None) == (), "nobody has looked yet which models there are"


def test_a_stated_pixel_size_that_changed_is_told(trial: Trial) -> None:
    stated = {"slide_mpp_source": "user", "slide_mpp_x": 0.5}
    assert trial.reasons(stated, user_mpp=0.5) == ()
    assert trial.reasons(stated, user_mpp=0.25) == ("The stated pixel size was 0.5 µm, and is 0.25 µm.",)


def test_the_list_tells_where_and_how_long_and_which_files_are_gone(trial: Trial, tmp_path: Path) -> None:
    whole, some = trial.run(regions=[]), trial.run(weights_sha256="x" * 64)
    with Session.open(tmp_path / "ws", author="tester") as session:
        image = session.add_image(session.add_case("P").id, str(trial.slide), ImageKind.SLIDE, "slide")
        for prediction in (whole, some, trial.run()):
            session.add_prediction(image.id, prediction)
        for prediction in (whole, some):
            save_bundle(Bundle(prediction), session.prediction_folder(prediction.id))
        lost, second, first = past_runs(session, session.predictions(image.id), trial.inputs)
    assert (first.where, first.duration_s, first.stale) == ("whole slide", 2.5, ())
    assert (second.where, second.stale) == ("1 region", ("The model's weights are other ones.",))
    assert (lost.where, lost.duration_s) == ("", None)
    assert "could not be read" in lost.problem
