"""JSON text in which nothing is guessed: no NaN, no repeated keys, no bottomless nesting, exact types."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, TypeVar

from lnm_desktop.errors import FormatError

T = TypeVar("T")


def loads(data: bytes, *, name: str) -> Any:
    """What the bytes hold (UTF-8, with or without a byte order mark; UTF-16 and UTF-32 with one).

    Raises FormatError naming the file and the place of the fault.
    """
    try:
        text = data.decode(_encoding(data))
        return json.loads(
            text, parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_without_repeats
        )
    except UnicodeDecodeError as error:
        raise _damaged(name, f"byte {error.start} is not text in {error.encoding}") from error
    except json.JSONDecodeError as error:
        raise _damaged(name, f"line {error.lineno}, column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise _damaged(name, "it is nested too deeply") from error
    except ValueError as error:
        raise _damaged(name, str(error)) from error


def dumps(data: object) -> bytes:
    """ASCII JSON text with a final line end. Raises FormatError for what JSON cannot hold."""
    try:
        return (json.dumps(data, allow_nan=False, indent=1) + "\n").encode("ascii")
    except (TypeError, ValueError, RecursionError) as error:
        raise FormatError(f"this cannot be written as JSON: {error}", hint="Please report it.") from error


def is_json_text(data: bytes) -> bool:
    """True where the first character says that these bytes are meant as JSON."""
    head = data[:256].decode(_encoding(data), "ignore").lstrip()
    return head.startswith(("{", "["))


class Fields:
    """Reads an object's fields in their exact types. Every method raises ValueError naming the field."""

    def __init__(self, data: object, place: str) -> None:
        if not isinstance(data, Mapping):
            raise ValueError(f"{place} is not an object")
        self._data: Mapping[str, Any] = data
        self._place = place

    def has(self, key: str) -> bool:
        """True where there is such a field."""
        return key in self._data

    def text(self, key: str) -> str:
        """Text."""
        return self._typed(key, str, "text")

    def number(self, key: str) -> float:
        """A number, finite or not, as a float."""
        value = self._value(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{self._place}: {key!r} is not a number")
        return float(value)

    def whole(self, key: str) -> int:
        """A whole number of at least 0."""
        value = self._value(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ValueError(f"{self._place}: {key!r} is not a whole number")
        return value

    def items(self, key: str) -> list[Any]:
        """A list."""
        return self._typed(key, list, "a list")

    def object(self, key: str) -> dict[str, Any]:
        """An object."""
        return self._typed(key, dict, "an object")

    def fields(self, key: str) -> Fields:
        """An object's own fields."""
        return Fields(self._value(key), f"{self._place}.{key}")

    def list_of_fields(self, key: str) -> list[Fields]:
        """The fields of each object of a list."""
        return [Fields(item, f"{self._place}.{key}[{place}]") for place, item in enumerate(self.items(key))]

    def _value(self, key: str) -> Any:
        if key not in self._data:
            raise ValueError(f"{self._place} has no {key!r}")
        return self._data[key]

    def _typed(self, key: str, kind: type[T], words: str) -> T:
        value = self._value(key)
        if not isinstance(value, kind):
            raise ValueError(f"{self._place}: {key!r} is not {words}")
        return value


def _encoding(data: bytes) -> str:
    if data.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "utf-32"
    return "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        repeated = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise ValueError(f"the key {repeated!r} occurs twice in one object")
    return found


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is not a finite number")
    return value


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is not a finite number")


def _damaged(name: str, reason: str) -> FormatError:
    return FormatError(f"{name} cannot be read: {reason}", hint="Get the file again, or mend it with an editor.")
