"""Cut the power at random moments while a workspace is edited, and count what was acknowledged and is not there.

    python tests/faults/power_loss.py --points 1500 --seeds 1 2 3 --json

A VFS below SQLite records every write, truncation, deletion and sync while a session makes random edits. Then the
disk is made again as it may stand when the power goes after any of these operations: what was synced is there; of
what was written since, any part may be, in any order, torn at sectors of 512 bytes. Each such disk is opened by the
real store, which must find a sound journal that holds every edit acknowledged by then. `--lying-disk` takes syncs
for nothing: it shows that loss is seen.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import apsw

from lnm_desktop.app.commands import AddAnnotations, Command, RemoveAnnotations, ReplaceAnnotation, SetClinicalValue
from lnm_desktop.app.session import Session
from lnm_desktop.domain.annotation import new_annotation
from lnm_desktop.domain.case import CaseImage
from lnm_desktop.domain.clinical import ClinicalField, ClinicalSchema, FieldKind
from lnm_desktop.domain.geometry import Geometry, Point, Shape
from lnm_desktop.domain.image import ImageKind
from lnm_desktop.errors import LnmError
from lnm_desktop.store.workspace import FILE_NAME, Workspace

SECTOR = 512
EDITS = 350
"""Enough for the log to be written back into the file twice."""
SCHEMA = ClinicalSchema("faults", 1, (ClinicalField("age", "Age", FieldKind.NUMBER),))


@dataclass(frozen=True)
class Operation:
    """One thing done to a file: a write, a truncation (no data), a sync or a deletion."""

    kind: str
    file: str
    offset: int = 0
    data: bytes = b""


@dataclass(frozen=True)
class Acknowledged:
    """The last journal row that the store had called saved, and how many operations had been done by then."""

    operations: int
    seq: int


@dataclass
class Recording:
    """What was done, from a file that was whole."""

    base: dict[str, bytes]
    operations: list[Operation] = field(default_factory=list)
    acknowledged: list[Acknowledged] = field(default_factory=list)
    hashes: dict[int, str] = field(default_factory=dict)


@dataclass
class Tally:
    """What many power cuts came to."""

    points: int = 0
    acknowledged: int = 0
    lost: int = 0
    corrupt: int = 0


class _File(apsw.VFSFile):
    """Writes through, and writes down."""

    def __init__(self, operations: list[Operation], name: Any, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        self._operations = operations
        self._name = Path(name.filename() if isinstance(name, apsw.URIFilename) else name or "temporary").name

    def xWrite(self, data: bytes, offset: int) -> None:
        self._operations.append(Operation("write", self._name, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:
        self._operations.append(Operation("truncate", self._name, newsize))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:
        super().xSync(flags)
        self._operations.append(Operation("sync", self._name))

    def xLock(self, level: int) -> None:
        try:
            super().xLock(level)
        except apsw.IOError as error:  # a file that is open for reading: SQLite itself passes over this
            raise apsw.BusyError("cannot be locked") from error


class RecordingDisk(apsw.VFS):
    """The system's own file system, with a list of what was done to it."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        super().__init__("recording", "unix", makedefault=True)

    def xOpen(self, name: Any, flags: list[int]) -> _File:
        return _File(self.operations, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        self.operations.append(Operation("delete", Path(filename).name))
        super().xDelete(filename, syncdir)


def record(folder: Path, seed: int, edits: int = EDITS) -> Recording:
    """Edit a new workspace at random and write down what reaches the disk."""
    with Session.open(folder, author="tester", schema=SCHEMA) as session:
        case = session.add_case("P-1", synthetic=True)
        image = session.add_image(case.id, "synthetic.tif", ImageKind.SLIDE, "Slide", "sha256:0", 0.5)
    recording = Recording({FILE_NAME: (folder / FILE_NAME).read_bytes()})
    disk = RecordingDisk()
    try:
        with Session.open(folder, author="tester", schema=SCHEMA) as session:
            recording.operations = disk.operations
            for seq in _edits(session, image, random.Random(seed), edits):
                recording.acknowledged.append(Acknowledged(len(disk.operations), seq))
    finally:
        disk.unregister()
    recording.hashes = hashes_in(folder)
    return recording


def hashes_in(folder: Path) -> dict[int, str]:
    """The hash of every journal row."""
    with closing(apsw.Connection(str(folder / FILE_NAME), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        return dict(connection.execute("SELECT seq, hash FROM journal"))


def _edits(session: Session, image: CaseImage, chance: random.Random, count: int) -> Iterator[int]:
    """The journal row of each edit, once it is acknowledged."""
    for _ in range(count):
        step = chance.choice(["add", "add", "change", "remove", "clinical", "undo", "redo"])
        if step in ("undo", "redo"):
            change = (session.undo if step == "undo" else session.redo)(image.case_id)
        else:
            change = session.execute(_command(session, image, step, chance))
        if change is not None:
            yield change.seq


def _command(session: Session, image: CaseImage, step: str, chance: random.Random) -> Command:
    drawn = session.annotations(image.id).annotations
    if step == "clinical":
        return SetClinicalValue(image.case_id, "age", float(chance.randrange(100)))
    ring = tuple(Point(chance.uniform(0, 1e5), chance.uniform(0, 1e5)) for _ in range(chance.randrange(3, 60)))
    geometry = Geometry(Shape.POLYGON, ring)
    if step == "add" or not drawn:
        return AddAnnotations(image.id, (new_annotation(geometry),))
    chosen = chance.choice(drawn)
    if step == "remove":
        return RemoveAnnotations(image.id, (chosen.id,))
    return ReplaceAnnotation(image.id, replace(chosen, geometry=geometry))


def disk_after(recording: Recording, count: int, chance: random.Random, *, lying: bool = False) -> dict[str, bytes]:
    """The files as they may stand when the power goes after so many operations."""
    files = {name: bytearray(data) for name, data in recording.base.items()}
    pending: list[Operation] = []
    for operation in recording.operations[:count]:
        if operation.kind != "sync":
            pending.append(operation)
        elif not lying:
            _settle(files, [one for one in pending if one.file == operation.file])
            pending = [one for one in pending if one.file != operation.file]
    _settle(files, _survivors(pending, chance))
    return {name: bytes(data) for name, data in files.items()}


def _survivors(pending: list[Operation], chance: random.Random) -> list[Operation]:
    """All, none, the first ones, or any in any order; writes torn at sectors."""
    manner = chance.choice(["all", "none", "first", "any"])
    if manner == "all":
        return pending
    if manner == "none":
        return []
    if manner == "first":
        kept = pending[: chance.randrange(len(pending) + 1)]
        return [*kept[:-1], *_torn(kept[-1], chance)] if kept else []
    parts = [part for operation in pending for part in _torn(operation, chance)]
    chance.shuffle(parts)
    return parts


def _torn(operation: Operation, chance: random.Random) -> list[Operation]:
    """Some of a write's sectors; other operations happen or do not."""
    if operation.kind != "write":
        return [operation] if chance.random() < 0.5 else []
    first = operation.offset - operation.offset % SECTOR
    cuts = range(first, operation.offset + len(operation.data), SECTOR)
    kept = [start for start in cuts if chance.random() < 0.5]
    return [part for start in kept if (part := _part(operation, start)).data]


def _part(operation: Operation, start: int) -> Operation:
    begin = max(start, operation.offset)
    data = operation.data[begin - operation.offset : start + SECTOR - operation.offset]
    return Operation("write", operation.file, begin, data)


def _settle(files: dict[str, bytearray], operations: list[Operation]) -> None:
    for operation in operations:
        if operation.kind == "delete":
            files.pop(operation.file, None)
            continue
        content = files.setdefault(operation.file, bytearray())
        end = operation.offset + len(operation.data)
        if operation.kind == "truncate":
            del content[operation.offset :]
            continue
        content.extend(bytes(max(0, end - len(content))))
        content[operation.offset : end] = operation.data


def judge(folder: Path, files: dict[str, bytes], promised: tuple[int, str] | None, tally: Tally) -> None:
    """Open what is left with the real store; `promised` are seq and hash of the last acknowledged row."""
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    tally.points += 1
    try:
        workspace = Workspace.open(folder, create=False)
        try:
            sound = workspace.verify().ok
        finally:
            workspace.close()
        kept = promised is None or hashes_in(folder).get(promised[0]) == promised[1]
    except LnmError:
        sound, kept = False, promised is None
    tally.corrupt += not sound
    tally.lost += not kept
    shutil.rmtree(folder)


def cut(recording: Recording, points: int, seed: int, folder: Path, *, lying: bool = False) -> Tally:
    """Cut the power at so many moments."""
    chance, tally = random.Random(seed), Tally()
    tally.acknowledged = len(recording.acknowledged)
    for point in range(points):
        count = chance.randrange(len(recording.operations) + 1)
        promised = max((one.seq for one in recording.acknowledged if one.operations <= count), default=0)
        files = disk_after(recording, count, chance, lying=lying)
        row = (promised, recording.hashes[promised]) if promised else None
        judge(folder / f"point-{point}", files, row, tally)
    return tally


def main() -> None:
    """Print one line, or JSON; fails where anything is lost or corrupt."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=100, help="power cuts for each seed")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--lying-disk", action="store_true", help="a disk that syncs nothing: losses must be seen")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    total = Tally()
    for seed in arguments.seeds:
        with tempfile.TemporaryDirectory() as folder:
            recording = record(Path(folder) / "workspace", seed)
            tally = cut(recording, arguments.points, seed, Path(folder), lying=arguments.lying_disk)
        for name, value in asdict(tally).items():
            setattr(total, name, getattr(total, name) + value)
    result = {"seeds": arguments.seeds, **asdict(total)}
    print(json.dumps(result) if arguments.json else result)
    raise SystemExit(1 if total.lost or total.corrupt else 0)


if __name__ == "__main__":
    main()
