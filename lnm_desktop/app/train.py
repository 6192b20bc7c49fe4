"""Training of a clinical model on a table, by its plugin, in its worker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lnm_desktop.app.cohort_table import Cohort
from lnm_desktop.app.evaluate_risk import SEED, check_preoperative
from lnm_desktop.app.models import Models
from lnm_desktop.domain.clinical import ClinicalSchema
from lnm_desktop.errors import EnvironmentFault
from lnm_desktop.formats.files import write_atomic
from lnm_desktop.inference.risks import RiskClient

WEIGHTS = "weights.safetensors"
FACTS = "training.json"


def train(models: Models, model_id: str, cohort: Cohort, schema: ClinicalSchema, out: Path) -> dict[str, Any]:
    """Write the weights and what they were made of to a folder; gives what is written of them.

    Raises ClinicalError, PluginError, InferenceError, EnvironmentFault where the folder cannot be written.
    """
    spec = models.find(model_id).spec
    check_preoperative(spec, schema)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentFault(
            f"{out.name} cannot be made: {error.strerror}", hint="Choose another folder."
        ) from error
    answer = RiskClient(models.client(model_id), model_id).train(cohort.rows, cohort.labels, SEED, out / WEIGHTS)
    facts = {
        "model": model_id,
        "version": spec.version,
        **answer,
        "seed": SEED,
        "patients": len(cohort.labels),
        "positive": cohort.positive,
        "table": cohort.title,
        "table_sha256": cohort.sha256,
        "left_out": dict(cohort.left_out),
        "notes": list(cohort.notes),
    }
    write_atomic(out / FACTS, json.dumps(facts, indent=1).encode())
    return facts
