"""Kill a process at random moments while it edits a workspace, and count what was acknowledged and is not there.

    python tests/faults/kill_edits.py --runs 100 --json

Each run starts a child that makes random edits, prints what it is about to commit ("try") and what it was
told is committed ("ack"), and is killed with SIGKILL. The expected state comes from a model in the child
that shares no code with the session. `--early` acknowledges before the commit: it shows that loss is seen.
A tenth of the runs is made in the real window, see `kill_window.py`; `--window-runs` sets another number.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import queue
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lnm_desktop.app.commands import AddAnnotations, RemoveAnnotations, ReplaceAnnotation, SetClinicalValue
from lnm_desktop.app.session import Session
from lnm_desktop.domain.annotation import Annotation, new_annotation
from lnm_desktop.domain.case import CaseImage
from lnm_desktop.domain.clinical import ClinicalField, ClinicalSchema, FieldKind
from lnm_desktop.domain.geometry import Geometry, Point, Shape
from lnm_desktop.domain.image import ImageKind
from lnm_desktop.errors import LnmError

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # it is started as a script, too
from tests.faults.kill_window import kill_window_once

FIELDS = ("age", "size")
SCHEMA = ClinicalSchema("faults", 1, tuple(ClinicalField(name, name, FieldKind.NUMBER) for name in FIELDS))
START_TIMEOUT_S = 60.0
LONGEST_RUN_S = 0.3
EARLY_COMMIT_DELAY_S = 0.005
State = tuple[tuple[Annotation, ...], tuple[tuple[str, Any], ...]]


@dataclass
class Tally:
    """What many kills came to."""

    runs: int = 0
    acknowledged: int = 0
    lost: int = 0
    corrupt: int = 0


@dataclass
class Model:
    """What the workspace should hold: whole states on two stacks."""

    state: State = ((), ())
    undone: list[State] = field(default_factory=list)
    done: list[State] = field(default_factory=list)

    def edit(self, annotations: tuple[Annotation, ...] | None = None, **clinical: float) -> None:
        """Go to a new state; nothing can be redone after it."""
        self.done.append(self.state)
        self.undone.clear()
        drawn = self.state[0] if annotations is None else annotations
        self.state = (drawn, tuple(sorted({**dict(self.state[1]), **clinical}.items())))

    def undo(self) -> None:
        """Go back one state."""
        self.undone.append(self.state)
        self.state = self.done.pop()

    def redo(self) -> None:
        """Go forward one state."""
        self.done.append(self.state)
        self.state = self.undone.pop()


def digest(state: State) -> str:
    """A short hash of annotations in drawing order and of clinical values."""
    drawn = [(item.id, item.group, [(point.x, point.y) for point in item.geometry.points]) for item in state[0]]
    return hashlib.sha256(repr((drawn, state[1])).encode()).hexdigest()[:16]


class Editor:
    """The child: random edits, each printed before and after its commit."""

    def __init__(self, session: Session, image: CaseImage, seed: int) -> None:
        self.session = session
        self.image = image
        self.random = random.Random(seed)
        self.model = Model()
        self.seq = session.history(image.case_id)[-1].seq
        self.count = 0

    def step(self, commit: Callable[[Callable[[], object]], None]) -> None:
        """One random edit."""
        work = self._choose()
        self.seq += 1
        print("try", self.seq, digest(self.model.state), flush=True)
        commit(work)
        print("ack", self.seq, digest(self.model.state), flush=True)

    def _choose(self) -> Callable[[], object]:
        choices = [self._add, self._clinical]
        choices += [self._replace, self._remove] if self.model.state[0] else []
        choices += [self._undo] if self.model.done else []
        choices += [self._redo] * 2 if self.model.undone else []
        self.count += 1
        return self.random.choice(choices)()

    def _geometry(self) -> Geometry:
        points = [Point(self.random.uniform(0, 1e5), float(self.count)) for _ in range(self.random.randint(3, 40))]
        return Geometry(Shape.POLYGON, tuple(points))

    def _add(self) -> Callable[[], object]:
        new = tuple(new_annotation(self._geometry(), "Tumor") for _ in range(self.random.choice((1, 1, 5))))
        self.model.edit((*self.model.state[0], *new))
        return lambda: self.session.execute(AddAnnotations(self.image.id, new))

    def _replace(self) -> Callable[[], object]:
        old = self.random.choice(self.model.state[0])
        new = Annotation(old.id, self._geometry(), "Stroma", created=old.created)
        self.model.edit(tuple(new if item.id == old.id else item for item in self.model.state[0]))
        return lambda: self.session.execute(ReplaceAnnotation(self.image.id, new))

    def _remove(self) -> Callable[[], object]:
        drawn = self.model.state[0]
        gone = {item.id for item in self.random.sample(drawn, self.random.randint(1, min(3, len(drawn))))}
        self.model.edit(tuple(item for item in drawn if item.id not in gone))
        return lambda: self.session.execute(RemoveAnnotations(self.image.id, tuple(gone)))

    def _clinical(self) -> Callable[[], object]:
        name = self.random.choice(FIELDS)
        self.model.edit(None, **{name: float(self.count)})
        return lambda: self.session.execute(SetClinicalValue(self.image.case_id, name, float(self.count)))

    def _undo(self) -> Callable[[], object]:
        self.model.undo()
        return lambda: self.session.undo(self.image.case_id)

    def _redo(self) -> Callable[[], object]:
        self.model.redo()
        return lambda: self.session.redo(self.image.case_id)


def edit_until_killed(folder: Path, seed: int, early: bool) -> None:
    """Body of the child."""
    with Session.open(folder, author="kill", schema=SCHEMA) as session:
        case = session.add_case("SYNTHETIC", synthetic=True)
        image = session.add_image(case.id, "synthetic.tif", ImageKind.SLIDE, "Synthetic")
        commit = _early_commit() if early else _commit
        editor = Editor(session, image, seed)
        while True:
            editor.step(commit)


def _commit(work: Callable[[], object]) -> None:
    work()


def _early_commit() -> Callable[[Callable[[], object]], None]:
    """The fault: returns at once, commits a little later on another thread."""
    waiting: queue.Queue[Callable[[], object]] = queue.Queue()

    def commit_later() -> None:
        while True:
            work = waiting.get()
            time.sleep(EARLY_COMMIT_DELAY_S)
            work()

    threading.Thread(target=commit_later, daemon=True).start()
    return waiting.put


def kill_once(folder: Path, seed: int, *, early: bool = False) -> Tally:
    """One child, one kill, one judgement."""
    output = folder.with_suffix(".out")
    arguments = [
        sys.executable,
        __file__,
        "--child",
        str(folder),
        "--seed",
        str(seed),
        *(["--early"] if early else []),
    ]
    with output.open("wb") as file, subprocess.Popen(arguments, stdout=file) as child:
        try:
            _await_first_ack(child, output)
            time.sleep(random.Random(seed).uniform(0, LONGEST_RUN_S))
        finally:
            child.kill()
    return judge(folder, output.read_text())


def _await_first_ack(child: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while b"ack" not in output.read_bytes():
        if child.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the child made no edit")
        time.sleep(0.005)


def judge(folder: Path, printed: str) -> Tally:
    """Compare what was acknowledged with what a fresh session finds."""
    tried, acknowledged = _printed(printed, "try"), _printed(printed, "ack")
    last = max(acknowledged)
    tally = Tally(1, len(acknowledged))
    try:
        with Session.open(folder, author="judge", schema=SCHEMA, create=False) as session:
            report = session.verify()
            found = digest(_held(session))
    except LnmError:
        return Tally(1, len(acknowledged), 0, 1)
    tally.corrupt = int(not report.ok)
    tally.lost = max(0, last - report.head_seq)
    if not tally.lost and (report.head_seq > last + 1 or found != tried[report.head_seq]):
        tally.lost = 1
    return tally


def _printed(text: str, word: str) -> dict[int, str]:
    """State digests by seq from complete lines."""
    rows = [line.split() for line in text.splitlines(keepends=True) if line.endswith("\n")]
    return {int(row[1]): row[2] for row in rows if row[0] == word}


def _held(session: Session) -> State:
    case = session.cases()[0]
    image = session.images(case.id)[0]
    clinical = session.clinical(case.id).values
    return session.annotations(image.id).annotations, tuple(sorted(clinical.items()))


def kill_many(runs: int, seed: int, *, early: bool = False) -> Tally:
    """Repeat with fresh workspaces."""
    total = Tally()
    with tempfile.TemporaryDirectory() as temporary:
        for run in range(runs):
            one = kill_once(Path(temporary) / f"run-{run}", seed + run, early=early)
            total = _sum(total, one)
    return total


def kill_windows(runs: int, seed: int) -> Tally:
    """The same in the real window."""
    total = Tally()
    with tempfile.TemporaryDirectory() as temporary:
        for run in range(runs):
            acknowledged, lost, corrupt = kill_window_once(Path(temporary) / f"window-{run}", seed + run)
            total = _sum(total, Tally(1, acknowledged, lost, corrupt))
    return total


def _sum(first: Tally, second: Tally) -> Tally:
    return Tally(*(a + b for a, b in zip(asdict(first).values(), asdict(second).values(), strict=True)))


def _window_runs(options: argparse.Namespace) -> int:
    return options.runs // 10 if options.window_runs is None else options.window_runs


def _again_on_a_screen() -> int:
    """Start once more under xvfb-run."""
    screen = shutil.which("xvfb-run")
    if screen is None:
        raise SystemExit("The runs in the window need a screen, or xvfb-run; --window-runs 0 goes without.")
    command = [screen, "-a", "-s", "-screen 0 1600x1000x24", sys.executable, *sys.argv]
    return subprocess.run(command, check=False).returncode


def main() -> int:
    """Exit code 1 when anything was lost or corrupt."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--window-runs", type=int, help="how many of the runs are made in the window")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--early", action="store_true", help="acknowledge before the commit")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        edit_until_killed(options.child, options.seed, options.early)
    in_window = 0 if options.early else min(options.runs, _window_runs(options))
    if in_window and not os.environ.get("DISPLAY"):
        return _again_on_a_screen()
    tally = kill_many(options.runs - in_window, options.seed, early=options.early)
    tally = _sum(tally, kill_windows(in_window, options.seed))
    facts = {**asdict(tally), "window_runs": in_window}
    words = ", ".join(f"{value} {name}" for name, value in facts.items())
    print(json.dumps(facts) if options.json else words)
    return int(tally.lost > 0 or tally.corrupt > 0)


if __name__ == "__main__":
    sys.exit(main())
