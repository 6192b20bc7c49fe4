"""How far a run is, how fast, how long it still takes, and a way to stop it."""

from __future__ import annotations

from PySide6.QtWidgets import QProgressBar, QWidget

from lnm_desktop.inference.events import Progress
from lnm_desktop.ui.widgets.parts import button, column, label, row


class RunProgress(QWidget):
    """Shows stages and counts; the bar runs to and fro until a count is known."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = label("", "hint")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self._told = ""
        self.pause = button("Pause", "Let the run wait after the tiles that it is at")
        self.pause.setCheckable(True)
        self.pause.toggled.connect(self._show_paused)
        self.cancel = button("Cancel", "Stop the run; asked for again, it goes on with the tiles that it has")
        layout = column(self.bar, margin=0)
        line = row(self.words, self.pause, self.cancel)
        line.setStretch(0, 1)
        layout.addLayout(line)
        self.setLayout(layout)

    def begin(self) -> None:
        """Another run begins."""
        self.pause.setChecked(False)

    def show_stage(self, words: str) -> None:
        """Something begins whose length is not known."""
        self.bar.setRange(0, 0)
        self._told = ""
        self.words.setText(f"{words.capitalize()} …")

    def show_progress(self, progress: Progress) -> None:
        """So much is done."""
        self.bar.setRange(0, max(1, progress.total))
        self.bar.setValue(progress.done)
        self._told = progress_words(progress)
        self._show_paused(self.pause.isChecked())

    def _show_paused(self, paused: bool) -> None:
        self.pause.setText("Go On" if paused else "Pause")
        if self._told:
            self.words.setText(f"Paused at {self._told}" if paused else self._told)


def progress_words(progress: Progress) -> str:
    """As in "37 %, 120 of 324 tiles, 14.2 tiles/s, 0:14 left"."""
    share = 100 * progress.done / max(1, progress.total)
    parts = [f"{share:.0f} %", f"{progress.done} of {progress.total} {progress.unit}"]
    if progress.rate_per_s > 0:
        left = round(progress.seconds_left)
        parts += [f"{progress.rate_per_s:.1f} {progress.unit}/s", f"{left // 60}:{left % 60:02d} left"]
    return ", ".join(parts)
