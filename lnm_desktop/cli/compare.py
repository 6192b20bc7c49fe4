"""`lnm compare`: how far two runs on one slide agree."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from lnm_desktop.cli.output import WORDS, print_json, print_table

if TYPE_CHECKING:
    from lnm_desktop.app.compare_runs import MapComparison, RunComparison
    from lnm_desktop.domain.prediction import Prediction, Score


def command(
    first: Path = typer.Argument(help="Folder of a prediction."),
    second: Path = typer.Argument(help="Folder of another prediction on the same slide."),
    name: str = typer.Option("", "--map", help="The map to compare; the first that both have by default."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Compare the maps of two runs cell by cell; where the cells differ, at the centres of the first run's.

    Example: lnm compare first-result second-result --json
    """
    from lnm_desktop.app.compare_runs import compare_runs  # noqa: PLC0415 - keeps the start of other commands short
    from lnm_desktop.formats.prediction_bundle import bundle_folder, load_bundle  # noqa: PLC0415

    found = compare_runs(load_bundle(bundle_folder(first)), load_bundle(bundle_folder(second)), name)
    if as_json:
        print_json(_facts(found))
    else:
        _print_words(found)


def _facts(found: RunComparison) -> dict[str, Any]:
    compared = found.map
    measures = ("resampled", "cells", "first_only", "second_only", "mean_absolute", "largest", "correlation")
    return {
        "first": _origin(found.first),
        "second": _origin(found.second),
        "map": compared.grid.name,
        "second_map": compared.second_name,
        **{name: getattr(compared, name) for name in measures},
        "agreements": [asdict(item) for item in compared.agreements],
        "scores": [_score(*pair) for pair in found.scores],
        "notice": found.notice,
    }


def _score(one: Score, two: Score) -> dict[str, Any]:
    return {"label": one.label, "unit": one.unit, "first": one.value, "second": two.value}


def _origin(run: Prediction) -> dict[str, str]:
    return {"run": run.id, "model": run.model_id, "version": run.model_version}


def _print_words(found: RunComparison) -> None:
    for words, run in (("First", found.first), ("Second", found.second)):
        WORDS.print(f"{words}: {run.model_id} {run.model_version}, run {run.id[:8]}", markup=False)
    print_table(f"Map {found.map.grid.name}", ("measure", "value"), _measures(found.map))
    columns = ("first ≥", "second ≥", "first, cells", "second, cells", "same call", "kappa")
    rows = [
        (
            f"{item.first_threshold:.3f}",
            f"{item.second_threshold:.3f}",
            f"{item.first_positive:,}",
            f"{item.second_positive:,}",
            f"{item.share:.1%}",
            f"{item.kappa:.3f}",
        )
        for item in found.map.agreements
    ]
    print_table("Agreement", columns, rows)
    scores = [(one.label, *(f"{it.value:.4g} {it.unit}".rstrip() for it in (one, two))) for one, two in found.scores]
    print_table("Scores", ("score", "first", "second"), scores)
    WORDS.print(found.notice, style="bold", markup=False)


def _measures(compared: MapComparison) -> list[tuple[str, str]]:
    where = "at the centres of the first run's cells" if compared.resampled else "cell by cell"
    return [
        ("compared", where),
        ("cells examined by both", f"{compared.cells:,}"),
        ("by the first only", f"{compared.first_only:,}"),
        ("by the second only", f"{compared.second_only:,}"),
        ("mean absolute difference", f"{compared.mean_absolute:.4f}"),
        ("largest difference", f"{compared.largest:.4f}"),
        ("correlation", f"{compared.correlation:.4f}"),
    ]
