"""Images across a process border: a pixel server that may die, and readers that do not notice."""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.image import ImageInfo, Photometric, RegionRequest
from lnm_desktop.errors import Cancelled, ImageDamaged, ImageError, ImageTimeout
from lnm_desktop.imaging import server
from lnm_desktop.imaging.blocks import BlockPool
from lnm_desktop.imaging.damage import DamagedParts
from lnm_desktop.imaging.lane import STORAGE_IS_GONE, Job, Lane, OpenFile
from lnm_desktop.imaging.placement import choose_level
from lnm_desktop.imaging.quarantine import DEATHS_TO_QUARANTINE, Quarantine
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.imaging.storage import Storage
from lnm_desktop.imaging.wire import request_to_dict
from lnm_desktop.log import get_logger
from lnm_desktop.process.child import ChildDied, ChildSpec

_log = get_logger(__name__)
Pixels = NDArray[np.generic]

OPEN_DEADLINE_S = 20.0
READ_DEADLINE_S = 10.0
HEARTBEAT_DEADLINE_S = 10.0
# A slide without reduced levels must decode all of itself for an overview; that is slow, not hung.
SLOWEST_PX_PER_S = 4_000_000
ASSOCIATED_BYTES = 16 * 1024**2
CLOSE_S = 3.0
# A process with the next job at hand need not wait until its last answer has gone through four threads.
IN_FLIGHT = 2


@dataclass(frozen=True)
class Deadlines:
    """How long the server may take, in seconds, before it is thought to hang."""

    open_s: float = OPEN_DEADLINE_S
    read_s: float = READ_DEADLINE_S
    heartbeat_s: float = HEARTBEAT_DEADLINE_S


class PixelServer:
    """Reader processes that take requests from one queue, each one at a time; a dead one is replaced at once.

    The second process starts when the first has more to do than it can: it decodes beside it, and goes on when a
    file brings the first one down. `on_message` gets one sentence for the user, on a thread of the server, when a
    process had to be replaced.
    """

    def __init__(
        self,
        log_file: Path,
        memory_cap_bytes: int = 4 * 1024**3,
        on_message: Callable[[str], None] | None = None,
        *,
        deadlines: Deadlines | None = None,
        processes: int = 2,
        target: Callable[..., None] = server.run,
    ) -> None:
        self._deadlines = deadlines or Deadlines()
        self._on_message = on_message or (lambda _text: None)
        self._handles = itertools.count(1)
        self._blocks = BlockPool()
        self._quarantine = Quarantine()
        self._storage = Storage(self._tell_return)
        spec = ChildSpec(
            "pixel server",
            target,
            log_file,
            memory_cap_bytes=memory_cap_bytes,
            heartbeat_timeout_s=self._deadlines.heartbeat_s,
        )
        self._lanes = [Lane(spec, self._deadlines.open_s, self._blocks, self._storage) for _ in range(processes)]
        self._silent: set[Path] = set()
        self._threads: list[threading.Thread] = []
        self._jobs: deque[Job] = deque()
        self._changed = threading.Condition()
        self._closed = False

    @property
    def pids(self) -> tuple[int, ...]:
        """The process ids of the living children."""
        return tuple(pid for lane in self._lanes if (pid := lane.pid) is not None)

    @property
    def pid(self) -> int | None:
        """The process id of the first living child, None while there is none."""
        return next(iter(self.pids), None)

    def open(self, path: Path) -> RemoteReader:
        """Open an image in the server.

        Raises what `open_image` raises, ImageTimeout when the server dies of it, EnvironmentFault.
        """
        file = OpenFile(next(self._handles), path)
        _wait(self._submit(Job("open", file, self._deadlines.open_s)))
        return RemoteReader(self, file)

    def close(self) -> None:
        """Stop the processes and remove the shared memory; waiting requests fail. Twice is allowed."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            waiting, self._jobs = list(self._jobs), deque()
            self._changed.notify_all()
        for job in waiting:
            job.future.cancel()
        farewells = [threading.Thread(target=lane.close, daemon=True) for lane in self._lanes]
        for thread in farewells:
            thread.start()
        deadline = time.monotonic() + CLOSE_S
        for thread in (*farewells, *self._threads):
            thread.join(max(0.0, deadline - time.monotonic()))
        self._blocks.close()

    def read(self, file: OpenFile, request: RegionRequest) -> Future[Pixels]:
        """Queue a region of an open file."""
        assert file.info is not None
        deadline_s = self._deadlines.read_s + _native_px(file.info, request) / SLOWEST_PX_PER_S
        arguments = {"request": request_to_dict(request)}
        return self._submit(Job("read", file, deadline_s, arguments, _answer_bytes(file.info, request)))

    def associated(self, file: OpenFile, name: str) -> Future[NDArray[np.uint8]]:
        """Queue an associated image."""
        return self._submit(Job("associated", file, self._deadlines.open_s, {"name": name}, ASSOCIATED_BYTES))

    def release(self, file: OpenFile) -> None:
        """Let every process close a file as soon as it can."""
        with self._changed:
            for lane in self._lanes:
                lane.release(file)
            self._changed.notify_all()

    def _submit(self, job: Job) -> Future[Any]:
        with self._changed:
            if self._closed:
                raise _closed_error()
            self._jobs.append(job)
            self._start_thread()
            self._changed.notify_all()
        return job.future

    def _start_thread(self) -> None:
        """One more lane at work while there are more jobs than lanes that wait for one."""
        waiting = sum(not lane.busy for lane in self._lanes[: len(self._threads)])
        if len(self._threads) < len(self._lanes) and len(self._jobs) > waiting:
            lane = self._lanes[len(self._threads)]
            thread = threading.Thread(target=self._work, args=(lane,), name="pixel-server-lane", daemon=True)
            self._threads.append(thread)
            thread.start()

    # What follows runs on a lane's thread.

    def _work(self, lane: Lane) -> None:
        while self._wait_for_work(lane):
            self._tidy(lane)
            while (job := self._take(lane)) is not None:
                self._send(lane, job)
            if lane.flights:
                self._answer(lane)
            lane.busy = bool(lane.flights or lane.again)

    def _wait_for_work(self, lane: Lane) -> bool:
        """True while there is some; what is under way is seen through even when all is closed."""
        with self._changed:
            while not (self._closed or lane.busy or lane.has_released or self._next(lane) is not None):
                self._changed.wait()
            return not self._closed or lane.busy

    def _take(self, lane: Lane) -> Job | None:
        """The next job; with cancelled ones in front of it dropped. None while there are enough under way."""
        with self._changed:
            while self._jobs and self._jobs[0].future.cancelled():
                self._jobs.popleft()
            if lane.has_lost or len(lane.flights) >= (IN_FLIGHT if self._are_all_busy() else 1):
                return None
            job = lane.again.popleft() if lane.again else self._next_begun(lane)
            lane.busy = lane.busy or job is not None
            return job

    def _are_all_busy(self) -> bool:
        """True where no other process stands idle, which would do a job sooner."""
        return len(self._threads) == len(self._lanes) and all(lane.busy for lane in self._lanes)

    def _next_begun(self, lane: Lane) -> Job | None:
        while (job := self._next(lane)) is not None:
            self._jobs.remove(job)
            if job.future.set_running_or_notify_cancel():
                return job
        return None

    def _next(self, lane: Lane) -> Job | None:
        """The first job that is not for another process."""
        return next((job for job in self._jobs if job.file.home in (None, lane)), None)

    def _tidy(self, lane: Lane) -> None:
        try:
            lane.tidy()
        except (ChildDied, ImageError):
            _log.warning("a file could not be closed")

    def _send(self, lane: Lane, job: Job) -> None:
        try:
            lane.start()
            self._check_usable(job.file.path)
            lane.send(job)
        except ChildDied as death:
            if lane.has_lost:
                lane.again.appendleft(job)
            else:
                self._after_death(lane, job, death)
        except BaseException as error:  # noqa: BLE001 - a thread boundary: the waiting side raises it
            job.future.set_exception(error)

    def _answer(self, lane: Lane) -> None:
        """Wait for the first flight."""
        job = lane.flights[0].job
        try:
            job.future.set_result(lane.receive())
        except ChildDied as death:
            self._after_death(lane, job, death)
        except BaseException as error:  # noqa: BLE001 - as above
            job.future.set_exception(error)

    def _after_death(self, lane: Lane, job: Job, death: ChildDied) -> None:
        """A process died of this job; after a crash it is tried once more on a fresh one, after a hang it is not."""
        lane.give_up_lost()
        try:
            if self._closed:
                raise _closed_error()
            self._blame(job, death)
            if not _crashed(death):
                raise _timeout(job, death)
        except BaseException as error:  # noqa: BLE001 - as above
            error.__cause__ = death
            job.future.set_exception(error)
        else:
            lane.again.appendleft(job)

    def _check_usable(self, path: Path) -> None:
        if self._closed:
            raise _closed_error()
        if self._storage.is_silent(path):
            raise _out_of_reach(path.name)
        if self._quarantine.holds(path):
            raise _set_aside(path.name)

    def _blame(self, job: Job, death: ChildDied) -> None:
        """Tell why a process died. Raises ImageTimeout where the storage is to blame."""
        path = job.file.path
        if death.facts.get("reason") == STORAGE_IS_GONE or not self._storage.answers(path):
            error = _out_of_reach(path.name)
            self._tell_silence(path, error)
            raise error from death
        _log.warning("replacing a reader process that died of a file")
        deaths = self._quarantine.note_death(path)
        if deaths == DEATHS_TO_QUARANTINE:
            self._on_message(f"{_set_aside(path.name).message}. {_set_aside(path.name).hint}")
        elif deaths < DEATHS_TO_QUARANTINE:
            words = f"{death.message[:-1]} while reading {path.name}; it has been replaced."
            self._on_message(f"{words} Reading goes on by itself.")

    def _tell_silence(self, path: Path, error: ImageError) -> None:
        """Once for each time that the storage goes."""
        with self._changed:
            news = self._storage.is_silent(path) and path not in self._silent
            self._silent |= {path} if news else set()
        if news:
            _log.warning("the storage of an open file does not answer")
            self._on_message(f"{error.message}. {error.hint}")

    def _tell_return(self, path: Path) -> None:
        with self._changed:
            known = path in self._silent
            self._silent.discard(path)
        if known and not self._closed:
            _log.info("the storage of an open file answers again")
            self._on_message(f"The storage that holds {path.name} answers again; reading goes on.")


class RemoteReader(ImageReader):
    """An image that is open in a pixel server; it survives the server's death."""

    thread_safe = True

    def __init__(self, pixel_server: PixelServer, file: OpenFile) -> None:
        assert file.info is not None
        self._server = pixel_server
        self._file = file
        self._info: ImageInfo = file.info
        self._parts = DamagedParts(file.path.name)
        self._closed = False

    @property
    def info(self) -> ImageInfo:
        """What the reader in the server tells."""
        return self._info

    def submit(self, request: RegionRequest) -> Future[Pixels]:
        """Queue a region; the future fails as `read_region` does."""
        self._check_open()
        return self._server.read(self._file, request)

    def cancel(self, future: Future[Pixels]) -> bool:
        """Drop a queued region; False when it is being read or done already."""
        return future.cancel()

    def read_region(self, request: RegionRequest) -> Pixels:
        """See `ImageReader.read_region`; also raises ImageTimeout."""
        self._parts.check()
        try:
            return _wait(self.submit(request))
        except ImageDamaged:
            self._parts.note(request, self._info)  # each process knows only the parts that it has met itself
            raise

    def read_associated(self, name: str) -> NDArray[np.uint8]:
        """See `ImageReader.read_associated`; also raises ImageTimeout."""
        self._check_open()
        return _wait(self._server.associated(self._file, name))

    def close(self) -> None:
        """Let the server release the file."""
        if not self._closed:
            self._closed = True
            self._server.release(self._file)

    def _check_open(self) -> None:
        if self._closed:
            raise ImageError(f"{self._file.path.name} is closed", hint="Open the image again.")


def _wait(future: Future[Any]) -> Any:
    try:
        return future.result()
    except CancelledError as error:
        raise Cancelled("The request was cancelled") from error


def _closed_error() -> ImageError:
    return ImageError("The pixel server is closed", hint="Open the image again.")


def _out_of_reach(name: str) -> ImageTimeout:
    return ImageTimeout(
        f"The storage that holds {name} cannot be reached",
        hint="Check the network or the drive; reading goes on by itself when it is back.",
    )


def _set_aside(name: str) -> ImageDamaged:
    return ImageDamaged(
        f"{name} made the pixel server fail twice and is not read any more",
        hint="Copy the file again from its source, then open it again.",
        quarantined=True,
    )


def _timeout(job: Job, death: ChildDied) -> ImageTimeout:
    return ImageTimeout(
        f"{job.file.path.name}: {death.message[0].lower()}{death.message[1:]}",
        hint="Try again; a second failure sets the file aside.",
    )


def _crashed(death: ChildDied) -> bool:
    """True for a process that went down by itself, False for one that was stopped for hanging or hoarding."""
    return "was stopped" not in str(death.facts.get("reason", ""))


def _native_px(info: ImageInfo, request: RegionRequest) -> float:
    """How many pixels must be decoded, roughly."""
    level = info.levels[choose_level(info.levels, request.downsample)]
    part = request.region.intersect(info.region)
    return part.width / level.downsample_x * part.height / level.downsample_y


def _answer_bytes(info: ImageInfo, request: RegionRequest) -> int:
    channels = 3 if info.photometric is Photometric.RGB else 1
    return math.prod(request.output) * channels * np.dtype(info.dtype).itemsize
