"""`lnm train`: a clinical model trained anew on a table of patients."""

from __future__ import annotations

from pathlib import Path

import typer

from lnm_desktop import paths
from lnm_desktop.cli.output import print_json, print_table


def command(
    model: str = typer.Argument(help="Model id, see `lnm plugins list`."),
    data: Path = typer.Option(..., "--data", help="CSV or XLSX, one row a patient, with the node status."),
    out: Path = typer.Option(..., "--out", help="Folder for the weights and training.json."),
    recipe: Path | None = typer.Option(None, "--recipe", help="TOML that says how the table is read."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Train a clinical model; everything that is fitted is fitted on this table.

    Example: lnm train lnm-clinical-lr --data metabric.csv --out trained
    """
    from lnm_desktop.app.cohort_recipe import load_recipe  # noqa: PLC0415 - keeps the start of other commands short
    from lnm_desktop.app.cohort_table import read_cohort  # noqa: PLC0415
    from lnm_desktop.app.models import Models  # noqa: PLC0415
    from lnm_desktop.app.train import train  # noqa: PLC0415
    from lnm_desktop.formats.clinical_schema import load_default_schema  # noqa: PLC0415

    schema = load_default_schema()
    cohort = read_cohort(data, schema, load_recipe(recipe) if recipe else None)
    with Models(paths.log_dir(), paths.cache_dir()) as models:
        facts = train(models, model, cohort, schema, out)
    if as_json:
        print_json({**facts, "folder": str(out)})
    else:
        rows = [(name, str(value)) for name, value in facts.items() if not isinstance(value, dict | list)]
        print_table(f"{model} trained on {data.name}", ("fact", "value"), rows)
