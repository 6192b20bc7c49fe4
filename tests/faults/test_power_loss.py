"""A power cut at any moment loses nothing that was acknowledged; a disk that lies is found out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.power_loss import Operation, Recording, cut, disk_after, record


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return record(tmp_path_factory.mktemp("recorded") / "workspace", seed=4)


def test_t02_power_cuts_lose_no_acknowledged_edit(recording: Recording, tmp_path: Path) -> None:
    tally = cut(recording, 60, 4, tmp_path)
    assert (tally.points, tally.lost, tally.corrupt) == (60, 0, 0)
    assert tally.acknowledged > 200


def test_the_log_was_written_back_while_it_was_recorded(recording: Recording) -> None:
    written_back = [one for one in recording.operations if one.kind == "sync" and one.file == "workspace.db"]
    assert len(written_back) > 1, "or the most delicate moment was not among those that were cut"


def test_a_disk_that_syncs_nothing_is_found_out(recording: Recording, tmp_path: Path) -> None:
    assert cut(recording, 20, 5, tmp_path, lying=True).lost > 0


def test_what_was_synced_stays_and_the_rest_may_be_torn() -> None:
    from random import Random

    operations = [
        Operation("write", "a", 0, b"1" * 1024),
        Operation("sync", "a"),
        Operation("write", "a", 0, b"2" * 1024),
        Operation("write", "b", 512, b"3"),
    ]
    disks = [disk_after(Recording({}, operations), 4, Random(seed)) for seed in range(200)]
    assert {disk["a"] for disk in disks} == {
        first * 512 + second * 512 for first in (b"1", b"2") for second in (b"1", b"2")
    }
    assert {disk.get("b") for disk in disks} == {None, bytes(512) + b"3"}
    assert all(disk_after(Recording({}, operations), 2, Random(seed))["a"] == b"1" * 1024 for seed in range(20))
