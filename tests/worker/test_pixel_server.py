"""The pixel server dies, hangs and hoards; the readers in this process do not notice more than an error."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import RegionRequest
from lnm_desktop.errors import Cancelled, EnvironmentFault, ImageDamaged, ImageError, ImageNotFound, ImageTimeout
from lnm_desktop.imaging.open import open_image
from lnm_desktop.imaging.remote import Deadlines, PixelServer, RemoteReader
from tests.unit.imaging import faulty_pixels
from tests.unit.imaging.builders import a_slide

REQUEST = RegionRequest(Region(100, 50, 64, 32))


class Desk:
    """A server and what it told the user."""

    def __init__(self, folder: Path, **options: object) -> None:
        self.messages: list[str] = []
        self.server = PixelServer(folder / "log" / "pixels.log", on_message=self.messages.append, **options)  # type: ignore[arg-type]


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(
        tmp_path,
        target=faulty_pixels.run,
        deadlines=Deadlines(open_s=5, read_s=1.5),
        memory_cap_bytes=400 * 1024**2,
    )
    yield desk
    desk.server.close()


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.server.close()


def test_pixels_cross_the_border_unchanged(real: Desk, tmp_path: Path) -> None:
    path = a_slide(tmp_path / "a.tif")
    with open_image(path) as here, real.server.open(path) as there:
        assert there.info == here.info
        assert there.thread_safe
        for downsample in (0.7, 1.0, 3.3):
            request = RegionRequest(Region(310.5, 200.25, 300, 200), downsample)
            assert np.array_equal(there.read_region(request), here.read_region(request))


def test_the_caller_owns_the_pixels(real: Desk, tmp_path: Path) -> None:
    """A block that is used again must not change an earlier answer."""
    with real.server.open(a_slide(tmp_path / "a.tif")) as reader:
        first = reader.read_region(RegionRequest(Region(380, 280, 64, 64)))
        kept = first.copy()
        reader.read_region(RegionRequest(Region(0, 0, 64, 64)))
        assert np.array_equal(first, kept)
        assert first.flags.writeable


def test_errors_cross_the_border_as_themselves(real: Desk, tmp_path: Path) -> None:
    with pytest.raises(ImageNotFound, match=r"gone\.svs was not found"):
        real.server.open(tmp_path / "gone.svs")
    assert real.messages == []


def test_a_killed_server_is_replaced_and_the_file_reopened(real: Desk, tmp_path: Path) -> None:
    with real.server.open(a_slide(tmp_path / "a.tif")) as reader:
        before = reader.read_region(REQUEST)
        first_pid = real.server.pid
        assert first_pid is not None
        os.kill(first_pid, signal.SIGKILL)
        assert np.array_equal(reader.read_region(REQUEST), before)
        assert real.server.pid != first_pid


def test_kill_during_many_reads_loses_none(real: Desk, tmp_path: Path) -> None:
    path = a_slide(tmp_path / "a.tif")
    requests = [RegionRequest(Region(7.5 * n, 3.25 * n, 256, 256), 1.5) for n in range(80)]
    with open_image(path) as here, real.server.open(path) as reader:
        futures = [reader.submit(request) for request in requests]
        futures[3].result()
        assert real.server.pid is not None
        os.kill(real.server.pid, signal.SIGKILL)
        for request, future in zip(requests, futures, strict=True):
            assert np.array_equal(future.result(), here.read_region(request))


def test_many_threads_get_their_own_pixels(faulty: Desk, tmp_path: Path) -> None:
    with faulty.server.open(tmp_path / "good-1") as one, ThreadPoolExecutor(8) as threads:
        requests = [RegionRequest(Region(10 * n, 0, 20, 20)) for n in range(90)]
        for n, pixels in enumerate(threads.map(one.read_region, requests)):
            assert pixels[0, 0, 0] == n


def test_a_file_that_crashes_the_server_is_set_aside(faulty: Desk, tmp_path: Path) -> None:
    path = tmp_path / "crash-1"
    with faulty.server.open(path) as bad, faulty.server.open(tmp_path / "good-1") as good:
        with pytest.raises(ImageDamaged, match="crash-1 made the pixel server fail twice"):
            bad.read_region(REQUEST)
        assert good.read_region(REQUEST)[0, 0, 0] == 10
        pid = faulty.server.pid
        with pytest.raises(ImageDamaged, match="crash-1 made the pixel server fail twice"):
            faulty.server.open(path)
        assert faulty.server.pid == pid
        assert len(faulty.messages) == 2
        assert "crashed (SIGSEGV) while reading crash-1" in faulty.messages[0]
        assert str(tmp_path) not in faulty.messages[0]
        path.write_bytes(b"a new copy")
        faulty.server.open(path).close()


def test_a_file_that_crashes_the_server_on_opening_is_set_aside(faulty: Desk, tmp_path: Path) -> None:
    with pytest.raises(ImageDamaged, match="crashopen-1 made the pixel server fail twice"):
        faulty.server.open(tmp_path / "crashopen-1")


def test_a_hang_ends_at_the_deadline(faulty: Desk, tmp_path: Path) -> None:
    with faulty.server.open(tmp_path / "hang-1") as bad, faulty.server.open(tmp_path / "good-1") as good:
        with pytest.raises(ImageTimeout, match=r"hang-1: .*missed its deadline"):
            bad.read_region(REQUEST)
        assert good.read_region(REQUEST)[0, 0, 0] == 10
        with pytest.raises(ImageTimeout):
            bad.read_region(REQUEST)
        with pytest.raises(ImageDamaged, match="fail twice"):
            bad.read_region(REQUEST)


def test_hoarding_memory_ends_the_process(tmp_path: Path) -> None:
    desk = Desk(tmp_path, target=faulty_pixels.run, memory_cap_bytes=400 * 1024**2)
    try:
        words = r"hoard-1: .*used more than 0\.4 GiB of memory"
        with desk.server.open(tmp_path / "hoard-1") as bad, pytest.raises(ImageTimeout, match=words):
            bad.read_region(REQUEST)
    finally:
        desk.server.close()


def test_a_loop_without_a_heartbeat_is_stopped_for_its_silence(tmp_path: Path) -> None:
    """Native code that keeps the interpreter's lock; a loop of Python goes on beating and meets its deadline."""
    deadlines = Deadlines(open_s=60, read_s=600, heartbeat_s=4)
    desk = Desk(tmp_path, target=faulty_pixels.run, deadlines=deadlines)
    try:
        with desk.server.open(tmp_path / "gil-1") as bad, pytest.raises(ImageTimeout, match="stopped answering"):
            bad.read_region(REQUEST)
        (told,) = desk.messages
        assert "stopped answering and was stopped while reading gil-1; it has been replaced" in told
    finally:
        desk.server.close()


def test_an_allocation_beyond_the_limit_is_an_error_and_kills_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path, target=faulty_pixels.run_within_limits)
    try:
        with desk.server.open(tmp_path / "greedy-1") as bad:
            pid = desk.server.pid
            with pytest.raises(ImageError, match="greedy-1 needs more memory than the pixel server may use"):
                bad.read_region(REQUEST)
            assert desk.server.pid == pid and desk.messages == []
    finally:
        desk.server.close()


def test_a_panic_is_damage_and_kills_nothing(faulty: Desk, tmp_path: Path) -> None:
    with faulty.server.open(tmp_path / "panic-1") as bad:
        pid = faulty.server.pid
        with pytest.raises(ImageDamaged, match=r"panic-1 cannot be decoded: .*pretended Rust panic"):
            bad.read_region(REQUEST)
        assert faulty.server.pid == pid


def test_two_processes_read_at_once_and_one_goes_on_when_the_other_hangs(faulty: Desk, tmp_path: Path) -> None:
    with faulty.server.open(tmp_path / "hang-1") as bad, faulty.server.open(tmp_path / "good-1") as good:
        assert len(faulty.server.pids) == 1
        hanging = bad.submit(REQUEST)
        assert good.submit(REQUEST).result(timeout=60)[0, 0, 0] == 10
        assert not hanging.done()
        deadline = time.monotonic() + 20
        while len(faulty.server.pids) < 2:  # the second may have taken the bad request, and still be starting
            assert time.monotonic() < deadline
            time.sleep(0.01)
        with pytest.raises(ImageTimeout):
            hanging.result()
        assert good.read_region(REQUEST)[0, 0, 0] == 10


def test_a_crash_blames_only_the_file_that_was_being_read(faulty: Desk, tmp_path: Path) -> None:
    with faulty.server.open(tmp_path / "crash-1") as bad, faulty.server.open(tmp_path / "slow-1") as slow:
        reads = [slow.submit(REQUEST) for _ in range(4)]
        crash = bad.submit(REQUEST)
        with pytest.raises(ImageDamaged, match="crash-1"):
            crash.result()
        assert all(read.result().shape == (32, 64, 3) for read in reads)
        assert all("crash-1" in message for message in faulty.messages)


@pytest.fixture
def single(tmp_path: Path) -> Iterator[Desk]:
    """One process, which is given the next request before it has answered the last one."""
    desk = Desk(
        tmp_path,
        target=faulty_pixels.run,
        deadlines=Deadlines(open_s=5, read_s=1.5),
        memory_cap_bytes=400 * 1024**2,
        processes=1,
    )
    yield desk
    desk.server.close()


@pytest.mark.parametrize("fault", ["crash", "hang", "hoard"])
def test_what_lies_behind_a_bad_request_in_the_same_process_is_read_all_the_same(
    single: Desk, tmp_path: Path, fault: str
) -> None:
    """It is not blamed for the death, and its deadline is not used up by those before it."""
    for name in (f"{fault}-a.svs", "good.svs", "slow-b.svs"):
        (tmp_path / name).write_bytes(b"x")
    bad, good, slow = (single.server.open(tmp_path / name) for name in (f"{fault}-a.svs", "good.svs", "slow-b.svs"))
    first = slow.submit(REQUEST)
    failing, behind = bad.submit(REQUEST), [good.submit(REQUEST) for _ in range(3)]
    assert first.result(10).shape == (32, 64, 3)
    with pytest.raises(ImageError):
        failing.result(20)
    for future in behind:
        assert np.array_equal(future.result(20), first.result(0))
    assert not any("good" in message for message in single.messages)


def test_the_next_request_is_in_the_process_before_it_has_answered(single: Desk, tmp_path: Path) -> None:
    bad, good = single.server.open(tmp_path / "hang-a"), single.server.open(tmp_path / "good-a")
    hanging, behind, waiting = bad.submit(REQUEST), good.submit(REQUEST), good.submit(REQUEST)
    deadline = time.monotonic() + 20
    while not behind.running():
        assert time.monotonic() < deadline
        assert not behind.done()
        time.sleep(0.005)
    assert not hanging.done()
    assert waiting.cancel()
    with pytest.raises(ImageTimeout):
        hanging.result(20)
    assert behind.result(20).shape == (32, 64, 3)


def test_a_closed_file_is_closed_in_every_process(real: Desk, tmp_path: Path) -> None:
    path = a_slide(tmp_path / "a.tif")
    reader = real.server.open(path)
    for future in [reader.submit(REQUEST) for _ in range(40)]:
        future.result()
    reader.close()
    files = [Path(f"/proc/{pid}/fd") for pid in real.server.pids]
    if not files[0].exists():
        pytest.skip("needs /proc")
    deadline = time.monotonic() + 20
    while any(path in _open_files(folder) for folder in files):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _open_files(folder: Path) -> set[Path]:
    found = set()
    for link in folder.iterdir():
        with contextlib.suppress(OSError):
            found.add(link.readlink())
    return found


def test_storage_that_does_not_answer_is_said_to_be_out_of_reach(
    faulty: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lnm_desktop.imaging.storage.Storage.answers", lambda _self, _path: False)
    with faulty.server.open(tmp_path / "hang-1") as reader:
        for _ in range(3):  # the file is not to blame: it is never set aside
            with pytest.raises(ImageTimeout, match="storage that holds hang-1 cannot be reached"):
                reader.read_region(REQUEST)


def test_what_is_cancelled_before_it_starts_is_dropped(faulty: Desk, tmp_path: Path) -> None:
    with faulty.server.open(tmp_path / "slow-1") as reader:
        futures = [reader.submit(REQUEST) for _ in range(20)]
        dropped = [reader.cancel(future) for future in futures[4:]]
        assert all(dropped)
        assert all(future.result().shape == (32, 64, 3) for future in futures[:4])
        assert all(future.cancelled() for future in futures[4:])


def test_pictures_larger_than_foreseen_arrive_whole(faulty: Desk, tmp_path: Path) -> None:
    with faulty.server.open(tmp_path / "good-1") as reader:
        picture = reader.read_associated("large")
        assert picture.shape == (4000, 4000, 3)
        assert (picture == 7).all()


def test_a_server_that_cannot_start_blames_no_file(tmp_path: Path) -> None:
    desk = Desk(tmp_path, target=faulty_pixels.never_starts)
    try:
        for _ in range(3):
            with pytest.raises(EnvironmentFault, match="does not start"):
                desk.server.open(tmp_path / "good-1")
    finally:
        desk.server.close()


def test_a_replaced_file_is_noticed(real: Desk, tmp_path: Path) -> None:
    path = a_slide(tmp_path / "a.tif")
    with real.server.open(path) as reader:
        path.unlink()
        a_slide(path, level_sizes=())
        assert real.server.pid is not None
        os.kill(real.server.pid, signal.SIGKILL)
        with pytest.raises(ImageError, match=r"a\.tif has changed since it was opened"):
            reader.read_region(REQUEST)


def test_closing_fails_what_waits(tmp_path: Path) -> None:
    desk = Desk(tmp_path, target=faulty_pixels.run)
    reader = desk.server.open(tmp_path / "hang-1")
    failures: list[Exception] = []

    def wait(reader: RemoteReader) -> None:
        try:
            reader.read_region(REQUEST)
        except (ImageError, Cancelled) as error:
            failures.append(error)

    threads = [threading.Thread(target=wait, args=(reader,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    desk.server.close()
    desk.server.close()
    for thread in threads:
        thread.join(10)
    assert len(failures) == 3
    with pytest.raises(ImageError, match="closed"):
        reader.read_region(REQUEST)


LEAK_SCRIPT = """
import sys
from pathlib import Path
from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import RegionRequest
from lnm_desktop.imaging.remote import PixelServer

if __name__ == "__main__":
    server = PixelServer(Path(sys.argv[2]))
    reader = server.open(Path(sys.argv[1]))
    for n in range(5):
        reader.read_region(RegionRequest(Region(n, 0, 700, 600)))
    if sys.argv[3] == "close":
        server.close()
    print("done")
"""


@pytest.mark.parametrize("ending", ["close", "exit"])
def test_no_shared_memory_is_left_behind(tmp_path: Path, ending: str) -> None:
    script = tmp_path / "script.py"
    script.write_text(LEAK_SCRIPT)
    arguments = [str(a_slide(tmp_path / "a.tif")), str(tmp_path / "log"), ending]
    command = [sys.executable, str(script), *arguments]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout == "done\n"
    assert "resource_tracker" not in run.stderr
    assert "leaked" not in run.stderr


def test_the_parent_loads_no_decoder() -> None:
    code = "import sys, lnm_desktop.imaging.remote; print({'openslide', 'tifffile', 'pydicom'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout == "set()\n"
