"""The first function that runs in a worker's process."""

from __future__ import annotations

import importlib
from multiprocessing.connection import Connection
from typing import Any

WORKER = "lnm_desktop.worker.main"


def start_worker(connection: Connection, log_file: str, plugin: dict[str, Any]) -> None:
    """Body of a worker process. It is imported by name: no process may import another's code before it runs."""
    importlib.import_module(WORKER).run_worker(connection, log_file, plugin)
