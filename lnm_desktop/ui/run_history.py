"""Fills the list of runs: what their files say, and what has changed since, all of it beside the window's thread."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from lnm_desktop.app.run_history import PastRun, past_runs
from lnm_desktop.app.session import Change
from lnm_desktop.app.stale import Inputs, SlideHashes
from lnm_desktop.domain.case import CaseImage
from lnm_desktop.domain.clinical import ClinicalRecord
from lnm_desktop.ui.workbench import Workbench

SOON_MS = 250
"""Changes that follow each other are judged together."""
_COUNTS = frozenset({"clinical", "images", "predictions"})


class RunHistory(QObject):
    """Judges the open image's runs anew after whatever may have made one of them stale."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self._hashes = SlideHashes()
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.setInterval(SOON_MS)
        self._due.timeout.connect(self._judge)
        bench.changed.connect(self._hear)
        bench.current.image_changed.connect(self._due.start)
        bench.predicting.plugins_found.connect(self._due.start)

    def _hear(self, change: Change) -> None:
        if change.what in _COUNTS or (change.what == "annotations" and self._bench.panels.results.runs.has_regions):
            self._due.start()

    def _judge(self) -> None:
        session, image = self._bench.current.session, self._bench.current.image
        records = session.predictions(image.id) if session is not None and image is not None else ()
        if session is None or image is None or not records:
            return
        inputs = self._inputs(image)
        self._bench.background.run(
            lambda: past_runs(session, records, inputs),
            lambda runs: self._show(image, runs),
            self._bench.notices.error,
        )

    def _inputs(self, image: CaseImage) -> Inputs:
        bench = self._bench
        assert bench.current.session is not None
        return Inputs(
            Path(image.path),
            image.user_mpp,
            bench.current.clinical or ClinicalRecord(),
            bench.current.session.schema,
            bench.current.session.annotations(image.id),
            bench.predicting.installed(),
            self._hashes,
        )

    def _show(self, image: CaseImage, runs: tuple[PastRun, ...]) -> None:
        if self._bench.current.shows(image):
            self._bench.panels.results.show_facts(runs)
