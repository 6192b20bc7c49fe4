"""A run of the open image made again, beside the window, and what came out differently."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from lnm_desktop.app.predict import Run, start_run
from lnm_desktop.app.verify import Verification, verify
from lnm_desktop.domain.ids import RunId
from lnm_desktop.errors import Cancelled, LnmError
from lnm_desktop.inference.events import Event, Progress
from lnm_desktop.ui.actions import Actions
from lnm_desktop.ui.notices import Notice, Severity
from lnm_desktop.ui.widgets.work_progress import WorkProgress
from lnm_desktop.ui.workbench import Workbench


class Verifying(QObject):
    """One verification at a time; its progress stands in the status bar."""

    def __init__(self, actions: Actions, bench: Workbench) -> None:
        super().__init__(bench)
        self._actions = actions
        self._bench = bench
        self._run: Run | None = None
        self.progress = WorkProgress("verifying", "Stop the second run; nothing of it is kept")
        self.progress.cancel.clicked.connect(self.cancel)
        bench.window.status.add_work(self.progress)
        bench.panels.results.verify.clicked.connect(self.start)
        bench.window.closing.connect(self.cancel)
        bench.showing.changed.connect(self.refresh)
        bench.predicting.progressed.connect(lambda _event: self.refresh())
        actions.on({"verify-run": self.start})
        self.refresh()

    @property
    def running(self) -> bool:
        """True while a run is made again."""
        return self._run is not None

    def refresh(self) -> None:
        """Enable what can be done now."""
        panel = self._bench.panels.results
        possible = bool(panel.runs.shown) and not self.running and not self._bench.predicting.running
        self._actions["verify-run"].setEnabled(possible)
        panel.verify.setEnabled(possible)

    def start(self) -> None:
        """Make the shown run again."""
        session, image = self._bench.current.session, self._bench.current.image
        run_id = self._bench.panels.results.runs.shown
        if session is None or image is None or not run_id or self.running:
            return
        folder, slide, models = session.prediction_folder(RunId(run_id)), Path(image.path), self._bench.models
        self.progress.begin(f"run {run_id[:8]} of {image.label}")
        post = self._bench.background.post
        self._run = start_run(
            lambda control: verify(models, folder, slide, lambda event: post(partial(self._take, event)), control),
            lambda outcome: post(partial(self._done, outcome)),
            lambda error: post(partial(self._failed, error)),
        )
        self.refresh()

    def cancel(self) -> None:
        """Stop it."""
        if self._run is not None:
            self._run.cancel()
            self.progress.cancel.setEnabled(False)

    def _take(self, event: Event) -> None:
        if isinstance(event, Progress) and self.running:
            self.progress.show_share(event.done, event.total)

    def _done(self, outcome: Verification) -> None:
        self._finish()
        severity = Severity.INFO if outcome.numbers_same else Severity.WARN
        details = "\n".join(item.words for item in outcome.differences)
        words = f"Run {outcome.run_id[:8]} was made again. {outcome.words}"
        self._bench.notices.add(Notice(words, outcome.notice, severity, details))

    def _failed(self, error: LnmError) -> None:
        self._finish()
        if isinstance(error, Cancelled):
            self._bench.notices.info("The verification was cancelled.", "The recorded run is as it was.")
        else:
            self._bench.notices.error(error)

    def _finish(self) -> None:
        self._run = None
        self.progress.hide()
        self.refresh()
