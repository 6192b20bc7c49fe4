"""The worker process: one plugin, described, run and timed; it may crash without harm to anyone else."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from lnm_desktop.plugin.discovery import InstalledPlugin
from lnm_desktop.process.channel import Message
from lnm_desktop.process.group import lead_group
from lnm_desktop.process.loop import Request, serve
from lnm_desktop.worker.classify import classify_files
from lnm_desktop.worker.explain import explain_tile
from lnm_desktop.worker.guard import guard
from lnm_desktop.worker.models import WorkerModels, plugin_code
from lnm_desktop.worker.predict import run_prediction
from lnm_desktop.worker.risks import cross_validate, draw_nomogram, explain_risk, judge_rows, train_risk

Operation = Callable[[WorkerModels, Request], Message]


def run_worker(connection: Connection, log_file: str, plugin: dict[str, Any]) -> None:
    """Answer until the parent hangs up. The plugin is imported by the first request, not before."""
    installed = InstalledPlugin.from_dict(plugin)
    _be_polite()
    # Last: a plugin's folder can add packages, never replace one of the application's.
    sys.path.extend(folder for folder in installed.path if folder not in sys.path)
    refused = guard(installed.distribution)
    models = WorkerModels(installed)
    operations: dict[str, Operation] = {
        "describe": _describe,
        "predict": run_prediction,
        "classify_files": classify_files,
        "explain": explain_tile,
        "judge": judge_rows,
        "reasons": explain_risk,
        "nomogram": draw_nomogram,
        "train": train_risk,
        "cross_validate": cross_validate,
        "probe": _probe,
        "check": partial(_check, refused),
    }
    serve(connection, log_file, {name: partial(operation, models) for name, operation in operations.items()})


def _be_polite() -> None:
    """No spinning threads beside the window; Ctrl-C is the parent's to interpret; what it starts ends with it."""
    lead_group()
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _describe(models: WorkerModels, request: Request) -> Message:
    host = models.host
    with plugin_code("describing its models"):
        return {"models": [model.to_dict() for model in host.describe()]}


def _probe(models: WorkerModels, request: Request) -> Message:
    from lnm_desktop.learning.devices import probe_devices  # noqa: PLC0415 - loads torch

    return {"devices": list(probe_devices())}


def _check(refused: list[str], models: WorkerModels, request: Request) -> Message:
    from lnm_desktop.worker.check import check_plugin  # noqa: PLC0415 - only those who write plugins wait for it

    return check_plugin(refused, models, request)
