"""Annotate ▸ Annotation Table and Export Measurements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from lnm_desktop.app import annotation_edits
from lnm_desktop.app.commands import EditAnnotations
from lnm_desktop.app.measurements import export_measurements
from lnm_desktop.domain.annotation import Annotation
from lnm_desktop.domain.ids import AnnotationId, ImageId
from lnm_desktop.domain.prediction import RESEARCH_USE_ONLY
from lnm_desktop.ui.actions import Actions
from lnm_desktop.ui.groups import groups_of
from lnm_desktop.ui.widgets.annotation_dialog import AnnotationDialog, rows_of
from lnm_desktop.ui.widgets.file_dialogs import ask_new_file
from lnm_desktop.ui.workbench import Workbench

SOON_MS = 200
Bulk = Callable[[ImageId, Sequence[Annotation], str], EditAnnotations | None]


class AnnotationTable(QObject):
    """Keeps the table up to date while it is open; what it measures is measured beside the window's thread."""

    def __init__(self, actions: Actions, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self._actions = actions
        self.dialog = AnnotationDialog(bench.window)
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.setInterval(SOON_MS)
        self._due.timeout.connect(self._read)
        actions.on({"annotation-table": self._open, "export-measurements": self._ask_file})
        self._connect()
        self._refresh()

    def _connect(self) -> None:
        dialog, annotating = self.dialog, self._bench.annotating
        self._bench.changed.connect(lambda _change: self._due.start())
        self._bench.current.image_changed.connect(self._refresh)
        annotating.selection_changed.connect(lambda: dialog.show_selection(annotating.selected))
        dialog.selection_wanted.connect(annotating.select)
        dialog.jump_wanted.connect(annotating.jump)
        dialog.delete_wanted.connect(annotating.remove)
        dialog.export_wanted.connect(self._ask_file)
        dialog.group_wanted.connect(self._regroup)
        dialog.name_wanted.connect(partial(self._edit, annotation_edits.rename))
        dialog.comment_wanted.connect(partial(self._edit, annotation_edits.comment))

    def _open(self) -> None:
        self.dialog.show()
        self.dialog.raise_()
        self._read()

    def _refresh(self) -> None:
        opened = self._bench.current.image is not None
        for action_id in ("annotation-table", "export-measurements"):
            self._actions[action_id].setEnabled(opened)
        self._due.start()

    def _read(self) -> None:
        annotations, calibration = self._bench.current.annotations, self._bench.current.calibration
        if not self.dialog.isVisible():
            return
        if annotations is None:
            self.dialog.show_rows((), calibration)
            return
        self.dialog.show_groups(groups_of(annotations))
        show = partial(self.dialog.show_rows, calibration=calibration)
        self._bench.background.run(lambda: rows_of(annotations, calibration), show, self._bench.notices.error)

    def _edit(self, bulk: Bulk, ids: Sequence[AnnotationId], text: str) -> None:
        self._bench.annotating.edit(ids, lambda image_id, chosen: bulk(image_id, chosen, text))

    def _regroup(self, ids: Sequence[AnnotationId], name: str) -> None:
        annotations = self._bench.current.annotations
        group = next((one for one in groups_of(annotations) if one.name == name), None) if annotations else None
        if group is not None:
            edit = self._bench.annotating.edit
            edit(ids, lambda image_id, chosen: annotation_edits.regroup(image_id, chosen, group))

    def _ask_file(self) -> None:
        image = self._bench.current.image
        if image is not None:
            name = f"{image.label} measurements.csv"
            ask_new_file(self._bench.window, "Export measurements", "CSV (*.csv)", name, self.export)

    def export(self, path: Path) -> None:
        """Write the open image's measurements as CSV."""
        image, annotations = self._bench.current.image, self._bench.current.annotations
        if image is None or annotations is None:
            return
        label, calibration = image.label, self._bench.current.calibration

        def tell(count: int) -> None:
            self._bench.notices.info(f"{count} annotations measured in {path.name}.", RESEARCH_USE_ONLY)

        work = partial(export_measurements, path, label, annotations, calibration)
        self._bench.background.run(work, tell, self._bench.notices.error)
