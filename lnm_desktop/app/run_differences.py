"""In what two runs differ, in words: slide, weights, libraries, settings, numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.prediction import Score
from lnm_desktop.formats.prediction_bundle import Bundle, same_numbers

NUMBERS = "numbers"
_SHOWN = 48
_HASH = 12
_ABSENT = "not recorded"
_KINDS = {
    "image_fingerprint": ("slide", "The slide is another file"),
    "slide_mpp_x": ("slide", "The slide's pixel size in x, µm"),
    "slide_mpp_y": ("slide", "The slide's pixel size in y, µm"),
    "slide_mpp_source": ("slide", "Where the pixel size comes from"),
    "regions": ("regions", "The regions looked at"),
    "clinical": ("clinical", "The clinical values"),
    "options": ("options", "The options"),
    "model": ("model", "The model"),
    "model_version": ("model", "The model's version"),
    "weights_sha256": ("weights", "The weights are other ones"),
    "plugin": ("plugin", "The plugin"),
    "plugin_version": ("plugin", "The plugin's version"),
    "plugin_sha256": ("plugin", "The plugin's files are other ones"),
    "device": ("device", "The device"),
    "arithmetic": ("device", "What computes on the device"),
    "lnm_desktop": ("application", "The version of LNM Desktop"),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same. `largest` is the greatest difference of two numbers, where there are any."""

    what: str
    words: str
    largest: float | None = None


def run_differences(one: Bundle, two: Bundle) -> tuple[Difference, ...]:
    """All that differs between two runs: what the numbers depend on, then the numbers, compared bit for bit."""
    facts = one.prediction.provenance.repeatable, two.prediction.provenance.repeatable
    return (*fact_differences(*facts), *_number_differences(one, two))


def fact_differences(one: Mapping[str, Any], two: Mapping[str, Any]) -> tuple[Difference, ...]:
    """What differs of the repeatable facts of two runs, each library by its name."""
    plain = [{key: value for key, value in facts.items() if key != "libraries"} for facts in (one, two)]
    libraries = one.get("libraries") or {}, two.get("libraries") or {}
    found = [_fact(key, before, now) for key, before, now in _changed(*plain)]
    found += [Difference("library", _was_is(key, before, now)) for key, before, now in _changed(*libraries)]
    return tuple(found)


def _changed(one: Mapping[str, Any], two: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for key in dict.fromkeys((*one, *two)):
        before, now = one.get(key, _ABSENT), two.get(key, _ABSENT)
        if before != now:
            yield key, before, now


def _fact(key: str, before: Any, now: Any) -> Difference:
    kind, words = _KINDS.get(key, ("setting", key.replace("_", " ").capitalize()))
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        parts = "; ".join(_was_is(name, *values) for name, *values in _changed(before, now))
        return Difference(kind, f"{words}: {parts}")
    return Difference(kind, _was_is(words, _short(key, before), _short(key, now)))


def _was_is(name: str, before: Any, now: Any) -> str:
    return f"{name}: was {_told(before)}, is {_told(now)}"


def _short(key: str, value: Any) -> Any:
    return value[:_HASH] if key.endswith(("sha256", "fingerprint")) and value != _ABSENT else value


def _told(value: Any) -> str:
    if isinstance(value, list):
        return f"{len(value)} of them" if value else "none"
    words = str(value)
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}…"


def _number_differences(one: Bundle, two: Bundle) -> Iterator[Difference]:
    for found in same_numbers(one, two):
        what, _, name = found.partition(" ")
        if what == "score":
            yield _score_difference(name, one.prediction.scores, two.prediction.scores)
        elif what == "map":
            yield _map_difference(name, one.maps.get(name), two.maps.get(name))
        elif what == "heatmaps":
            yield Difference(NUMBERS, "The maps' cells lie elsewhere")
        elif what == "regions":
            counts = len(one.prediction.regions), len(two.prediction.regions)
            yield Difference(NUMBERS, f"The ranked regions differ: {counts[0]} then, {counts[1]} now")


def _score_difference(name: str, one: tuple[Score, ...], two: tuple[Score, ...]) -> Difference:
    before, now = ({score.id: score for score in scores}.get(name) for scores in (one, two))
    if before is None or now is None:
        return Difference(NUMBERS, f"The score {name} is there in one of the runs only")
    largest = abs(now.value - before.value)
    if largest == 0:
        return Difference(NUMBERS, f"The score {name} has another label, unit or meaning", 0.0)
    values = f"was {before.value:.6g}, is {now.value:.6g}"
    return Difference(NUMBERS, f"The score {before.label}: {values} (difference {largest:.3g})", largest)


def _map_difference(name: str, one: NDArray[np.float32] | None, two: NDArray[np.float32] | None) -> Difference:
    if one is None or two is None:
        return Difference(NUMBERS, f"The map {name} is there in one of the runs only")
    if one.shape != two.shape:
        shapes = f"{one.shape[1]} × {one.shape[0]} then, {two.shape[1]} × {two.shape[0]} now"
        return Difference(NUMBERS, f"The map {name} has another number of cells: {shapes}")
    return _cell_difference(name, one.astype(np.float64), two.astype(np.float64))


def _cell_difference(name: str, one: NDArray[np.float64], two: NDArray[np.float64]) -> Difference:
    known = np.isfinite(one) & np.isfinite(two)
    apart = np.abs(one[known] - two[known])
    differing = int(np.count_nonzero(apart)) + int((np.isfinite(one) != np.isfinite(two)).sum())
    largest = float(apart.max(initial=0.0))
    words = f"The map {name}: {differing:,} of {one.size:,} cells differ, by at most {largest:.3g}"
    if lone := int((np.isfinite(one) != np.isfinite(two)).sum()):
        words += f"; {lone:,} examined in one of the runs only"
    return Difference(NUMBERS, words, largest)
