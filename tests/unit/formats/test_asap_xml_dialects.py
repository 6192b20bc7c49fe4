"""ASAP XML as other programs write it, and files that are damaged or hostile."""

from __future__ import annotations

import pytest

from lnm_desktop.domain.annotation import Annotation, AnnotationGroup
from lnm_desktop.domain.geometry import Point, Shape
from lnm_desktop.errors import FormatError
from lnm_desktop.formats import asap_xml
from lnm_desktop.formats.asap_xml import collector
from lnm_desktop.formats.loaded import LoadedAnnotations

SQUARE = ((0, 0), (10, 0), (10, 10), (0, 10))


def coordinates(points: object = SQUARE, first: int = 0, step: int = 1) -> str:
    rows = enumerate(points)  # type: ignore[arg-type]
    return "".join(f'<Coordinate Order="{first + step * place}" X="{x}" Y="{y}"/>' for place, (x, y) in rows)


def annotation(
    body: str = coordinates(), keys: str = 'Name="a" Type="Polygon" PartOfGroup="None" Color="#F4FA58"'
) -> str:
    return f"<Annotation {keys}><Coordinates>{body}</Coordinates></Annotation>"


def document(annotations: str = annotation(), groups: str = "") -> str:
    inner = f"<Annotations>{annotations}</Annotations><AnnotationGroups>{groups}</AnnotationGroups>"
    return f'<?xml version="1.0"?><ASAP_Annotations>{inner}</ASAP_Annotations>'


def load(text: str | bytes) -> LoadedAnnotations:
    return asap_xml.loads(text if isinstance(text, bytes) else text.encode(), name="a.xml")


def only(text: str | bytes) -> Annotation:
    (found,) = load(text).annotations
    return found


def corners(found: Annotation) -> tuple[tuple[float, float], ...]:
    return tuple((point.x, point.y) for point in found.geometry.points)


def test_a_plain_file_gives_no_notes() -> None:
    loaded = load(document())
    assert corners(only(document())) == SQUARE
    assert loaded.notes == ()


def test_decimal_commas() -> None:
    found = only(document(annotation(coordinates((("1,5", "2,25"), ("3", "4"), ("5", "6"))))))
    assert found.geometry.points[0] == Point(1.5, 2.25)


@pytest.mark.parametrize(("first", "step"), [(1, 1), (0, 10), (5, 3), (-2, 1)])
def test_order_that_does_not_start_at_0_or_has_gaps(first: int, step: int) -> None:
    loaded = load(document(annotation(coordinates(first=first, step=step))))
    assert corners(next(iter(loaded.annotations))) == SQUARE
    assert "not numbered 0, 1, 2" in loaded.notes[0]


def test_points_are_put_into_the_order_of_their_numbers() -> None:
    shuffled = "".join(
        f'<Coordinate Order="{place}" X="{SQUARE[place][0]}" Y="{SQUARE[place][1]}"/>' for place in (2, 0, 3, 1)
    )
    assert corners(only(document(annotation(shuffled)))) == SQUARE


@pytest.mark.parametrize("order", ['Order="0"', "", 'Order="x"'])
def test_repeated_or_missing_numbers_keep_the_order_of_the_file(order: str) -> None:
    body = "".join(f'<Coordinate {order} X="{x}" Y="{y}"/>' for x, y in SQUARE)
    loaded = load(document(annotation(body)))
    assert corners(next(iter(loaded.annotations))) == SQUARE
    assert "order in the file was kept" in loaded.notes[0]


def test_no_root_element() -> None:
    loaded = load(f'<?xml version="1.0"?>\n<Annotations>{annotation()}</Annotations><AnnotationGroups/>')
    assert len(loaded.annotations) == 1
    assert loaded.notes == ("The file has no root element.",)


def test_annotations_alone() -> None:
    assert corners(only(f"<Annotations>{annotation()}</Annotations>")) == SQUARE


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_encodings(encoding: str) -> None:
    text = document(annotation(keys='Name="Läsion" Type="Polygon"')).replace(
        '"1.0"?', f'"1.0" encoding="{encoding}"?'
    )
    text = text.replace("utf-8-sig", "utf-8")
    assert only(text.encode(encoding)).name == "Läsion"


def test_white_space_before_the_declaration() -> None:
    assert corners(only(b"\xef\xbb\xbf\r\n  " + document().encode())) == SQUARE


def test_a_default_namespace() -> None:
    assert corners(only(document().replace("<ASAP_Annotations>", '<ASAP_Annotations xmlns="urn:x">'))) == SQUARE


def test_groups_nest_and_keep_their_attributes() -> None:
    groups = (
        '<Group Name="a" PartOfGroup="None" Color="#010203"><Attributes><Attribute k="v"/></Attributes></Group>'
        '<Group Name="b" PartOfGroup="a" Color="red"/>'
    )
    found = load(document(groups=groups)).annotations.groups
    assert found == (AnnotationGroup("a", "#010203", "", (("k", "v"),)), AnnotationGroup("b", "#FF0000", "a"))


def test_an_undeclared_group_is_kept_and_noted() -> None:
    loaded = load(document(annotation(keys='Type="Polygon" PartOfGroup="_0"')))
    assert next(iter(loaded.annotations)).group == "_0"
    assert loaded.notes == ("The group '_0' of 1 annotation is not declared in the file.",)


def test_repeated_nameless_and_ringed_groups_are_noted() -> None:
    groups = (
        '<Group Name="a"/><Group Name="a" Color="#000000"/><Group/><Group Name="None"/>'
        '<Group Name="b" PartOfGroup="c"/><Group Name="c" PartOfGroup="b"/><Group Name="d" PartOfGroup="e"/>'
    )
    loaded = load(document(groups=groups))
    assert [group.name for group in loaded.annotations.groups] == ["a", "b", "c", "d"]
    assert loaded.annotations.groups[0].color == "#64FE2E"
    text = " ".join(loaded.notes)
    for words in ("declared twice", "no usable name", "lies within itself", "'e' around 'd' is not declared"):
        assert words in text


def test_a_missing_colour_is_the_default_and_an_unknown_one_is_noted() -> None:
    assert only(document(annotation(keys='Type="Polygon"'))).color == "#F4FA58"
    loaded = load(document(annotation(keys='Type="Polygon" Color="nonsense"')))
    assert "colour 'nonsense' is unknown" in loaded.notes[0]


@pytest.mark.parametrize(("text", "expected"), [("#80112233", "#112233"), ("#abc", "#AABBCC"), ("blue", "#0000FF")])
def test_colours_as_qt_writes_them(text: str, expected: str) -> None:
    assert only(document(annotation(keys=f'Type="Polygon" Color="{text}"'))).color == expected


def test_an_unknown_type_is_left_out_by_name() -> None:
    loaded = load(document(annotation(keys='Name="e1" Type="Ellipse"') + annotation()))
    assert len(loaded.annotations) == 1
    assert loaded.notes == ("The annotation 1 ('e1') has the unknown type 'Ellipse' and was left out.",)


def test_types_in_another_case() -> None:
    assert only(document(annotation(keys='Type="polygon"'))).geometry.shape is Shape.POLYGON


@pytest.mark.parametrize(("kind", "count"), [("Polygon", 2), ("Spline", 0), ("Measurement", 1), ("Rectangle", 3)])
def test_too_few_points_are_listed(kind: str, count: int) -> None:
    loaded = load(document(annotation(coordinates(SQUARE[:count]), keys=f'Name="s" Type="{kind}"')))
    assert len(loaded.annotations) == 0
    assert f"annotation 1 ('s') was left out: a {kind} needs" in loaded.notes[0]


def test_bow_ties_and_shapes_without_area_are_kept() -> None:
    bow_tie = ((0, 0), (10, 10), (10, 0), (0, 10))
    flat = ((0, 0), (5, 0), (10, 0))
    loaded = load(document(annotation(coordinates(bow_tie)) + annotation(coordinates(flat))))
    assert [corners(item) for item in loaded.annotations] == [bow_tie, flat]


def test_what_is_not_known_is_counted() -> None:
    text = document(annotation(keys='Type="Polygon" Lock="1"') * 2, "<Extra/>").replace(
        "<Annotations>", '<Annotations v="2">'
    )
    notes = " ".join(load(text).notes)
    assert "'Lock' of <Annotation>" in notes
    assert "(2 times)" in notes
    assert "<Extra>" in notes
    assert "'v' of <Annotations>" in notes


def test_many_notes_are_cut_with_their_number() -> None:
    notes = load(document(annotation(keys='Type="Ellipse"') * 150)).notes
    assert len(notes) == 101
    assert notes[-1] == "… and 50 more notes of this kind."


@pytest.mark.parametrize("text", ["nan", "inf", "-Infinity", "1e999", "abc", "", "1_0", "1,2,3"])
def test_a_coordinate_that_is_no_finite_number_is_refused_by_name(text: str) -> None:
    with pytest.raises(FormatError, match=r"a\.xml: a coordinate of annotation 2 \('bad'\) is not a finite number"):
        load(document(annotation() + annotation(coordinates(((text, 0), *SQUARE)), keys='Name="bad" Type="Polygon"')))


def test_a_missing_coordinate_is_refused_by_name() -> None:
    with pytest.raises(FormatError, match="annotation 1 "):
        load(document(annotation(coordinates() + '<Coordinate Order="4" X="1"/>')))


LAUGHS = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
DAMAGED = {
    "empty": ("", "line 1"),
    "text": ("hello", "line 1, column 1"),
    "truncated": (document()[:200], "line 1, column"),
    "NUL": (document().replace("None", "No\0ne"), "line 1, column"),
    "control character": (document().replace("None", "\x01"), "line 1, column"),
    "billion laughs": (document().replace("<ASAP", LAUGHS + "<ASAP", 1), "DTD"),
    "external entity": (document().replace("<ASAP", '<!DOCTYPE l SYSTEM "file:///etc/passwd"><ASAP', 1), "DTD"),
    "DTD without a root": ("<Annotations/>" + LAUGHS + "<Annotations/>", "DTD|line 1"),
    "undefined entity": (document().replace("None", "&x;"), "undefined entity"),
    "unknown encoding": (document().replace('"1.0"', '"1.0" encoding="x-y-z"'), "encoding"),
    "ImageScope": ("<Annotations><Annotation><Regions><Region/></Regions></Annotation></Annotations>", "ImageScope"),
    "other XML": ("<svg/>", "not an ASAP"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damaged_and_hostile_files_are_refused_with_the_reason(case: str) -> None:
    text, words = DAMAGED[case]
    with pytest.raises(FormatError, match=rf"a\.xml cannot be read: .*({words})") as caught:
        load(text)
    assert caught.value.hint


def test_bytes_that_are_not_utf_8_are_refused_with_their_place() -> None:
    with pytest.raises(FormatError, match="line 1, column"):
        load(document(annotation(keys='Name="Läsion" Type="Polygon"')).encode("latin-1"))


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(FormatError, match="nested more than 64 levels"):
        load("<Annotations>" * 200_000)


def test_a_huge_attribute_is_refused() -> None:
    with pytest.raises(FormatError, match="longer than 100,000 characters"):
        load(document(annotation(keys=f'Type="Polygon" Name="{"x" * 20_000_000}"')))


def test_too_many_points_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "MAX_VERTICES", 7)
    with pytest.raises(FormatError, match="more than 7 points"):
        load(document(annotation() * 2))


def test_too_many_annotations_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "MAX_ANNOTATIONS", 1)
    with pytest.raises(FormatError, match="more than 1 annotations"):
        load(document(annotation() * 2))


def test_points_outside_an_annotation_are_noted() -> None:
    notes = load(document("<Coordinate/>" + annotation())).notes
    assert "outside an annotation" in notes[0]
