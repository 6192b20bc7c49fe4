"""`lnm verify`: run a prediction again and say whether it gives the same numbers."""

from __future__ import annotations

from pathlib import Path

import typer

from lnm_desktop import paths
from lnm_desktop.cli.output import WORDS, print_json
from lnm_desktop.cli.predict import RunProgress

NOT_THE_SAME = 1


def command(
    bundle: Path = typer.Argument(help="Folder of a prediction."),
    slide: Path | None = typer.Option(None, "--slide", help="Its slide; a prediction in a workspace knows it."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Run a prediction's model again on its slide and compare every number and fact.

    Example: lnm verify result --slide slide.svs
    """
    from lnm_desktop.app.models import Models  # noqa: PLC0415 - keeps the start of other commands short
    from lnm_desktop.app.verify_run import verify_run  # noqa: PLC0415

    with Models(paths.log_dir(), paths.cache_dir()) as models, RunProgress(hidden=as_json) as progress:
        found = verify_run(models, bundle, slide, progress.show)
    if as_json:
        facts = {name: list(values) for name, values in found.facts.items()}
        print_json(
            {
                "same": found.same,
                "differences": list(found.differences),
                "facts": facts,
                "largest_difference": found.largest_difference,
            }
        )
    elif found.same:
        WORDS.print("The same numbers, and everything that they depend on is as it was.")
    else:
        WORDS.print(f"Not the same: {', '.join(found.differences)}", markup=False)
        WORDS.print(f"Largest difference of a number: {found.largest_difference:.3g}")
        for name, (before, after) in found.facts.items():
            WORDS.print(f"  {name}: {before} then, {after} now", markup=False)
    if not found.same:
        raise typer.Exit(NOT_THE_SAME)
