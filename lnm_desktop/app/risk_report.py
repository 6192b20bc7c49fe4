"""The evaluation of clinical models as JSON, HTML and PDF with plots."""

from __future__ import annotations

import base64
import html
import io
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lnm_desktop.app.evaluate_risk import Measures, RiskEvaluation, RiskReport
from lnm_desktop.domain.prediction import RESEARCH_USE_ONLY as NOTICE
from lnm_desktop.errors import EnvironmentFault
from lnm_desktop.formats import strict_json
from lnm_desktop.formats.files import write_atomic
from lnm_desktop.formats.pdf import Pdf
from lnm_desktop.formats.risk_plots import calibration_plot, decision_plot

COLUMNS = (
    *("model", "AUC, cross-validation", "less the first one's", "AUC, external"),
    *("slope", "intercept", "Brier", "time, s"),
)

WIDTHS_MM = (32, 27, 27, 27, 18, 18, 14, 11)


def report_facts(report: RiskReport) -> dict[str, Any]:
    """The report as one JSON object."""
    return {
        "cohort": _cohort(report.cohort),
        "external": None if report.external is None else _cohort(report.external),
        "folds": report.folds,
        "seed": report.seed,
        "baseline": report.baseline,
        "chosen": report.chosen,
        "choice": choice_words(report),
        "models": {item.model: _model(item) for item in report.evaluations},
        "libraries": dict(report.libraries),
        "lnm_desktop": report.lnm_desktop,
        "notice": NOTICE,
    }


def choice_words(report: RiskReport) -> str:
    """Which model is taken and by which rule."""
    rule = (
        f"{report.baseline} unless another one's AUC by cross-validation is greater, the paired interval of 95 % "
        "leaves out 0, and its AUC in the other cohort is no less"
    )
    return f"Default: {report.chosen} (rule: {rule})."


def save_report(report: RiskReport, folder: Path) -> None:
    """Write report.json, report.html and report.pdf. Raises EnvironmentFault, FormatError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        hint = "Choose another folder."
        raise EnvironmentFault(f"{folder.name} cannot be made: {error.strerror}", hint=hint) from error
    plots = _plots(report)
    write_atomic(folder / "report.json", strict_json.dumps(report_facts(report)))
    write_atomic(folder / "report.html", _html(report, plots).encode())
    write_atomic(folder / "report.pdf", _pdf(report, plots))


def _cohort(cohort: Any) -> dict[str, Any]:
    return {
        "title": cohort.title,
        "patients": len(cohort.labels),
        "positive": cohort.positive,
        "left_out": dict(cohort.left_out),
        "notes": list(cohort.notes),
        "sha256": cohort.sha256,
    }


def _model(item: RiskEvaluation) -> dict[str, Any]:
    outside = item.external
    against = item.against_baseline
    return {
        "version": item.version,
        "cv_auc": item.cv.auc,
        "cv_ci": item.cv.auc_ci,
        "external_auc": None if outside is None else outside.auc,
        "external_ci": None if outside is None else outside.auc_ci,
        "slope": item.cv.slope,
        "intercept": item.cv.intercept,
        "brier": item.cv.brier,
        "external_slope": None if outside is None else outside.slope,
        "external_intercept": None if outside is None else outside.intercept,
        "external_brier": None if outside is None else outside.brier,
        "against_baseline": None if against is None else asdict(against),
        "shuffled_aucs": list(item.shuffled_aucs),
        "seconds": round(item.seconds, 1),
        "cv": asdict(item.cv),
        "external": None if outside is None else asdict(outside),
    }


def table_rows(report: RiskReport) -> list[tuple[str, ...]]:
    """A line for each model, by cross-validation and in the other cohort."""
    rows = []
    for item in report.evaluations:
        outside = item.external
        pair = [(item.cv.slope, outside and outside.slope), (item.cv.intercept, outside and outside.intercept)]
        rows.append(
            (
                item.model,
                _auc(item.cv),
                _difference(item),
                "" if outside is None else _auc(outside),
                *(_both(*values) for values in (*pair, (item.cv.brier, outside and outside.brier))),
                f"{item.seconds:.0f}",
            )
        )
    return rows


def _auc(measures: Measures) -> str:
    low, high = measures.auc_ci
    return f"{measures.auc:.3f} ({low:.3f}–{high:.3f})"


def _difference(item: RiskEvaluation) -> str:
    found = item.against_baseline
    return "" if found is None else f"{found.difference:+.3f} ({found.lower:+.3f} to {found.upper:+.3f})"


def _both(inside: float, outside: float | None) -> str:
    return f"{inside:.2f}" if outside is None else f"{inside:.2f}, {outside:.2f}"


def sentences(report: RiskReport) -> list[str]:
    """What a reader of the table must know."""
    cohort, external = report.cohort, report.external
    share = cohort.positive / len(cohort.labels)
    words = [
        f"{cohort.title}: {len(cohort.labels)} patients, {cohort.positive} node-positive ({100 * share:.1f} %). "
        f"Nested cross-validation in {report.folds} folds; settings, imputation, scaling, calibration and threshold "
        "are found within the training folds. " + " ".join(cohort.notes)
    ]
    if external is not None:
        other = external.positive / len(external.labels)
        words.append(
            f"{external.title}: {len(external.labels)} patients, {external.positive} node-positive "
            f"({100 * other:.1f} %), never trained on. Of two numbers the second is of this cohort. "
            + " ".join(external.notes)
        )
    words.append(choice_words(report))
    words += [_spared(item) for item in report.evaluations if item.model == report.chosen]
    for item in report.evaluations:
        if item.shuffled_aucs:
            low, high = min(item.shuffled_aucs), max(item.shuffled_aucs)
            mean = sum(item.shuffled_aucs) / len(item.shuffled_aucs)
            words.append(
                f"{item.model} with shuffled labels, {len(item.shuffled_aucs)} runs: AUC {mean:.3f} on average, "
                f"{low:.3f} to {high:.3f}."
            )
    return words


def _spared(item: RiskEvaluation) -> str:
    kept, missed = item.cv.spared, item.cv.missed
    return (
        f"{item.model}: {100 * kept.proportion:.0f} of 100 axillary biopsies avoided "
        f"({100 * kept.lower:.0f}–{100 * kept.upper:.0f}) at {100 * missed.proportion:.1f} % of the node-positive "
        "missed. The threshold was found on these same patients, so this is an upper bound."
    )


def _plots(report: RiskReport) -> dict[str, bytes]:
    plots = {}
    for item in report.evaluations:
        curves = {"cross-validation": item.cv.curve}
        if item.external is not None:
            curves["external"] = item.external.curve
        plots[f"{item.model}: calibration"] = calibration_plot(curves)
    plots["Decision curve, cross-validation"] = decision_plot(
        {item.model: item.cv.benefit for item in report.evaluations}
    )
    return plots


def _html(report: RiskReport, plots: dict[str, bytes]) -> str:
    def cells(row: tuple[str, ...], tag: str) -> str:
        return "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row)

    text = io.StringIO()
    text.write("<!doctype html><meta charset='utf-8'><title>Evaluation</title>")
    text.write("<style>body{font:15px sans-serif;max-width:60em;margin:2em auto}td,th{padding:.3em .8em;")
    text.write("text-align:left;border-bottom:1px solid #ccc}figure{display:inline-block;margin:1em}</style>")
    text.write(f"<h1>Lymph node metastasis from clinical data</h1><p><b>{html.escape(NOTICE)}</b></p>")
    text.write(f"<table><tr>{cells(COLUMNS, 'th')}</tr>")
    text.writelines(f"<tr>{cells(row, 'td')}</tr>" for row in table_rows(report))
    text.write("</table>")
    text.writelines(f"<p>{html.escape(words)}</p>" for words in sentences(report))
    for title, png in plots.items():
        data = base64.b64encode(png).decode("ascii")
        text.write(f"<figure><img width='380' src='data:image/png;base64,{data}'><figcaption>{html.escape(title)}")
        text.write("</figcaption></figure>")
    return text.getvalue()


def _pdf(report: RiskReport, plots: dict[str, bytes]) -> bytes:
    pdf = Pdf("Lymph node metastasis from clinical data", NOTICE)
    pdf.table([COLUMNS, *table_rows(report)], WIDTHS_MM)
    for words in sentences(report):
        pdf.text(words)
    for title, png in plots.items():
        pdf.picture(png, title, width_mm=85)
    return pdf.finish()
