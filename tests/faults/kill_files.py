"""Kill a process at random moments while it imports or exports an annotation file, and look at what is left.

    python tests/faults/kill_files.py import --runs 50
    python tests/faults/kill_files.py export --runs 100
    python tests/faults/kill_files.py full-disk

Prints {runs, before, after, bad} as JSON: how often the old state was found, how often the new one, and how often
anything else. `full-disk` exports under a limit on the size of files and prints the error.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # it is started as a script

from lnm_desktop.app.commands import AddAnnotations, SetGroups
from lnm_desktop.app.session import Session
from lnm_desktop.domain.annotation import AnnotationGroup, AnnotationSet, new_annotation
from lnm_desktop.domain.geometry import Geometry, Point, Shape
from lnm_desktop.domain.ids import ImageId
from lnm_desktop.domain.image import ImageKind
from lnm_desktop.errors import LnmError
from lnm_desktop.formats.annotations import load_annotations, save_annotations
from lnm_desktop.formats.files import DRAFT_PREFIX

OLD, NEW = 40, 60
"""How many annotations the file has before and after."""
Judge = Callable[[], str]


def a_set(count: int) -> AnnotationSet:
    """Synthetic polygons of fifty points each."""
    made = (
        Geometry(Shape.POLYGON, tuple(Point(number * 10 + step, step * step / 7) for step in range(50)))
        for number in range(count)
    )
    return AnnotationSet([new_annotation(one, "Tumor") for one in made], (AnnotationGroup("Tumor"),))


def kill(runs: int, prepare: Callable[[Path], tuple[Callable[[], None], Judge]]) -> dict[str, int]:
    """Fork, let it work, kill it at a random moment of the time that the work takes, judge."""
    tally = {"runs": runs, "before": 0, "after": 0, "bad": 0}
    with tempfile.TemporaryDirectory() as temporary:
        longest = _time_of(prepare, Path(temporary) / "timed")
        for run in range(runs):
            work, judge = prepare(Path(temporary) / f"run-{run}")
            child = os.fork()
            if not child:
                work()
                os._exit(0)
            time.sleep(random.Random(run).uniform(0, longest))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            tally[judge()] += 1
    return tally


def _time_of(prepare: Callable[[Path], tuple[Callable[[], None], Judge]], folder: Path) -> float:
    work, _ = prepare(folder)
    start = time.monotonic()
    child = os.fork()
    if not child:
        work()
        os._exit(0)
    os.waitpid(child, 0)
    return 1.2 * (time.monotonic() - start)


def an_import(folder: Path) -> tuple[Callable[[], None], Judge]:
    """A file into a workspace: as the window does it, groups first, then all annotations in one step."""
    folder.mkdir()
    file = folder / "x.xml"
    save_annotations(file, a_set(NEW))
    with Session.open(folder / "workspace", author="SYNTHETIC") as session:
        case = session.add_case("SYNTHETIC", synthetic=True)
        image = session.add_image(case.id, "slide.tif", ImageKind.SLIDE, "slide").id

    def work() -> None:
        loaded = load_annotations(file).annotations
        with Session.open(folder / "workspace", author="SYNTHETIC") as opened:
            opened.execute(SetGroups(image, loaded.groups))
            opened.execute(AddAnnotations(image, loaded.annotations))

    return work, lambda: _judge_import(folder / "workspace", image)


def _judge_import(workspace: Path, image: ImageId) -> str:
    with Session.open(workspace, author="SYNTHETIC") as session:
        found = len(session.annotations(image)) if session.verify().ok else -1
    return {0: "before", NEW: "after"}.get(found, "bad")


def an_export(folder: Path) -> tuple[Callable[[], None], Judge]:
    """A newer set over an older file."""
    folder.mkdir()
    file = folder / "x.geojson"
    old, new = a_set(OLD), a_set(NEW)
    save_annotations(file, old)

    def judge() -> str:
        try:
            found = load_annotations(file).annotations
        except LnmError:
            return "bad"
        others = [path for path in folder.iterdir() if path != file and not path.name.startswith(DRAFT_PREFIX)]
        return "bad" if others else {old: "before", new: "after"}.get(found, "bad")

    return lambda: save_annotations(file, new) and None, judge


def full_disk() -> dict[str, object]:
    """Export where no file may grow beyond 4 KiB; what was told and what is left in the folder."""
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary) / "x.xml"
        save_annotations(file, a_set(1))
        before = file.read_bytes()
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        try:
            save_annotations(file, a_set(NEW))
        except LnmError as error:
            left = [path.name for path in Path(temporary).iterdir()]
            return {**error.to_dict(), "left": left, "intact": file.read_bytes() == before}
        return {"error": ""}


def main() -> int:
    """Exit code 1 where anything but the old or the new was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("import", "export", "full-disk"))
    parser.add_argument("--runs", type=int, default=50)
    options = parser.parse_args()
    if options.what == "full-disk":
        print(json.dumps(full_disk()))
        return 0
    tally = kill(options.runs, an_import if options.what == "import" else an_export)
    print(json.dumps(tally))
    return int(tally["bad"] > 0)


if __name__ == "__main__":
    sys.exit(main())
