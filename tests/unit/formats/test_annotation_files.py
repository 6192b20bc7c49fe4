"""Annotation files: which format it is, writing with proof, and disks that refuse."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lnm_desktop.domain.annotation import AnnotationGroup, AnnotationSet
from lnm_desktop.domain.geometry import Point
from lnm_desktop.errors import FormatError
from lnm_desktop.formats import files, geojson
from lnm_desktop.formats.annotations import load_annotations, save_annotations
from lnm_desktop.formats.files import read_bytes, write_atomic
from tests.unit.formats.annotation_builders import a_polygon, an_annotation, content


def a_set() -> AnnotationSet:
    items = (an_annotation("a", a_polygon(holes=1), group="Tumor", author="me"), an_annotation("b"))
    return AnnotationSet(items, (AnnotationGroup("Tumor"),))


@pytest.mark.parametrize("name", ["x.xml", "x.geojson", "x.json", "x.XML"])
def test_what_is_saved_is_loaded(tmp_path: Path, name: str) -> None:
    notes = save_annotations(tmp_path / name, a_set())
    assert content(load_annotations(tmp_path / name).annotations) == content(a_set())
    assert any("author" in note for note in notes) == name.lower().endswith("xml")


def test_content_decides_not_the_ending(tmp_path: Path) -> None:
    save_annotations(tmp_path / "x.geojson", a_set())
    (tmp_path / "x.geojson").rename(tmp_path / "x.xml")
    assert load_annotations(tmp_path / "x.xml").annotations == a_set()


def test_an_unknown_ending_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"x\.shp has no known ending") as caught:
        save_annotations(tmp_path / "x.shp", a_set())
    assert ".geojson" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_writer_that_loses_something_is_caught_before_the_old_file_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_annotations(tmp_path / "x.geojson", a_set())
    before = (tmp_path / "x.geojson").read_bytes()
    dumps = geojson.dumps
    monkeypatch.setattr(geojson, "dumps", lambda annotations: dumps(annotations.remove("a")))
    with pytest.raises(FormatError, match="would not hold the same annotations"):
        save_annotations(tmp_path / "x.geojson", a_set())
    assert (tmp_path / "x.geojson").read_bytes() == before


def test_a_disk_that_reads_back_something_else_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "lnm_desktop.formats.annotations.write_atomic", lambda path, data: path.write_bytes(data[:-1])
    )
    with pytest.raises(FormatError, match="reads back differently"):
        save_annotations(tmp_path / "x.xml", a_set())


def test_camelyon_contours(tmp_path: Path) -> None:
    square = [[0.5, 0], [10, 0], [10, 10]]
    data = {"positive": [{"name": "_1", "vertices": square}], "negative": [{"name": "hole", "vertices": square}]}
    (tmp_path / "x.json").write_text(json.dumps(data))
    loaded = load_annotations(tmp_path / "x.json")
    assert [(item.group, item.name) for item in loaded.annotations] == [("_0", "_1"), ("_2", "hole")]
    assert [group.name for group in loaded.annotations.groups] == ["_0", "_2"]
    assert next(iter(loaded.annotations)).geometry.points[0] == Point(0.5, 0)


def test_short_camelyon_contours_are_listed(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"positive": [{"name": "a", "vertices": [[1, 2]]}]}')
    loaded = load_annotations(tmp_path / "x.json")
    assert len(loaded.annotations) == 0
    assert loaded.notes == ("x.json: positive contour 1 was left out: it has 1 point.",)


@pytest.mark.parametrize(
    "data",
    [
        {"positive": 5},
        {"positive": [5]},
        {"positive": [{"vertices": [["a", 2]]}]},
        {"positive": [{"name": "a"}]},
        {"positive": [{"name": "a", "vertices": [[10**400, 2]] * 3}]},
    ],
)
def test_damaged_camelyon_contours_are_refused(tmp_path: Path, data: object) -> None:
    (tmp_path / "x.json").write_text(json.dumps(data))
    with pytest.raises(FormatError, match=r"x\.json: positive.* cannot be read"):
        load_annotations(tmp_path / "x.json")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"none\.xml could not be read: no such file"):
        load_annotations(tmp_path / "none.xml")


def test_a_file_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"12345")
    assert read_bytes(tmp_path / "x", 5) == b"12345"
    with pytest.raises(FormatError, match="larger than"):
        read_bytes(tmp_path / "x", 4)


def test_writing_replaces_and_keeps_the_rights(tmp_path: Path) -> None:
    file = tmp_path / "x"
    write_atomic(file, b"one")
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    write_atomic(file, b"two")
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"two", 0o644)
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize(
    ("code", "words"), [(errno.ENOSPC, "disk is full"), (errno.EACCES, "permission"), (5, "disk")]
)
def test_a_failure_at_any_step_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, code: int, words: str
) -> None:
    file = tmp_path / "x.xml"
    file.write_bytes(b"old")

    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(files.os, step, refuse)
    with pytest.raises(FormatError, match=r"x\.xml could not be written") as caught:
        write_atomic(file, b"new")
    assert words in caught.value.hint
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_missing_folder_and_a_folder_in_the_way_are_told(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="no such file") as caught:
        write_atomic(tmp_path / "none" / "x", b"")
    assert "folder exist" in caught.value.hint
    (tmp_path / "x").mkdir()
    with pytest.raises(FormatError, match="is a directory"):
        write_atomic(tmp_path / "x", b"")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


KILLED = """
import os, sys
from pathlib import Path
from lnm_desktop.formats.files import write_atomic
path = Path(sys.argv[1])
sys.stdout.write("ready"); sys.stdout.flush()
number = 0
while True:
    number += 1
    write_atomic(path, str(number % 10).encode() * 2_000_000)
"""


def test_a_killed_writer_leaves_a_whole_file(tmp_path: Path) -> None:
    file = tmp_path / "x"
    write_atomic(file, b"0" * 2_000_000)
    for round_number in range(5):
        with subprocess.Popen([sys.executable, "-c", KILLED, str(file)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.read(5)
            with pytest.raises(subprocess.TimeoutExpired):
                writer.wait(0.05 + 0.03 * round_number)
            writer.kill()
        data = file.read_bytes()
        assert len(data) == 2_000_000
        assert len(set(data)) == 1
