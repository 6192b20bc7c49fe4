"""Rows C0 and S20: the pixel server dies, hangs, hoards or loses its storage while the real window shows a slide."""

from __future__ import annotations

import functools
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lnm_desktop.domain.geometry import Point, Region, rectangle
from lnm_desktop.domain.image import RegionRequest
from lnm_desktop.errors import ImageDamaged
from lnm_desktop.imaging.open import open_image
from lnm_desktop.imaging.remote import Deadlines, PixelServer
from lnm_desktop.log import start_logging
from lnm_desktop.paths import log_dir
from tests.e2e.real_window import RealWindow, running
from tests.faults import stalling_storage
from tests.faults.slides import a_pyramid
from tests.faults.trial import CANARY, NAME, unchanged
from tests.faults.window import Panning, check_formula, mean_color, pan_until, pane_of, pulse_of
from tests.unit.imaging import faulty_pixels
from tests.unit.imaging.faulty_pixels import arm, reads_of

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = [pytest.mark.gl, pytest.mark.timeout(300)]
PLACE = Point(9000, 7000)
ELSEWHERE = Point(15_000, 3000)
FAR, FINE = Point(1700, 1700), 0.25
LIMITS = Deadlines(open_s=10, read_s=5, heartbeat_s=8)


@contextmanager
def logged() -> Iterator[None]:
    """The window's log is written, and afterwards neither it nor a child's names the slide or its folder."""
    logger = logging.getLogger("lnm_desktop")
    before = (logger.handlers[:], logger.level, logger.propagate)
    start_logging(log_dir() / "window.log")
    yield
    for handler in set(logger.handlers) - set(before[0]):
        logger.removeHandler(handler)
        handler.close()
    logger.level, logger.propagate = before[1:]
    for log in log_dir().iterdir():
        assert CANARY not in log.read_text(errors="replace"), log.name


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RealWindow]:
    """The real application over a pixel server whose slides can be told to misbehave."""
    memory_cap_bytes = 400 * 1024**2
    made = functools.partial(
        PixelServer, target=faulty_pixels.run_slides, deadlines=LIMITS, memory_cap_bytes=memory_cap_bytes
    )
    monkeypatch.setattr("lnm_desktop.ui.main.PixelServer", made)
    with logged(), running(qtbot, tmp_path / "workspace") as real:
        yield real


@pytest.fixture
def slide(tmp_path: Path) -> Path:
    """A slide under a telling name."""
    folder = tmp_path / f"{CANARY}-folder"
    folder.mkdir()
    path = folder / f"{NAME}.svs"
    path.write_bytes(b"pixels come from a formula")
    return path


CRASHES = {
    "kill": "crashed (SIGKILL)",
    "abort": "crashed (SIGABRT)",
    "crash": "crashed (SIGSEGV)",
    "exit": "ended unexpectedly (exit code 7)",
}
STOPPED = {
    "spin": "missed its deadline and was stopped",
    "hoard": "used more than 0.4 GiB of memory and was stopped",
}


def another(slide: Path, name: str) -> Path:
    """One more slide beside this one."""
    path = slide.with_name(f"{name}-{slide.name}")
    path.write_bytes(slide.read_bytes())
    return path


def fail_once(window: RealWindow, path: Path, fault: str, words: str) -> int:
    """One fault while the hand pans: told once, replaced, right pixels; gives how often it was painted before."""
    window.open(path)
    pane, before, told = pane_of(window), set(window.desktop.pixels.pids), len(window.told())
    with unchanged(path), pulse_of(pane.canvas_widget) as pulse:
        armed = arm(path, fault)
        pan_until(window, Panning(pane, PLACE), lambda: len(window.told()) > told or not pulse.note())
        assert not armed.exists()
        pan_until(window, Panning(pane, PLACE), lambda: pulse.paints > pulse.noted + 3)
        assert pane.wait_until_sharp(60_000)
        window.wait(lambda: not pane._scene.image._store.bad)  # type: ignore[union-attr]
        check_formula(pane)
    (news,) = window.told()[told:]
    assert words in news and f"while reading {path.name}; it has been replaced" in news
    assert news.endswith("Reading goes on by itself.")
    assert window.desktop.window.isVisible() and set(window.desktop.pixels.pids) != before
    return pulse.noted


def test_c0_slide_server_crashes_and_the_window_pans_on(window: RealWindow, slide: Path) -> None:
    """In every way in which a process can end, one after the other, each on a slide of its own."""
    for fault, words in CRASHES.items():
        fail_once(window, another(slide, fault), fault, words)


@pytest.mark.parametrize("fault", STOPPED)
def test_c0_slide_server_is_stopped_and_the_window_pans_on(window: RealWindow, slide: Path, fault: str) -> None:
    painted = fail_once(window, slide, fault, STOPPED[fault])
    assert painted >= (10 if fault == "spin" else 0), "the hand was held up while the decoder hung"


def test_c0_slide_that_makes_noise_or_panics_costs_no_process(window: RealWindow, slide: Path) -> None:
    for fault, told in {
        "noisy": [],
        "panic": [f"Part of panic-{slide.stem} cannot be read; it is hatched in the view."],
    }.items():
        path = another(slide, fault)
        window.open(path)
        pane, before = pane_of(window), set(window.desktop.pixels.pids)
        arm(path, fault)
        pan_until(window, Panning(pane, PLACE), lambda path=path: not path.with_suffix(".fault").exists())
        pane.move_to(ELSEWHERE, 1.0)
        assert pane.wait_until_sharp(60_000)
        check_formula(pane)
        assert before <= set(window.desktop.pixels.pids)
        assert window.told() == told


@pytest.mark.parametrize("fault", ["kill", "spin"])
def test_c0_slide_that_brings_it_down_twice_is_set_aside_and_the_others_go_on(
    window: RealWindow, slide: Path, fault: str
) -> None:
    good = slide.with_name("good.svs")
    good.write_bytes(b"another slide")
    window.open(slide)
    pane = pane_of(window)
    with window.desktop.pixels.open(good) as other, pulse_of(pane.canvas_widget) as pulse:
        arm(slide, fault, always=True)
        pan_until(window, Panning(pane, PLACE), lambda: len(window.told()) == 2 and pulse.paints > 3)
        # Two processes may die of it at once, and either word of it come first.
        (aside,) = (told for told in window.told() if "made the pixel server fail twice and is not read" in told)
        assert slide.name in aside
        assert other.read_region(RegionRequest(Region(5000, 5000, 64, 64))).shape == (64, 64, 3)
        pan_until(window, Panning(pane, PLACE), lambda: pane.is_sharp)
        begun = len(reads_of(slide))
        pan_until(window, Panning(pane, ELSEWHERE), lambda: pane.is_sharp)
        assert len(reads_of(slide)) == begun, "nothing of it is given to a decoder any more"
        window.open(good)
        pane.move_to(PLACE, 1.0)
        assert pane.wait_until_sharp(60_000)
        check_formula(pane)
    assert len(window.told()) == 2


# -- S20


@contextmanager
def storage_of(folder: Path, point: Path) -> Iterator[subprocess.Popen[str]]:
    """A folder served by a process that can be stopped."""
    point.mkdir()
    command = [sys.executable, stalling_storage.__file__, str(folder), str(point)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    if server.stdout.readline() != "mounted\n":
        pytest.skip("this machine does not allow to mount a file system of one's own")
    try:
        yield server
    finally:
        server.send_signal(signal.SIGCONT)
        subprocess.run(["umount", "-l", str(point)], check=False, capture_output=True)
        server.kill()
        server.communicate(timeout=20)


needs_fuse = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or not Path("/dev/fuse").exists(),
    reason="needs root and /dev/fuse on Linux",
)


@needs_fuse
def test_s20_slide_on_storage_that_stalls_while_panning(qtbot: QtBot, tmp_path: Path, slide: Path) -> None:
    """The real readers: their process is stuck in the system and cannot even be killed."""
    path = a_pyramid(slide.with_suffix(".tif"), "lzw", edge_px=2048)
    with (
        logged(),
        storage_of(path.parent, tmp_path / "share") as storage,
        running(qtbot, tmp_path / "workspace") as window,
        unchanged(path),
    ):
        window.open(tmp_path / "share" / path.name)
        pane = pane_of(window)
        pane.move_to(Point(300, 300), FINE)
        assert pane.wait_until_sharp(60_000)
        storage.send_signal(signal.SIGSTOP)
        with pulse_of(pane.canvas_widget) as pulse:
            pan_until(window, Panning(pane, FAR, FINE), lambda: window.told() and pulse.paints > 3)
            reached = f"The storage that holds {path.name} cannot be reached"
            assert window.told() == [
                f"{reached}. Check the network or the drive; reading goes on by itself when it is back."
            ]
            edits_go_on(window)
            silent = pulse.paints
            pan_until(window, Panning(pane, FAR, FINE), lambda: pulse.paints > silent + 20)
        assert len(window.told()) == 1, "nobody is blamed, and it is told once"
        storage.send_signal(signal.SIGCONT)
        window.wait(lambda: len(window.told()) == 2)
        assert window.told()[1] == f"The storage that holds {path.name} answers again; reading goes on."
        window.wait(lambda: not pane._scene.image._store.bad)  # type: ignore[union-attr]
        assert pane.wait_until_sharp(60_000)
        check_pixels(window, path)
        window.desktop.window.close()


def edits_go_on(window: RealWindow) -> None:
    """A drawn shape is committed while the slide cannot be read."""
    session, image = window.bench.current.session, window.bench.current.image
    assert session is not None and image is not None
    window.bench.annotating.add(rectangle(Region(100, 100, 50, 50)))
    assert len(session.annotations(image.id)) == 1


def check_pixels(window: RealWindow, path: Path) -> None:
    """The picture on the screen is that of the file."""
    pane = pane_of(window)
    pane.move_to(FAR, FINE)
    assert pane.wait_until_sharp(60_000)
    with open_image(path) as here:
        for x in (1650, 1690, 1720):
            region = Region(x, 1680, 32, 32)
            truth = here.read_region(RegionRequest(region)).reshape(-1, 3).mean(axis=0)
            assert np.abs(mean_color(pane, region) - truth).max() < 4, x


@needs_fuse
def test_s20_slide_on_storage_that_is_taken_away(qtbot: QtBot, tmp_path: Path, slide: Path) -> None:
    """What is unmounted is missing at once; it is told, and the picture recovers when it is there again."""
    path = a_pyramid(slide.with_suffix(".tif"), "lzw", edge_px=2048)
    share = tmp_path / "share"
    with logged(), storage_of(path.parent, share), running(qtbot, tmp_path / "workspace") as window:
        window.open(share / path.name)
        pane = pane_of(window)
        subprocess.run(["umount", "-l", str(share)], check=True)
        pan_until(window, Panning(pane, FAR, FINE), window.told)
        assert window.told() == [f"{path.name} cannot be found any more"]
        edits_go_on(window)
        share.rmdir()
        with storage_of(path.parent, share):
            window.wait(lambda: not pane._scene.image._store.bad)  # type: ignore[union-attr]
            check_pixels(window, path)
            window.desktop.window.close()
    assert len(window.told()) == 1


def test_s20_opening_from_storage_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be mounted: the words for a file that is opened while its storage is away."""
    monkeypatch.setattr("lnm_desktop.imaging.storage._touch", lambda _path: signal.pause())
    server = PixelServer(tmp_path / "log" / "pixels.log", target=faulty_pixels.run)
    try:
        with (
            server.open(tmp_path / "hang-1") as reader,
            pytest.raises(Exception, match="cannot be reached") as caught,
        ):
            reader.read_region(RegionRequest(Region(0, 0, 10, 10)))
        assert not isinstance(caught.value, ImageDamaged)
    finally:
        server.close()
