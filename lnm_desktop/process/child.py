"""The parent's side: a spawned process with deadlines, a heartbeat and a memory cap."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from lnm_desktop.errors import LnmError, from_dict
from lnm_desktop.log import Safe, get_logger
from lnm_desktop.process.channel import Channel, ChannelClosed, Message
from lnm_desktop.process.group import end_group

_log = get_logger(__name__)
OnEvent = Callable[[Message], None]
GUARD_STEP_S = 0.1
# A longer step of the guard means that this process itself stood still: a closed lid, a paused virtual machine.
STANDSTILL_S = 2.0
LAST_WORDS_S = 1.0


class ChildDied(LnmError):
    """The process ended, was killed by its guard, or missed a deadline; `reason` is fit for a user."""

    exit_code = 42


@dataclass(frozen=True)
class ChildSpec:
    """How to start a child: `target(connection, log_file, *arguments)` must be importable (spawn, never fork)."""

    name: str
    target: Callable[..., None]
    log_file: Path
    arguments: tuple[Any, ...] = ()
    memory_cap_bytes: int = 4 * 1024**3
    heartbeat_timeout_s: float = 10.0
    start_timeout_s: float = 60.0


@dataclass
class _Pending:
    future: Future[Message]
    on_event: OnEvent | None
    deadline: float


class Child:
    """A running child process. One that died stays dead: make a new one."""

    def __init__(self, spec: ChildSpec) -> None:
        self.spec = spec
        spec.log_file.parent.mkdir(parents=True, exist_ok=True)
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._process = context.Process(
            target=spec.target, args=(theirs, str(spec.log_file), *spec.arguments), name=spec.name, daemon=True
        )
        self._process.start()
        self._offspring_of = self._process.pid
        theirs.close()
        self._channel = Channel(ours)
        self._ids = itertools.count(1)
        self._pending: dict[int, _Pending] = {}
        self._lock = threading.Lock()
        self._death: ChildDied | None = None
        self._last_beat = time.monotonic() + spec.start_timeout_s
        self._receiver = threading.Thread(target=self._receive, name=f"{spec.name}-receive", daemon=True)
        self._receiver.start()
        threading.Thread(target=self._guard, name=f"{spec.name}-guard", daemon=True).start()

    @property
    def pid(self) -> int | None:
        """The process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """False once the process is gone or condemned."""
        return self._death is None and self._process.is_alive()

    def submit(
        self, operation: str, arguments: Message, *, deadline_s: float, on_event: OnEvent | None = None
    ) -> tuple[int, Future[Message]]:
        """Ask for something; events arrive on the receiving thread. Raises ChildDied."""
        future: Future[Message] = Future()
        request_id = next(self._ids)
        with self._lock:
            if self._death is not None:
                raise self._death
            self._pending[request_id] = _Pending(future, on_event, time.monotonic() + deadline_s)
        try:
            self._channel.send({"kind": "request", "id": request_id, "op": operation, "args": arguments})
        except ChannelClosed:
            self._die(self._last_words())
        return request_id, future

    def request(
        self, operation: str, arguments: Message, *, deadline_s: float, on_event: OnEvent | None = None
    ) -> Message:
        """Ask and wait. Raises the error that the child reports, or ChildDied."""
        return self.submit(operation, arguments, deadline_s=deadline_s, on_event=on_event)[1].result()

    def cancel(self, request_id: int) -> None:
        """Ask the child to stop working on a request."""
        self._steer("cancel", request_id)

    def pause(self, request_id: int, *, paused: bool) -> None:
        """Ask the child to let a request wait, or to go on with it."""
        self._steer("pause" if paused else "resume", request_id)

    def _steer(self, kind: str, request_id: int) -> None:
        try:
            self._channel.send({"kind": kind, "id": request_id})
        except ChannelClosed:
            self._die(self._last_words())

    def kill(self, reason: str = "was stopped") -> None:
        """End the process now; waiting requests fail with ChildDied."""
        self._die(reason)

    def close(self) -> None:
        """Let the process go; it is killed when it does not leave within 2 s."""
        self._fail_all(self._set_death("was closed"))
        with contextlib.suppress(ChannelClosed):
            self._channel.send({"kind": "stop"})
        self._process.join(2)
        if self._process.is_alive():
            self._process.kill()
            self._process.join(2)
        self._end_offspring()
        # Only when nobody reads any more: a descriptor closed under a reader may already be another file's.
        self._receiver.join(2)
        self._channel.close()

    def _receive(self) -> None:
        try:
            while True:
                self._dispatch(self._channel.receive())
        except ChannelClosed:
            self._die(self._last_words())

    def _last_words(self) -> str:
        """Why the process ended, which is known a little after its line has gone dead.

        While another thread asks too, `multiprocessing` may tell this one that it does not know.
        """
        deadline = time.monotonic() + LAST_WORDS_S
        while (code := self._process.exitcode) is None and time.monotonic() < deadline:
            time.sleep(0.01)
        return _exit_words(code)

    def _dispatch(self, message: Message) -> None:
        self._last_beat = time.monotonic()
        if message["kind"] == "beat":
            self._check_memory(message.get("rss_bytes", 0))
            return
        if message["kind"] == "event":
            pending = self._pending.get(message["id"])
            if pending is not None and pending.on_event is not None:
                _tell(pending.on_event, message["event"])
            return
        # Whoever takes an entry out answers it: a death at the same moment finds it gone.
        with self._lock:
            pending = self._pending.pop(message["id"], None)
        if pending is None:
            return
        if message["kind"] == "result":
            pending.future.set_result(message["result"])
        else:
            pending.future.set_exception(from_dict(message["error"]))

    def _check_memory(self, rss_bytes: int) -> None:
        if rss_bytes > self.spec.memory_cap_bytes:
            self._die(f"used more than {self.spec.memory_cap_bytes / 1024**3:.1f} GiB of memory and was stopped")

    def _guard(self) -> None:
        looked = time.monotonic()
        while self._death is None:
            time.sleep(GUARD_STEP_S)
            now = time.monotonic()
            if now - looked > STANDSTILL_S:
                self._grant(now - looked)
            looked = now
            if now - self._last_beat > self.spec.heartbeat_timeout_s:
                self._die("stopped answering and was stopped")
            elif any(pending.deadline < now for pending in list(self._pending.values())):
                self._die("missed its deadline and was stopped")

    def _grant(self, pause_s: float) -> None:
        """Let nothing count against the child that happened while nobody could listen to it."""
        self._last_beat += pause_s
        with self._lock:
            for pending in self._pending.values():
                pending.deadline += pause_s

    def _set_death(self, reason: str) -> ChildDied:
        with self._lock:
            if self._death is None:
                self._death = ChildDied(f"The {self.spec.name} {reason}.", reason=reason, process=self.spec.name)
            return self._death

    def _die(self, reason: str) -> None:
        first = self._death is None
        death = self._set_death(reason)
        if first:
            _log.warning("%s: %s", Safe(self.spec.name), Safe(reason))
            self._end_offspring()
            self._process.kill()
        self._fail_all(death)

    def _end_offspring(self) -> None:
        """What the process started itself goes with it, once, where it leads a group of its own.

        Its number is its own while nobody has asked for its exit code, and afterwards for as long as its group lives.
        """
        with self._lock:
            pid, self._offspring_of = self._offspring_of, None
        if pid is not None and (self._process.exitcode is None or not psutil.pid_exists(pid)):
            end_group(pid)

    def _fail_all(self, death: ChildDied) -> None:
        with self._lock:
            pending, self._pending = list(self._pending.values()), {}
        for entry in pending:
            entry.future.set_exception(death)


def _tell(on_event: OnEvent, event: Message) -> None:
    """A boundary: a listener that fails must not end the thread that hears the child."""
    try:
        on_event(event)
    except Exception:  # noqa: BLE001 - see above
        _log.exception("a listener failed")


def _exit_words(code: int | None) -> str:
    """What an exit code means: `-11` is `crashed (SIGSEGV)`."""
    if code is None:
        return "ended unexpectedly"
    if code >= 0:
        return f"ended unexpectedly (exit code {code})"
    try:
        return f"crashed ({signal.Signals(-code).name})"
    except ValueError:
        return f"crashed (signal {-code})"
