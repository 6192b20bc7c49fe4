"""One editor, one number of shapes, in a process of its own: milliseconds of each kind of edit with its frame."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import psutil
from PySide6.QtWidgets import QApplication, QMainWindow
from viewing.viewers import Painted, use_private_settings

from annotating.editors import EDITORS, SPACE_PX, Editor, made_up_rings

WINDOW = (1510, 991)
DOWNSAMPLES = {"near": 4.0, "overview": 40.0}


class Script:
    """The edits, each waited for until the canvas was painted."""

    def __init__(self, name: str, count: int, repeats: int) -> None:
        self.app = QApplication([])
        self.window = QMainWindow()
        self.window.resize(*WINDOW)
        self.editor: Editor = EDITORS[name](self.window)
        self.window.show()
        self.rings = made_up_rings(count)
        self.repeats = repeats
        self.painted = Painted(self.editor.canvas)
        self.rng = np.random.default_rng(1)
        self._serve(1.0)

    def run(self) -> dict[str, float]:
        """Milliseconds, medians over the repeats; `show` once."""
        self.editor.take(self.rings)
        found = {"show_ms": self._timed(self.editor.show)}
        self.editor.look(SPACE_PX / 2, SPACE_PX / 2, DOWNSAMPLES["near"])
        self._serve(1.0)
        found["empty_frame_ms"] = self._median(lambda: None)
        found["vertex_ms"] = self._median(self._move_a_vertex)
        found["add_ms"] = self._median(lambda: self.editor.add(self._near_ring()))
        found["delete_ms"] = self._median(lambda: self.editor.delete(int(self.rng.integers(len(self.rings)))))
        found["pan_ms"] = self._median(self._pan)
        if hasattr(self.editor, "pick"):
            found["pick_ms"] = self._median(lambda: self.editor.pick(self.rings[7]), frames=False)  # type: ignore[attr-defined]
        self.editor.look(SPACE_PX / 2, SPACE_PX / 2, DOWNSAMPLES["overview"])
        self._serve(1.0)
        found["overview_frame_ms"] = self._median(lambda: None)
        found["rss_mb"] = psutil.Process().memory_info().rss / 1e6
        return {key: round(value, 2) for key, value in found.items()}

    def _move_a_vertex(self) -> None:
        number = int(self.rng.integers(len(self.rings) - 1))
        ring = self.rings[number].copy()
        ring[3] += self.rng.uniform(-40, 40, 2)
        self.editor.move_vertex(number, ring)

    def _near_ring(self) -> np.ndarray:
        ring = self.rings[int(self.rng.integers(len(self.rings)))]
        return ring - ring.mean(axis=0) + SPACE_PX / 2 + self.rng.uniform(-1000, 1000, 2)

    def _pan(self) -> None:
        x, y = SPACE_PX / 2 + self.rng.uniform(-3000, 3000, 2)
        self.editor.look(float(x), float(y), DOWNSAMPLES["near"])

    def _median(self, edit: Callable[[], object], *, frames: bool = True) -> float:
        return statistics.median(self._timed(edit, frames=frames) for _ in range(self.repeats))

    def _timed(self, edit: Callable[[], object], *, frames: bool = True) -> float:
        """Until what was edited is on the screen."""
        begin = time.perf_counter()
        edit()
        if frames:
            before = self.painted.count
            self.editor.canvas.update()
            while self.painted.count == before:
                self.app.processEvents()
        return 1000 * (time.perf_counter() - begin)

    def _serve(self, seconds: float) -> None:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            self.app.processEvents()


def main() -> None:
    """`script.py NAME COUNT REPEATS` prints one line of JSON."""
    use_private_settings()
    name, count, repeats = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    print(json.dumps(Script(name, count, repeats).run()), flush=True)
    os._exit(0)  # what a viewer does at its end is not measured here


if __name__ == "__main__":
    main()
