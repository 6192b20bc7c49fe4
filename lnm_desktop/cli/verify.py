"""`lnm verify`: make a recorded run once more and compare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.markup import escape

from lnm_desktop import paths
from lnm_desktop.cli.output import WORDS, print_json
from lnm_desktop.cli.predict import RunProgress
from lnm_desktop.errors import InferenceError

if TYPE_CHECKING:
    from lnm_desktop.app.verify import Verification


def command(
    bundle: Path = typer.Argument(help="Folder of a prediction, as `lnm predict` or the window wrote it."),
    slide: Path | None = typer.Option(None, "--slide", help="The slide; a workspace knows that of its runs."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Run a prediction's model on the same slide with the recorded settings, and say what comes out differently.

    The exit code is 0 where the numbers are the same to the last bit, 40 where they differ.

    Example: lnm verify result --slide slide.svs --json
    """
    from lnm_desktop.app.models import Models  # noqa: PLC0415 - keeps the start of other commands short
    from lnm_desktop.app.verify import recorded_slide, verify  # noqa: PLC0415

    image = slide if slide is not None else recorded_slide(bundle)
    with Models(paths.log_dir(), paths.cache_dir()) as models, RunProgress(hidden=as_json) as progress:
        outcome = verify(models, bundle, image, progress.show)
    if as_json:
        print_json(_facts(outcome))
    else:
        _print_words(outcome)
    raise typer.Exit(0 if outcome.numbers_same else InferenceError.exit_code)


def _facts(outcome: Verification) -> dict[str, Any]:
    return {
        "run": outcome.run_id,
        "model": outcome.model_id,
        "version": outcome.model_version,
        "numbers_same": outcome.numbers_same,
        "largest_difference": outcome.largest,
        "differences": [
            {"what": item.what, "words": item.words, "largest": item.largest} for item in outcome.differences
        ],
        "words": outcome.words,
        "notice": outcome.notice,
    }


def _print_words(outcome: Verification) -> None:
    color = "green" if outcome.numbers_same else "red"
    WORDS.print(f"{escape(outcome.model_id)} {escape(outcome.model_version)}, run {outcome.run_id[:8]}")
    WORDS.print(f"[bold {color}]{escape(outcome.words)}[/]")
    for item in outcome.differences:
        WORDS.print(f"- {item.words}", markup=False)
    WORDS.print(f"[bold]{escape(outcome.notice)}[/]")
