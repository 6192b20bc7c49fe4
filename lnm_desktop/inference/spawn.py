"""The first function that runs in a worker's process."""

from __future__ import annotations

import importlib
import sys
from multiprocessing.connection import Connection
from typing import Any

WORKER = "lnm_desktop.worker.main"


def start_worker(connection: Connection, log_file: str, plugin: dict[str, Any]) -> None:
    """Body of a worker process. It is imported by name: no process may import another's code before it runs.

    A plugin's own versions of libraries come first, before any of the application's is loaded; see ADR 10.
    """
    sys.path[:0] = [folder for folder in plugin.get("overrides", ()) if folder not in sys.path]
    importlib.import_module(WORKER).run_worker(connection, log_file, plugin)
