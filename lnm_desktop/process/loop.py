"""The child's side: answer requests one after another, beat, and listen for cancellation meanwhile."""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Any

import psutil

from lnm_desktop.errors import Cancelled, LnmError
from lnm_desktop.process.channel import Channel, ChannelClosed, Message
from lnm_desktop.process.group import end_group

HEARTBEAT_S = 0.5
MOST_LOG_BYTES = 1024 * 1024


class Request:
    """One request being answered: its arguments, a way to report events, and whether it was cancelled."""

    def __init__(self, message: Message, channel: Channel) -> None:
        self.id: int = message["id"]
        self.operation: str = message["op"]
        self.arguments: dict[str, Any] = message.get("args", {})
        self.cancelled = threading.Event()
        self._going_on = threading.Event()
        self._going_on.set()
        self._channel = channel

    def emit(self, event: Message) -> None:
        """Report something to the requester while working."""
        self._channel.send({"kind": "event", "id": self.id, "event": event})

    def check_cancelled(self) -> None:
        """Raises Cancelled once the requester has asked to stop; while it is paused, this waits."""
        self._going_on.wait()
        if self.cancelled.is_set():
            raise Cancelled("the request was cancelled")

    def cancel(self) -> None:
        """The requester wants no answer any more, paused or not."""
        self.cancelled.set()
        self._going_on.set()

    def pause(self, paused: bool) -> None:
        """Let the work wait at its next look, or go on."""
        if paused and not self.cancelled.is_set():
            self._going_on.clear()
        else:
            self._going_on.set()


Handler = Callable[[Request], Message]


class RequestLoop:
    """Receives on one thread, answers on the caller's, so that a cancel arrives during the work."""

    def __init__(self, channel: Channel, handlers: Mapping[str, Handler]) -> None:
        self._channel = channel
        self._handlers = handlers
        self._waiting: queue.Queue[Request | None] = queue.Queue()
        self._open: dict[int, Request] = {}
        self._stopped = threading.Event()

    def run(self) -> None:
        """Answer until the parent hangs up."""
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()
        threading.Thread(target=self._receive, name="receive", daemon=True).start()
        while (request := self._waiting.get()) is not None:
            try:
                self._channel.send(self._answer(request))
            except ChannelClosed:
                break
        self._stopped.set()

    def _answer(self, request: Request) -> Message:
        # BaseException: a Rust panic of a codec is one, and a plugin may call sys.exit().
        try:
            request.check_cancelled()
            result = self._handlers[request.operation](request)
            return {"kind": "result", "id": request.id, "result": result}
        except LnmError as error:
            return {"kind": "error", "id": request.id, "error": _told(error)}
        except BaseException as error:  # noqa: BLE001 - a process boundary
            log_trace(error)
            return {"kind": "error", "id": request.id, "error": unexpected(error).to_dict()}
        finally:
            self._open.pop(request.id, None)

    def _receive(self) -> None:
        try:
            while True:
                message = self._channel.receive()
                if message["kind"] == "stop":
                    os._exit(0)  # the parent ends the group
                elif message["kind"] in ("cancel", "pause", "resume"):
                    self._steer(message["kind"], message["id"])
                else:
                    request = Request(message, self._channel)
                    self._open[request.id] = request
                    self._waiting.put(request)
        except ChannelClosed:
            # The parent is gone: nobody would read a result, and native code may be stuck for ever.
            end_group(os.getpid())
            os._exit(0)

    def _steer(self, kind: str, request_id: int) -> None:
        request = self._open.get(request_id)
        if request is None:
            return
        if kind == "cancel":
            request.cancel()
        else:
            request.pause(kind == "pause")

    def _beat(self) -> None:
        while not self._stopped.wait(HEARTBEAT_S):
            try:
                self._channel.send({"kind": "beat", "rss_bytes": rss_bytes()})
            except ChannelClosed:
                return


def _told(error: LnmError) -> Message:
    """The error as JSON: a plugin's author may have put into the facts what JSON cannot hold."""
    return json.loads(json.dumps(error.to_dict(), default=str))


def unexpected(error: BaseException) -> LnmError:
    """An error that nobody foresaw, in words that can cross the border."""
    return LnmError(f"{type(error).__name__}: {error}", hint="See the process's log for the trace.", unexpected=True)


def log_trace(error: BaseException) -> None:
    """Write the places of a trace to the log; messages are left out, they may name a patient's file."""
    traceback.print_tb(error.__traceback__, file=sys.stderr)
    sys.stderr.write(f"{type(error).__name__}\n")
    sys.stderr.flush()


def rss_bytes() -> int:
    """Resident memory of this process in bytes."""
    return psutil.Process().memory_info().rss


def keep_line(connection: Connection) -> None:
    """The line to the parent is this process's alone: none of its children can speak on it or hold it open."""
    if hasattr(os, "register_at_fork"):
        os.set_inheritable(connection.fileno(), False)
        os.register_at_fork(after_in_child=connection.close)


def redirect_output(log_file: str) -> None:
    """Send stdout and stderr, native prints included, to a log so that they cannot disturb the protocol.

    A log that has grown beyond 1 MiB begins anew.
    """
    descriptor = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    if os.fstat(descriptor).st_size > MOST_LOG_BYTES:
        os.ftruncate(descriptor, 0)
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)


def serve(connection: Connection, log_file: str, handlers: Mapping[str, Handler]) -> None:
    """Body of every child process."""
    redirect_output(log_file)
    keep_line(connection)
    RequestLoop(Channel(connection), handlers).run()
