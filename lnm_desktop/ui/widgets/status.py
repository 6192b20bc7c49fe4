"""The status bar: where the cursor is, what is saved, what runs, on what; and the notice that never goes."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtWidgets import QStatusBar, QWidget

from lnm_desktop.domain.geometry import Point
from lnm_desktop.domain.image import Calibration
from lnm_desktop.domain.prediction import RESEARCH_USE_ONLY
from lnm_desktop.inference.events import Progress, Stage
from lnm_desktop.ui.theme.stylesheet import set_role
from lnm_desktop.ui.viewer.view_state import CursorValues
from lnm_desktop.ui.widgets.parts import badge, label
from lnm_desktop.ui.widgets.run_progress import progress_words

_DEVICES = {"auto": "device automatic", "cpu": "CPU", "cuda": "GPU (CUDA)", "mps": "GPU (MPS)"}


class Status(QStatusBar):
    """Labels in a fixed order; an empty one takes no room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.position, self.value = label("", wrap=False), label("", wrap=False)
        self.saved, self.job, self.device = (label("", wrap=False) for _ in range(3))
        self.notice = label(RESEARCH_USE_ONLY, wrap=False)
        set_role(self.notice, "research")
        passing = (self.position, self.value)
        self._passing = len(passing)
        for widget in passing:
            self.addWidget(widget)
        self.coverage = label("", wrap=False)
        self.read_only = badge("READ-ONLY", "Nothing can be changed here: the workspace was opened for reading")
        self.read_only.hide()
        self.safe = badge("SAFE MODE", "Plugins of others are left out; they are used again after the next start")
        self.safe.hide()
        for widget in (self.safe, self.read_only, self.coverage, self.job, self.saved, self.device, self.notice):
            self.addPermanentWidget(widget)

    def add_work(self, widget: QWidget) -> None:
        """A piece of work's own progress, before what always stands here."""
        self.insertPermanentWidget(self._passing, widget)

    def show_position(self, point: Point | None, calibration: Calibration) -> None:
        """The cursor in micrometres, in pixels where the image has no pixel size."""
        self.position.setText("" if point is None else position_words(point, calibration))

    def show_values(self, values: CursorValues | None) -> None:
        """The map's and the image's values under the cursor."""
        self.value.setText("" if values is None else value_words(values))

    def show_coverage(self, words: str, tip: str) -> None:
        """How much of the tissue was looked at."""
        self.coverage.setText(words)
        self.coverage.setToolTip(tip)

    def show_read_only(self, *, read_only: bool) -> None:
        """A mark that stays while nothing can be changed."""
        self.read_only.setVisible(read_only)

    def show_safe(self, *, safe: bool) -> None:
        """A mark that stays while the plugins of others are left out."""
        self.safe.setVisible(safe)

    def show_saved(self, utc: str | None) -> None:
        """When the last change was committed."""
        self.saved.setText(f"saved {datetime.fromisoformat(utc).astimezone():%H:%M:%S}" if utc else "nothing to save")

    def show_job(self, event: object) -> None:
        """A Stage, a Progress, or None when nothing runs."""
        if isinstance(event, Progress):
            self.job.setText(f"run: {progress_words(event)}")
        else:
            self.job.setText(f"run: {event.label}" if isinstance(event, Stage) else "")

    def show_device(self, device: str) -> None:
        """What models compute on."""
        self.device.setText(_DEVICES.get(device, device))


def value_words(values: CursorValues) -> str:
    """As in "map 0.873   R 213  G 150  B 190"; a difference bears its sign, a grey value stands alone."""
    words = []
    if values.map is not None:
        words.append(f"difference {values.map:+.3f}" if values.signed else f"map {values.map:.3f}")
    if len(values.pixel) == 1:
        words.append(f"value {values.pixel[0]:.4g}")
    elif values.pixel:
        words.append("  ".join(f"{name} {value:.0f}" for name, value in zip("RGB", values.pixel, strict=False)))
    return "   ".join(words)


def position_words(point: Point, calibration: Calibration) -> str:
    """As in "x 1,204.5 µm   y 88.0 µm"."""
    if calibration.is_known:
        return f"x {point.x * calibration.mpp_x:,.1f} µm   y {point.y * calibration.mpp_y:,.1f} µm"
    return f"x {point.x:,.0f} px   y {point.y:,.0f} px"
