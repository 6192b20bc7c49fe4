"""A model's options as they were typed, checked against the schema that its plugin gave."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator

from lnm_desktop.errors import InferenceError

_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def parse_options(options: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """The options with text turned into the schema's types. Raises InferenceError naming the option."""
    properties: Mapping[str, Any] = schema.get("properties", {})
    for name in options:
        if name not in properties:
            raise _unknown(name, list(properties))
    parsed = {name: _typed(value, properties[name].get("type")) for name, value in options.items()}
    for error in Draft202012Validator(schema).iter_errors(parsed):
        name = str(error.path[0]) if error.path else "options"
        hint = str(properties.get(name, {}).get("description", "")) or "See the model's options."
        raise InferenceError(f"the option {name!r} is wrong: {error.message}", hint=hint, option=name)
    return parsed


def _typed(value: Any, kind: Any) -> Any:
    """A text as the number or truth value that it spells; anything else unchanged, for the schema to judge."""
    if not isinstance(value, str):
        return value
    try:
        if kind == "integer":
            return int(value)
        if kind == "number":
            return float(value)
    except ValueError:
        return value
    return _WORDS.get(value.lower(), value) if kind == "boolean" else value


def _unknown(name: str, known: list[str]) -> InferenceError:
    near = difflib.get_close_matches(name, known, n=1)
    listed = f"It has: {', '.join(known)}." if known else "It has no options."
    hint = f"Did you mean {near[0]!r}?" if near else listed
    return InferenceError(f"the model has no option {name!r}", hint=hint, option=name)
