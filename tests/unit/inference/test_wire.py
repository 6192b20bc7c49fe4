"""Requests and events survive the way to a worker and back through JSON."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lnm_desktop.domain.clinical import Absent, ClinicalRecord
from lnm_desktop.domain.geometry import Point, Region, Size, rectangle
from lnm_desktop.domain.ids import RunId
from lnm_desktop.domain.prediction import HeatmapGrid
from lnm_desktop.inference.events import (
    Event,
    GridAnnounced,
    Progress,
    Stage,
    TileDone,
    event_from_dict,
    event_to_dict,
)
from lnm_desktop.inference.request import PredictionRequest
from lnm_desktop.inference.wire import request_from_dict, request_to_dict


def test_a_request_survives() -> None:
    request = PredictionRequest(
        run_id=RunId("r"),
        model_id="m",
        image_path="/a/ü.svs",
        out_dir="/out",
        user_mpp=0.25,
        regions=(rectangle(Region(0.1, 2, 30, 40)),),
        clinical=ClinicalRecord({"age": 51.0, "er": True, "grade": Absent.UNKNOWN, "note": "unknown"}),
        options={"stride_px": 64},
        device="cpu",
        threads=2,
        synthetic_input=True,
    )
    assert request_from_dict(json.loads(json.dumps(request_to_dict(request)))) == request


@pytest.mark.parametrize(
    "event",
    [
        Stage("running"),
        Progress(3, 10, "tiles", 2.5, 2.8),
        GridAnnounced(HeatmapGrid("tumor", "Tumour", 3, 2, Point(0, 1.5), Size(12.25, 12.25))),
    ],
)
def test_an_event_survives(event: Event) -> None:
    assert event_from_dict(json.loads(json.dumps(event_to_dict(event)))) == event


def test_a_block_of_a_map_survives_to_the_bit() -> None:
    values = np.array([[0.1, np.nan, 1e-38], [1.0, 0.0, 0.3]], np.float32)
    sent = TileDone("tumor", 4, 5, values[:, ::-1])
    back = event_from_dict(json.loads(json.dumps(event_to_dict(sent))))
    assert isinstance(back, TileDone)
    assert (back.name, back.column, back.row) == ("tumor", 4, 5)
    assert back.values.dtype == np.float32
    assert back.values.tobytes() == np.ascontiguousarray(values[:, ::-1]).tobytes()


def test_what_is_not_an_event_is_refused() -> None:
    with pytest.raises(ValueError, match="'other' is not an event"):
        event_from_dict({"event": "other"})
