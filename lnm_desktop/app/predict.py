"""One function from a request to a prediction on disk, for the window and the command line alike."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from lnm_desktop.app.models import Models
from lnm_desktop.app.needs import missing_clinical
from lnm_desktop.app.options import parse_options
from lnm_desktop.errors import ClinicalError, InferenceError, LnmError
from lnm_desktop.formats.clinical_schema import load_default_schema
from lnm_desktop.formats.prediction_bundle import Bundle, load_bundle
from lnm_desktop.inference.client import RunControl
from lnm_desktop.inference.events import OnEvent
from lnm_desktop.inference.request import PredictionRequest
from lnm_desktop.log import get_logger
from lnm_desktop.plugin.spec import ModelSpec

_log = get_logger(__name__)
T = TypeVar("T")
OnDone = Callable[[Bundle], None]
OnError = Callable[[LnmError], None]


def predict(
    models: Models,
    request: PredictionRequest,
    on_event: OnEvent | None = None,
    control: RunControl | None = None,
    *,
    fresh: bool = False,
) -> Bundle:
    """Run one model on one slide and wait: the bundle is in `request.out_dir` and returned as it was read back.

    What was computed before is not computed again, whole or in part, unless `fresh`. Events arrive on a thread of
    the channel. `control` stops or pauses the run within one batch.
    Raises PluginError, WeightsError, ImageError, CalibrationMissing, InferenceError, Cancelled, FormatError,
    ClinicalError where the request lacks what the model needs.
    """
    model = models.find(request.model_id)
    _check_needs(model.spec, request)
    client, cache = models.client(request.model_id), models.runs
    checked = replace(request, options=parse_options(request.options, model.options_schema))
    key = cache.key(checked, client.plugin.hash)
    if not fresh and (known := cache.find(key, checked)) is not None:
        return known
    try:
        client.predict(replace(checked, draft_file="" if fresh else cache.draft_file(key)), on_event, control)
    except InferenceError as error:
        if "reason" in error.facts and (aside := models.note_death(request.model_id)):
            raise InferenceError(error.message, hint=f"Of this plugin {aside}.", **error.facts) from error
        raise
    bundle = load_bundle(Path(request.out_dir))
    cache.keep(key, bundle)
    return bundle


def _check_needs(spec: ModelSpec, request: PredictionRequest) -> None:
    """What the request itself tells; of which kind an image is, the worker sees when it opens it."""
    if spec.needs_images and not request.image_path:
        kinds = " or a ".join(spec.needs_images)
        raise InferenceError(f"This model reads a {kinds}, and none was given.", hint="Name an image.")
    if missing := missing_clinical(spec, request.clinical, load_default_schema()):
        raise ClinicalError(missing, hint="State these values; an unknown one does not do.")


class Run:
    """A prediction that runs on a thread of its own."""

    def __init__(self) -> None:
        self.control = RunControl()
        self._ended = threading.Event()

    @property
    def running(self) -> bool:
        """False once `on_done` or `on_error` has been called."""
        return not self._ended.is_set()

    def cancel(self) -> None:
        """Ask the run to stop; `on_error` gets Cancelled, at the latest after the client's deadline of 2 s."""
        self.control.stop.set()

    @property
    def paused(self) -> bool:
        """True while the run waits, or will wait at its next batch."""
        return self.control.pause.is_set()

    def pause(self, paused: bool) -> None:
        """Let the run wait after the batch that it is at, or go on."""
        if paused:
            self.control.pause.set()
        else:
            self.control.pause.clear()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the end; False when the time was too short."""
        return self._ended.wait(timeout_s)


def start_prediction(
    models: Models, request: PredictionRequest, on_event: OnEvent, on_done: OnDone, on_error: OnError
) -> Run:
    """Start `predict` on a thread; see `start_run`. Events come on a third thread."""
    return start_run(lambda control: predict(models, request, on_event, control), on_done, on_error)


def start_run(work: Callable[[RunControl], T], on_done: Callable[[T], None], on_error: OnError) -> Run:
    """Start work that heeds its control. Exactly one of `on_done` and `on_error` is called, on the thread
    of the work."""
    run = Run()

    def execute() -> None:
        try:
            result = work(run.control)
        except LnmError as error:
            on_error(error)
        except Exception as error:  # noqa: BLE001 - the thread's outermost boundary: silence would lose the run
            _log.exception("a run ended with a defect")
            on_error(LnmError(f"{type(error).__name__}: {error}", hint="This is a defect; please report it."))
        else:
            on_done(result)
        finally:
            run._ended.set()

    threading.Thread(target=execute, name="prediction", daemon=True).start()
    return run
