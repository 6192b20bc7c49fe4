"""A recorded run made once more with the settings that it was recorded with, and what came out differently."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lnm_desktop.app.models import Models
from lnm_desktop.app.predict import predict
from lnm_desktop.app.run_differences import NUMBERS, Difference, run_differences
from lnm_desktop.app.session import PREDICTIONS, Session
from lnm_desktop.domain.ids import RunId, new_id
from lnm_desktop.domain.prediction import RESEARCH_USE_ONLY, SYNTHETIC_INPUT, Prediction
from lnm_desktop.errors import FormatError
from lnm_desktop.formats.clinical_json import record_from_dict
from lnm_desktop.formats.clinical_schema import load_default_schema
from lnm_desktop.formats.geometry_json import geometry_from_dict
from lnm_desktop.formats.prediction_bundle import Bundle, bundle_folder, load_bundle
from lnm_desktop.inference.client import RunControl
from lnm_desktop.inference.events import OnEvent
from lnm_desktop.inference.request import PredictionRequest

_BATCH = "batch_size"


@dataclass(frozen=True, slots=True)
class Verification:
    """What a second run of the same model on the same slide gave. Numbers are compared bit for bit."""

    run_id: RunId
    model_id: str
    model_version: str
    differences: tuple[Difference, ...]
    notice: str = RESEARCH_USE_ONLY

    @property
    def numbers_same(self) -> bool:
        """True where scores, maps and regions are the same to the last bit."""
        return all(item.what != NUMBERS for item in self.differences)

    @property
    def largest(self) -> float:
        """The greatest difference of two numbers; 0 where all are the same."""
        return max((item.largest for item in self.differences if item.largest is not None), default=0.0)

    @property
    def words(self) -> str:
        """The outcome in one sentence."""
        if not self.numbers_same:
            return f"The numbers are NOT the same: they differ by up to {self.largest:.3g}."
        if self.differences:
            return "The numbers are the same to the last bit, though not everything around them is."
        return "The numbers are the same to the last bit."


def verify(
    models: Models,
    bundle: Path,
    image: Path | None,
    on_event: OnEvent | None = None,
    control: RunControl | None = None,
) -> Verification:
    """Run the bundle's model on the slide with the recorded regions, clinical values, options, device, threads and
    batch size, and compare. Nothing is kept of the second run.

    Raises as `predict`, FormatError for a bundle that cannot be read.
    """
    recorded = load_bundle(bundle_folder(bundle))
    with tempfile.TemporaryDirectory(prefix="lnm-verify-") as folder:
        shown = image if _has_image(recorded) else None
        request = request_again(recorded.prediction, shown, Path(folder) / "run")
        again = predict(models, request, on_event, control, fresh=True)
    prediction = recorded.prediction
    found = run_differences(_comparable(recorded), _comparable(again))
    return Verification(prediction.id, prediction.model_id, prediction.model_version, found)


def recorded_slide(bundle: Path) -> Path | None:
    """Where the workspace of a bundle says that its slide lies, None for a run without an image.

    Raises FormatError outside of a workspace, StoreError.
    """
    folder = bundle_folder(bundle).resolve()
    if not _has_image(load_bundle(folder)):
        return None
    workspace = folder.parent.parent
    if folder.parent.name != PREDICTIONS or not (workspace / "workspace.db").is_file():
        words = f"{folder.name} lies in no workspace, and a bundle does not say where its slide is"
        raise FormatError(words, hint="State the slide: lnm verify BUNDLE --slide FILE.")
    with Session.open(workspace, author="", create=False, read_only=True) as session:
        return Path(session.image_of_run(RunId(folder.name)).path)


def request_again(prediction: Prediction, image: Path | None, out_dir: Path) -> PredictionRequest:
    """The request that leads to the recorded numbers. Raises FormatError, ClinicalError for strange records."""
    facts = prediction.provenance.repeatable
    try:
        return PredictionRequest(
            RunId(new_id()),
            prediction.model_id,
            str(image.absolute()) if image is not None else "",
            str(out_dir),
            user_mpp=float(facts["slide_mpp_x"]) if facts.get("slide_mpp_source") == "user" else 0.0,
            regions=tuple(geometry_from_dict(item) for item in facts.get("regions", ())),
            clinical=record_from_dict(facts.get("clinical", {}), load_default_schema()),
            options=_options(facts),
            device=str(facts.get("device", "auto")),
            threads=int(facts.get("threads", 1)),
            synthetic_input=any(warning.startswith(SYNTHETIC_INPUT) for warning in prediction.warnings),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"the record of the run cannot be used: {error}", hint="Run the model again.") from error


def _has_image(bundle: Bundle) -> bool:
    """False for a model of records alone: its run names no image."""
    return bundle.prediction.provenance.repeatable.get("image_fingerprint") != ""


def _options(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The options as recorded, with the batch size that was used in the end: memory may have been short."""
    options = dict(facts.get("options", {}))
    if _BATCH in options and isinstance(facts.get(_BATCH), int):
        options[_BATCH] = facts[_BATCH]
    return options


def _comparable(bundle: Bundle) -> Bundle:
    """With the batch size that was used among the options, as `_options` asks for it."""
    origin = bundle.prediction.provenance
    facts = {**origin.repeatable, "options": _options(origin.repeatable)}
    return replace(bundle, prediction=replace(bundle.prediction, provenance=replace(origin, repeatable=facts)))
