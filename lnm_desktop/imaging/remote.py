"""Images across a process border: a pixel server that may die, and readers that do not notice."""

from __future__ import annotations

import itertools
import math
import queue
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.image import ImageInfo, Photometric, RegionRequest
from lnm_desktop.errors import Cancelled, EnvironmentFault, ImageDamaged, ImageError, ImageTimeout
from lnm_desktop.imaging import server
from lnm_desktop.imaging.blocks import BlockPool
from lnm_desktop.imaging.placement import choose_level
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.imaging.wire import info_from_dict, request_to_dict
from lnm_desktop.log import get_logger
from lnm_desktop.process.child import Child, ChildDied, ChildSpec

_log = get_logger(__name__)
Message = dict[str, Any]
Pixels = NDArray[np.generic]

OPEN_DEADLINE_S = 20.0
READ_DEADLINE_S = 10.0
# A slide without reduced levels must decode all of itself for an overview; that is slow, not hung.
SLOWEST_PX_PER_S = 4_000_000
ASSOCIATED_BYTES = 16 * 1024**2
DEATHS_TO_QUARANTINE = 2


@dataclass(frozen=True)
class Deadlines:
    """How long the server may take, in seconds, before it is thought to hang."""

    open_s: float = OPEN_DEADLINE_S
    read_s: float = READ_DEADLINE_S


@dataclass
class _File:
    """One open image as the parent knows it; `generation` tells in which child it is open."""

    handle: int
    path: Path
    generation: int = 0
    info: ImageInfo | None = None


@dataclass
class _Job:
    """One thing to ask the server, and who waits for it."""

    operation: str
    file: _File
    arguments: Message = field(default_factory=dict)
    size_bytes: int = 0
    deadline_s: float = READ_DEADLINE_S
    future: Future[Any] = field(default_factory=Future)


class PixelServer:
    """A child process that decodes, one request after another; a dead one is replaced at once.

    `on_message` gets one sentence for the user, on a thread of the server, when the process had to be replaced.
    """

    def __init__(
        self,
        log_file: Path,
        memory_cap_bytes: int = 4 * 1024**3,
        on_message: Callable[[str], None] | None = None,
        *,
        deadlines: Deadlines | None = None,
        target: Callable[..., None] = server.run,
    ) -> None:
        self._spec = ChildSpec("pixel server", target, log_file, memory_cap_bytes=memory_cap_bytes)
        self._deadlines = deadlines or Deadlines()
        self._on_message = on_message or (lambda _text: None)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._handles = itertools.count(1)
        self._blocks = BlockPool()
        self._deaths: Counter[Path] = Counter()
        self._child: Child | None = None
        self._generation = 0
        self._closed = False
        self._starting = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="pixel-server-jobs", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """The process id of the child, None while there is none."""
        child = self._child
        return child.pid if child is not None else None

    def open(self, path: Path) -> RemoteReader:
        """Open an image in the server.

        Raises what `open_image` raises, ImageTimeout when the server dies of it, EnvironmentFault.
        """
        file = _File(next(self._handles), path)
        _wait(self._submit(_Job("open", file)))
        return RemoteReader(self, file)

    def forget_quarantine(self, path: Path) -> None:
        """Give a file that killed the server another chance."""
        self._deaths.pop(path, None)

    def close(self) -> None:
        """Stop the process and remove the shared memory; waiting requests fail. Twice is allowed."""
        with self._starting:
            if self._closed:
                return
            self._closed = True
            child = self._child
        self._jobs.put(None)
        if child is not None:
            child.close()
        self._thread.join(5)
        self._blocks.close()

    def read(self, file: _File, request: RegionRequest) -> Future[Pixels]:
        """Queue a region of an open file."""
        assert file.info is not None
        deadline_s = self._deadlines.read_s + _native_px(file.info, request) / SLOWEST_PX_PER_S
        size_bytes = _answer_bytes(file.info, request)
        return self._submit(_Job("read", file, {"request": request_to_dict(request)}, size_bytes, deadline_s))

    def associated(self, file: _File, name: str) -> Future[NDArray[np.uint8]]:
        """Queue an associated image."""
        return self._submit(_Job("associated", file, {"name": name}, ASSOCIATED_BYTES, self._deadlines.open_s))

    def release(self, file: _File) -> None:
        """Queue the closing of a file."""
        if not self._closed:
            self._submit(_Job("close", file))

    def _submit(self, job: _Job) -> Future[Any]:
        if self._closed:
            raise _closed_error()
        self._jobs.put(job)
        if self._closed:
            # `close` may have come between: then nobody takes the job, and whoever waits for it would wait for ever.
            job.future.cancel()
        return job.future

    # What follows runs on the server's own thread.

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            if job.future.set_running_or_notify_cancel():
                self._answer(job)
        while not self._jobs.empty():
            waiting = self._jobs.get()
            if waiting is not None:
                waiting.future.cancel()

    def _answer(self, job: _Job) -> None:
        try:
            job.future.set_result(self._perform(job))
        except BaseException as error:  # noqa: BLE001 - a thread boundary: the waiting side raises it
            job.future.set_exception(error)

    def _perform(self, job: _Job) -> Any:
        """Do a job; a crash is tried once more on a fresh process, a hang is not."""
        while True:
            self._check_usable(job.file.path)
            try:
                return self._ask(job)
            except ChildDied as death:
                if self._closed:
                    raise _closed_error() from death
                self._blame(job, death)
                if not _crashed(death):
                    raise self._timeout(job, death) from death

    def _ask(self, job: _Job) -> Any:
        if job.operation == "close":
            return self._close_file(job.file)
        child = self._ensure_child()
        if job.file.generation != self._generation:
            self._open_file(child, job.file)
        return None if job.operation == "open" else self._fetch(child, job)

    def _ensure_child(self) -> Child:
        """The living child, or a new one that has said that it is ready."""
        if self._child is None or not self._child.alive:
            with self._starting:
                if self._closed:
                    raise _closed_error()
                if self._child is not None:
                    self._child.close()
                self._child = Child(self._spec)
            self._generation += 1
            try:
                self._child.request("ready", {}, deadline_s=self._spec.start_timeout_s)
            except ChildDied as error:
                raise EnvironmentFault(
                    "The pixel server does not start", hint=f"See {self._spec.log_file.name} among the logs."
                ) from error
        return self._child

    def _open_file(self, child: Child, file: _File) -> None:
        arguments = {"handle": file.handle, "path": str(file.path)}
        info = info_from_dict(child.request("open", arguments, deadline_s=self._deadlines.open_s)["info"])
        if file.info is not None and (file.info.size, file.info.levels) != (info.size, info.levels):
            raise ImageDamaged(f"{file.path.name} has changed since it was opened", hint="Open the image again.")
        file.info, file.generation = info, self._generation

    def _fetch(self, child: Child, job: _Job, size_bytes: int = 0) -> Pixels:
        block = self._blocks.take(size_bytes or job.size_bytes)
        arguments = {"handle": job.file.handle, "block": block.name, **job.arguments}
        try:
            answer = child.request(job.operation, arguments, deadline_s=job.deadline_s)
        except ChildDied:
            self._blocks.discard(block)
            raise
        except BaseException:
            self._blocks.give_back(block)
            raise
        if "needs_bytes" in answer:
            self._blocks.give_back(block)
            return self._fetch(child, job, int(answer["needs_bytes"]))
        pixels = np.ndarray(tuple(answer["shape"]), answer["dtype"], buffer=block.buf).copy()
        self._blocks.give_back(block)
        return pixels

    def _close_file(self, file: _File) -> None:
        if file.generation == self._generation and self._child is not None and self._child.alive:
            self._child.request("close", {"handle": file.handle}, deadline_s=self._deadlines.read_s)
        file.generation = 0

    def _check_usable(self, path: Path) -> None:
        if self._closed:
            raise _closed_error()
        if self._deaths[path] >= DEATHS_TO_QUARANTINE:
            raise ImageDamaged(
                f"{path.name} made the pixel server fail twice and is not read any more",
                hint="Copy the file again from its source, then start the program again.",
                quarantined=True,
            )

    def _blame(self, job: _Job, death: ChildDied) -> None:
        self._deaths[job.file.path] += 1
        _log.warning("replacing the pixel server, death %s of one file", self._deaths[job.file.path])
        self._on_message(f"{death.message[:-1]} while reading {job.file.path.name}; it has been replaced.")

    def _timeout(self, job: _Job, death: ChildDied) -> ImageTimeout:
        return ImageTimeout(
            f"{job.file.path.name}: {death.message[0].lower()}{death.message[1:]}",
            hint="Try again; a second failure sets the file aside.",
        )


class RemoteReader(ImageReader):
    """An image that is open in a pixel server; it survives the server's death."""

    thread_safe = True

    def __init__(self, pixel_server: PixelServer, file: _File) -> None:
        assert file.info is not None
        self._server = pixel_server
        self._file = file
        self._info: ImageInfo = file.info
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
        return _wait(self.submit(request))

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
