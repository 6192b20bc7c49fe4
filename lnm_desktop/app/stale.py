"""Whether a run would still be given the same: its slide, its clinical values, its regions, its model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from lnm_desktop.domain.annotation import AnnotationSet
from lnm_desktop.domain.clinical import ClinicalRecord, ClinicalSchema
from lnm_desktop.domain.prediction import Prediction
from lnm_desktop.errors import ImageNotFound
from lnm_desktop.formats.clinical_json import record_to_dict
from lnm_desktop.formats.geometry_json import geometry_from_dict
from lnm_desktop.imaging.fingerprint import fingerprint
from lnm_desktop.imaging.parts import files_of
from lnm_desktop.plugin.spec import ModelSpec

SAME_SIZE = 1e-9


class SlideHashes:
    """Fingerprints of slides, each computed once for each state of its files."""

    def __init__(self) -> None:
        self._known: dict[tuple[Path, float], str] = {}

    def changed(self, path: Path, recorded: str, since_utc: str) -> bool:
        """Whether a slide is another file than the recorded one. Raises ImageNotFound.

        Every byte is read, but only where a file was touched since then.
        """
        touched = _touched(path)
        if touched < _seconds(since_utc):
            return False
        key = (path, touched)
        if key not in self._known:
            self._known[key] = fingerprint(path)
        return self._known[key] != recorded


@dataclass(frozen=True)
class Inputs:
    """What a run would be given now. `models` holds spec and plugin version by model id; None: not known yet."""

    slide: Path
    user_mpp: float
    clinical: ClinicalRecord
    schema: ClinicalSchema
    drawn: AnnotationSet
    models: Mapping[str, tuple[ModelSpec, str]] | None
    hashes: SlideHashes = field(default_factory=SlideHashes)


def stale_reasons(prediction: Prediction, inputs: Inputs) -> tuple[str, ...]:
    """What has changed since the run, in words; empty where nothing has. Raises FormatError for a strange record."""
    facts = prediction.provenance.repeatable
    started = str(prediction.provenance.circumstances.get("started_utc", ""))
    return (
        *_slide(facts, started, inputs),
        *_clinical(facts, inputs),
        *_regions(facts, inputs),
        *_model(prediction, inputs),
    )


def _slide(facts: Mapping[str, Any], started: str, inputs: Inputs) -> Iterator[str]:
    try:
        if inputs.hashes.changed(inputs.slide, str(facts.get("image_fingerprint", "")), started):
            yield "The slide's file was changed."
    except ImageNotFound:
        yield "The slide's file cannot be read."
    stated = facts.get("slide_mpp_x", 0.0)
    if facts.get("slide_mpp_source") == "user" and abs(float(stated) - inputs.user_mpp) > SAME_SIZE:
        yield f"The stated pixel size was {stated:g} µm, and is {inputs.user_mpp:g} µm."


def _clinical(facts: Mapping[str, Any], inputs: Inputs) -> Iterator[str]:
    """The fields that the model was given, and those that it would be given now."""
    before: Mapping[str, Any] = facts.get("clinical", {})
    installed = (inputs.models or {}).get(str(facts.get("model")))
    wanted = {*before, *(installed[0].needs_clinical if installed else ())}
    now = {key: value for key, value in record_to_dict(inputs.clinical).items() if key in wanted}
    labels = {item.id: item.label for item in inputs.schema.fields}
    for name in sorted(wanted):
        if before.get(name) != now.get(name):
            yield f"{labels.get(name, name)} was {_spoken(before.get(name))}, and is {_spoken(now.get(name))}."


def _regions(facts: Mapping[str, Any], inputs: Inputs) -> Iterator[str]:
    regions = [geometry_from_dict(item) for item in facts.get("regions", ())]
    if not regions:
        return
    drawn = {item.geometry for item in inputs.drawn}
    if gone := sum(region not in drawn for region in regions):
        yield f"{gone} of the {len(regions)} regions that it looked at were changed or removed."


def _model(prediction: Prediction, inputs: Inputs) -> Iterator[str]:
    if inputs.models is None:
        return
    if prediction.model_id not in inputs.models:
        yield "The model is not installed."
        return
    facts, (spec, plugin_version) = prediction.provenance.repeatable, inputs.models[prediction.model_id]
    if spec.version != prediction.model_version:
        yield f"The model was version {prediction.model_version}, and is {spec.version}."
    elif str(facts.get("plugin_version", plugin_version)) != plugin_version:
        yield f"The model's plugin was version {facts['plugin_version']}, and is {plugin_version}."
    if str(facts.get("weights_sha256", spec.weights_sha256)) != spec.weights_sha256:
        yield "The model's weights are other ones."


def _spoken(value: Any) -> str:
    if value is None:
        return "not asked"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "unknown" if isinstance(value, Mapping) else f"{value:g}" if isinstance(value, float) else str(value)


def _touched(path: Path) -> float:
    """When one of a slide's files was written, put in its place or renamed last, in seconds. Raises ImageNotFound."""
    try:
        states = [file.stat() for file in files_of(path)]
    except OSError as error:
        raise ImageNotFound(f"{path.name} cannot be read", hint="Check that it is there and may be read.") from error
    return max((max(state.st_mtime, state.st_ctime) for state in states), default=0.0)


def _seconds(utc: str) -> float:
    """Seconds of an ISO time; the beginning of time for a text that is none, so that every file counts as touched."""
    try:
        return datetime.fromisoformat(utc).timestamp()
    except ValueError:
        return 0.0
