"""`lnm demo`: the whole way once, then the window on what came out."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import typer
from rich.markup import escape

from lnm_desktop import paths
from lnm_desktop.cli.app import open_window
from lnm_desktop.cli.output import WORDS, print_json
from lnm_desktop.cli.predict import RunProgress, print_prediction, summary


def command(
    folder: Path = typer.Option(Path("lnm-demo"), "--folder", help="Where everything is written."),
    data: Path | None = typer.Option(
        None, "--data", envvar="LNM_DATA_DIR", help="Folder of real data, if there is one."
    ),
    window: bool = typer.Option(True, "--window/--no-window", help="Open the window at the end."),
    screenshot: Path | None = typer.Option(None, "--screenshot", help="Save a picture of the window and leave."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object; implies --no-window."),
) -> None:
    """Prepare a demo case, predict, export, show.

    Without a screen the window is drawn on a virtual one and saved as a picture.

    Example: lnm demo --folder demo
    """
    from lnm_desktop.app.demo import prepare_demo  # noqa: PLC0415 - keeps the start of other commands short
    from lnm_desktop.app.models import Models  # noqa: PLC0415

    say = (lambda _: None) if as_json else partial(WORDS.print, markup=False)
    with Models(paths.log_dir(), paths.cache_dir()) as models, RunProgress(hidden=as_json) as progress:
        demo = prepare_demo(folder.absolute(), models, real_data=data or _beside(), say=say, on_event=progress.show)
    if as_json:
        print_json([summary(result.bundle.prediction, result.folder) for result in demo.results])
        return
    for result in demo.results:
        WORDS.print(f"\n[bold]{escape(result.image.label)}[/]")
        print_prediction(result.bundle.prediction, result.folder)
        WORDS.print(f"Drawn regions as ASAP XML: {result.annotations}", markup=False)
    if window:
        raise typer.Exit(_show(demo.workspace, demo.case.id, screenshot or _picture_without_a_screen(folder)))


def _show(workspace: Path, case_id: str, screenshot: Path | None) -> int:
    arguments = ["--workspace", str(workspace), "--case", case_id, "--panel", "clinical"]
    if screenshot is None:
        return open_window(arguments)
    code = open_window([*arguments, "--screenshot", str(screenshot.absolute())])
    WORDS.print(f"\nThe window as a picture: {screenshot.absolute()}", markup=False)
    return code


def _picture_without_a_screen(folder: Path) -> Path | None:
    """On a virtual screen nobody sees the window: keep a picture of it."""
    return folder / "window.png" if os.environ.get("LNM_VIRTUAL_SCREEN") else None


def _beside() -> Path | None:
    """Real data beside a source checkout, where developers keep them."""
    folder = Path(__file__).resolve().parents[3] / "shared" / "data"
    return folder if folder.is_dir() else None
