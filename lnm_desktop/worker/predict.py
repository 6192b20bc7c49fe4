"""One prediction: open the image, run the model, write the bundle with all that its numbers depend on."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ValidationError

from lnm_desktop.domain.prediction import SYNTHETIC_INPUT, Prediction
from lnm_desktop.errors import InferenceError
from lnm_desktop.formats.prediction_bundle import Bundle, save_bundle
from lnm_desktop.inference.request import PredictionRequest
from lnm_desktop.inference.wire import request_from_dict
from lnm_desktop.plugin.model import ModelInputs, ModelOutput
from lnm_desktop.plugin.output_check import check_output
from lnm_desktop.process.channel import Message
from lnm_desktop.process.loop import Request
from lnm_desktop.worker.images import needed_image
from lnm_desktop.worker.job import RunJob
from lnm_desktop.worker.models import LoadedModel, WorkerModels
from lnm_desktop.worker.provenance import RunFacts, library_versions, provenance


def run_prediction(models: WorkerModels, request: Request) -> Message:
    """Answer `predict`: the bundle is then in `out_dir`. Raises every error of a run."""
    asked = request_from_dict(request.arguments)
    job = RunJob(request, asked.draft_file)
    finished = False
    try:
        _run(models, asked, job)
        finished = True
    finally:
        job.close(finished=finished)
    return {"run_id": asked.run_id}


def _run(models: WorkerModels, asked: PredictionRequest, job: RunJob) -> None:
    job.stage("opening the image")
    spec = models.host.find(asked.model_id).spec
    with needed_image(spec, asked.image_path, asked.user_mpp) as image:
        job.stage("loading the model")
        loaded = models.load(asked.model_id, asked.device, asked.threads)
        job.facts = {"device": loaded.device, "arithmetic": loaded.arithmetic, "libraries": library_versions()}
        options = _options(loaded, asked)
        job.stage("running")
        started, clock = datetime.now(UTC), time.monotonic()
        with loaded.running():
            inputs = ModelInputs(image.reader, image.calibration, asked.regions, asked.clinical)
            output = loaded.model.predict(inputs, options, job)
        check_output(output, image.reader.info.region if image.reader is not None else None)
        duration_s = time.monotonic() - clock
        job.stage("writing the result")
        image_fingerprint = image.fingerprint()
    facts = RunFacts(
        image=image_fingerprint,
        calibration=image.calibration,
        regions=asked.regions,
        clinical=asked.clinical,
        options=options,
        device=loaded.device,
        device_reason=loaded.device_reason,
        arithmetic=loaded.arithmetic,
        threads=loaded.model.threads,
        started=started,
        duration_s=duration_s,
    )
    made_up = asked.synthetic_input or image.synthetic
    bundle = _bundle(models, loaded, asked, output, facts, (*_synthetic_notes(loaded, made_up), *image.notes))
    save_bundle(bundle, Path(asked.out_dir))


def _options(loaded: LoadedModel, asked: PredictionRequest) -> BaseModel:
    try:
        return loaded.model.Options.model_validate(dict(asked.options))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InferenceError(
            f"the option {name!r} is wrong: {first['msg']}", hint="See the model's options."
        ) from error


def _synthetic_notes(loaded: LoadedModel, made_up: bool) -> tuple[str, ...]:
    notes = []
    if made_up:
        notes.append(f"{SYNTHETIC_INPUT}: the image is made up and says nothing about a patient.")
    if loaded.model.spec.synthetic:
        notes.append("SYNTHETIC MODEL: it was trained on made-up data and says nothing about a patient.")
    return tuple(notes)


def _bundle(
    models: WorkerModels,
    loaded: LoadedModel,
    asked: PredictionRequest,
    output: ModelOutput,
    facts: RunFacts,
    notes: tuple[str, ...],
) -> Bundle:
    spec = loaded.model.spec
    prediction = Prediction(
        id=asked.run_id,
        model_id=spec.id,
        model_version=spec.version,
        scores=output.scores,
        heatmaps=output.grids,
        regions=output.regions,
        objects=output.objects,
        warnings=(*notes, *output.warnings),
        provenance=provenance(models.plugin, loaded.model, output, facts),
    )
    return Bundle(prediction, output.maps, features=output.features)
