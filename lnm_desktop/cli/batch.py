"""`lnm batch`: one model on a folder or table of slides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.markup import escape

from lnm_desktop import paths
from lnm_desktop.cli.output import ERRORS, WORDS, print_json, print_table
from lnm_desktop.cli.predict import option_of
from lnm_desktop.domain.ids import RunId

if TYPE_CHECKING:
    from lnm_desktop.app.cohort import Cohort, Outcome

SOME_FAILED = 3


def command(
    source: Path = typer.Argument(help="A folder of slides, or a CSV or XLSX table with a column of paths."),
    model: str = typer.Option(..., "--model", help="Model id, see `lnm plugins list`."),
    out: Path = typer.Option(..., "--out", help="Folder for one bundle a slide, summary.csv and summary.json."),
    mpp: float = typer.Option(0.0, "--mpp", min=0.0, help="Pixel size in µm of slides that have none."),
    option: list[str] = typer.Option([], "--option", help="A model's option as name=value; may be repeated."),
    device: str = typer.Option("auto", "--device", help="auto, cpu, cuda or mps."),
    threads: int = typer.Option(0, "--threads", min=0, help="Processor cores for each slide; 0 uses all."),
    cluster: str = typer.Option("", "--cluster", help="local, ssh:HOST,…, slurm, or a scheduler's tls:// address."),
    workers: int = typer.Option(2, "--workers", min=1, help="Processes of the cluster."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Run a model on many slides; the same command again goes on where it was.

    Example: lnm batch slides --model lnm-tumor-tiles --out results --json
    """
    from lnm_desktop.app.cohort import Cohort, slides_of, summary, write_summary  # noqa: PLC0415 - as in predict
    from lnm_desktop.inference.request import PredictionRequest  # noqa: PLC0415

    settings = dict(option_of(text) for text in option)
    request = PredictionRequest(RunId(""), model, "", "", mpp, options=settings, device=device, threads=threads)
    cohort = Cohort(slides_of(source), request, out.absolute())
    with _alone(out):
        outcomes = list(_told(cohort, _run(cohort, cluster, workers), quiet=as_json))
        outcomes.sort(key=lambda outcome: outcome.folder)
        write_summary(cohort, outcomes)
    facts = summary(outcomes)
    if as_json:
        print_json(facts)
    else:
        _print(facts, outcomes, out)
    if facts["failed"]:
        raise typer.Exit(SOME_FAILED)


def _run(cohort: Cohort, cluster: str, workers: int) -> Iterator[Outcome]:
    from lnm_desktop.app.cohort import run_here  # noqa: PLC0415 - as above
    from lnm_desktop.app.models import Models  # noqa: PLC0415

    folders = paths.log_dir(), paths.cache_dir()
    with Models(*folders) as models:
        models.find(cohort.request.model_id)  # an unknown model is one error, not one for each slide
        if not cluster:
            yield from run_here(models, cohort)
            return
    from lnm_desktop.app.cluster import run_on_cluster  # noqa: PLC0415 - loads dask

    yield from run_on_cluster(cohort, cluster, workers, folders)


def _told(cohort: Cohort, outcomes: Iterator[Outcome], *, quiet: bool) -> Iterator[Outcome]:
    for number, outcome in enumerate(outcomes, start=1):
        if not quiet:
            words = f"{number} of {len(cohort.slides)}: {outcome.slide} {outcome.state}"
            ERRORS.print(escape(f"{words}: {outcome.reason}" if outcome.reason else words))
        yield outcome


def _alone(out: Path):
    from filelock import FileLock, Timeout  # noqa: PLC0415 - as above

    from lnm_desktop.errors import EnvironmentFault  # noqa: PLC0415

    out.mkdir(parents=True, exist_ok=True)
    lock = FileLock(out / ".lnm-batch.lock")
    try:
        return lock.acquire(timeout=0)
    except Timeout as error:
        raise EnvironmentFault(
            f"another batch writes to {out.name}", hint="Wait for it, or name another folder."
        ) from error


def _print(facts: dict[str, object], outcomes: list[Outcome], out: Path) -> None:
    rows = [(item.slide, item.state, item.reason) for item in outcomes if item.reason]
    if rows:
        print_table("Slides without a result", ("slide", "state", "reason"), rows)
    states = facts["states"]
    assert isinstance(states, dict)
    counts = ", ".join(f"{count} {state}" for state, count in states.items())
    WORDS.print(f"{facts['slides']} slides: {counts}. Results: {escape(str(out))}")
    WORDS.print("[bold]Research use only. Not for diagnostic use.[/]")
