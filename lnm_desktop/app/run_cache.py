"""Results that are known already: the same model on the same slide with the same options gives the same numbers."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from lnm_desktop import __version__
from lnm_desktop.errors import FormatError, LnmError
from lnm_desktop.formats.prediction_bundle import Bundle, load_bundle, save_bundle
from lnm_desktop.imaging.fingerprint import quick_fingerprint
from lnm_desktop.imaging.parts import files_of
from lnm_desktop.inference.request import PredictionRequest
from lnm_desktop.inference.wire import request_to_dict

MOST_RESULTS = 500
# What says where and by whom a run is done, not what it computes.
_ASIDE = ("run_id", "image_path", "out_dir", "draft_file")


class RunCache:
    """Finished bundles and drafts of unfinished runs, by the key of what was asked; the oldest results go first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def key(self, request: PredictionRequest, plugin_hash: str) -> str:
        """SHA-256 of all that a run's numbers depend on; "" for a slide that cannot be read.

        A slide is known by samples of its bytes, its size and the time of its last change.
        """
        try:
            slide = _stamps(Path(request.image_path)) if request.image_path else []
        except (OSError, LnmError):
            return ""
        asked = {name: value for name, value in request_to_dict(request).items() if name not in _ASIDE}
        text = json.dumps([__version__, plugin_hash, slide, asked], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def draft_file(self, key: str) -> str:
        """Where a run of that key keeps what is finished of it."""
        return str(self._folder / f"{key}.draft") if key else ""

    def find(self, key: str, request: PredictionRequest) -> Bundle | None:
        """The result of an earlier run under the new run's id, written to its folder; None where there is none."""
        kept = self._folder / key
        if not key or not kept.is_dir():
            return None
        try:
            bundle = _renamed(load_bundle(kept), request)
            save_bundle(bundle, Path(request.out_dir))
            kept.touch()
            return load_bundle(Path(request.out_dir))
        except (OSError, FormatError):
            return None

    def keep(self, key: str, bundle: Bundle) -> None:
        """Keep a finished result; a cache that cannot be written is done without."""
        if not key or bundle.features:  # features are large, and kept by who asked for them
            return
        with contextlib.suppress(OSError, FormatError):
            save_bundle(bundle, self._folder / key)
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        results = [item for item in self._folder.iterdir() if item.is_dir()]
        results.sort(key=lambda item: item.stat().st_mtime, reverse=True)
        for item in results[MOST_RESULTS:]:
            shutil.rmtree(item, ignore_errors=True)


def _renamed(bundle: Bundle, request: PredictionRequest) -> Bundle:
    prediction, provenance = bundle.prediction, bundle.prediction.provenance
    circumstances = {
        **provenance.circumstances,
        "computed_by_run": prediction.id,
        "taken_over_utc": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    renamed = replace(prediction, id=request.run_id, provenance=replace(provenance, circumstances=circumstances))
    return replace(bundle, prediction=renamed)


def _stamps(path: Path) -> list[object]:
    """What tells a slide from another one. Raises OSError, ImageError."""
    return [quick_fingerprint(path), [(file.stat().st_size, file.stat().st_mtime_ns) for file in files_of(path)]]
