"""Why the shown run's model answers as it does in the middle of the view."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from shiboken6 import isValid

from lnm_desktop.app.explain import METHODS, TileExplanation, explain_tile, explained_png, save_explanation
from lnm_desktop.domain.case import CaseImage
from lnm_desktop.domain.geometry import Point
from lnm_desktop.errors import LnmError
from lnm_desktop.ui.actions import Actions
from lnm_desktop.ui.widgets.explanation_dialog import ExplanationDialog
from lnm_desktop.ui.widgets.file_dialogs import ask_folder
from lnm_desktop.ui.workbench import Workbench


class ExplainingTile(QObject):
    """Models ▸ Explain Tile. The tile is the one around the middle of the view when it is asked for."""

    def __init__(self, actions: Actions, bench: Workbench) -> None:
        super().__init__(bench)
        self._action = actions["explain-tile"]
        self._bench = bench
        actions.on({"explain-tile": self.ask})
        bench.showing.changed.connect(self.refresh)
        bench.predicting.progressed.connect(lambda _event: self.refresh())
        self.refresh()

    def refresh(self) -> None:
        """A worker that runs a model has no time for another question."""
        self._action.setEnabled(self._bench.showing.shown_map() is not None and not self._bench.predicting.running)

    def ask(self) -> ExplanationDialog | None:
        """Open the dialog and ask for the first method."""
        shown, image, pane = self._bench.showing.shown_map(), self._bench.current.image, self._bench.pane
        if shown is None or image is None or pane is None or pane.view is None:
            return None
        model, place = shown[0].model_id, pane.view.center
        title = f"Explain Tile: {model} at {place.x:,.0f}, {place.y:,.0f}"
        dialog = ExplanationDialog(title, METHODS, self._bench.window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.method_wanted.connect(partial(self._explain, dialog, model, image, place))
        dialog.save_wanted.connect(lambda found: ask_folder(dialog, "Save Explanation", partial(self._save, found)))
        self._explain(dialog, model, image, place, METHODS[0])
        dialog.show()
        return dialog

    def _explain(self, dialog: ExplanationDialog, model: str, image: CaseImage, place: Point, method: str) -> None:
        dialog.wait_for(f"Working out {method} …")
        models = self._bench.models

        def work() -> tuple[TileExplanation, bytes]:
            found = explain_tile(models, model, Path(image.path), place, method, user_mpp=image.user_mpp)
            return found, explained_png(found)

        self._bench.background.run(work, partial(self._show, dialog), partial(self._fail, dialog))

    def _show(self, dialog: ExplanationDialog, answer: tuple[TileExplanation, bytes]) -> None:
        if not isValid(dialog):
            return  # it was closed meanwhile
        dialog.show_explanation(*answer)

    def _fail(self, dialog: ExplanationDialog, error: LnmError) -> None:
        if isValid(dialog):
            dialog.show_error(error)

    def _save(self, found: TileExplanation, folder: Path) -> None:
        self._bench.background.run(
            lambda: save_explanation(found, folder),
            lambda _none: self._bench.notices.info(f"The explanation was saved in {folder.name}."),
            self._bench.notices.error,
        )
