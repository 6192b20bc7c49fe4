"""Our own run: the command line, the worker and the plugin as a user has them."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inferring.pipelines.job import CELL_PX, Job
from inferring.running import run
from lnm_desktop.formats.prediction_bundle import load_bundle

LIMIT_S = 900
Result = dict[str, Any]


@dataclass(frozen=True)
class Application:
    """The plugin's folder, and the one where the application keeps what a first run finds out."""

    plugin: Path
    home: Path

    @property
    def own(self) -> dict[str, str]:
        """What its processes find in their environment."""
        return {"PYTHONPATH": str(self.plugin), "LNM_HOME": str(self.home)}

    def predict(self, job: Job) -> Result:
        """`lnm predict` on the job's slide: rates, memory, patches and probabilities, or why there are none."""
        bundle = Path(job.folder) / "bundle"
        ran = run(self._command(job, bundle), LIMIT_S, self.own)
        if ran.trouble:
            return {"failed": ran.trouble}
        told = json.loads(ran.output)["provenance"]["circumstances"]
        map_ = next(iter(load_bundle(bundle).maps.values()))
        places = np.argwhere(np.isfinite(map_))
        return {
            "run_s": told["duration_s"],
            "engine_per_s": told["tiles_per_s"],
            "wall_s": ran.wall_s,
            "cpu_s": ran.cpu_s,
            "peak_mb": ran.peak_mb,
            "patches": (places[:, ::-1] * CELL_PX).tolist(),
            "probabilities": map_[tuple(places.T)].astype(float).tolist(),
        }

    def _command(self, job: Job, bundle: Path) -> list[str]:
        options = ["--option", "stride_px=256", "--option", "tissue_fraction=0.5", "--threads", str(job.threads)]
        model = ["--model", f"lnm-benchmark-{job.net}", "--device", "cpu", "--out", str(bundle)]
        return [sys.executable, "-m", "lnm_desktop", "predict", job.slide, "--fresh", "--json", *model, *options]
