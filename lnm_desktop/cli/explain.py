"""`lnm explain`: which pixels a model used at one place of a slide."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.markup import escape

from lnm_desktop import paths
from lnm_desktop.cli.output import WORDS, print_json


def command(
    slide: Path = typer.Argument(help="A whole slide image."),
    model: str = typer.Option(..., "--model", help="Model id, see `lnm plugins list`."),
    at: str = typer.Option(..., "--at", help="Centre of the tile in level-0 pixels, as X,Y."),
    out: Path = typer.Option(..., "--out", help="Folder for explanation.json, explanation.png and the map itself."),
    method: str = typer.Option("grad-cam", "--method", help="grad-cam or integrated-gradients."),
    target: str = typer.Option("", "--class", help="Class to explain; the finding's by default."),
    mpp: float = typer.Option(0.0, "--mpp", min=0.0, help="Pixel size in µm where the file has none."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Show which pixels of a tile a network used for its answer.

    Example: lnm explain slide.svs --model lnm-tumor-tiles --at 12000,8000 --out why
    """
    from lnm_desktop.app.explain import MEANING, explain_tile, save_explanation  # noqa: PLC0415 - as in predict
    from lnm_desktop.app.models import Models  # noqa: PLC0415
    from lnm_desktop.domain.geometry import Point  # noqa: PLC0415

    with Models(paths.log_dir(), paths.cache_dir()) as models:
        found = explain_tile(models, model, slide, Point(*_numbers(at)), method, target=target, user_mpp=mpp)
    save_explanation(found, out)
    if as_json:
        print_json(found.to_dict() | {"folder": str(out)})
        return
    answers = ", ".join(f"{name} {value:.3f}" for name, value in found.probabilities.items())
    WORDS.print(f"{found.model_id} {found.model_version}: {answers}", markup=False)
    WORDS.print(f"{method} for {found.target}: {escape(str(out / 'explanation.png'))}. {MEANING}")
    for warning in found.warnings:
        WORDS.print(f"[yellow]{escape(warning)}[/]")
    if found.adds_up is False:
        WORDS.print(f"[yellow]The parts miss the answer by {found.gap:.3f}: the map is not to be relied on.[/]")
    WORDS.print("[bold]Research use only. Not for diagnostic use.[/]")


def _numbers(text: str) -> tuple[float, float]:
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not of the form X,Y", param_hint="--at") from error
    return x, y
