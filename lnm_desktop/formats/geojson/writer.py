"""Annotations to a GeoJSON FeatureCollection that QuPath opens and that loses nothing."""

from __future__ import annotations

import re
import uuid
from typing import Any

from lnm_desktop.domain.annotation import Annotation, AnnotationGroup, AnnotationSet
from lnm_desktop.domain.geometry import Geometry, Ring, Shape
from lnm_desktop.domain.prediction import RESEARCH_USE_ONLY
from lnm_desktop.formats import strict_json
from lnm_desktop.formats.geometry_json import group_to_dict, ring_to_list
from lnm_desktop.formats.loaded import counted

OWN = "lnm"
_HEX_ID = re.compile(r"[0-9a-f]{32}")


def dumps(annotations: AnnotationSet) -> bytes:
    """A FeatureCollection in level-0 pixels. What QuPath has no place for stands in members named "lnm"."""
    groups = {group.name: group for group in annotations.groups}
    return strict_json.dumps(
        {
            "type": "FeatureCollection",
            "features": [_feature(annotation, groups) for annotation in annotations],
            OWN: {"notice": RESEARCH_USE_ONLY, "groups": [group_to_dict(group) for group in annotations.groups]},
        }
    )


def losses(annotations: AnnotationSet) -> tuple[str, ...]:
    """What other programs will see otherwise; this program reads everything back."""
    number = sum(annotation.geometry.shape is Shape.SPLINE for annotation in annotations)
    return (f"Other programs show {counted(number, 'spline')} as the polygon of its points.",) if number else ()


def _feature(annotation: Annotation, groups: dict[str, AnnotationGroup]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": _uuid(annotation.id),
        "geometry": _geometry(annotation.geometry),
        "properties": {
            "objectType": "annotation",
            **({"name": annotation.name} if annotation.name else {}),
            "color": _rgb(annotation.color),
            **({"classification": _classification(annotation, groups)} if annotation.group else {}),
            OWN: {
                "id": annotation.id,
                "shape": annotation.geometry.shape.value,
                "color": annotation.color,
                "author": annotation.author,
                "created": annotation.created,
                "origin": annotation.origin,
                **({"comment": annotation.comment} if annotation.comment else {}),
            },
        },
    }


def _classification(annotation: Annotation, groups: dict[str, AnnotationGroup]) -> dict[str, Any]:
    """QuPath's class: `color` for its versions from 0.3 on, `colorRGB` (a signed 32-bit ARGB) for older ones."""
    group = groups.get(annotation.group)
    red, green, blue = _rgb(group.color if group else annotation.color)
    packed = (0xFF << 24 | red << 16 | green << 8 | blue) - (1 << 32)
    return {"name": annotation.group, "color": [red, green, blue], "colorRGB": packed}


def _geometry(geometry: Geometry) -> dict[str, Any]:
    points = ring_to_list(geometry.points)
    if geometry.shape is Shape.DOT and len(points) == 1:
        return {"type": "Point", "coordinates": points[0]}
    if geometry.shape in (Shape.DOT, Shape.POINT_SET):
        return {"type": "MultiPoint", "coordinates": points}
    if geometry.shape is Shape.MEASUREMENT:
        return {"type": "LineString", "coordinates": points}
    return {"type": "Polygon", "coordinates": [_closed(ring) for ring in (geometry.points, *geometry.holes)]}


def _closed(ring: Ring) -> list[list[float]]:
    """GeoJSON repeats the first point at the end (RFC 7946, 3.1.6)."""
    points = ring_to_list(ring)
    return points + points[:1]


def _rgb(color: str) -> list[int]:
    return list(bytes.fromhex(color[1:]))


def _uuid(identity: str) -> str:
    """QuPath takes UUIDs with dashes only; the identifier as it is stands in the "lnm" member."""
    return str(uuid.UUID(identity)) if _HEX_ID.fullmatch(identity) else identity
