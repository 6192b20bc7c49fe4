"""Two runs of the open image compared: numbers in the results panel, the difference over the image."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject

from lnm_desktop.app.compare_runs import RunComparison, compare_runs
from lnm_desktop.domain.case import CaseImage
from lnm_desktop.domain.ids import RunId
from lnm_desktop.formats.prediction_bundle import load_bundle
from lnm_desktop.ui.actions import Actions
from lnm_desktop.ui.workbench import Workbench


class Comparing(QObject):
    """Compares the runs that are chosen in the list, the earlier one first; files are read beside the window."""

    def __init__(self, actions: Actions, bench: Workbench) -> None:
        super().__init__(bench)
        self._actions = actions
        self._bench = bench
        panel = bench.panels.results
        panel.compare.clicked.connect(self.compare)
        panel.comparison.ended.connect(bench.showing.end_comparison)
        actions.on({"compare-runs": self.compare, "end-comparison": bench.showing.end_comparison})
        bench.showing.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Enable what can be done now."""
        panel = self._bench.panels.results
        possible = panel.runs.count() > 1
        self._actions["compare-runs"].setEnabled(possible)
        panel.compare.setEnabled(possible)
        self._actions["end-comparison"].setEnabled(self._bench.showing.compares)

    def compare(self) -> None:
        """Compare the two chosen runs; where there are two in all, these."""
        session, image = self._bench.current.session, self._bench.current.image
        ids = self._bench.panels.results.runs.pair()
        if session is None or image is None:
            return
        if ids is None:
            self._bench.window.show_panel("results")
            self._bench.notices.warn("Two runs are needed to compare.", "Choose a second one with Ctrl and a click.")
            return
        first, second = (session.prediction_folder(RunId(known)) for known in ids)
        self._bench.background.run(
            lambda: compare_runs(load_bundle(first), load_bundle(second)),
            lambda found: self._show(image, found),
            self._bench.notices.error,
        )

    def _show(self, image: CaseImage, found: RunComparison) -> None:
        if not self._bench.current.shows(image):
            return
        label = found.map.grid.label or found.map.grid.name
        grid = replace(found.map.grid, name="difference", label=f"{label}: second − first")
        self._bench.showing.show_comparison(found, grid)
        self._bench.window.show_panel("results")
