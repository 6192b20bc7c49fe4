"""Rows U01–U06 in the real program, a process of its own: defects, endings, no OpenGL, kills, telling words."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from lnm_desktop.app.session import Session
from lnm_desktop.domain.geometry import Shape
from lnm_desktop.formats.files import DRAFT_PREFIX, DRAFT_SUFFIX
from lnm_desktop.imaging.blocks import PREFIX, SHARED_MEMORY
from tests.faults import program_script
from tests.faults.slides import an_aperio_slide, zero_page
from tests.faults.trial import CANARY, NAME

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 100
pytestmark = [pytest.mark.timeout(300), pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")]


class Program:
    """The window in a process of its own, doing what `program_script` has under the name of a part."""

    def __init__(self, folder: Path, part: str, *files: Path, **environment: str) -> None:
        self.workspace = folder / "workspace"
        self.home = Path(os.environ["LNM_HOME"])
        command = [sys.executable, program_script.__file__, part, "--workspace", str(self.workspace)]
        self.process = subprocess.Popen(
            [*command, *map(str, files)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            start_new_session=True,
        )

    def heard(self, words: str) -> str:
        """Wait for a line that begins so; gives its rest."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(words):
                return line[len(words) :].strip()
        pytest.fail(f"the program ended without {words!r}: {self.end()[1]}")

    def end(self) -> tuple[int, str]:
        """Wait for the end; gives exit code and what it had to say."""
        _, errors = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, errors

    @property
    def log(self) -> str:
        return (self.home / "log" / "window.log").read_text()

    def kill(self) -> None:
        """All at once: window, pixel server and resource tracker."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate(timeout=PATIENCE_S)


Start = Callable[..., Program]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts programs and ends those that are left."""
    made: list[Program] = []

    def one(part: str, *files: Path, **environment: str) -> Program:
        made.append(Program(tmp_path, part, *files, **environment))
        return made[-1]

    yield one
    for program in made:
        if program.process.poll() is None:
            program.kill()


@pytest.fixture
def slide(tmp_path: Path) -> Path:
    """A made-up Aperio slide whose path, properties and label are canaries."""
    folder = tmp_path / f"{CANARY}-folder"
    folder.mkdir()
    return an_aperio_slide(folder / f"{NAME}.svs", title=f"{CANARY}-title")


def test_u01_each_defect_is_told_once_logged_once_and_the_window_lives(start: Start) -> None:
    """In a slot, in painting, in an event filter and on a thread, each a hundred times, as with every frame."""
    program = start("defects", QT_QPA_PLATFORM="offscreen")
    words = f"Something unexpected happened (ZeroDivisionError: {CANARY})."
    assert json.loads(program.heard("told ")) == [words] * 4
    assert program.end()[0] == 0
    assert program.log.count("ZeroDivisionError at program_script.py") == 4
    assert CANARY not in program.log


@pytest.mark.gl
@pytest.mark.parametrize("job", ["opening", "reading", "run", "export"])
def test_u02_quit_while_something_runs(start: Start, slide: Path, shared_data: Path, job: str) -> None:
    real = shared_data / "slides" / "aperio_svs" / "CMU-1-Small-Region.svs"
    program = start(f"quit-{job}", real if job == "run" else slide)
    program.heard("closing while busy")
    code, errors = program.end()
    assert code == 0, errors
    assert "Traceback" not in errors and "QThread" not in errors and "leaked" not in errors, errors
    assert not [child for child in psutil.process_iter(["pid"]) if child.pid == program.process.pid]
    with Session.open(program.workspace, author="later", create=False) as later:
        assert later.verify().ok


@pytest.mark.gl
def test_u03_software_drawing(start: Start, slide: Path) -> None:
    program = start("draw", slide, LIBGL_ALWAYS_SOFTWARE="1")
    assert "llvmpipe" in program.heard("drawn by ")
    assert program.end()[0] == 0


@pytest.mark.gl
@pytest.mark.skipif(sys.platform != "linux", reason="needs Xvfb")
def test_u03_a_screen_without_glx_is_drawn_on_through_egl(start: Start, slide: Path, bare_screen: str) -> None:
    program = start("draw", slide, DISPLAY=bare_screen)
    assert program.heard("drawn by ")
    assert program.end()[0] == 0


@pytest.fixture
def bare_screen() -> Iterator[str]:
    """An X server without GLX."""
    ours, theirs = os.pipe()
    command = ["Xvfb", "-displayfd", str(theirs), "-screen", "0", "1280x900x24", "-extension", "GLX"]
    try:
        server = subprocess.Popen(command, pass_fds=[theirs], stderr=subprocess.DEVNULL)
    except FileNotFoundError:
        pytest.skip("Xvfb is not installed")
    os.close(theirs)
    with os.fdopen(ours) as told:
        yield f":{told.readline().strip()}"
    server.terminate()
    server.wait(20)


def test_u03_without_opengl_everything_else_goes_on(start: Start, slide: Path) -> None:
    program = start("no-opengl", slide, QT_QPA_PLATFORM="offscreen")
    assert json.loads(program.heard("told ")) == ["Images cannot be shown: OpenGL does not work on this screen."]
    assert json.loads(program.heard("cases ")) == ["Case 1"]
    code, errors = program.end()
    assert code == 0 and "Images cannot be shown" in errors and "Traceback" not in errors


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a screen")
def test_u03_without_a_screen_it_ends_with_words(start: Start) -> None:
    program = start("draw", DISPLAY=":4711", QT_QPA_PLATFORM="xcb", WAYLAND_DISPLAY="")
    code, errors = program.end()
    assert code == 60, errors
    assert "there is no screen that it can use" in errors


def test_t09_a_workspace_in_use_can_be_looked_at(start: Start, tmp_path: Path) -> None:
    with Session.open(tmp_path / "workspace", author="first") as first:
        first.add_case("P-1")
        program = start("held", QT_QPA_PLATFORM="offscreen")
        found = json.loads(program.heard("held "))
    assert program.end()[0] == 0
    assert found["badge"] and found["cases"] == ["P-1"]
    assert "workspace is in use by process" in found["told"][0]
    assert found["told"][-1] == "workspace is open read-only"


@pytest.mark.gl
def test_u04_sigterm_closes_in_order_and_keeps_the_shape_in_the_making(start: Start, slide: Path) -> None:
    program = start("draw-polygon", slide)
    program.heard("drawing")
    program.process.send_signal(signal.SIGTERM)
    code, errors = program.end()
    assert code == 0 and "Traceback" not in errors, errors
    again = start("offered", slide)
    assert any("An unfinished polygon with 3 points was kept" in words for words in json.loads(again.heard("told ")))
    assert again.end()[0] == 0
    with Session.open(program.workspace, author="later", create=False) as later:
        (image,) = later.images(later.cases()[0].id)
        draft = later.draft(image.id)
    assert draft is not None and draft.shape is Shape.POLYGON and len(draft.points) == 3


@pytest.mark.gl
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /dev/shm")
def test_u06_what_a_kill_leaves_is_gone_after_the_next_start(start: Start, slide: Path) -> None:
    before = set(SHARED_MEMORY.glob(f"{PREFIX}*"))
    program = start("draw-polygon", slide)
    program.heard("drawing")
    program.kill()
    left = set(SHARED_MEMORY.glob(f"{PREFIX}*")) - before
    assert left, "the kill was too kind"
    run = program.workspace / "predictions" / ("f" * 32)
    run.mkdir(parents=True)
    for name in ("heatmap-tumor.safetensors", f"{DRAFT_PREFIX}x{DRAFT_SUFFIX}"):
        (run / name).write_bytes(b"half")
    again = start("offered", slide)
    again.heard("told ")
    assert again.end()[0] == 0
    assert not left & set(SHARED_MEMORY.glob(f"{PREFIX}*"))
    assert not run.exists()
    files = {file.name for file in (*program.workspace.rglob("*"), *program.home.rglob("*")) if file.is_file()}
    assert not {name for name in files if name.endswith((".tmp", DRAFT_SUFFIX, "-wal", "-shm", "holder.json"))}
    with Session.open(program.workspace, author="later", create=False) as later:
        assert later.verify().ok


@pytest.mark.gl
def test_u05_nothing_that_identifies_is_in_a_log(start: Start, slide: Path) -> None:
    """Path, name and title of the slide are canaries; it is shown, fails in part, and its reader is killed."""
    zero_page(slide, 0)
    zero_page(slide, 2)
    program = start("trouble", slide)
    program.heard("troubled")
    code, errors = program.end()
    assert code == 0
    assert CANARY not in errors
    logs = [file for file in (program.home / "log").rglob("*") if file.is_file()]
    assert {file.name for file in logs} >= {"window.log", "pixel-server.log"}
    for file in logs:
        assert CANARY not in file.read_text(errors="replace"), file.name
    assert "WARNING" in program.log
