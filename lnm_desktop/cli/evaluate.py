"""`lnm evaluate`: how good a model is on labelled tiles."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import typer

from lnm_desktop import paths
from lnm_desktop.cli.output import print_json, print_table
from lnm_desktop.cli.predict import RunProgress


def command(
    model: str = typer.Argument(help="Model id, see `lnm plugins list`."),
    data: Path = typer.Option(..., "--data", help="CSV with columns file, label and optionally split."),
    images: Path = typer.Option(..., "--images", help="Folder that holds the files named in the CSV."),
    split: str | None = typer.Option(None, "--split", help="Only rows of this split."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Measure a tile classifier: AUC with DeLong interval, accuracy with Wilson interval, calibration.

    Example: lnm evaluate lnm-tumor-tiles --data tiles.csv --images images --split test --json
    """
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


def _words(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, list | tuple):
        return " – ".join(_words(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {_words(item)}" for key, item in value.items())
    return str(value)
