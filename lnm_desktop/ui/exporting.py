"""Pictures leave the window here: a region to a file, at any resolution, or the view to the clipboard."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication

from lnm_desktop.app.picture_process import export_in_process
from lnm_desktop.domain.annotation import AnnotationSet
from lnm_desktop.domain.case import CaseImage
from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.picture import PictureJob, PictureReport
from lnm_desktop.errors import Cancelled, LnmError
from lnm_desktop.paths import log_dir
from lnm_desktop.ui.actions import Actions
from lnm_desktop.ui.notices import Notice, Offer, Severity
from lnm_desktop.ui.widgets.file_dialogs import ask_new_file
from lnm_desktop.ui.widgets.region_export_dialog import ExportSource, ExportWish, RegionExportDialog
from lnm_desktop.ui.widgets.work_progress import WorkProgress
from lnm_desktop.ui.workbench import Workbench

Export = Callable[[PictureJob, Path, Callable[[int, int], None], threading.Event], PictureReport]


class Exporting(QObject):
    """One export at a time, in a process of its own, while the window goes on. `asked` gives each dialog shown."""

    asked = Signal(object)

    def __init__(self, actions: Actions, bench: Workbench, export: Export = export_in_process) -> None:
        super().__init__(bench)
        self._actions = actions
        self._bench = bench
        self._export = export
        self._stop: threading.Event | None = None
        self.progress = WorkProgress("exporting", "Stop the export; nothing of it is kept")
        self.progress.cancel.clicked.connect(self.cancel)
        bench.window.status.add_work(self.progress)
        actions.on({"export-region": self.ask, "copy-view": self.copy_view})
        bench.current.image_changed.connect(self.refresh)
        bench.window.closing.connect(self.cancel)
        self.refresh()

    @property
    def running(self) -> bool:
        """True while a file is being written."""
        return self._stop is not None

    def refresh(self) -> None:
        """Enable what can be done now."""
        opened = self._bench.current.image is not None
        self._actions["copy-view"].setEnabled(opened)
        self._actions["export-region"].setEnabled(opened and not self.running)

    def ask(self) -> RegionExportDialog | None:
        """Show the dialog for the open image."""
        source, image = self._source(), self._bench.current.image
        if source is None or image is None:
            return None
        dialog = RegionExportDialog(source, self._bench.window)
        dialog.wanted.connect(lambda wish: self._ask_file(image, wish))
        dialog.show()
        self.asked.emit(dialog)
        return dialog

    def start(self, image: CaseImage, wish: ExportWish, target: Path) -> None:
        """Write a picture of an image, open or not any more."""
        if self.running:
            self._bench.notices.warn("Another export is still running.", "Wait for it, or cancel it below.")
            return
        stop = self._stop = threading.Event()
        job = PictureJob(Path(image.path), wish.picture, target, wish.format.lossless)
        self.progress.begin(target.name)
        self.refresh()
        background = self._bench.background

        def tell(done: int, total: int) -> None:
            background.post(lambda: self.progress.show_share(done, total))

        log_file = log_dir() / "picture-export.log"
        background.run(lambda: self._export(job, log_file, tell, stop), self._done, self._failed)

    def cancel(self) -> None:
        """Stop the export; an older file of that name stays as it was."""
        if self._stop is not None:
            self._stop.set()
            self.progress.cancel.setEnabled(False)

    def copy_view(self) -> None:
        """Put what the viewer shows on the clipboard."""
        if self._bench.pane is not None and self._bench.current.image is not None:
            QGuiApplication.clipboard().setImage(self._bench.pane.screenshot())
            self._bench.notices.info("The view is on the clipboard.")

    def _source(self) -> ExportSource | None:
        bench, current = self._bench, self._bench.current
        if current.reader is None or current.image is None or bench.pane is None:
            return None
        view = bench.pane.view
        return ExportSource(
            current.reader.info,
            current.calibration,
            bench.pane.visible_region() if view else None,
            view.downsample if view else None,
            self._selected(),
            current.annotations or AnnotationSet(),
            bench.pane.plane,
            current.case.pseudonym if current.case else "",
            drawings_shown=self._actions["annotations"].isChecked(),
            turned=view is not None and (view.mirrored or view.rotation_deg % 360 != 0),
        )

    def _selected(self) -> Region | None:
        """What the selected annotations span."""
        drawn, pane = self._bench.current.annotations, self._bench.pane
        boxes = [drawn.get(one).geometry.bounds for one in (pane.selected if pane else ()) if drawn and one in drawn]
        if not boxes:
            return None
        x, y = min(box.x for box in boxes), min(box.y for box in boxes)
        return Region(x, y, max(box.right for box in boxes) - x, max(box.bottom for box in boxes) - y)

    def _ask_file(self, image: CaseImage, wish: ExportWish) -> None:
        name, kinds = f"{image.label}.{wish.format.suffix}", wish.format.filter
        ask_new_file(self._bench.window, "Export region", kinds, name, lambda path: self.start(image, wish, path))

    def _done(self, report: PictureReport) -> None:
        self._finish()
        folder = QUrl.fromLocalFile(str(report.path.parent))
        offer = Offer("Open folder", lambda: QDesktopServices.openUrl(folder))
        words = f"{report.path.name} is written: {report.width_px:,} × {report.height_px:,} pixels."
        self._bench.notices.add(Notice(words, " ".join(report.notes), Severity.INFO, offer=offer))

    def _failed(self, error: LnmError) -> None:
        self._finish()
        if isinstance(error, Cancelled):
            self._bench.notices.info("The export was cancelled.", "Nothing of it was kept.")
        else:
            self._bench.notices.error(error)

    def _finish(self) -> None:
        self._stop = None
        self.progress.hide()
        self.refresh()
