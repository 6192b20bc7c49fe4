"""Options as they were typed become what the model expects, or are refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from lnm_desktop.app.options import parse_options
from lnm_desktop.errors import InferenceError
from lnm_desktop.plugin.tile_classifier import TileOptions

SCHEMA: dict[str, Any] = TileOptions.model_json_schema()


def test_texts_become_numbers() -> None:
    parsed = parse_options({"stride_px": "64", "tissue_fraction": "0.25"}, SCHEMA)
    assert parsed == {"stride_px": 64, "tissue_fraction": 0.25}
    assert TileOptions.model_validate(parsed).stride_px == 64


def test_texts_become_truth_values() -> None:
    schema = {"type": "object", "properties": {"fast": {"type": "boolean"}}}
    assert parse_options({"fast": "yes"}, schema) == {"fast": True}
    with pytest.raises(InferenceError, match="'fast'"):
        parse_options({"fast": "perhaps"}, schema)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"stride_px": 33}, "stride_px"),
        ({"batch_size": -1}, "batch_size"),
        ({"tissue_fraction": "many"}, "tissue_fraction"),
    ],
)
def test_a_wrong_value_is_named(options: dict[str, Any], name: str) -> None:
    with pytest.raises(InferenceError) as caught:
        parse_options(options, SCHEMA)
    assert caught.value.facts["option"] == name
    assert caught.value.hint


def test_an_unknown_option_is_named_with_the_nearest() -> None:
    with pytest.raises(InferenceError) as caught:
        parse_options({"batchsize": 8}, SCHEMA)
    assert caught.value.hint == "Did you mean 'batch_size'?"
    with pytest.raises(InferenceError) as none:
        parse_options({"x": 8}, {"type": "object"})
    assert none.value.hint == "It has no options."
