"""The report of a case: clinical data, the risk and what it rests on, slides with their runs, models, hashes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lnm_desktop import __version__
from lnm_desktop.app.models import Models
from lnm_desktop.app.risk_words import band_words, missing_words, risk_words, threshold_words, value_words
from lnm_desktop.app.session import Session
from lnm_desktop.domain.case import Case, CaseImage
from lnm_desktop.domain.clinical import Absent, ClinicalRecord, ClinicalSchema
from lnm_desktop.domain.ids import CaseId
from lnm_desktop.domain.prediction import RESEARCH_USE_ONLY
from lnm_desktop.domain.risk import Population, RiskAnswer
from lnm_desktop.errors import ClinicalError, EnvironmentFault
from lnm_desktop.formats.clinical_json import record_to_dict
from lnm_desktop.formats.files import write_atomic
from lnm_desktop.formats.prediction_bundle import PICTURE_FILE
from lnm_desktop.inference.risks import RiskClient, known_values
from lnm_desktop.plugin.spec import ModelSpec
from lnm_desktop.store.records import PredictionRecord

if TYPE_CHECKING:
    from lnm_desktop.formats.pdf import Pdf

PDF, JSON = "report.pdf", "report.json"


@dataclass(frozen=True, eq=False, slots=True)
class ImageReport:
    """One image of the case: how much is drawn on it, its runs, the newest first, and the newest run's map."""

    image: CaseImage
    annotations: dict[str, int]
    runs: tuple[PredictionRecord, ...]
    heatmap: bytes


@dataclass(frozen=True, eq=False, slots=True)
class CaseReport:
    """All that the report tells; there is no risk where no model could be asked."""

    case: Case
    record: ClinicalRecord
    schema: ClinicalSchema
    spec: ModelSpec | None
    answer: RiskAnswer | None
    population: Population | None
    images: tuple[ImageReport, ...]
    cards: tuple[ModelSpec, ...]
    utc: str
    journal_rows: int


def find_case(session: Session, name: str) -> Case:
    """The case of that id or pseudonym. Raises ClinicalError."""
    found = [case for case in session.cases() if name in (case.id, case.pseudonym)]
    if len(found) != 1:
        words = "there is no case" if not found else f"{len(found)} cases are named"
        raise ClinicalError(f"{words} {name!r:.60}", hint="Name it by its pseudonym, or by its id.")
    return found[0]


def case_report(session: Session, models: Models | None, case_id: CaseId, model_id: str = "") -> CaseReport:
    """Gather a case; a model id asks that model for the risk. Raises StoreError, PluginError, InferenceError."""
    record = session.clinical(case_id)
    answer = population = spec = None
    if models is not None and model_id:
        spec = models.find(model_id).spec
        answer, population = RiskClient(models.client(model_id), model_id).reasons(known_values(record))
    images = tuple(_image(session, image) for image in session.images(case_id))
    used = {run.model_id for image in images for run in image.runs}
    known = [model.spec for model in models.list() if model.spec.id in used] if models is not None else []
    cards = tuple(known) if spec is None else (spec, *known)
    utc = datetime.now(UTC).isoformat(timespec="seconds")
    return CaseReport(
        session.case(case_id), record, session.schema, spec, answer, population, images, cards, utc, session.row_count
    )


def save_case_report(report: CaseReport, folder: Path) -> tuple[Path, Path]:
    """Write report.pdf and report.json. Raises EnvironmentFault, FormatError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        hint = "Choose another folder."
        raise EnvironmentFault(f"{folder.name} cannot be made: {error.strerror}", hint=hint) from error
    write_atomic(folder / PDF, as_pdf(report))
    write_atomic(folder / JSON, (json.dumps(as_json(report), indent=1) + "\n").encode("utf-8"))
    return folder / PDF, folder / JSON


def as_json(report: CaseReport) -> dict[str, Any]:
    """The report as one JSON object; files are told by their fingerprints, never by their paths."""
    spec = report.spec
    return {
        "pseudonym": report.case.pseudonym,
        "synthetic": report.case.synthetic,
        "clinical": record_to_dict(report.record),
        "clinical_schema": {"id": report.schema.id, "version": report.schema.version},
        "risk": None if report.answer is None else asdict(report.answer),
        "model": None if spec is None else _model(spec),
        "population": None if report.population is None else _population(report.population),
        "images": [
            {
                "label": item.image.label,
                "kind": item.image.kind.value,
                "fingerprint": item.image.fingerprint,
                "annotations": item.annotations,
                "runs": [_run(run) for run in item.runs],
            }
            for item in report.images
        ],
        "models": [_model(card) for card in report.cards],
        "lnm_desktop": __version__,
        "journal_rows": report.journal_rows,
        "written_utc": report.utc,
        "notice": RESEARCH_USE_ONLY,
    }


def as_pdf(report: CaseReport) -> bytes:
    """The report as PDF."""
    from lnm_desktop.formats.pdf import Pdf  # noqa: PLC0415 - keeps the start of the window short

    pdf = Pdf(f"Case {report.case.pseudonym}", RESEARCH_USE_ONLY)
    made_up = " MADE-UP CASE: it says nothing about a patient." if report.case.synthetic else ""
    pdf.text(f"{RESEARCH_USE_ONLY}{made_up} Written {report.utc} by LNM Desktop {__version__}.")
    _write_risk(pdf, report)
    pdf.heading("Clinical data")
    rows = _clinical_rows(report)
    if rows:
        pdf.table([("Field", "Value"), *rows], (90, 84))
    else:
        pdf.text("No clinical data are recorded.")
    for item in report.images:
        _write_image(pdf, item)
    _write_models(pdf, report.cards)
    return pdf.finish()


def _write_risk(pdf: Pdf, report: CaseReport) -> None:
    answer, spec, population = report.answer, report.spec, report.population
    if answer is None or spec is None or population is None:
        return
    pdf.heading("Lymph node metastasis")
    above = "at or above" if answer.risk.probability >= spec.operating_point else "below"
    pdf.text(f"{spec.classes[-1]}: {risk_words(answer.risk)}; {above} the operating point of the model.")
    pdf.text(band_words(population, answer.risk.probability, spec.classes[-1]))
    pdf.text(threshold_words(population, spec.operating_point, spec.classes[-1]))
    for words in answer.warnings:
        pdf.text(f"Note: {words}")
    values = known_values(report.record)
    lines = [
        (value_words(report.schema, item.field, values[item.field]), f"{item.log_odds:+.2f}")
        for item in sorted(answer.contributions, key=lambda item: -abs(item.log_odds))
    ]
    if lines:
        pdf.table([("What the probability rests on", "log odds"), *lines], (130, 44))
    if answer.missing:
        pdf.text("Missing, and the probabilities that their values could lead to:")
        pdf.table([("Field", "Range"), *_missing_rows(report, answer)], (70, 104))


def _missing_rows(report: CaseReport, answer: RiskAnswer) -> list[tuple[str, str]]:
    rows = []
    for item in answer.missing:
        name, _, words = missing_words(report.schema, item).rpartition(": ")
        rows.append((name, words))
    return rows


def _write_image(pdf: Pdf, item: ImageReport) -> None:
    pdf.heading(f"{item.image.kind.value.capitalize()}: {item.image.label}")
    drawn = ", ".join(f"{count} {group or 'without group'}" for group, count in item.annotations.items())
    pdf.text(f"Annotations: {drawn or 'none'}. Fingerprint {item.image.fingerprint or 'not taken'}.")
    for run in item.runs:
        scores = "; ".join(f"{score.label} {score.value:.4g} {score.unit}".strip() for score in run.scores)
        pdf.text(f"{run.model_id} {run.model_version}, {run.utc}: {scores}")
    if item.heatmap:
        pdf.picture(item.heatmap, f"Map of the newest run, {item.runs[0].model_id}. {RESEARCH_USE_ONLY}", 120)


def _write_models(pdf: Pdf, cards: Sequence[ModelSpec]) -> None:
    if not cards:
        return
    pdf.heading("Models")
    for spec in cards:
        pdf.text(f"{spec.title} ({spec.id} {spec.version}). {spec.intended_use} Not for: {spec.not_for}")
        pdf.text(f"{spec.licence}. Weights SHA-256 {spec.weights_sha256 or 'none'}.")


def _clinical_rows(report: CaseReport) -> list[tuple[str, str]]:
    rows = []
    for field in report.schema.fields:
        value = report.record.get(field.id)
        if value is not Absent.NOT_ASKED:
            words = "unknown" if isinstance(value, Absent) else value_words(report.schema, field.id, value)
            rows.append((field.label, words.removeprefix(f"{field.label}: ")))
    return rows


def _image(session: Session, image: CaseImage) -> ImageReport:
    groups: dict[str, int] = {}
    for annotation in session.annotations(image.id):
        groups[annotation.group] = groups.get(annotation.group, 0) + 1
    runs = session.predictions(image.id)
    return ImageReport(image, groups, runs, _heatmap(session, runs))


def _heatmap(session: Session, runs: Sequence[PredictionRecord]) -> bytes:
    file = session.prediction_folder(runs[0].id) / PICTURE_FILE if runs else None
    return file.read_bytes() if file is not None and file.is_file() else b""


def _model(spec: ModelSpec) -> dict[str, Any]:
    names = ("id", "version", "title", "weights_sha256", "operating_point", "licence", "intended_use", "not_for")
    return {name: getattr(spec, name) for name in names}


def _population(population: Population) -> dict[str, Any]:
    return {"patients": population.patients, "positive": population.positive, "prevalence": population.prevalence}


def _run(run: PredictionRecord) -> dict[str, Any]:
    return {
        "run": run.id,
        "model": run.model_id,
        "version": run.model_version,
        "utc": run.utc,
        "scores": {score.id: score.value for score in run.scores},
    }
