"""How long the command line and the window take to start, beside their peers, in one run.

    xvfb-run -a -s '-screen 0 1920x1080x24' python benchmarks/start_up.py --repeats 5

The command line is set beside a bare `import typer`, the window beside a plain Qt window and `napari.Viewer()`.
"First paint" counts from the start of the process to the first paint event of the main window. Cases are
interleaved; medians are printed, and ratios are what to read: absolute times depend on the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

FIRST_PAINT = """
import os, sys, time
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow

class FirstPaint(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint and isinstance(watched, QMainWindow):
            print(time.time() - float(os.environ["T0"]), flush=True)
            os._exit(0)
        return False

app = QApplication([])
watch = FirstPaint()
app.installEventFilter(watch)
"""
CASES = {
    "bare interpreter": "import os, time; print(time.time() - float(os.environ['T0']))",
    "import typer": "import typer, os, time; print(time.time() - float(os.environ['T0']))",
    "lnm (import lnm_desktop.cli.main)": (
        "import lnm_desktop.cli.main, os, time; print(time.time() - float(os.environ['T0']))"
    ),
    "plain Qt window, first paint": FIRST_PAINT + "window = QMainWindow(); window.show(); app.exec()",
    "lnm-desktop, first paint": FIRST_PAINT + "from lnm_desktop.ui.main import main; main([])",
    "napari.Viewer(), first paint": FIRST_PAINT + "import napari; viewer = napari.Viewer(); app.exec()",
}


def main() -> None:
    """Run every case `--repeats` times and print medians with ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    seconds: dict[str, list[float]] = {name: [] for name in CASES}
    for _ in range(arguments.repeats):
        for name, code in CASES.items():
            seconds[name].append(measure(code))
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    if arguments.json:
        print(json.dumps(medians))
        return
    for name, median in medians.items():
        low, high = min(seconds[name]), max(seconds[name])
        print(
            f"{name:38s} {median:6.2f} s   ({low:.2f}–{high:.2f})   × bare {median / medians['bare interpreter']:.1f}"
        )


def measure(code: str) -> float:
    """Seconds from the start of a fresh process to what the case waits for."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "LNM_HOME": home, "T0": repr(time.time())}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120, check=True
        )
    return float(done.stdout.split()[-1])


if __name__ == "__main__":
    main()
