"""Whether a prediction can be had again: the same model on the same slide, and what is not as it was."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lnm_desktop.app.models import Models
from lnm_desktop.app.predict import predict
from lnm_desktop.app.session import Session
from lnm_desktop.domain.clinical import ClinicalRecord
from lnm_desktop.domain.ids import RunId, new_id
from lnm_desktop.domain.prediction import Prediction
from lnm_desktop.errors import FormatError, StoreError
from lnm_desktop.formats.clinical_json import value_from_json
from lnm_desktop.formats.geometry_json import geometry_from_dict
from lnm_desktop.formats.prediction_bundle import Bundle, load_bundle, same_numbers
from lnm_desktop.inference.events import OnEvent
from lnm_desktop.inference.request import PredictionRequest


@dataclass(frozen=True)
class Verification:
    """What a run gave the second time.

    `differences` names scores, maps and facts that are not equal bit for bit, the facts with both values.
    `largest_difference` is that of the maps and scores; infinite where they do not compare.
    """

    differences: tuple[str, ...]
    facts: Mapping[str, tuple[Any, Any]]
    largest_difference: float

    @property
    def same(self) -> bool:
        """True where every number and every fact is equal."""
        return not self.differences


def verify_run(models: Models, folder: Path, slide: Path | None, on_event: OnEvent | None = None) -> Verification:
    """Run a bundle's model again on its slide and compare. The bundle itself is not touched.

    A bundle in a workspace knows its slide; another one needs `slide`. Raises FormatError for a bundle that was
    changed, and what `predict` raises.
    """
    before = load_bundle(folder)
    with tempfile.TemporaryDirectory() as made:
        needs_image = before.prediction.provenance.repeatable.get("image_fingerprint") != ""
        image = slide or slide_of(folder) if needs_image else None
        request = request_of(before.prediction, image, Path(made) / "again")
        after = predict(models, request, on_event, fresh=True)
    one, two = (bundle.prediction.provenance.repeatable for bundle in (before, after))
    names = sorted(name for name in one.keys() | two.keys() if one.get(name) != two.get(name))
    return Verification(
        same_numbers(before, after),
        {name: (one.get(name), two.get(name)) for name in names},
        largest_difference(before, after),
    )


def request_of(prediction: Prediction, slide: Path | None, out: Path) -> PredictionRequest:
    """The request that led to a prediction, for a new run. Raises FormatError for a record that lacks something."""
    facts = prediction.provenance.repeatable
    try:
        return PredictionRequest(
            RunId(new_id()),
            prediction.model_id,
            str(slide.absolute()) if slide is not None else "",
            str(out),
            user_mpp=facts["slide_mpp_x"] if facts["slide_mpp_source"] == "user" else 0.0,
            regions=tuple(geometry_from_dict(region) for region in facts["regions"]),
            clinical=ClinicalRecord({name: value_from_json(value) for name, value in facts["clinical"].items()}),
            options=facts["options"],
            device=facts["device"],
            threads=facts["threads"],
            synthetic_input=any(warning.startswith("SYNTHETIC INPUT") for warning in prediction.warnings),
        )
    except (KeyError, TypeError) as error:
        raise FormatError(
            f"the prediction does not say all that it depends on: {error} is missing",
            hint="It was written by another program or version; run the model anew.",
        ) from error


def slide_of(folder: Path) -> Path:
    """The slide of a bundle that lies in a workspace. Raises FormatError for one that does not."""
    wanted = folder.absolute()
    with (
        contextlib.suppress(StoreError),
        Session.open(wanted.parent.parent, author="", create=False, read_only=True) as session,
    ):
        for image in (image for case in session.cases() for image in session.images(case.id)):
            if wanted in [session.prediction_folder(run.id) for run in session.predictions(image.id)]:
                return Path(image.path)
    raise FormatError(f"{folder.name} does not lie in a workspace that knows its slide", hint="Name it with --slide.")


def largest_difference(a: Bundle, b: Bundle) -> float:
    """The largest absolute difference of two bundles' maps and scores; infinite where they do not compare."""
    scores = [{score.id: score.value for score in bundle.prediction.scores} for bundle in (a, b)]
    if scores[0].keys() != scores[1].keys() or a.maps.keys() != b.maps.keys():
        return float("inf")
    found = [abs(scores[0][name] - scores[1][name]) for name in scores[0]]
    for name, values in a.maps.items():
        other = b.maps[name]
        if values.shape != other.shape or not np.array_equal(np.isnan(values), np.isnan(other)):
            return float("inf")
        found.append(float(np.nanmax(np.abs(values - other), initial=0.0)) if np.isfinite(values).any() else 0.0)
    return max(found, default=0.0)
