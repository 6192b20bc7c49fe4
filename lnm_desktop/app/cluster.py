"""A cohort on several processes or machines, through dask.distributed.

Its messages are pickled: a cluster is for machines that trust each other, and speaks TLS here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dask.config
from distributed import Client, KilledWorker, LocalCluster, SSHCluster, as_completed, get_worker
from distributed.deploy.spec import SpecCluster
from distributed.security import Security

from lnm_desktop.app.cohort import Cohort, Outcome, failure, run_slide
from lnm_desktop.app.models import Models
from lnm_desktop.errors import EnvironmentFault

# A slide that has killed so many processes of the cluster is given up.
DEATHS = 2
_SETTINGS = {
    # Model workers are children of a cluster's worker, which a daemon may not have.
    "distributed.worker.daemon": False,
    "distributed.scheduler.allowed-failures": DEATHS,
}


def run_on_cluster(cohort: Cohort, where: str, workers: int, folders: tuple[Path, Path]) -> Iterator[Outcome]:
    """The outcomes as they come in, in any order. `folders` hold logs and caches on each machine.

    `where` is "local", "ssh:HOST,HOST…", "slurm", or the address of a scheduler. Raises EnvironmentFault.
    """
    with dask.config.set(_SETTINGS), contextlib.ExitStack() as stack:
        client = stack.enter_context(_client(where, workers, stack))
        futures = {client.submit(_on_worker, cohort, slide, folders, pure=False): slide for slide in cohort.slides}
        for future in as_completed(futures):
            yield _outcome(cohort, futures[future], future)


def _on_worker(cohort: Cohort, slide: Path, folders: tuple[Path, Path]) -> Outcome:
    """Runs in a process of the cluster, which keeps its models warm between slides."""
    worker: Any = get_worker()
    if not hasattr(worker, "lnm_models"):
        worker.lnm_models = Models(*folders)
    return run_slide(worker.lnm_models, cohort, slide)


def _outcome(cohort: Cohort, slide: Path, future: Any) -> Outcome:
    try:
        return future.result()
    except KilledWorker:
        reason = f"the processes that ran it died {DEATHS + 1} times"
        return failure(cohort, slide, reason, "KilledWorker")
    except Exception as error:  # noqa: BLE001 - a process boundary: one slide must not end the cohort
        return failure(cohort, slide, f"{type(error).__name__}: {error}", type(error).__name__)


def _client(where: str, workers: int, stack: contextlib.ExitStack) -> Client:
    if "://" in where:
        return Client(where)
    cluster = stack.enter_context(_cluster(where, workers))
    return Client(cluster)


def _cluster(where: str, workers: int) -> SpecCluster:
    if where == "local":
        return LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,  # type: ignore[arg-type] - none is wanted
            protocol="tls://",
            security=Security.temporary(),
        )
    if where.startswith("ssh:"):
        hosts = where.removeprefix("ssh:").split(",")
        return SSHCluster([hosts[0], *hosts], worker_options={"nthreads": 1})  # type: ignore[return-value]
    if where == "slurm":
        return _slurm(workers)
    raise EnvironmentFault(
        f"there is no cluster {where!r}", hint="Name local, ssh:HOST,…, slurm, or tls://HOST:PORT."
    )


def _slurm(workers: int) -> SpecCluster:
    try:
        from dask_jobqueue.slurm import SLURMCluster  # noqa: PLC0415 - an extra  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise EnvironmentFault(
            "Slurm needs the package dask-jobqueue", hint="Install lnm-desktop[cluster]."
        ) from error
    cluster = SLURMCluster(cores=1, processes=1, memory="8GB", job_extra_directives=["--export=ALL"])
    cluster.scale(workers)
    return cluster
