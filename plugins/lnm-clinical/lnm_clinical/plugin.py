"""Registration of the six models; what was measured and frozen comes from the files beside this module."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

from lnm_desktop.api import ModelSpec, RegisterModel, hookimpl

FOLDER = Path(__file__).resolve().parent
# Short name, class, title. Nothing here loads numpy: describing the models is quick.
MODELS = {
    "lr": ("LogisticRisk", "logistic regression"),
    "rf": ("ForestRisk", "random forest"),
    "svm": ("SvmRisk", "support vector machine"),
    "gb": ("BoostingRisk", "gradient boosting"),
    "mlp": ("MlpRisk", "fully connected network"),
    "tabnet": ("TabNetRisk", "TabNet"),
}
FIELDS = (
    *("age", "menopausal_status", "tumor_size", "clinical_t", "histology", "grade"),
    *("er_status", "er_percent", "pr_status", "pr_percent", "her2_status", "her2_ihc", "her2_ish"),
)
# A support vector machine keeps those patients of its training that lie near its border.
VECTORS = "- **Holds** encoded patients of METABRIC, without identifiers, as its support vectors.\n"


def spec(short: str) -> ModelSpec:
    """A model's definition. Weights hash and operating point are those of the training that was measured."""
    evidence = json.loads((FOLDER / "evidence.json").read_text(encoding="utf-8"))[f"lnm-clinical-{short}"]
    title = MODELS[short][1]
    return ModelSpec(
        id=f"lnm-clinical-{short}",
        version=version("lnm-clinical"),
        title=f"Lymph node metastasis from clinical data, {title}",
        task="tabular-classification",
        classes=("node-negative", "node-positive"),
        weights_file=f"weights/{short}.safetensors",
        weights_sha256=evidence["weights_sha256"],
        operating_point=evidence["operating_point"],
        needs_images=(),
        uses_clinical=FIELDS,
        licence="Weights trained on METABRIC (public through cBioPortal); code Apache-2.0",
        intended_use="Research: how likely axillary lymph nodes hold metastasis, from clinical data before surgery.",
        not_for="Diagnosis or the choice of treatment; men; after neoadjuvant treatment; recurrent disease.",
        card=card(short, evidence),
        publisher="LNM Desktop",
    )


def card(short: str, evidence: dict[str, object]) -> str:
    """The model's card with its own figures."""
    text = (FOLDER / "card.md").read_text(encoding="utf-8")
    words = {"title": MODELS[short][1], "short": short, **evidence}
    for name, value in words.items():
        text = text.replace("{" + name + "}", str(value))
    return text + VECTORS if short == "svm" else text


@hookimpl
def lnm_register_models(register: RegisterModel) -> None:
    """Register the six models."""
    for short, (name, _) in MODELS.items():
        register(spec(short), f"lnm_clinical.model:{name}")
