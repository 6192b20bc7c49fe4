"""`lnm evaluate`: how good models are on labelled tiles, or on a table of patients."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer
from rich.markup import escape

from lnm_desktop import paths
from lnm_desktop.cli.output import ERRORS, WORDS, print_json, print_table
from lnm_desktop.cli.predict import RunProgress


def command(
    model: list[str] = typer.Argument(help="Model ids, see `lnm plugins list`; several for a table of patients."),
    data: Path = typer.Option(..., "--data", help="Tiles: CSV with file, label, split. Patients: CSV or XLSX."),
    images: Path | None = typer.Option(None, "--images", help="Folder with the tiles named in the CSV."),
    split: str | None = typer.Option(None, "--split", help="Tiles: only rows of this split."),
    external: Path | None = typer.Option(None, "--external", help="Patients: another cohort, never trained on."),
    recipe: Path | None = typer.Option(None, "--recipe", help="Patients: TOML that says how --data is read."),
    external_recipe: Path | None = typer.Option(None, "--external-recipe", help="The same for --external."),
    shuffles: int = typer.Option(0, "--shuffles", min=0, max=1000, help="Patients: runs with shuffled labels."),
    out: Path | None = typer.Option(None, "--out", help="Patients: folder for report.html and report.pdf."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Measure a tile classifier, or clinical models by nested cross-validation and in another cohort.

    Example: lnm evaluate lnm-tumor-tiles --data tiles.csv --images images --split test --json
    Example: lnm evaluate lnm-clinical-lr lnm-clinical-rf --data metabric.csv --external duke.xlsx --out report
    """
    if images is not None:
        _tiles(_only(model), data, images, split, as_json)
    else:
        _patients(model, (data, recipe), (external, external_recipe), shuffles, out, as_json)


def _only(models: list[str]) -> str:
    if len(models) > 1:
        raise typer.BadParameter("tiles are evaluated with one model at a time", param_hint="MODEL")
    return models[0]


def _tiles(model: str, data: Path, images: Path, split: str | None, as_json: bool) -> None:
    from lnm_desktop.app.evaluate import evaluate_tiles  # noqa: PLC0415 - keeps the start of other commands short
    from lnm_desktop.app.models import Models  # noqa: PLC0415

    with Models(paths.log_dir(), paths.cache_dir()) as models, RunProgress(hidden=as_json) as progress:
        report = evaluate_tiles(models, model, data, images, split, progress.show)
    facts = asdict(report)
    if as_json:
        print_json(facts)
    else:
        print_table(
            f"{model} on {data.name}", ("measure", "value"), [(key, _words(value)) for key, value in facts.items()]
        )


def _patients(
    model_ids: list[str],
    data: tuple[Path, Path | None],
    external: tuple[Path | None, Path | None],
    shuffles: int,
    out: Path | None,
    as_json: bool,
) -> None:
    from lnm_desktop.app.cohort_recipe import load_recipe  # noqa: PLC0415 - as above
    from lnm_desktop.app.cohort_table import read_cohort  # noqa: PLC0415
    from lnm_desktop.app.evaluate_risk import evaluate_risks  # noqa: PLC0415
    from lnm_desktop.app.models import Models  # noqa: PLC0415
    from lnm_desktop.app.risk_report import report_facts, save_report  # noqa: PLC0415
    from lnm_desktop.formats.clinical_schema import load_default_schema  # noqa: PLC0415

    schema = load_default_schema()
    cohort = read_cohort(data[0], schema, load_recipe(data[1]) if data[1] else None)
    other = None
    if external[0] is not None:
        other = read_cohort(external[0], schema, load_recipe(external[1]) if external[1] else None)
    with Models(paths.log_dir(), paths.cache_dir()) as models:
        report = evaluate_risks(models, model_ids, cohort, schema, other, shuffles=shuffles, say=_say)
    if out is not None:
        save_report(report, out)
    facts = report_facts(report)
    if as_json:
        print_json(facts)
    else:
        _print_models(facts)


def _say(words: str) -> None:
    ERRORS.print(escape(words))


def _print_models(facts: dict[str, Any]) -> None:
    columns = ("model", "AUC, cross-validation", "AUC, external", "slope", "intercept", "Brier")
    rows = [
        (
            name,
            f"{item['cv_auc']:.3f} ({_words(item['cv_ci'])})",
            "" if item["external_auc"] is None else f"{item['external_auc']:.3f} ({_words(item['external_ci'])})",
            *(f"{item[key]:.3f}" for key in ("slope", "intercept", "brier")),
        )
        for name, item in facts["models"].items()
    ]
    print_table("Nested cross-validation", columns, rows)
    WORDS.print(escape(facts["choice"]))
    WORDS.print(f"[bold]{escape(facts['notice'])}[/]")


def _words(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, list | tuple):
        return " – ".join(_words(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {_words(item)}" for key, item in value.items())
    return str(value)
