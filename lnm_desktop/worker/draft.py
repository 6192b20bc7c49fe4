"""Finished cells of a run on disk, so that a run that was cut off goes on where it was."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.errors import FormatError
from lnm_desktop.formats.files import write_atomic
from lnm_desktop.log import get_logger

_log = get_logger(__name__)
_HEAD = struct.Struct("<II")
_CELL_BYTES = 12
Cells = NDArray[np.intp]
Values = NDArray[np.float32]


class RunDraft:
    """One file: a line with the facts of the run, then records of cells and values, each with its checksum.

    A record that was being written when the process died ends the file: it and what follows are dropped. A draft
    that cannot be written is done without; the run itself goes on.
    """

    def __init__(self, file: Path, facts: Mapping[str, Any]) -> None:
        self._file = file
        self._facts = json.dumps(facts, sort_keys=True).encode() + b"\n"
        self._kept = tuple(self._read())
        self._out: IO[bytes] | None = self._open()

    def finished(self) -> tuple[Cells, Values]:
        """The cells (n, 2) of row and column and their values that were there when the draft was opened."""
        if not self._kept:
            return np.empty((0, 2), np.intp), np.empty(0, np.float32)
        cells, values = zip(*self._kept, strict=True)
        return np.concatenate(cells), np.concatenate(values)

    def keep(self, cells: Cells, values: Values) -> None:
        """Append one record; with the system once this returns, not yet surely on the disk."""
        if self._out is None:
            return
        try:
            self._out.write(_packed(cells, values))
        except OSError:
            _log.warning("the draft of a run cannot be written any more; it will not go on after a crash")
            self.close()

    def close(self) -> None:
        """Close the file; a later run may go on with it."""
        if self._out is not None:
            self._out.close()
            self._out = None

    def _open(self) -> IO[bytes] | None:
        """The file with its facts and whole records and nothing else in it, ready for more."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            whole = self._facts + b"".join(_packed(cells, values) for cells, values in self._kept)
            if not self._file.exists() or self._file.read_bytes() != whole:
                write_atomic(self._file, whole)
            return self._file.open("ab", buffering=0)
        except (OSError, FormatError):
            _log.warning("the draft of a run cannot be written; it will not go on after a crash")
            return None

    def _read(self) -> Iterator[tuple[Cells, Values]]:
        try:
            data = self._file.read_bytes()
        except OSError:
            return
        if not data.startswith(self._facts):
            return
        place = len(self._facts)
        while (record := _record(data, place)) is not None:
            yield record
            place += _HEAD.size + len(record[1]) * _CELL_BYTES


def _packed(cells: Cells, values: Values) -> bytes:
    body = cells.astype("<u4").tobytes() + values.astype("<f4").tobytes()
    return _HEAD.pack(len(values), zlib.crc32(body)) + body


def _record(data: bytes, place: int) -> tuple[Cells, Values] | None:
    """The record that begins there; None where none does, or not a whole one."""
    if place + _HEAD.size > len(data):
        return None
    count, checksum = _HEAD.unpack_from(data, place)
    body = data[place + _HEAD.size : place + _HEAD.size + count * _CELL_BYTES]
    if len(body) != count * _CELL_BYTES or zlib.crc32(body) != checksum:
        return None
    cells = np.frombuffer(body, "<u4", count * 2).reshape(count, 2).astype(np.intp)
    return cells, np.frombuffer(body, "<f4", count, count * 8).astype(np.float32)
