"""What every viewer is put through, and what is measured meanwhile. Runs in a child process of its own."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow

from viewing.viewers import VIEWERS, Painted, Viewer, use_private_settings

CANVAS = (1510, 991)
HEARTBEAT_MS = 5
STEP_MS = 16
PAN_PX_PER_S = 1200.0
JUMPS = 10
SHARP_LIMIT_S = 60.0


class Script:
    """One viewer in one window."""

    def __init__(self, name: str, path: Path) -> None:
        self.app = QApplication([])
        self.window = QMainWindow()
        self.viewer: Viewer = VIEWERS[name](self.window, path)
        self.window.show()
        self._fit_canvas()
        self.painted = Painted(self.viewer.canvas)
        self.pulse = _timer(STEP_MS, lambda: None)  # so that waiting for an event ends

    def run(self, seconds: float) -> dict[str, object]:
        """All phases; times in ms."""
        width, height = self.viewer.size
        self._settle(width / 2, height / 2, 1.0)
        found: dict[str, object] = {"canvas": [self.viewer.canvas.width(), self.viewer.canvas.height()]}
        found["empty_frame_ms"] = self._empty_frame()
        found["pan"] = self._pan(1.0, seconds)
        found["pan_4"] = self._pan(4.0, seconds)
        found["zoom"] = self._zoom(seconds)
        found["fling"] = self._fling(seconds)
        found["sharp_ms"] = self._jumps()
        found["rss_mb"] = self._memory()
        self.viewer.close()
        return found

    def _fit_canvas(self) -> None:
        """The canvas, not the window, gets the size; a window manager is not needed."""
        for _ in range(3):
            self._serve(0.15)
            canvas, window = self.viewer.canvas.size(), self.window.size()
            self.window.resize(
                window.width() + CANVAS[0] - canvas.width(), window.height() + CANVAS[1] - canvas.height()
            )
        self._serve(0.3)

    def _serve(self, seconds: float) -> None:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            self.app.processEvents()
            time.sleep(0.002)

    def _settle(self, x: float, y: float, downsample: float) -> float:
        """Go somewhere and wait until it is sharp and painted; seconds."""
        begin = time.perf_counter()
        self.viewer.move(x, y, downsample)
        while not self.viewer.is_sharp() and time.perf_counter() - begin < SHARP_LIMIT_S:
            self._turn_loop()
        painted = self.painted.count
        self.viewer.canvas.update()
        while self.painted.count == painted and time.perf_counter() - begin < SHARP_LIMIT_S:
            self._turn_loop()
        return time.perf_counter() - begin

    def _turn_loop(self) -> None:
        """As `exec` does: sleep until something happens, so that the window takes no time from whoever decodes."""
        self.app.processEvents(
            QEventLoop.ProcessEventsFlag.AllEvents | QEventLoop.ProcessEventsFlag.WaitForMoreEvents
        )

    def _empty_frame(self) -> float:
        """A frame with nothing to load."""
        spent = []
        for _ in range(15):
            begin, painted = time.perf_counter(), self.painted.count
            self.viewer.canvas.update()
            while self.painted.count == painted:
                self._turn_loop()
            spent.append((time.perf_counter() - begin) * 1000)
        return statistics.median(spent)

    def _pan(self, downsample: float, seconds: float) -> dict[str, float]:
        """From left to right at a steady speed through the middle, back and forth on a small image."""
        width, height = self.viewer.size
        length = PAN_PX_PER_S * downsample * seconds
        start = max(width * 0.1, width / 2 - length / 2)
        span = width * 0.8
        self._settle(start, height / 2, downsample)

        def step(t: float) -> None:
            way = (PAN_PX_PER_S * downsample * t) % (2 * span)
            self.viewer.move(start + min(way, 2 * span - way), height / 2, downsample)

        return self._measured(step, seconds)

    def _zoom(self, seconds: float) -> dict[str, float]:
        """Out to 64 and in again around one point, 2 % a step of the clock."""
        width, height = self.viewer.size
        self._settle(width * 0.45, height * 0.55, 1.0)
        turn_s = np.log(64) / np.log(1.02) * STEP_MS / 1000

        def step(t: float) -> None:
            phase = (t / turn_s) % 2
            self.viewer.move(width * 0.45, height * 0.55, 64 ** (phase if phase < 1 else 2 - phase))

        return self._measured(step, seconds)

    def _fling(self, seconds: float) -> dict[str, float]:
        """Fast, then slower and slower."""
        width, height = self.viewer.size
        self._settle(width * 0.3, height * 0.3, 2.0)

        def step(t: float) -> None:
            way = 6000 * (1 - np.exp(-2 * t))
            self.viewer.move(width * 0.3 + way % (width * 0.5), height * 0.3 + way * 0.5 % (height * 0.5), 2.0)

        return self._measured(step, seconds / 2)

    def _jumps(self) -> list[float]:
        """Far places that were not seen before."""
        width, height = self.viewer.size
        rng = np.random.default_rng(7)
        places = rng.uniform(0.15, 0.85, (JUMPS, 2))
        spent = []
        for n, (x, y) in enumerate(places):
            spent.append(self._settle(width * x, height * y, (1.0, 2.0, 4.0)[n % 3]) * 1000)
            self._serve(0.3)
        return spent

    def _measured(self, step: Callable[[float], None], seconds: float) -> dict[str, float]:
        gaps: list[float] = []
        begin = last = time.perf_counter()
        painted = self.painted.count

        def beat() -> None:
            nonlocal last
            now = time.perf_counter()
            gaps.append((now - last) * 1000)
            last = now

        timers = [_timer(HEARTBEAT_MS, beat), _timer(STEP_MS, lambda: step(time.perf_counter() - begin))]
        while time.perf_counter() - begin < seconds:
            self._turn_loop()
        for timer in timers:
            timer.stop()
        return {
            "gap_median_ms": float(np.median(gaps)),
            "gap_p95_ms": float(np.percentile(gaps, 95)),
            "gap_worst_ms": float(max(gaps)),
            "fps": (self.painted.count - painted) / seconds,
        }

    def _memory(self) -> float:
        process = psutil.Process()
        family = [process, *process.children(recursive=True)]
        return sum(one.memory_info().rss for one in family) / 1024**2


def _timer(interval_ms: int, call: Callable[[], None]) -> QTimer:
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setInterval(interval_ms)
    timer.timeout.connect(call)
    timer.start()
    return timer


def main() -> None:
    """Child: `script.py VIEWER SLIDE SECONDS` prints one line of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("viewer", choices=VIEWERS)
    parser.add_argument("slide", type=Path)
    parser.add_argument("seconds", type=float)
    arguments = parser.parse_args()
    use_private_settings()
    try:
        script = Script(arguments.viewer, arguments.slide)
    except ImportError as error:
        print(json.dumps({"missing": error.name or str(error)}))
        return
    print(json.dumps(script.run(arguments.seconds)), flush=True)
    sys.stdout.flush()
    os._exit(0)  # napari's threads may hang at an ordinary exit


if __name__ == "__main__":
    main()
