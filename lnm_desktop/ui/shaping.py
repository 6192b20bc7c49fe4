"""Annotate ▸ Selected Shapes: what is done to the selected annotations, each as one step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QInputDialog

from lnm_desktop.app import shape_edits
from lnm_desktop.app.commands import EditAnnotations
from lnm_desktop.domain.annotation import Annotation
from lnm_desktop.domain.ids import ImageId
from lnm_desktop.errors import LnmError
from lnm_desktop.ui.actions import Actions
from lnm_desktop.ui.annotate_actions import SHAPE_ACTIONS
from lnm_desktop.ui.workbench import Workbench

DUPLICATE_SHIFT_PX = 12
"""Screen pixels between an annotation and its copy."""
MOST_UM = 100_000.0
Edit = Callable[[ImageId, Sequence[Annotation]], EditAnnotations]
LengthEdit = Callable[[ImageId, Sequence[Annotation], float], EditAnnotations]


class Shaping(QObject):
    """Leads the menu to the shape edits, and asks for the lengths that they need."""

    def __init__(self, actions: Actions, bench: Workbench) -> None:
        super().__init__(bench)
        self._actions = actions
        self._bench = bench
        plain = {"unite": shape_edits.unite, "subtract": shape_edits.subtract, "intersect": shape_edits.intersect}
        plain |= {"split": shape_edits.split, "fill-holes": shape_edits.fill_holes}
        actions.on({name: partial(self._edit, edit) for name, edit in plain.items()})
        actions.on({"simplify": self._ask_tolerance, "buffer": self._ask_width})
        actions.on({"duplicate": self._duplicate, "copy-to-panes": self._copy_to_panes})
        bench.annotating.selection_changed.connect(self.refresh)
        bench.current.image_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Enable what needs a selection only while there is one."""
        selected = self._bench.pane is not None and bool(self._bench.pane.selected)
        for action_id in SHAPE_ACTIONS:
            self._actions[action_id].setEnabled(selected)

    def _edit(self, edit: Edit) -> None:
        self._bench.annotating.edit_selected(edit)

    def _duplicate(self) -> None:
        pane = self._bench.pane
        if pane is not None:
            shift = DUPLICATE_SHIFT_PX * pane.downsample
            self._edit(lambda image_id, chosen: shape_edits.duplicate(image_id, chosen, shift))

    def _ask_tolerance(self) -> None:
        calibration = self._bench.current.calibration
        unit, per_px = ("µm", calibration.mpp) if calibration.is_known else ("px", 1.0)
        dialog = self._number_dialog("Simplify", f"The outline may move by ({unit})", per_px, 1e-3)
        dialog.doubleValueSelected.connect(
            lambda length: self._edit(
                lambda image_id, chosen: shape_edits.simplify(image_id, chosen, length / per_px)
            )
        )
        dialog.open()

    def _ask_width(self) -> None:
        calibration = self._bench.current.calibration
        dialog = self._number_dialog("Buffer", "Grow by (µm); a negative width shrinks", 100.0, -MOST_UM)
        dialog.doubleValueSelected.connect(
            lambda width: self._edit(
                lambda image_id, chosen: shape_edits.buffer(image_id, chosen, width, calibration)
            )
        )
        dialog.open()

    def _ask(self, dialog: QInputDialog, edit: LengthEdit) -> None:
        dialog.doubleValueSelected.connect(
            lambda value: self._edit(lambda image_id, chosen: edit(image_id, chosen, value))
        )
        dialog.open()

    def _number_dialog(self, title: str, words: str, value: float, least: float) -> QInputDialog:
        dialog = QInputDialog(self._bench.window)
        dialog.setWindowTitle(title)
        dialog.setLabelText(words)
        dialog.setInputMode(QInputDialog.InputMode.DoubleInput)
        dialog.setDoubleDecimals(3)
        dialog.setDoubleRange(least, MOST_UM)
        dialog.setDoubleValue(value)
        dialog.finished.connect(dialog.deleteLater)
        return dialog

    def _copy_to_panes(self) -> None:
        """Beside each other lie stains of one tissue: an outline on one is wanted on the others."""
        bench = self._bench
        ways = bench.sync.ways_from(bench.panes.active)
        session = bench.current.session
        if session is None or not ways:
            bench.notices.error(
                LnmError("No other pane moves along.", hint="Link the panes: View, Panes, Move Together (J).")
            )
            return
        chosen = bench.annotating.selected_annotations()
        for seat, way in ways.items():
            image = seat.slot.image
            if image is not None:
                edit = partial(shape_edits.mirror, image.id, chosen, way.apply)
                bench.notices.attempt(lambda edit=edit: session.execute(edit()))
