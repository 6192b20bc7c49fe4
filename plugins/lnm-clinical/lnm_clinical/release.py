"""Take over what was trained and measured: weights, hashes, operating points and the figures of the cards.

    python -m lnm_clinical.release TRAINED REPORT

TRAINED holds a folder of `lnm train` for each model id, REPORT is the report.json of `lnm evaluate`.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

from lnm_clinical.plugin import FOLDER, MODELS


def main() -> None:
    """Write `weights/` and `evidence.json` beside this module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trained", type=Path)
    parser.add_argument("report", type=Path)
    arguments = parser.parse_args()
    report = json.loads(arguments.report.read_text(encoding="utf-8"))
    evidence = {f"lnm-clinical-{short}": _take(arguments.trained, report, short) for short in MODELS}
    (FOLDER / "evidence.json").write_text(json.dumps(evidence, indent=1) + "\n", encoding="utf-8")


def _take(trained: Path, report: dict[str, Any], short: str) -> dict[str, Any]:
    model_id = f"lnm-clinical-{short}"
    (FOLDER / "weights").mkdir(exist_ok=True)
    shutil.copyfile(trained / model_id / "weights.safetensors", FOLDER / "weights" / f"{short}.safetensors")
    facts = json.loads((trained / model_id / "training.json").read_text(encoding="utf-8"))
    measured = report["models"][model_id]
    kept = {name: facts[name] for name in ("weights_sha256", "operating_point", "patients", "positive", "settings")}
    return {**kept, **_figures(measured), "table_sha256": facts["table_sha256"]}


def _figures(measured: dict[str, Any]) -> dict[str, str]:
    """What the card tells, in words."""
    cv, outside = measured["cv"], measured["external"]
    return {
        "cv_auc": _interval(measured["cv_auc"], measured["cv_ci"]),
        "external_auc": _interval(measured["external_auc"], measured["external_ci"]),
        "cv_line": f"{cv['slope']:.2f} and {cv['intercept']:.2f}",
        "external_line": f"{outside['slope']:.2f} and {outside['intercept']:.2f}",
        "cv_brier": f"{cv['brier']:.3f}",
        "external_brier": f"{outside['brier']:.3f}",
        "external_patients": str(outside["patients"]),
        "external_positive": f"{100 * outside['positive'] / outside['patients']:.1f} %",
        "cv_sensitivity": _share(cv["sensitivity"]),
        "cv_specificity": _share(cv["specificity"]),
    }


def _interval(value: float, ends: list[float]) -> str:
    return f"{value:.3f} ({ends[0]:.3f}–{ends[1]:.3f})"


def _share(share: dict[str, float]) -> str:
    return f"{100 * share['proportion']:.0f} % ({100 * share['lower']:.0f}–{100 * share['upper']:.0f})"


if __name__ == "__main__":
    main()
