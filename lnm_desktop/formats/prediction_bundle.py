"""A prediction as a folder: numbers, maps, a picture and outlines, each under its checksum."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from lnm_desktop.domain.annotation import AnnotationSet
from lnm_desktop.domain.prediction import HeatmapGrid, Prediction
from lnm_desktop.errors import FormatError
from lnm_desktop.formats import asap_xml, strict_json
from lnm_desktop.formats.files import read_bytes, remove_drafts, write_atomic
from lnm_desktop.formats.findings import found_annotations, found_id, model_origin, outline_notes
from lnm_desktop.formats.heatmap_png import colorize, dumps_png
from lnm_desktop.formats.prediction_json import prediction_from_dict, prediction_to_dict
from lnm_desktop.formats.strict_json import Fields

PREDICTION_FILE = "prediction.json"
PICTURE_FILE = "heatmap.png"
ANNOTATIONS_FILE = "annotations.xml"
FEATURES_FILE = "features.safetensors"
SCHEMA_VERSION = 1
MAX_FILE_BYTES = 2 * 1024**3
SHOWN_FROM = 0.1
_FORMAT = "lnm-desktop prediction"
_TENSOR = "values"
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}")
Map = NDArray[np.float32]


@dataclass(frozen=True)
class Bundle:
    """A prediction with its maps, float32 (rows, columns) by grid name, and the outlines of what was found.

    Empty `annotations` are filled by `save_bundle` from the maps, the objects or the ranked regions. `features` are
    arrays by name, such as those of a slide's tiles.
    """

    prediction: Prediction
    maps: dict[str, Map] = field(default_factory=dict)
    annotations: AnnotationSet = field(default_factory=AnnotationSet)
    features: dict[str, NDArray[Any]] = field(default_factory=dict)


def save_bundle(bundle: Bundle, folder: Path) -> None:
    """Write the bundle; `prediction.json` comes last, so a folder without it is unfinished.

    Raises FormatError for maps that do not fit their grids, for strange types, and where the disk refuses.
    """
    _check_maps(bundle)
    bundle = _with_notes(bundle)
    files = _files(bundle)
    text = strict_json.dumps(_signed(_content(bundle, files)))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FormatError(f"the folder {folder.name} cannot be made", hint="Choose another folder.") from error
    for name, data in files.items():
        write_atomic(folder / name, data)
    write_atomic(folder / PREDICTION_FILE, text)
    _remove_stale_maps(folder, files)


def _with_notes(bundle: Bundle) -> Bundle:
    """The bundle whose warnings say which outlines are left out, where they are made here."""
    if len(bundle.annotations):
        return bundle
    prediction = bundle.prediction
    notes = [note for note in outline_notes(prediction, bundle.maps) if note not in prediction.warnings]
    return replace(bundle, prediction=replace(prediction, warnings=(*prediction.warnings, *notes)))


def _remove_stale_maps(folder: Path, files: Mapping[str, bytes]) -> None:
    """Remove the maps of an older bundle that the new one does not name; one that cannot go does no harm."""
    for file in (*folder.glob("heatmap-*.safetensors"), folder / FEATURES_FILE):
        if file.name not in files:
            with contextlib.suppress(OSError):
                file.unlink(missing_ok=True)


def remove_unfinished(folder: Path) -> bool:
    """Remove what a killed writer left of a bundle; True where that was all that lay there.

    A finished bundle, and whatever is not a part of a bundle, stays.
    """
    remove_drafts(folder)
    if (folder / PREDICTION_FILE).exists():
        return False
    names = (PICTURE_FILE, ANNOTATIONS_FILE, FEATURES_FILE)
    for file in (*folder.glob("heatmap-*.safetensors"), *(folder / name for name in names)):
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.rmdir()
    return not folder.exists()


def bundle_folder(bundle: Path) -> Path:
    """The folder of a bundle that was named by itself or by its `prediction.json`."""
    return bundle.parent if bundle.name == PREDICTION_FILE else bundle


def load_bundle(folder: Path) -> Bundle:
    """The bundle in a folder, every file checked against its checksum.

    Raises FormatError naming the file that is missing, was changed, or does not fit the others.
    """
    with _told_of(PREDICTION_FILE):
        content = _read_content(folder)
        prediction = prediction_from_dict(content.object("prediction"))
        maps_by_file = _texts(content.object("maps"))
        sums = _texts(content.object("sha256"))
    files = {name: _read_checked(folder, name, sha256) for name, sha256 in sums.items()}
    maps = {grid.name: _map(grid, maps_by_file, files) for grid in prediction.heatmaps}
    return Bundle(prediction, maps, _annotations(prediction, files), _features(files))


def load_prediction(folder: Path) -> Prediction:
    """What a run says without its maps, whose files are not looked at. Raises FormatError."""
    with _told_of(PREDICTION_FILE):
        return prediction_from_dict(_read_content(folder).object("prediction"))


def same_numbers(a: Bundle, b: Bundle) -> tuple[str, ...]:
    """In what the scores, maps, regions and repeatable facts of two bundles differ, in words; empty: the same.

    Numbers are compared bit for bit, nan equals nan. Times and run ids are outside the comparison.
    """
    one, two = prediction_to_dict(a.prediction), prediction_to_dict(b.prediction)
    found = [key for key in ("model_id", "model_version", "heatmaps", "regions", "objects") if one[key] != two[key]]
    found += _differing("score", _by_id(one["scores"]), _by_id(two["scores"]))
    found += _differing("map", _raw(a.maps), _raw(b.maps))
    found += _differing("features", _raw(a.features), _raw(b.features))
    found += _differing("fact", one["provenance"]["repeatable"], two["provenance"]["repeatable"])
    return tuple(found)


def map_file(place: int, grid: HeatmapGrid) -> str:
    """The file of a grid's map: a name that every file system takes, unique in its bundle."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", grid.name)[:60]
    return f"heatmap-{plain}.safetensors" if plain == grid.name else f"heatmap-{place + 1}-{plain}.safetensors"


def _check_maps(bundle: Bundle) -> None:
    grids = {grid.name: grid for grid in bundle.prediction.heatmaps}
    if len(grids) != len(bundle.prediction.heatmaps):
        raise _plugin_fault("two maps share one name")
    if grids.keys() != bundle.maps.keys():
        raise _plugin_fault(f"maps {sorted(bundle.maps)} were given for the grids {sorted(grids)}")
    for name, values in bundle.maps.items():
        shape = (grids[name].rows, grids[name].columns)
        if values.dtype != np.float32 or values.shape != shape:
            raise _plugin_fault(f"the map {name!r} is {values.dtype} {values.shape}, its grid float32 {shape}")


def _files(bundle: Bundle) -> dict[str, bytes]:
    grids = bundle.prediction.heatmaps
    files = {
        map_file(place, grid): save_tensors({_TENSOR: np.ascontiguousarray(bundle.maps[grid.name])})
        for place, grid in enumerate(grids)
    }
    if grids and bundle.maps[grids[0].name].size:
        files[PICTURE_FILE] = dumps_png(colorize(bundle.maps[grids[0].name], threshold=SHOWN_FROM))
    annotations = bundle.annotations if len(bundle.annotations) else found_annotations(bundle.prediction, bundle.maps)
    files[ANNOTATIONS_FILE] = asap_xml.dumps(annotations)
    if bundle.features:
        files[FEATURES_FILE] = save_tensors({n: np.ascontiguousarray(array) for n, array in bundle.features.items()})
    return files


def _content(bundle: Bundle, files: Mapping[str, bytes]) -> dict[str, Any]:
    grids = bundle.prediction.heatmaps
    return {
        "format": _FORMAT,
        "schema_version": SCHEMA_VERSION,
        "prediction": prediction_to_dict(bundle.prediction),
        "maps": {grid.name: map_file(place, grid) for place, grid in enumerate(grids)},
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }


def _signed(content: dict[str, Any]) -> dict[str, Any]:
    """The content with a checksum of its own, which tells an edited number from the one that was written."""
    return {**content, "content_sha256": hashlib.sha256(strict_json.dumps(content)).hexdigest()}


def _verified(data: Any) -> Fields:
    fields = Fields(data, "the file")
    if fields.text("format") != _FORMAT:
        raise ValueError("it is not a prediction")
    if fields.whole("schema_version") != SCHEMA_VERSION:
        raise ValueError(f"it has the schema version {fields.whole('schema_version')}, this program reads version 1")
    content = {key: value for key, value in data.items() if key != "content_sha256"}
    if _signed(content)["content_sha256"] != fields.text("content_sha256"):
        raise ValueError("it was changed after it was written")
    return fields


def _read_content(folder: Path) -> Fields:
    return _verified(strict_json.loads(read_bytes(folder / PREDICTION_FILE, MAX_FILE_BYTES), name=PREDICTION_FILE))


@contextlib.contextmanager
def _told_of(name: str) -> Iterator[None]:
    """A file whose content is not what it should be is named."""
    try:
        yield
    except ValueError as error:
        raise _unfit(name, str(error)) from error


def _read_checked(folder: Path, name: str, sha256: str) -> bytes:
    if not _PLAIN_NAME.fullmatch(name):
        raise _unfit(PREDICTION_FILE, f"it names the file {name!r}, which cannot be a part of a bundle")
    data = read_bytes(folder / name, MAX_FILE_BYTES)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise _unfit(name, "it was changed after it was written")
    return data


def _map(grid: HeatmapGrid, maps_by_file: Mapping[str, str], files: Mapping[str, bytes]) -> Map:
    name = maps_by_file.get(grid.name, "")
    if name not in files:
        raise _unfit(PREDICTION_FILE, f"it names no file for the map {grid.name!r}")
    try:
        values = load_tensors(files[name]).get(_TENSOR)
    except SafetensorError as error:
        raise _unfit(name, str(error)) from error
    if values is None or values.dtype != np.float32 or values.shape != (grid.rows, grid.columns):
        raise _unfit(name, f"it does not hold {grid.rows} × {grid.columns} float32 values")
    return values


def _features(files: Mapping[str, bytes]) -> dict[str, NDArray[Any]]:
    try:
        return load_tensors(files[FEATURES_FILE]) if FEATURES_FILE in files else {}
    except SafetensorError as error:
        raise _unfit(FEATURES_FILE, str(error)) from error


def _annotations(prediction: Prediction, files: Mapping[str, bytes]) -> AnnotationSet:
    """The outlines, which the XML holds without their identifiers and origin: both follow from the run."""
    if ANNOTATIONS_FILE not in files:
        raise _unfit(PREDICTION_FILE, f"it does not list {ANNOTATIONS_FILE}")
    loaded = asap_xml.loads(files[ANNOTATIONS_FILE], name=ANNOTATIONS_FILE).annotations
    author = f"{prediction.model_id} {prediction.model_version}"
    origin = model_origin(prediction.id)
    return AnnotationSet(
        tuple(
            replace(annotation, id=found_id(prediction.id, place), author=author, origin=origin)
            for place, annotation in enumerate(loaded)
        ),
        loaded.groups,
    )


def _texts(data: Mapping[str, Any]) -> dict[str, str]:
    fields = Fields(data, "the list of files")
    return {key: fields.text(key) for key in data}


def _by_id(scores: list[dict[str, Any]]) -> dict[str, Any]:
    return {score["id"]: score for score in scores}


def _raw(maps: Mapping[str, NDArray[Any]]) -> dict[str, tuple[tuple[int, ...], bytes]]:
    """Shape and bits of each map, so that nan equals nan (of whatever kind) and 0 differs from -0."""
    return {
        name: (values.shape, np.where(np.isnan(values), values.dtype.type(np.nan), values).tobytes())
        for name, values in maps.items()
    }


def _differing(what: str, one: Mapping[str, Any], two: Mapping[str, Any]) -> list[str]:
    names = sorted(one.keys() | two.keys())
    return [f"{what} {name}" for name in names if name not in one or name not in two or one[name] != two[name]]


def _unfit(name: str, reason: str) -> FormatError:
    return FormatError(f"{name} of a prediction cannot be used: {reason}", hint="Run the model again.")


def _plugin_fault(reason: str) -> FormatError:
    return FormatError(f"the prediction cannot be written: {reason}", hint="Report it to the model's publisher.")
