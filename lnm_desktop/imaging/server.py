"""The pixel server: a child process that opens files and puts their pixels into shared memory."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import shared_memory
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from lnm_desktop.errors import ImageDamaged, ImageError, LnmError
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.imaging.wire import info_to_dict, request_from_dict
from lnm_desktop.process.loop import Request, serve, unexpected

Message = dict[str, Any]
OpenImage = Callable[[Path], ImageReader]
ADDRESS_SPACE_BYTES = 8 * 1024**3
ATTACHED_BLOCKS = 16
NICENESS = 5
BELOW_NORMAL = 0x4000  # Windows: BELOW_NORMAL_PRIORITY_CLASS


def run(connection: Connection, log_file: str) -> None:
    """Body of the child. Decoders are imported here, so that the parent never loads them."""
    from lnm_desktop.imaging.area import opencv  # noqa: PLC0415 - see above
    from lnm_desktop.imaging.open import open_image  # noqa: PLC0415 - see above

    opencv()  # now rather than within the first picture
    limit_address_space(ADDRESS_SPACE_BYTES)
    give_way()
    serve_pixels(connection, log_file, open_image)


def serve_pixels(connection: Connection, log_file: str, open_image: OpenImage) -> None:
    """Answer `ready`, `open`, `read`, `associated` and `close` with the given way to open a file."""
    desk = _Desk(open_image)
    handlers = {
        "ready": lambda _request: {},
        "open": desk.open,
        "read": desk.read,
        "associated": desk.associated,
        "close": desk.close,
    }
    serve(connection, log_file, handlers)


def limit_address_space(limit_bytes: int) -> None:
    """Make a runaway allocation fail inside this process (POSIX only; elsewhere the parent's cap remains)."""
    with suppress(ImportError, ValueError, OSError):
        resource: Any = importlib.import_module("resource")
        resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, limit_bytes))


def give_way() -> None:
    """Let the window's thread and whatever draws for it come first: decoding uses what they leave."""
    process = psutil.Process()
    with suppress(psutil.Error, OSError):
        process.nice(BELOW_NORMAL if sys.platform == "win32" else NICENESS)


class _Desk:
    """Open readers by the parent's number, and the shared blocks that were attached last."""

    def __init__(self, open_image: OpenImage) -> None:
        self._open_image = open_image
        self._readers: dict[int, ImageReader] = {}
        self._names: dict[int, str] = {}
        self._blocks: dict[str, shared_memory.SharedMemory] = {}

    def open(self, request: Request) -> Message:
        path, handle = Path(request.arguments["path"]), int(request.arguments["handle"])
        reader = _guarded(path.name, lambda: self._open_image(path))
        self._readers[handle], self._names[handle] = reader, path.name
        return {"info": info_to_dict(reader.info)}

    def read(self, request: Request) -> Message:
        handle = int(request.arguments["handle"])
        region = request_from_dict(request.arguments["request"])
        pixels = _guarded(self._names[handle], lambda: self._readers[handle].read_region(region))
        return self._deliver(request, pixels)

    def associated(self, request: Request) -> Message:
        handle, name = int(request.arguments["handle"]), str(request.arguments["name"])
        pixels = _guarded(self._names[handle], lambda: self._readers[handle].read_associated(name))
        return self._deliver(request, pixels)

    def close(self, request: Request) -> Message:
        reader = self._readers.pop(int(request.arguments["handle"]), None)
        if reader is not None:
            reader.close()
        return {}

    def _deliver(self, request: Request, pixels: NDArray[Any]) -> Message:
        """Copy into the parent's block, or say how large a block is needed."""
        block = self._attach(str(request.arguments["block"]))
        if pixels.nbytes > block.size:
            return {"needs_bytes": pixels.nbytes}
        np.ndarray(pixels.shape, pixels.dtype, buffer=block.buf)[...] = pixels
        return {"shape": list(pixels.shape), "dtype": pixels.dtype.name}

    def _attach(self, name: str) -> shared_memory.SharedMemory:
        # On Python < 3.13 attaching registers the block with the resource tracker; a spawned child shares its
        # parent's tracker, whose set holds each name once, and the parent's unlink removes it.
        if name not in self._blocks:
            while len(self._blocks) >= ATTACHED_BLOCKS:
                self._blocks.pop(next(iter(self._blocks))).close()
            self._blocks[name] = shared_memory.SharedMemory(name)
        return self._blocks[name]


def _guarded(name: str, work: Callable[[], Any]) -> Any:
    """Run a reader; whatever is not a foreseen error names the file. A Rust panic is a BaseException."""
    try:
        return work()
    except LnmError:
        raise
    except MemoryError as error:
        raise ImageError(
            f"{name} needs more memory than the pixel server may use",
            hint="View it at a lower magnification, or convert it to a tiled, pyramidal TIFF.",
        ) from error
    except BaseException as error:
        raise ImageDamaged(
            f"{name} cannot be decoded: {unexpected(error).message}", hint="Copy the file again from its source."
        ) from error
