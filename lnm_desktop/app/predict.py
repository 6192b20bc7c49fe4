"""One function from a request to a prediction on disk, for the window and the command line alike."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from lnm_desktop.app.models import Models
from lnm_desktop.app.needs import missing_clinical, unfit_image
from lnm_desktop.app.options import parse_options
from lnm_desktop.domain.image import ImageKind
from lnm_desktop.errors import ClinicalError, InferenceError, LnmError
from lnm_desktop.formats.clinical_schema import load_default_schema
from lnm_desktop.formats.prediction_bundle import Bundle, load_bundle
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
    stop: threading.Event | None = None,
) -> Bundle:
    """Run one model on one slide and wait: the bundle is in `request.out_dir` and returned as it was read back.

    Events arrive on a thread of the channel. Setting `stop` ends the run within one batch.
    Raises PluginError, WeightsError, ImageError, CalibrationMissing, InferenceError, Cancelled, FormatError,
    ClinicalError where the request lacks what the model needs.
    """
    model = models.find(request.model_id)
    _check_needs(model.spec, request)
    checked = replace(request, options=parse_options(request.options, model.options_schema))
    models.client(request.model_id).predict(checked, on_event, stop)
    return load_bundle(Path(request.out_dir))


def _check_needs(spec: ModelSpec, request: PredictionRequest) -> None:
    """A run is on a slide, and the worker refuses what is none; the other needs are told by the request."""
    if unfit := unfit_image(spec, ImageKind.SLIDE):
        raise InferenceError(unfit, hint="Choose a model that reads slides.")
    if missing := missing_clinical(spec, request.clinical, load_default_schema()):
        raise ClinicalError(missing, hint="State these values; an unknown one does not do.")


class Run:
    """A prediction that runs on a thread of its own."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._ended = threading.Event()

    @property
    def running(self) -> bool:
        """False once `on_done` or `on_error` has been called."""
        return not self._ended.is_set()

    def cancel(self) -> None:
        """Ask the run to stop; `on_error` gets Cancelled, at the latest after the client's deadline of 2 s."""
        self._stop.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the end; False when the time was too short."""
        return self._ended.wait(timeout_s)


def start_prediction(
    models: Models, request: PredictionRequest, on_event: OnEvent, on_done: OnDone, on_error: OnError
) -> Run:
    """Start `predict` on a thread; see `start_run`. Events come on a third thread."""
    return start_run(lambda stop: predict(models, request, on_event, stop), on_done, on_error)


def start_run(work: Callable[[threading.Event], T], on_done: Callable[[T], None], on_error: OnError) -> Run:
    """Start work that ends when its event is set. Exactly one of `on_done` and `on_error` is called, on the thread
    of the work."""
    run = Run()

    def execute() -> None:
        try:
            result = work(run._stop)
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
