"""Between the chosen file and its writing: what the format would lose is asked about, where there is something."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from lnm_desktop.formats.losses import losses_of_work
from lnm_desktop.ui.widgets.losses_dialog import ask_to_lose
from lnm_desktop.ui.workbench import Workbench


class ExportingAnnotations(QObject):
    """Writes the open image's annotations, after a question where the format does not keep what was drawn."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench

    def export(self, path: Path, ending: str = "") -> None:
        """Write to a file; of formats that share its suffix, the one of that ending."""
        annotations = self._bench.current.annotations
        if annotations is None:
            self._write(path, ending)
            return
        image = self._bench.current.image

        def judge(losses: tuple[str, ...]) -> None:
            if self._bench.current.image is not image:
                words = "The annotations were not written: another image is open by now."
                self._bench.notices.warn(words, "Open it again, then export.")
            elif losses:
                box = ask_to_lose(path.name, losses, self._bench.window)
                box.accepted.connect(partial(self._write, path, ending))
            else:
                self._write(path, ending)

        work = partial(losses_of_work, annotations, path.name, ending)
        self._bench.background.run(work, judge, self._bench.notices.error)

    def _write(self, path: Path, ending: str) -> None:
        self._bench.annotating.export(path, ending)
