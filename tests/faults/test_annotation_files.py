"""Annotation files that are damaged, hostile or interrupted; the readers' own tests stand in tests/unit/formats."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lnm_desktop.domain.annotation import AnnotationSet
from lnm_desktop.errors import FormatError
from lnm_desktop.formats import geojson, safe_xml
from lnm_desktop.formats.annotations import load_annotations, save_annotations
from tests.faults import kill_files
from tests.unit.formats.annotation_builders import a_polygon, an_annotation

KILLER = Path(kill_files.__file__)
SECRET = "the-content-of-another-file"
GOOD = (
    '<ASAP_Annotations><Annotations><Annotation Name="one" Type="Polygon" PartOfGroup="None"><Coordinates>'
    '<Coordinate Order="0" X="0" Y="0"/><Coordinate Order="1" X="9" Y="0"/><Coordinate Order="2" X="9" Y="9"/>'
    "</Coordinates></Annotation></Annotations><AnnotationGroups/></ASAP_Annotations>"
)
DTDS = {
    "laughs": '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    "quadratic": f'<!DOCTYPE l [<!ENTITY a "{"x" * 50_000}">]>',
    "external": '<!DOCTYPE l [<!ENTITY a SYSTEM "file://{secret}">]>',
    "parameter": '<!DOCTYPE l [<!ENTITY % a SYSTEM "file://{secret}"> %a;]>',
    "outside": '<!DOCTYPE l SYSTEM "{secret}">',
    "empty": "<!DOCTYPE l>",
}


@pytest.mark.parametrize("kind", DTDS)
@pytest.mark.parametrize("ending", ["xml", "imagescope.xml", "ndpa"])
def test_a01_any_dtd_is_refused_and_no_other_file_is_read(tmp_path: Path, kind: str, ending: str) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET)
    file = tmp_path / f"x.{ending}"
    text = GOOD.replace('Name="one"', 'Name="&a;"') if kind in ("laughs", "quadratic", "external") else GOOD
    file.write_text(DTDS[kind].replace("{secret}", str(secret)) + text)
    with pytest.raises(FormatError, match=rf"{file.name} cannot be read") as caught:
        load_annotations(file)
    assert "DTD" in caught.value.message
    assert SECRET not in caught.value.message


def test_a02_a_million_vertices_are_read(tmp_path: Path) -> None:
    points = "".join(f'<Coordinate Order="{number}" X="{number}" Y="{number % 7}"/>' for number in range(1_000_000))
    start, end = GOOD.split("<Coordinates>", maxsplit=1)[0], GOOD.split("</Coordinates>")[1]
    (tmp_path / "x.xml").write_text(f"{start}<Coordinates>{points}</Coordinates>{end}")
    (item,) = load_annotations(tmp_path / "x.xml").annotations
    assert len(item.geometry.points) == 1_000_000


def test_a02_a_hundred_thousand_annotations_are_read(tmp_path: Path) -> None:
    one = GOOD[GOOD.index("<Annotation ") : GOOD.index("</Annotations>")]
    (tmp_path / "x.xml").write_text(GOOD.replace(one, one * 100_000))
    assert len(load_annotations(tmp_path / "x.xml").annotations) == 100_000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<Annotations>" * 200_000, f"more than {safe_xml.MAX_DEPTH} levels"),
        (GOOD.replace('"one"', f'"{"x" * 20_000_000}"'), f"longer than {safe_xml.MAX_TEXT:,} characters"),
        ("[" * 200_000, "nested too deeply"),
    ],
    ids=["depth", "attribute", "json"],
)
def test_a02_each_cap_is_named(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "x.xml").write_text(text)
    with pytest.raises(FormatError, match=words):
        load_annotations(tmp_path / "x.xml")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("kind", ["xml", "json"])
def test_a03_every_encoding_with_its_mark_is_read(tmp_path: Path, encoding: str, kind: str) -> None:
    drawn = AnnotationSet((an_annotation(name="Läsion 🧬"),))
    text = GOOD.replace("one", "Läsion 🧬") if kind == "xml" else geojson.dumps(drawn).decode()
    (tmp_path / "x").write_bytes(text.encode(encoding))
    (item,) = load_annotations(tmp_path / "x").annotations
    assert item.name == "Läsion 🧬"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("kind", ["xml", "json"])
def test_a03_a_cut_file_is_refused_with_its_place(tmp_path: Path, share: float, kind: str) -> None:
    data = GOOD.encode() if kind == "xml" else geojson.dumps(AnnotationSet((an_annotation(),)))
    (tmp_path / "x").write_bytes(data[: int(share * len(data))])
    with pytest.raises(FormatError, match=r"line \d+, column \d+"):
        load_annotations(tmp_path / "x")


@pytest.mark.parametrize("sign", ["\0", "\x01", "\x1f"])
def test_a03_control_characters_are_refused_with_their_place(tmp_path: Path, sign: str) -> None:
    (tmp_path / "x.xml").write_text(GOOD.replace("one", f"o{sign}ne"))
    with pytest.raises(FormatError, match=r"line 1, column \d+"):
        load_annotations(tmp_path / "x.xml")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a04_a_number_that_is_none_is_refused(tmp_path: Path, number: str) -> None:
    (tmp_path / "x.xml").write_text(GOOD.replace('X="9"', f'X="{number}"', 1))
    with pytest.raises(FormatError, match=r"annotation 1 \('one'\) is not a finite number"):
        load_annotations(tmp_path / "x.xml")
    (tmp_path / "x.geojson").write_text(f'{{"type": "Point", "coordinates": [1, {number}]}}')
    with pytest.raises(FormatError, match="is not a finite number"):
        load_annotations(tmp_path / "x.geojson")


def test_a04_what_lies_outside_the_slide_is_kept(tmp_path: Path) -> None:
    """A shape beyond the slide's edge is drawn there by hand, too: it is no damage."""
    drawn = AnnotationSet((an_annotation(geometry=a_polygon(-5e6, 5e6)),))
    save_annotations(tmp_path / "x.geojson", drawn)
    assert load_annotations(tmp_path / "x.geojson").annotations == drawn


SHAPES = {
    "bow-tie": ("Polygon", [[[0, 0], [9, 9], [9, 0], [0, 9], [0, 0]]], 1, False),
    "flat": ("Polygon", [[[0, 0], [9, 0], [5, 0], [0, 0]]], 1, False),
    "short": ("Polygon", [[[0, 0], [9, 0], [0, 0]]], 0, True),
    "short hole": ("Polygon", [[[0, 0], [9, 0], [9, 9], [0, 0]], [[1, 1], [2, 2], [1, 1]]], 1, True),
    "multi": ("MultiPolygon", [[[[0, 0], [9, 0], [9, 9], [0, 0]]], [[[20, 0], [29, 0], [29, 9], [20, 0]]]], 2, True),
    "lines": ("MultiLineString", [[[0, 0], [9, 0]], [[1, 1], [2, 2]]], 2, True),
    "unknown": ("CircularString", [[0, 0], [1, 1]], 0, True),
}


@pytest.mark.parametrize("kind", SHAPES)
def test_a05_odd_shapes_are_kept_or_listed(tmp_path: Path, kind: str) -> None:
    shape, coordinates, count, is_told = SHAPES[kind]
    feature = {"type": "Feature", "geometry": {"type": shape, "coordinates": coordinates}, "properties": {}}
    collection = {"type": "FeatureCollection", "features": [feature]}
    (tmp_path / "x.geojson").write_text(json.dumps(collection))
    loaded = load_annotations(tmp_path / "x.geojson")
    assert (len(loaded.annotations), bool(loaded.notes)) == (count, is_told)


def killed(what: str, runs: int) -> dict[str, int]:
    command = [sys.executable, str(KILLER), what, "--runs", str(runs)]
    return json.loads(subprocess.run(command, check=False, capture_output=True, timeout=300).stdout)


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
@pytest.mark.timeout(300)
def test_a07_an_import_killed_midway_adds_all_or_nothing() -> None:
    tally = killed("import", 50)
    assert tally["bad"] == 0
    assert tally["before"] + tally["after"] == 50
    assert tally["before"] > 0, "no kill came in time"


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
@pytest.mark.timeout(300)
def test_a09_an_export_killed_midway_leaves_the_old_file_or_the_new() -> None:
    tally = killed("export", 100)
    assert tally["bad"] == 0
    assert tally["before"] + tally["after"] == 100
    assert tally["before"] > 0, "no kill came in time"


@pytest.mark.skipif(sys.platform == "win32", reason="has no such limit")
def test_a08_where_files_may_not_grow_the_old_one_stays_and_no_draft() -> None:
    command = [sys.executable, str(KILLER), "full-disk"]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=120).stdout)
    assert (told["error"], told["intact"], told["left"]) == ("FormatError", True, ["x.xml"])
    assert "x.xml could not be written" in told["message"]
    assert "disk" in told["hint"]


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)]
    if (
        sys.platform != "linux"
        or os.geteuid()
        or subprocess.run(command, check=False, capture_output=True).returncode
    ):
        pytest.skip("no small file system may be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("ending", ["xml", "geojson", "imagescope.xml"])
def test_a08_on_a_full_disk_the_old_file_stays_and_no_draft(tiny_disk: Path, ending: str) -> None:
    file = tiny_disk / f"x.{ending}"
    save_annotations(file, kill_files.a_set(1))
    before = file.read_bytes()
    with pytest.raises(FormatError, match="could not be written") as caught:
        save_annotations(file, kill_files.a_set(kill_files.NEW))
    assert "disk is full" in caught.value.hint
    assert (file.read_bytes(), list(tiny_disk.iterdir())) == (before, [file])


@pytest.mark.skipif(sys.platform == "win32" or not os.geteuid(), reason="root may write everywhere")
def test_a08_a_folder_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    with pytest.raises(FormatError, match="could not be written") as caught:
        save_annotations(folder / "x.xml", kill_files.a_set(1))
    assert "permission" in caught.value.hint


def test_a08_a_folder_in_the_place_of_the_file_stays(tmp_path: Path) -> None:
    target = tmp_path / "x.xml"
    target.mkdir()
    with pytest.raises(FormatError, match="could not be written"):
        save_annotations(target, kill_files.a_set(1))
    assert list(tmp_path.iterdir()) == [target]
