"""One reader process as its parent sees it: started when needed, replaced when it died, one request at a time."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.image import ImageInfo, Photometric
from lnm_desktop.errors import EnvironmentFault
from lnm_desktop.imaging.blocks import BlockPool
from lnm_desktop.imaging.storage import Storage
from lnm_desktop.imaging.watched import changed
from lnm_desktop.imaging.wire import info_from_dict
from lnm_desktop.process.child import Child, ChildDied, ChildSpec

DECODED_TWICE_BYTES = 64 * 1024**2
Message = dict[str, Any]
Pixels = NDArray[np.generic]
# A request that takes longer may be slow, or its storage may have gone: that is asked before any deadline.
LOOK_S = 1.5
STORAGE_IS_GONE = "waited for its storage and was stopped"


@dataclass(eq=False)
class OpenFile:
    """An image that somebody has open; `info` is what the first process that opened it told.

    `home` is the only process that reads it, where each process would have to decode all of it.
    """

    handle: int
    path: Path
    info: ImageInfo | None = None
    home: Lane | None = None


@dataclass(eq=False)
class Job:
    """One thing to ask of a process, and who waits for it."""

    operation: str
    file: OpenFile
    deadline_s: float
    arguments: Message = field(default_factory=dict)
    size_bytes: int = 0
    future: Future[Any] = field(default_factory=Future)


@dataclass(eq=False)
class Flight:
    """A job that a process has been asked for; `block` is where it puts the pixels, none for opening alone."""

    job: Job
    answer: Future[Message]
    child: Child
    block: SharedMemory | None = None

    @property
    def is_lost(self) -> bool:
        """True where the process died before it answered."""
        return self.answer.done() and isinstance(self.answer.exception(), ChildDied)


class Lane:
    """All but `release`, `close`, `busy` and `pid` belongs to the one thread that works the lane.

    The process answers its `flights` in their order. `again` are jobs that were lost with it through no fault of
    theirs.
    """

    def __init__(self, spec: ChildSpec, open_deadline_s: float, blocks: BlockPool, storage: Storage) -> None:
        self._spec = spec
        self._open_deadline_s = open_deadline_s
        self._blocks = blocks
        self._storage = storage
        self._child: Child | None = None
        self._opened: set[int] = set()
        self._released: deque[int] = deque()
        self._closed = False
        self._starting = threading.Lock()
        self.busy = False
        self.flights: deque[Flight] = deque()
        self.again: deque[Job] = deque()

    @property
    def pid(self) -> int | None:
        """The process id, None while there is none."""
        child = self._child
        return child.pid if child is not None and child.alive else None

    @property
    def has_released(self) -> bool:
        """True when files wait to be closed in the process."""
        return bool(self._released)

    @property
    def has_lost(self) -> bool:
        """True when the process has died of what it was asked for, which has not been told yet."""
        return bool(self.flights) and (self.pid is None or any(flight.is_lost for flight in self.flights))

    def release(self, file: OpenFile) -> None:
        """Note that nobody has a file open any more; the lane's thread closes it with `tidy`."""
        self._released.append(file.handle)

    def tidy(self) -> None:
        """Close in the process what was released. Raises ChildDied."""
        while self._released:
            handle = self._released.popleft()
            if handle in self._opened and self._child is not None and self._child.alive:
                self._opened.discard(handle)
                self._child.request("close", {"handle": handle}, deadline_s=self._open_deadline_s)

    def start(self) -> None:
        """See to it that there is a process. Raises ChildDied, EnvironmentFault."""
        self._living_child()

    def send(self, job: Job) -> None:
        """Ask for a job behind those under way. Raises ChildDied, EnvironmentFault, why a file cannot be opened."""
        child = self._living_child()
        if job.file.handle not in self._opened:
            self._open(child, job.file)
        if job.operation == "open":
            answer: Future[Message] = Future()
            answer.set_result({})
            self.flights.append(Flight(job, answer, child))
        else:
            self.flights.append(self._sent(child, job, job.size_bytes))

    def receive(self) -> Any:
        """What came of the first flight. Raises ChildDied, and what the process reports."""
        flight = self.flights.popleft()
        answer = self._awaited(flight)
        while "needs_bytes" in answer and flight.block is not None:
            self._blocks.give_back(flight.block)
            flight = self._sent(flight.child, flight.job, int(answer["needs_bytes"]))
            answer = self._awaited(flight)
        if flight.block is None:
            return None
        pixels = np.ndarray(tuple(answer["shape"]), answer["dtype"], buffer=flight.block.buf).copy()
        self._blocks.give_back(flight.block)
        return pixels

    def give_up_lost(self) -> None:
        """Those that went down with the process are to be asked for again, first of all and in their order."""
        lost = [flight for flight in self.flights if flight.is_lost]
        self.flights = deque(flight for flight in self.flights if not flight.is_lost)
        for flight in reversed(lost):
            if flight.block is not None:
                self._blocks.discard(flight.block)
            self.again.appendleft(flight.job)

    def close(self) -> None:
        """End the process without waiting for it for long; a start under way is seen through first."""
        with self._starting:
            self._closed = True
            child = self._child
        if child is not None:
            child.close()

    def _living_child(self) -> Child:
        """The child, or a new one that has said that it is ready."""
        if self._child is not None and self._child.alive:
            return self._child
        with self._starting:
            if self._closed:
                raise ChildDied(f"The {self._spec.name} was closed.", reason="was closed")
            if self._child is not None:
                # A process that is stuck inside the system cannot be waited for.
                threading.Thread(target=self._child.close, name="farewell", daemon=True).start()
            self._child, self._opened = Child(self._spec), set()
        try:
            self._child.request("ready", {}, deadline_s=self._spec.start_timeout_s)
        except ChildDied as error:
            if self._closed:
                raise
            hint = f"See {self._spec.log_file.name} among the logs."
            raise EnvironmentFault("The pixel server does not start", hint=hint) from error
        return self._child

    def _open(self, child: Child, file: OpenFile) -> None:
        arguments = {"handle": file.handle, "path": str(file.path)}
        _, answer = child.submit("open", arguments, deadline_s=self._behind_s() + self._open_deadline_s)
        info = info_from_dict(self._watched(child, file, answer)["info"])
        if file.info is not None and _shape_of(file.info) != _shape_of(info):
            child.request("close", {"handle": file.handle}, deadline_s=self._open_deadline_s)
            raise changed(file.path.name)
        file.info = info
        file.home = self if _is_decoded_whole(info) else None
        self._opened.add(file.handle)

    def _sent(self, child: Child, job: Job, size_bytes: int) -> Flight:
        block = self._blocks.take(size_bytes)
        arguments = {"handle": job.file.handle, "block": block.name, **job.arguments}
        try:
            _, answer = child.submit(job.operation, arguments, deadline_s=self._behind_s() + job.deadline_s)
        except ChildDied:
            self._blocks.discard(block)
            raise
        return Flight(job, answer, child, block)

    def _behind_s(self) -> float:
        """How long those before may take."""
        return sum(flight.job.deadline_s for flight in self.flights if not flight.answer.done())

    def _awaited(self, flight: Flight) -> Message:
        try:
            return self._watched(flight.child, flight.job.file, flight.answer)
        except BaseException as error:
            if flight.block is not None:
                (self._blocks.discard if isinstance(error, ChildDied) else self._blocks.give_back)(flight.block)
            raise

    def _watched(self, child: Child, file: OpenFile, answer: Future[Message]) -> Message:
        """Wait; a process that waits for storage which has gone is given up before its deadline."""
        while not wait([answer], LOOK_S).done:
            if not self._storage.answers(file.path):
                child.kill(STORAGE_IS_GONE)
        return answer.result()


def _is_decoded_whole(info: ImageInfo) -> bool:
    """True for a large picture that is stored in one piece: a second process would need the same memory again."""
    samples = 3 if info.photometric is Photometric.RGB else 1
    tile = info.levels[0].tile
    return tile.width * tile.height * samples * np.dtype(info.dtype).itemsize > DECODED_TWICE_BYTES


def _shape_of(info: ImageInfo) -> tuple[object, ...]:
    return info.size, info.levels, info.fingerprint
