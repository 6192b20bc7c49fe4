"""What every benchmark of a window needs: a screen, and children whose crash is a result too."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def run_child(command: Sequence[str], limit_s: float, own: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The last line of JSON that a child prints, on the screen's own pixels; or how it failed."""
    environment = {**os.environ, "QT_SCALE_FACTOR": "1", "PYTHONWARNINGS": "ignore", **(own or {})}
    environment.pop("QT_QPA_PLATFORM", None)  # without a screen nothing would be drawn
    try:
        run = subprocess.run(
            command, capture_output=True, text=True, cwd=HERE, env=environment, timeout=limit_s, check=False
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"no end after {limit_s:g} s"}
    lines = [line for line in run.stdout.splitlines() if line.startswith("{")]
    if not lines:
        return {"failed": f"exit {run.returncode}: {(run.stderr.strip().splitlines() or ['no words'])[-1]}"}
    return json.loads(lines[-1])


def need_display() -> None:
    """Start again under xvfb-run where there is no display."""
    if sys.platform != "linux" or os.environ.get("DISPLAY"):
        return
    xvfb = shutil.which("xvfb-run")
    if xvfb is None:
        sys.exit("There is no display. Install xvfb (apt-get install xvfb xauth) or run this on a desktop.")
    os.execv(xvfb, [xvfb, "-a", "-s", "-screen 0 1920x1080x24", sys.executable, *sys.argv])
