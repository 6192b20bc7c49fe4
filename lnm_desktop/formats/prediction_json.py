"""A prediction's facts to a JSON object and back, in their exact types."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lnm_desktop.domain.geometry import Point, Region, Size
from lnm_desktop.domain.ids import RunId
from lnm_desktop.domain.prediction import FoundObject, HeatmapGrid, Prediction, Provenance, RankedRegion, Score
from lnm_desktop.errors import FormatError
from lnm_desktop.formats.geometry_json import geometry_from_dict, geometry_to_dict
from lnm_desktop.formats.strict_json import Fields

_NUMBER = "$number"


def prediction_to_dict(prediction: Prediction) -> dict[str, Any]:
    """JSON form without NaN: such numbers become `{"$number": "nan"}`. Raises FormatError for a strange type."""
    provenance = prediction.provenance
    data = {
        "id": prediction.id,
        "model_id": prediction.model_id,
        "model_version": prediction.model_version,
        "scores": [_score_to_dict(score) for score in prediction.scores],
        "heatmaps": [_grid_to_dict(grid) for grid in prediction.heatmaps],
        "regions": [_region_to_list(item) for item in prediction.regions],
        "warnings": list(prediction.warnings),
        "provenance": {"repeatable": provenance.repeatable, "circumstances": provenance.circumstances},
        "notice": prediction.notice,
        "objects": [_object_to_list(item) for item in prediction.objects],
    }
    return _encoded(data, "prediction")


def prediction_from_dict(data: object) -> Prediction:
    """The inverse of `prediction_to_dict`. Raises ValueError naming the field that is missing or of a wrong type."""
    fields = Fields(_decoded(data), "prediction")
    provenance = fields.fields("provenance")
    return Prediction(
        id=RunId(fields.text("id")),
        model_id=fields.text("model_id"),
        model_version=fields.text("model_version"),
        scores=tuple(_score(item) for item in fields.list_of_fields("scores")),
        heatmaps=tuple(_grid(item) for item in fields.list_of_fields("heatmaps")),
        regions=tuple(_ranked_region(item) for item in fields.items("regions")),
        warnings=tuple(_texts(fields.items("warnings"))),
        provenance=Provenance(provenance.object("repeatable"), provenance.object("circumstances")),
        notice=fields.text("notice"),
        # A prediction of an older version has none.
        objects=tuple(_object(item) for item in fields.items("objects")) if fields.has("objects") else (),
    )


def _score_to_dict(score: Score) -> dict[str, Any]:
    return {
        "id": score.id,
        "label": score.label,
        "value": float(score.value),
        "unit": score.unit,
        "meaning": score.meaning,
    }


def _score(fields: Fields) -> Score:
    texts = {key: fields.text(key) for key in ("id", "label", "unit", "meaning")}
    return Score(value=fields.number("value"), **texts)


def _grid_to_dict(grid: HeatmapGrid) -> dict[str, Any]:
    return {
        "name": grid.name,
        "label": grid.label,
        "columns": grid.columns,
        "rows": grid.rows,
        "origin": [float(grid.origin.x), float(grid.origin.y)],
        "cell": [float(grid.cell.width), float(grid.cell.height)],
    }


def _grid(fields: Fields) -> HeatmapGrid:
    return HeatmapGrid(
        fields.text("name"),
        fields.text("label"),
        fields.whole("columns"),
        fields.whole("rows"),
        Point(*_numbers(fields.items("origin"), 2)),
        Size(*_numbers(fields.items("cell"), 2)),
    )


def _ranked_region(item: object) -> RankedRegion:
    x, y, width, height, score = _numbers(item, 5)
    return RankedRegion(Region(x, y, width, height), score)


def _region_to_list(item: RankedRegion) -> list[float]:
    region = item.region
    return [float(number) for number in (region.x, region.y, region.width, region.height, item.score)]


def _object_to_list(item: FoundObject) -> list[Any]:
    return [item.label, float(item.score), geometry_to_dict(item.geometry)]


def _object(item: object) -> FoundObject:
    try:
        label, score, geometry = _list(item)
        return FoundObject(geometry_from_dict(geometry), _texts([label])[0], _numbers([score], 1)[0])
    except FormatError as error:
        raise ValueError(error.message) from error


def _numbers(item: object, count: int) -> list[float]:
    is_number = [isinstance(value, int | float) and not isinstance(value, bool) for value in _list(item)]
    if len(is_number) != count or not all(is_number):
        raise ValueError(f"{item!r} is not a list of {count} numbers")
    return [float(value) for value in _list(item)]


def _texts(items: list[Any]) -> list[str]:
    if not all(isinstance(item, str) for item in items):
        raise ValueError("a warning is not text")
    return items


def _list(item: object) -> list[Any]:
    return item if isinstance(item, list) else []


def _encoded(value: Any, place: str) -> Any:
    """The value in JSON's own types. Raises FormatError naming the place of what is none of them."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return {_NUMBER: repr(value)}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [_encoded(item, f"{place}[{index}]") for index, item in enumerate(value)]
    if hasattr(value, "items") and all(isinstance(key, str) for key in value):
        return {key: _encoded(item, f"{place}.{key}") for key, item in value.items()}
    raise FormatError(
        f"{place} holds a {type(value).__name__}, which a prediction cannot keep",
        hint="The plugin must give numbers, texts, lists and objects only.",
    )


def _decoded(value: Any) -> Any:
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    if isinstance(value, dict):
        if value.keys() == {_NUMBER} and value[_NUMBER] in ("nan", "inf", "-inf"):
            return float(value[_NUMBER])
        return {key: _decoded(item) for key, item in value.items()}
    return value
