"""`lnm predict`: run a model on a slide, a series or a record, as the window does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from lnm_desktop import paths
from lnm_desktop.cli.output import ERRORS, WORDS, print_json, print_table
from lnm_desktop.domain.clinical import ClinicalRecord
from lnm_desktop.domain.geometry import Geometry
from lnm_desktop.domain.ids import RunId, new_id
from lnm_desktop.domain.prediction import Prediction
from lnm_desktop.errors import FormatError

TABLES = (".csv", ".tsv", ".xlsx", ".xlsm")


def command(
    image: Path | None = typer.Argument(
        None, help="A slide, a series, or a table of patients; none for a record of clinical data."
    ),
    model: str = typer.Option(..., "--model", help="Model id, see `lnm plugins list`."),
    out: Path = typer.Option(..., "--out", help="Folder for the bundle; of a table, the CSV to write."),
    mpp: float = typer.Option(0.0, "--mpp", min=0.0, help="Pixel size in µm where the file has none."),
    regions: Path | None = typer.Option(None, "--regions", help="Annotations; only inside them the model looks."),
    clinical: Path | None = typer.Option(None, "--clinical", help="JSON of clinical values by field id."),
    option: list[str] = typer.Option([], "--option", help="A model's option as name=value; may be repeated."),
    device: str = typer.Option("auto", "--device", help="auto, cpu, cuda or mps."),
    threads: int = typer.Option(0, "--threads", min=0, help="Processor cores to use; 0 uses all."),
    mapping: Path | None = typer.Option(None, "--mapping", help="Of a table: JSON that maps columns to fields."),
    fresh: bool = typer.Option(False, "--fresh", help="Compute anew what an earlier run has computed."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Run a model and write the prediction bundle; of a table of patients, a CSV with a row for each.

    Example: lnm predict slide.svs --model lnm-tumor-tiles --out result --json
    Example: lnm predict patients.csv --model lnm-clinical-lr --out risks.csv --json
    """
    if image is not None and image.suffix.lower() in TABLES:
        _table(image, model, out, mapping, as_json)
        return
    from lnm_desktop.app.models import Models  # noqa: PLC0415 - keeps the start of other commands short
    from lnm_desktop.app.predict import predict  # noqa: PLC0415
    from lnm_desktop.inference.request import PredictionRequest  # noqa: PLC0415

    request = PredictionRequest(
        run_id=RunId(new_id()),
        model_id=model,
        image_path=str(image.absolute()) if image is not None else "",
        out_dir=str(out.absolute()),
        user_mpp=mpp,
        regions=_regions(regions),
        clinical=_record(clinical),
        options=dict(option_of(text) for text in option),
        device=device,
        threads=threads,
    )
    with Models(paths.log_dir(), paths.cache_dir()) as models, RunProgress(hidden=as_json) as progress:
        bundle = predict(models, request, progress.show, fresh=fresh)
    if as_json:
        print_json(summary(bundle.prediction, out))
    else:
        print_prediction(bundle.prediction, out)


def _table(table: Path, model: str, out: Path, mapping: Path | None, as_json: bool) -> None:
    from lnm_desktop.app.clinical_import import load_mapping  # noqa: PLC0415 - as above
    from lnm_desktop.app.models import Models  # noqa: PLC0415
    from lnm_desktop.app.predict_table import predict_table, save_predictions  # noqa: PLC0415
    from lnm_desktop.formats.clinical_schema import load_default_schema  # noqa: PLC0415

    columns = load_mapping(mapping) if mapping else None
    with Models(paths.log_dir(), paths.cache_dir()) as models:
        predicted = predict_table(models, model, table, load_default_schema(), columns)
    save_predictions(predicted, out)
    facts = {**predicted.facts(), "out": str(out)}
    if as_json:
        print_json(facts)
    else:
        rows = [(name, str(value)) for name, value in facts.items()]
        print_table(f"{model} on {table.name}", ("fact", "value"), rows)


def summary(prediction: Prediction, folder: Path) -> dict[str, Any]:
    """The prediction as one JSON object."""
    return {
        "model": prediction.model_id,
        "version": prediction.model_version,
        "scores": {score.id: score.value for score in prediction.scores},
        "regions": len(prediction.regions),
        "warnings": list(prediction.warnings),
        "provenance": {
            "repeatable": dict(prediction.provenance.repeatable),
            "circumstances": dict(prediction.provenance.circumstances),
        },
        "folder": str(folder),
        "notice": prediction.notice,
    }


def print_prediction(prediction: Prediction, folder: Path) -> None:
    """The prediction as a table with its warnings."""
    rows = [(score.label, f"{score.value:.4g} {score.unit}".strip(), score.meaning) for score in prediction.scores]
    print_table(f"{prediction.model_id} {prediction.model_version}", ("score", "value", "meaning"), rows)
    for warning in prediction.warnings:
        WORDS.print(f"[yellow]Note:[/] {escape(warning)}")
    WORDS.print(f"{len(prediction.regions)} regions ranked. Bundle: {escape(str(folder))}")
    WORDS.print(f"[bold]{escape(prediction.notice)}[/]")


class RunProgress:
    """A progress bar on stderr that follows a run's events."""

    def __init__(self, *, hidden: bool) -> None:
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}", markup=False),
        )
        self._bar = Progress(*columns, TimeRemainingColumn(), console=ERRORS, disable=hidden, transient=True)
        self._task = self._bar.add_task("starting the model", total=None, rate="")

    def __enter__(self) -> RunProgress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, event: object) -> None:
        """Move the bar; events other than progress are the overlay's business."""
        from lnm_desktop.inference.events import Progress as RunEvent  # noqa: PLC0415 - as above

        if isinstance(event, RunEvent):
            rate = f"{event.rate_per_s:.0f} {event.unit}/s"
            self._bar.update(self._task, description=event.unit, completed=event.done, total=event.total, rate=rate)


def _regions(file: Path | None) -> tuple[Geometry, ...]:
    if file is None:
        return ()
    from lnm_desktop.formats.annotations import load_annotations  # noqa: PLC0415 - as above
    from lnm_desktop.formats.asap_xml.holes import is_cut_out  # noqa: PLC0415

    drawn = load_annotations(file).annotations
    kept = [item.geometry for item in drawn if item.geometry.area_px2 > 0 and not is_cut_out(item.group)]
    if not kept:
        raise FormatError(f"{file.name} holds no area to look at", hint="Draw a polygon or a rectangle in it.")
    _tell_left_out(file, len(drawn) - len(kept), sum(is_cut_out(item.group) for item in drawn))
    return tuple(kept)


def _tell_left_out(file: Path, left_out: int, cut_out: int) -> None:
    if left_out:
        reasons = f"{cut_out} of a group that is cut out, {left_out - cut_out} without an area"
        ERRORS.print(f"[yellow]Note:[/] {escape(file.name)}: {left_out} annotations are no regions ({reasons}).")


def _record(file: Path | None) -> ClinicalRecord:
    if file is None:
        return ClinicalRecord()
    from lnm_desktop.formats.clinical_json import load_record  # noqa: PLC0415 - as above
    from lnm_desktop.formats.clinical_schema import load_default_schema  # noqa: PLC0415

    return load_record(file, load_default_schema())


def option_of(text: str) -> tuple[str, str]:
    """Name and value of "name=value"."""
    name, separator, value = text.partition("=")
    if not separator:
        raise typer.BadParameter(f"{text!r} is not of the form name=value", param_hint="--option")
    return name, value
