"""Domain objects as JSON bodies and back, exactly: floats survive to the last bit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lnm_desktop.domain.annotation import Annotation, AnnotationGroup
from lnm_desktop.domain.bookmark import Bookmark
from lnm_desktop.domain.case import Case, CaseImage, CaseStatus, Treatment
from lnm_desktop.domain.clinical import Absent, Value
from lnm_desktop.domain.geometry import Geometry, Point, Ring, Shape, is_hole
from lnm_desktop.domain.ids import AnnotationId, BookmarkId, CaseId, ImageId, ReadingId, RunId
from lnm_desktop.domain.image import ImageKind
from lnm_desktop.domain.prediction import Score
from lnm_desktop.domain.reading import Reading, Source
from lnm_desktop.store.journal import Body
from lnm_desktop.store.records import PredictionRecord

_TEXTS = ("group", "name", "color", "author", "created", "origin")
_USUAL = {"locked": False, "visible": True, "filled": True}


def points_to(ring: Ring) -> list[list[float]]:
    """[[x, y], …] of a ring."""
    return [[float(point.x), float(point.y)] for point in ring]


def points_from(data: list[list[float]]) -> Ring:
    """The ring of [[x, y], …]."""
    return tuple(Point(x, y) for x, y in data)


def annotation_to(annotation: Annotation) -> Body:
    """An annotation without its id."""
    geometry = annotation.geometry
    body: Body = {name: getattr(annotation, name) for name in _TEXTS}
    body |= {"shape": geometry.shape.value, "points": points_to(geometry.points)}
    body |= {"comment": annotation.comment} if annotation.comment else {}
    return body | ({"holes": [points_to(hole) for hole in geometry.holes]} if geometry.holes else {})


def annotation_from(annotation_id: str, body: Mapping[str, Any]) -> Annotation:
    """The annotation of an id and a body."""
    # Earlier versions kept holes of one or two points, which take nothing away.
    holes = tuple(ring for ring in map(points_from, body.get("holes", ())) if is_hole(ring))
    geometry = Geometry(Shape(body["shape"]), points_from(body["points"]), holes)
    return Annotation(AnnotationId(annotation_id), geometry, **_texts(body))


def _texts(body: Mapping[str, Any]) -> dict[str, str]:
    return {name: body[name] for name in _TEXTS} | {"comment": body.get("comment", "")}


def groups_to(groups: tuple[AnnotationGroup, ...]) -> Body:
    """Declared groups in order."""
    return {"groups": [_group_to(group) for group in groups]}


def groups_from(body: Mapping[str, Any]) -> tuple[AnnotationGroup, ...]:
    """Declared groups in order."""
    return tuple(_group_from(*row) for row in body["groups"])


def _group_to(group: AnnotationGroup) -> list[Any]:
    """Name, colour, parent and attributes; then the flags, where one is not as it usually is."""
    row: list[Any] = [group.name, group.color, group.parent, [list(pair) for pair in group.attributes]]
    flags = {name: getattr(group, name) for name, usual in _USUAL.items() if getattr(group, name) != usual}
    return [*row, flags] if flags else row


def _group_from(
    name: str, color: str, parent: str, pairs: list[list[str]], flags: Mapping[str, bool] | None = None
) -> AnnotationGroup:
    attributes = tuple((key, value) for key, value in pairs)
    return AnnotationGroup(name, color, parent, attributes, **dict(flags or {}))


def case_to(case: Case) -> Body:
    """A case without its id; what nobody has stated is left out."""
    body: Body = {"pseudonym": case.pseudonym, "created": case.created, "synthetic": case.synthetic}
    stated = {
        "status": case.status.value if case.status is not CaseStatus.OPEN else "",
        "treatment": case.treatment.value if case.treatment is not Treatment.UNKNOWN else "",
        "diagnosed": case.diagnosed,
        "tags": list(case.tags),
        "nodes": dict(case.nodes),
    }
    return body | {key: value for key, value in stated.items() if value}


def case_from(case_id: str, body: Mapping[str, Any]) -> Case:
    """The case of an id and a body."""
    return Case(
        CaseId(case_id),
        body["pseudonym"],
        body["created"],
        body["synthetic"],
        CaseStatus(body.get("status", CaseStatus.OPEN)),
        Treatment(body.get("treatment", Treatment.UNKNOWN)),
        body.get("diagnosed", ""),
        tuple(body.get("tags", ())),
        tuple((ImageId(key), name) for key, name in body.get("nodes", {}).items()),
    )


def image_to(image: CaseImage) -> Body:
    """An image without its ids."""
    facts = {"kind": image.kind.value, "path": image.path, "label": image.label}
    return facts | {"fingerprint": image.fingerprint, "user_mpp": float(image.user_mpp)}


def image_from(image_id: str, case_id: str, body: Mapping[str, Any]) -> CaseImage:
    """The image of its ids and a body."""
    kind = ImageKind(body["kind"])
    texts = (body["path"], body["label"], body["fingerprint"])
    return CaseImage(ImageId(image_id), CaseId(case_id), kind, *texts, user_mpp=body["user_mpp"])


def value_to(value: Value) -> Body | None:
    """A clinical value; None for one that was not asked."""
    if value is Absent.NOT_ASKED:
        return None
    return {"absent": value.value} if isinstance(value, Absent) else {"value": value}


def value_from(body: Mapping[str, Any]) -> Value:
    """A clinical value."""
    return Absent(body["absent"]) if "absent" in body else body["value"]


def prediction_to(record: PredictionRecord) -> Body:
    """A run without its ids."""
    facts = {"model_id": record.model_id, "model_version": record.model_version, "folder": record.folder}
    return facts | {"utc": record.utc, "scores": [_score_to(score) for score in record.scores]}


def prediction_from(run_id: str, image_id: str, body: Mapping[str, Any]) -> PredictionRecord:
    """The run of its ids and a body."""
    texts = (body["model_id"], body["model_version"], body["folder"])
    scores = tuple(_score_from(score) for score in body["scores"])
    return PredictionRecord(RunId(run_id), ImageId(image_id), *texts, scores=scores, utc=body["utc"])


def bookmark_to(bookmark: Bookmark) -> Body:
    """A bookmark without its ids."""
    view = {"center": points_to((bookmark.center,))[0], "downsample": float(bookmark.downsample)}
    lie = {"rotation_deg": float(bookmark.rotation_deg), "mirrored": bookmark.mirrored}
    return view | lie | {"note": bookmark.note, "author": bookmark.author, "created": bookmark.created}


def bookmark_from(bookmark_id: str, image_id: str, body: Mapping[str, Any]) -> Bookmark:
    """The bookmark of its ids and a body."""
    details = {name: body[name] for name in ("downsample", "rotation_deg", "mirrored", "note", "author", "created")}
    return Bookmark(BookmarkId(bookmark_id), ImageId(image_id), Point(*body["center"]), **details)


def reading_to(reading: Reading) -> Body:
    """A reading without its ids."""
    details = {name: getattr(reading, name) for name in ("author", "created", "model")}
    return {"source": reading.source.value, "probability": float(reading.probability), **details}


def reading_from(reading_id: str, case_id: str, body: Mapping[str, Any]) -> Reading:
    """The reading of its ids and a body."""
    details = {name: body[name] for name in ("author", "created", "model")}
    source = Source(body["source"])
    return Reading(ReadingId(reading_id), CaseId(case_id), source, body["probability"], **details)


def _score_to(score: Score) -> Body:
    # JSON has no nan, yet a score may be one where nothing could be examined.
    value = float(score.value)
    number = value if math.isfinite(value) else repr(value)
    return {"id": score.id, "label": score.label, "value": number, "unit": score.unit, "meaning": score.meaning}


def _score_from(body: Mapping[str, Any]) -> Score:
    return Score(body["id"], body["label"], float(body["value"]), body["unit"], body["meaning"])
