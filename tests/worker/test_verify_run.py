"""A prediction is run again and compared, in words that name what is not as it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lnm_desktop.app.predict import predict
from lnm_desktop.app.session import Session
from lnm_desktop.app.verify_run import largest_difference, request_of, slide_of, verify_run
from lnm_desktop.domain.image import ImageKind
from lnm_desktop.domain.prediction import Prediction, Provenance
from lnm_desktop.errors import FormatError
from lnm_desktop.formats.prediction_bundle import Bundle, load_bundle, save_bundle
from tests.fakes.slides import a_picture, a_request
from tests.worker.test_runs import Start, start  # noqa: F401 - a fixture


@pytest.fixture
def slide(tmp_path: Path) -> Path:
    return a_picture(tmp_path / "synthetic.png")


def test_a_run_that_is_as_it_was_is_the_same(start: Start, slide: Path, tmp_path: Path) -> None:  # noqa: F811
    models = start()
    predict(models, a_request(slide, tmp_path / "one", options={"stride_px": 64}))
    found = verify_run(models, tmp_path / "one", slide)
    assert (found.same, dict(found.facts), found.largest_difference) == (True, {}, 0.0)


def test_numbers_that_changed_are_named_with_their_difference(start: Start, slide: Path, tmp_path: Path) -> None:  # noqa: F811
    models = start()
    bundle = predict(models, a_request(slide, tmp_path / "one"))
    values = bundle.maps["dark"].copy()
    values[3, 4] -= 0.25
    facts = {**bundle.prediction.provenance.repeatable, "plugin_version": "0.9"}
    older = replace(bundle.prediction, provenance=Provenance(facts, {}))
    save_bundle(Bundle(older, {"dark": values}), tmp_path / "older")
    found = verify_run(models, tmp_path / "older", slide)
    assert "map dark" in found.differences
    assert found.facts == {"plugin_version": ("0.9", "1.0")}
    assert found.largest_difference == pytest.approx(0.25)


def test_the_slide_is_found_through_the_workspace(slide: Path, tmp_path: Path) -> None:
    with Session.open(tmp_path / "ws", author="tester") as session:
        case = session.add_case("P-1", synthetic=True)
        image = session.add_image(case.id, str(slide), ImageKind.SLIDE, "fingerprint")
        run = Prediction(a_request(slide, tmp_path).run_id, "fake", "1")
        folder = session.prediction_folder(run.id)
        save_bundle(Bundle(run), folder)
        session.add_prediction(image.id, run)
    assert slide_of(folder) == slide
    with pytest.raises(FormatError, match="does not lie in a workspace") as caught:
        slide_of(tmp_path / "elsewhere" / "run")
    assert "--slide" in caught.value.hint


def test_a_record_without_its_facts_is_refused(slide: Path, tmp_path: Path) -> None:
    run = Prediction(a_request(slide, tmp_path).run_id, "fake", "1", provenance=Provenance({"device": "cpu"}, {}))
    with pytest.raises(FormatError, match="slide_mpp"):
        request_of(run, slide, tmp_path)


def test_maps_that_do_not_compare_differ_beyond_measure(start: Start, slide: Path, tmp_path: Path) -> None:  # noqa: F811
    bundle = predict(start(), a_request(slide, tmp_path / "one"))
    hidden = bundle.maps["dark"].copy()
    hidden[0, 0] = np.nan
    assert largest_difference(bundle, replace(bundle, maps={"dark": hidden})) == float("inf")
    assert largest_difference(bundle, load_bundle(tmp_path / "one")) == 0.0
