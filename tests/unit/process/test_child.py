"""A child that fails in any way fails its own request, in words, and nothing else."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from lnm_desktop.errors import Cancelled, ImageDamaged, LnmError
from lnm_desktop.process import child as child_module
from lnm_desktop.process.child import Child, ChildDied, ChildSpec
from lnm_desktop.process.loop import MOST_LOG_BYTES, rss_bytes
from tests.unit.process import children

LONG_S = 30.0


@pytest.fixture
def spec(tmp_path: Path) -> ChildSpec:
    return ChildSpec("test child", children.run, tmp_path / "child.log")


@pytest.fixture
def child(spec: ChildSpec) -> Iterator[Child]:
    child = Child(spec)
    yield child
    child.close()


def test_it_answers_and_its_prints_stay_out_of_the_protocol(child: Child, spec: ChildSpec) -> None:
    assert child.request("echo", {"x": 1.5, "text": "µ"}, deadline_s=LONG_S) == {"x": 1.5, "text": "µ"}
    child.close()
    assert "never into the protocol" in spec.log_file.read_text()


def test_a_known_error_crosses_the_border_whole(child: Child) -> None:
    with pytest.raises(ImageDamaged) as caught:
        child.request("fail", {}, deadline_s=LONG_S)
    assert (caught.value.message, caught.value.hint, caught.value.facts) == (
        "a.svs is damaged",
        "Copy it again.",
        {"name": "a.svs"},
    )


def test_an_error_with_facts_that_json_lacks_is_told_and_the_child_lives(child: Child) -> None:
    with pytest.raises(ImageDamaged, match="a tile is damaged") as caught:
        child.request("fail_oddly", {}, deadline_s=LONG_S)
    assert caught.value.facts == {"tile": "3"}
    assert child.request("echo", {}, deadline_s=LONG_S) == {}


def test_sys_exit_in_the_child_is_an_error_and_the_child_lives(child: Child) -> None:
    with pytest.raises(LnmError, match="SystemExit"):
        child.request("surprise", {}, deadline_s=LONG_S)
    assert child.request("echo", {}, deadline_s=LONG_S) == {}


def test_a_crash_is_named_by_its_signal(child: Child) -> None:
    with pytest.raises(ChildDied, match=r"test child crashed \(SIGSEGV\)"):
        child.request("crash", {}, deadline_s=LONG_S)
    assert not child.alive
    with pytest.raises(ChildDied):
        child.request("echo", {}, deadline_s=LONG_S)


def test_a_missed_deadline_kills_the_child(child: Child) -> None:
    child.request("echo", {}, deadline_s=LONG_S)
    with pytest.raises(ChildDied, match="missed its deadline"):
        child.request("nap", {}, deadline_s=0.5)
    assert not child.alive


def test_a_standstill_of_this_process_does_not_count_against_the_child(
    child: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id, future = child.submit("count", {}, deadline_s=LONG_S)
    stood_still_s = 0.0

    def now() -> float:
        return time.monotonic() + stood_still_s

    monkeypatch.setattr(child_module, "time", SimpleNamespace(sleep=time.sleep, monotonic=now))
    time.sleep(0.5)
    stood_still_s = 3600.0
    time.sleep(1.0)
    assert child.alive
    child.cancel(request_id)
    with pytest.raises(Cancelled):
        future.result(LONG_S)


def test_too_much_memory_kills_the_child(tmp_path: Path) -> None:
    child = Child(ChildSpec("test child", children.run, tmp_path / "c.log", memory_cap_bytes=250 * 1024 * 1024))
    with pytest.raises(ChildDied, match=r"more than 0\.2 GiB"):
        child.request("swell", {}, deadline_s=LONG_S)


def test_cancel_stops_the_work_and_leaves_the_child_alive(child: Child) -> None:
    started = threading.Event()
    request_id, future = child.submit("count", {}, deadline_s=LONG_S, on_event=lambda _: started.set())
    assert started.wait(LONG_S)
    child.cancel(request_id)
    with pytest.raises(Cancelled):
        future.result(LONG_S)
    assert child.request("echo", {"again": 1}, deadline_s=LONG_S) == {"again": 1}


def test_a_request_waiting_behind_another_can_be_cancelled_before_it_starts(child: Child) -> None:
    first, _ = child.submit("count", {}, deadline_s=LONG_S)
    second, future = child.submit("echo", {}, deadline_s=LONG_S)
    child.cancel(second)
    child.cancel(first)
    with pytest.raises(Cancelled):
        future.result(LONG_S)


def test_an_error_that_nobody_foresaw_leaves_its_place_in_the_log(child: Child, spec: ChildSpec) -> None:
    with pytest.raises(LnmError, match="SystemExit"):
        child.request("surprise", {}, deadline_s=LONG_S)
    log = spec.log_file.read_text()
    assert "in surprise" in log
    assert "SystemExit" in log


def test_a_listener_that_fails_ends_neither_the_request_nor_the_child(child: Child) -> None:
    heard = threading.Event()

    def fails(event: object) -> None:
        heard.set()
        raise ValueError("a defect of the listener")

    request_id, future = child.submit("count", {}, deadline_s=LONG_S, on_event=fails)
    assert heard.wait(LONG_S)
    child.cancel(request_id)
    with pytest.raises(Cancelled):
        future.result(LONG_S)
    assert child.request("echo", {"still": "there"}, deadline_s=LONG_S) == {"still": "there"}


def test_a_log_that_has_grown_large_begins_anew(spec: ChildSpec) -> None:
    spec.log_file.write_bytes(b"old" * MOST_LOG_BYTES)
    child = Child(spec)
    child.request("echo", {}, deadline_s=LONG_S)
    child.close()
    assert spec.log_file.read_text() == "this goes to the log, never into the protocol\n"
    assert rss_bytes() > 1024**2
