"""The way to one plugin's worker process: started when needed, kept warm, replaced when it dies or hangs."""

from __future__ import annotations

import base64
import contextlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.geometry import Point
from lnm_desktop.errors import Cancelled, InferenceError, LnmError, PluginError
from lnm_desktop.inference.events import OnEvent, event_from_dict
from lnm_desktop.inference.request import PredictionRequest
from lnm_desktop.inference.spawn import start_worker
from lnm_desktop.inference.wire import request_to_dict
from lnm_desktop.log import Safe, get_logger
from lnm_desktop.plugin.discovery import InstalledPlugin
from lnm_desktop.plugin.findings import Finding
from lnm_desktop.plugin.spec import ModelDescription
from lnm_desktop.process.channel import Message
from lnm_desktop.process.child import Child, ChildDied, ChildSpec

_log = get_logger(__name__)
_POLL_S = 0.05
_FOR_EVER_S = 30 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What a worker is granted.

    `describe_s`: time to be imported, torch included, and to describe itself on a busy machine. `stall_s`: longest
    silence of a running model (it reports at least once per batch). `cancel_s`: time to answer a cancel. `idle_s`:
    how long an idle worker stays warm. `heartbeat_s` is generous since loading torch from a cold disk holds the
    interpreter's lock.
    """

    describe_s: float = 60.0
    stall_s: float = 300.0
    cancel_s: float = 2.0
    idle_s: float = 600.0
    heartbeat_s: float = 30.0
    memory_bytes: int = 6 * 1024**3


@dataclass(frozen=True, eq=False)
class RunControl:
    """How whoever asked for a run steers it: set `stop` to end it, set and clear `pause` to let it wait."""

    stop: threading.Event = field(default_factory=threading.Event)
    pause: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, eq=False, slots=True)
class Classified:
    """Probabilities (n,) in the order of the files, and what they were computed with."""

    probabilities: NDArray[np.float64]
    device: str
    batch_size: int
    libraries: Mapping[str, str]


@dataclass(frozen=True, eq=False, slots=True)
class Explained:
    """A tile (tile, tile, 3), what each pixel adds (tile, tile), probabilities (classes,), what the tile spans."""

    tile: NDArray[np.uint8]
    values: NDArray[np.float32]
    probabilities: tuple[float, ...]
    region: tuple[float, float, float, float]
    gap: float | None
    warnings: tuple[str, ...]
    facts: dict[str, Any]


class WorkerClient:
    """Speaks to the worker of one plugin. Calls of several threads run one after another."""

    def __init__(self, plugin: InstalledPlugin, log_file: Path, limits: Limits | None = None) -> None:
        self.plugin = plugin
        self._log_file = log_file
        self._limits = limits or Limits()
        self._child: Child | None = None
        self._busy = threading.Lock()
        self._idle: threading.Timer | None = None
        self._closed = threading.Event()

    @property
    def pid(self) -> int | None:
        """The process id of the warm worker; None when there is none."""
        child = self._child  # a timer may take it away at any moment
        return child.pid if child is not None and child.alive else None

    def describe(self) -> tuple[ModelDescription, ...]:
        """The plugin's models. Raises PluginError for one that cannot be imported, hangs or crashes."""
        with self._worker() as child:
            try:
                answer = child.request("describe", {}, deadline_s=self._limits.describe_s)
            except ChildDied as death:
                reason = death.facts["reason"]
                raise PluginError(f"its process {reason} while it was being imported") from death
        return tuple(ModelDescription.from_dict(item) for item in answer["models"])

    def probe(self) -> tuple[str, ...]:
        """The devices that torch can use in a worker, "cpu" always among them. Raises InferenceError."""
        with self._worker() as child:
            answer = self._wait(child, "probe", {}, None, None, "the device probe")
        return tuple(answer["devices"])

    def check(self, folder: Path) -> tuple[Finding, ...]:
        """Every rule that a plugin must keep, tried; it may write to `folder` alone. Raises InferenceError."""
        with self._worker() as child:
            arguments = {"folder": str(folder)}
            answer = self._wait(child, "check", arguments, None, None, "the check")
        return tuple(Finding(**item) for item in answer["findings"])

    def predict(
        self, request: PredictionRequest, on_event: OnEvent | None = None, control: RunControl | None = None
    ) -> None:
        """Run to the end; the bundle is then in `request.out_dir`. Events arrive on the channel's thread.

        Raises what the model raises, Cancelled after `control.stop`, InferenceError naming what died or hung.
        """
        with self._worker(control) as child:
            self._wait(child, "predict", request_to_dict(request), on_event, control, request.model_id)

    def classify(
        self,
        model_id: str,
        files: Sequence[Path],
        on_event: OnEvent | None = None,
        control: RunControl | None = None,
        *,
        device: str = "auto",
        threads: int = 1,
    ) -> Classified:
        """The model's last class in each tile image. Raises as `predict`."""
        arguments = {
            "model_id": model_id,
            "files": [str(file) for file in files],
            "device": device,
            "threads": threads,
        }
        with self._worker(control) as child:
            answer = self._wait(child, "classify_files", arguments, on_event, control, model_id)
        probabilities = np.asarray(answer["probabilities"], dtype=np.float64)
        return Classified(probabilities, answer["device"], answer["batch_size"], answer["libraries"])

    def explain(
        self, model_id: str, slide: Path, at: Point, method: str, target: int, user_mpp: float = 0.0
    ) -> Explained:
        """Why the model answers as it does for the tile around a level-0 point. Raises as `predict`."""
        arguments = {
            "model_id": model_id,
            "image_path": str(slide.absolute()),
            "user_mpp": user_mpp,
            "x": at.x,
            "y": at.y,
            "method": method,
            "target": target,
            "device": "auto",
            "threads": 1,
        }
        with self._worker() as child:
            answer = self._wait(child, "explain", arguments, None, None, model_id)
        side = answer["tile_px"]
        return Explained(
            np.frombuffer(base64.b64decode(answer["tile"]), np.uint8).reshape(side, side, 3),
            np.frombuffer(base64.b64decode(answer["values"]), "<f4").reshape(side, side).astype(np.float32),
            tuple(answer["probabilities"]),
            tuple(answer["region"]),
            answer["gap"],
            tuple(answer["warnings"]),
            answer["facts"],
        )

    def ask(
        self,
        operation: str,
        arguments: Message,
        what: str,
        on_event: OnEvent | None = None,
        control: RunControl | None = None,
    ) -> Message:
        """Any operation of the worker; `what` names it in an error. Raises as `predict`."""
        with self._worker(control) as child:
            return self._wait(child, operation, arguments, on_event, control, what)

    def close(self) -> None:
        """End the worker; a request that is being answered fails."""
        self._closed.set()
        self._retire()

    @contextlib.contextmanager
    def _worker(self, control: RunControl | None = None) -> Any:
        """The plugin's process, started when there is none, held by one caller at a time."""
        while not self._busy.acquire(timeout=_POLL_S):
            if control is not None and control.stop.is_set():
                raise Cancelled("the run was stopped before it began")
        try:
            yield self._live_child()
        finally:
            self._rest()
            self._busy.release()

    def _live_child(self) -> Child:
        if self._closed.is_set():
            raise InferenceError(f"The worker of {self.plugin.distribution} is closed.")
        if self._idle is not None:
            self._idle.cancel()
        if self._child is None or not self._child.alive:
            self._retire()
            self._child = Child(self._spec())
        return self._child

    def _spec(self) -> ChildSpec:
        return ChildSpec(
            name=f"worker of {self.plugin.distribution}",
            target=start_worker,
            log_file=self._log_file,
            arguments=(self.plugin.to_dict(),),
            memory_cap_bytes=self._limits.memory_bytes,
            heartbeat_timeout_s=self._limits.heartbeat_s,
        )

    def _rest(self) -> None:
        """Start counting the idle time; a worker that was started while the client was closed ends at once."""
        if self._closed.is_set():
            self._retire()
            return
        self._idle = threading.Timer(self._limits.idle_s, self._retire_when_idle)
        self._idle.daemon = True
        self._idle.start()

    def _retire_when_idle(self) -> None:
        if self._busy.acquire(blocking=False):
            try:
                self._retire()
            finally:
                self._busy.release()

    def _retire(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        child, self._child = self._child, None
        if child is not None:
            child.close()

    def _wait(
        self,
        child: Child,
        operation: str,
        arguments: Message,
        on_event: OnEvent | None,
        control: RunControl | None,
        what: str,
    ) -> Message:
        heard = _Heard(on_event)
        try:
            request_id, future = child.submit(operation, arguments, deadline_s=_FOR_EVER_S, on_event=heard)
            return self._watch(child, request_id, future, heard, control or RunControl())
        except ChildDied as death:
            if self._closed.is_set():
                # Whoever closed it ended the run; that is no crash.
                raise Cancelled(f"the worker of {self.plugin.distribution} was closed") from death
            raise self._death_words(what, str(death.facts.get("reason", "ended"))) from death
        except LnmError as error:
            if error.facts.get("unexpected"):
                # Nobody knows what it left behind; after a failed assertion of a GPU nothing works in its process.
                child.kill("ran into a defect and was replaced")
            raise _translated(error, what) from error

    def _watch(
        self, child: Child, request_id: int, future: Future[Message], heard: _Heard, control: RunControl
    ) -> Message:
        """Wait for the answer while looking for a wish to stop or to pause, and for silence."""
        cancel_deadline: float | None = None
        paused = False
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    return future.result(_POLL_S)
                now = time.monotonic()
                if cancel_deadline is None and control.stop.is_set():
                    child.cancel(request_id)
                    cancel_deadline = now + self._limits.cancel_s
                if cancel_deadline is not None and now > cancel_deadline:
                    child.kill("did not answer a cancel and was stopped")
                    raise Cancelled("the run was stopped; its worker did not answer and was ended")
                if paused != control.pause.is_set():
                    paused = not paused
                    child.pause(request_id, paused=paused)
                # A paused run is silent by rights.
                heard.at = now if paused else heard.at
                if now - heard.at > self._limits.stall_s:
                    child.kill(f"made no progress for {self._limits.stall_s:g} s and was stopped")
        finally:
            if not future.done():
                # Ctrl-C or a failing caller: nobody waits for this answer any more.
                child.kill("was given up")

    def _death_words(self, what: str, reason: str) -> InferenceError:
        name = self.plugin.distribution
        _log.warning("the worker of %s: %s", Safe(name), Safe(reason))
        subject = f"The worker of {name} {reason}"
        subject += f" while running {what}." if what != name else "."
        hint = "Run it again; your annotations are not affected."
        return InferenceError(subject, hint=hint, plugin=name, reason=reason)


class _Heard:
    """Passes events on and remembers when the last one came."""

    def __init__(self, on_event: Callable[..., None] | None) -> None:
        self._on_event = on_event
        self.at = time.monotonic()

    def __call__(self, message: Message) -> None:
        self.at = time.monotonic()
        if self._on_event is None:
            return
        try:
            self._on_event(event_from_dict(message))
        except Exception:  # noqa: BLE001 - a listener's defect must not end the channel's thread
            _log.exception("a listener failed")


def _translated(error: LnmError, what: str) -> LnmError:
    """An error that nobody foresaw in the plugin becomes one of a run, naming the model."""
    if error.facts.get("unexpected"):
        hint = "This is a defect of the plugin; its log tells the place."
        return InferenceError(f"{what} failed: {error.message}", hint=hint, unexpected=True)
    return error
