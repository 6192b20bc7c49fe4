"""Every action of the table is connected here to what it does."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QFileDialog

from lnm_desktop.domain.case import CaseImage
from lnm_desktop.domain.image import ImageKind
from lnm_desktop.paths import log_dir
from lnm_desktop.ui.actions import MAGNIFICATIONS, Actions
from lnm_desktop.ui.annotate_actions import GROUP_KEYS
from lnm_desktop.ui.annotation_table import AnnotationTable
from lnm_desktop.ui.case_details import CaseDetails
from lnm_desktop.ui.clinical_tables import ClinicalTables
from lnm_desktop.ui.commands import Commands
from lnm_desktop.ui.comparing import Comparing
from lnm_desktop.ui.explaining_tile import ExplainingTile
from lnm_desktop.ui.exporting import Exporting
from lnm_desktop.ui.exporting_annotations import ExportingAnnotations
from lnm_desktop.ui.helping import Helping
from lnm_desktop.ui.judging import Judging
from lnm_desktop.ui.looking import Looking
from lnm_desktop.ui.outlining_map import OutliningMap
from lnm_desktop.ui.pane_actions import PaneActions
from lnm_desktop.ui.recent_files import RecentFiles
from lnm_desktop.ui.run_history import RunHistory
from lnm_desktop.ui.shaping import Shaping
from lnm_desktop.ui.shortcuts import Shortcuts
from lnm_desktop.ui.staging import Staging
from lnm_desktop.ui.verifying import Verifying
from lnm_desktop.ui.viewer.tools import Tool
from lnm_desktop.ui.widgets.command_palette import CommandPalette
from lnm_desktop.ui.widgets.dialogs import about_dialog, messages_dialog
from lnm_desktop.ui.widgets.shortcuts_dialog import ShortcutsDialog
from lnm_desktop.ui.workbench import Workbench

EXPORT_ENDINGS = {
    "ASAP XML (*.xml)": "xml",
    "GeoJSON (*.geojson)": "geojson",
    "ImageScope XML (*.imagescope.xml)": "imagescope.xml",
    "NDP.view (*.ndpa)": "ndpa",
}
_PANELS = ("annotations", "clinical", "lnm", "models", "results")


class Wiring(QObject):
    """Leads actions to the workbench and keeps them enabled only while they can do something."""

    theme_chosen = Signal(str)

    def __init__(self, actions: Actions, bench: Workbench) -> None:
        super().__init__(bench)
        self._actions = actions
        self._bench = bench
        self._window = bench.window
        self.looking = Looking(actions, bench)
        self.shortcuts = Shortcuts(actions)
        self.helping = Helping(actions, bench)
        self.exporting = Exporting(actions, bench)
        self.exporting_annotations = ExportingAnnotations(bench)
        self.staging = Staging(actions, bench)
        self.shaping = Shaping(actions, bench)
        self.run_history = RunHistory(bench)
        self.comparing = Comparing(actions, bench)
        self.verifying = Verifying(actions, bench)
        self.outlining_map = OutliningMap(actions, bench)
        self.explaining_tile = ExplainingTile(actions, bench)
        self.annotation_table = AnnotationTable(actions, bench)
        self.case_details = CaseDetails(actions, bench)
        self.judging = Judging(actions, bench)
        self.clinical_tables = ClinicalTables(actions, bench)
        self.exporting.asked.connect(lambda dialog: self.helping.explain(dialog, "Export a picture"))
        self.recent = RecentFiles(actions, bench)
        self.palette = CommandPalette(Commands(actions, bench, self.recent), bench.window)
        self._connect_files()
        self._connect_editing()
        self._connect_view()
        self._connect_panels()
        self._connect_help()
        bench.undo_changed.connect(self.refresh)
        bench.current.image_changed.connect(self.refresh)
        bench.predicting.progressed.connect(lambda _event: self.refresh())
        self.pane_actions = PaneActions(actions, bench)
        self.refresh()

    def refresh(self) -> None:
        """Enable what can be done now, and say what undo would undo."""
        bench, actions = self._bench, self._actions
        for action_id, words, name in zip(("undo", "redo"), bench.undo_words(), ("Undo", "Redo"), strict=True):
            actions[action_id].setEnabled(words is not None)
            actions[action_id].setText(f"{name} {words}" if words else f"&{name}")
        opened = bench.current.image is not None
        for action_id in ("import", "export", "screenshot", "delete", "fit", "zoom-in", "zoom-out", "cancel"):
            actions[action_id].setEnabled(opened)
        for power in MAGNIFICATIONS:
            actions[f"zoom-{power}"].setEnabled(opened)
        running = bench.predicting.running
        actions["stop"].setEnabled(running)
        actions["run"].setEnabled(opened)
        actions["run-case"].setEnabled(bench.current.case is not None)

    def _connect_files(self) -> None:
        calls = {
            "open": self._ask_files,
            "open-folder": self._ask_folder,
            "import": self._ask_files,
            "export": self._ask_export,
            "screenshot": self._ask_picture,
            "quit": self._window.close,
            "add-case": self._name_case,
        }
        self._actions.on(calls)
        self._window.area.open_wanted.connect(self._ask_files)
        self._bench.opening.linking.file_wanted.connect(self._ask_file_of)
        self._bench.panels.cases.image_wanted.connect(self._ask_image_of)

    def _connect_editing(self) -> None:
        bench = self._bench
        self._actions.on({"undo": bench.undo, "redo": bench.redo})
        self._actions["cancel"].triggered.connect(lambda: bench.pane and bench.pane.cancel_drawing())
        self._actions["delete"].triggered.connect(lambda: bench.pane and bench.pane.delete_selected())
        for tool in Tool:
            self._actions[f"tool-{tool.value}"].triggered.connect(partial(self._take_tool, tool))
        self._actions["tool-move"].setChecked(True)
        self._actions["snap"].toggled.connect(bench.panes.set_snapping)
        for number in range(1, GROUP_KEYS + 1):
            choose = partial(bench.panels.annotations.choose_group, number - 1)
            self._actions.on({f"group-{number}": choose})

    def _connect_view(self) -> None:
        bench, actions = self._bench, self._actions
        zooms = {"fit": lambda pane: pane.zoom_to_fit()}
        zooms |= {"zoom-in": lambda pane: pane.zoom_by(2.0), "zoom-out": lambda pane: pane.zoom_by(0.5)}
        for power in MAGNIFICATIONS:
            zooms[f"zoom-{power}"] = lambda pane, power=power: pane.zoom_to_magnification(power)
        for action_id, zoom in zooms.items():
            actions.on({action_id: lambda zoom=zoom: bench.pane and zoom(bench.pane)})
        actions["annotations"].setChecked(True)
        actions["annotations"].toggled.connect(bench.panes.set_annotations_visible)
        shown = bench.panels.results.heatmap.shown
        actions["overlay"].setChecked(shown.isChecked())
        actions["overlay"].toggled.connect(shown.setChecked)
        shown.toggled.connect(actions["overlay"].setChecked)
        for theme in ("dark", "light"):
            actions.on({f"theme-{theme}": partial(self.theme_chosen.emit, theme)})

    def _connect_panels(self) -> None:
        bench, window = self._bench, self._window
        calls = {f"panel-{name}": partial(window.show_panel, name) for name in _PANELS}
        calls |= {"panel-cases": window.show_cases, "restore-layout": window.restore_layout}
        calls |= {"run": self._run, "run-case": self._run_case, "stop": bench.predicting.cancel}
        calls |= {"reload-models": bench.predicting.look_for_models}
        calls |= {"next-region": partial(bench.panels.results.step, 1)}
        calls |= {"previous-region": partial(bench.panels.results.step, -1)}
        runs = bench.panels.results.runs
        calls |= {"newer-run": partial(runs.step, -1), "older-run": partial(runs.step, 1)}
        self._actions.on(calls)

    def _connect_help(self) -> None:
        bench, window = self._bench, self._window
        self._actions.on(
            {
                "palette": self.palette.ask,
                "shortcuts": self._show_shortcuts,
                "messages": lambda: _show(messages_dialog(bench.notices, window)),
                "logs": lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_dir()))),
                "about": lambda: _show(about_dialog(window)),
            }
        )

    def _show_shortcuts(self) -> None:
        dialog = ShortcutsDialog(self.shortcuts, self._window)
        self.helping.explain(dialog, "Shortcuts")
        _show(dialog)

    def _run(self) -> None:
        """Run, or show the panel that says why it cannot be done."""
        self._window.show_panel("models")
        self._bench.panels.models.start()

    def _run_case(self) -> None:
        self._window.show_panel("models")
        wish = self._bench.panels.models.wish()
        if wish is not None:
            self._bench.predicting.start_on_case(wish)

    def _take_tool(self, tool: Tool, _checked: bool = False) -> None:
        self._bench.panes.set_tool(tool)

    def _name_case(self) -> None:
        self._window.show_cases()
        self._bench.panels.cases.pseudonym.setFocus()

    def _ask_files(self) -> None:
        dialog = QFileDialog(self._window, "Open slides, scans or annotations")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(lambda names: self._bench.open_paths([Path(name) for name in names]))
        _show(dialog)

    def _ask_image_of(self, case_id: str) -> None:
        self._bench.open_case(case_id)
        self._ask_files()

    def _ask_file_of(self, image: CaseImage) -> None:
        """Choose the file of an image whose file is lost; a series may lie in a folder."""
        before = Path(image.path)
        dialog = QFileDialog(self._window, f"Find the file of {image.label}", str(before.parent))
        is_folder = image.kind is ImageKind.SERIES and not before.suffix
        dialog.setFileMode(QFileDialog.FileMode.Directory if is_folder else QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self._bench.opening.linking.relink(image, Path(name)))
        _show(dialog)

    def _ask_folder(self) -> None:
        dialog = QFileDialog(self._window, "Open a folder that holds one series or an OME-Zarr image")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.filesSelected.connect(lambda names: self._bench.open_paths([Path(name) for name in names]))
        _show(dialog)

    def _ask_export(self) -> None:
        dialog = self._save_dialog("Export annotations", ";;".join(EXPORT_ENDINGS), "xml")
        export = self.exporting_annotations.export
        dialog.fileSelected.connect(lambda name: export(Path(name), dialog.defaultSuffix()))
        dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(EXPORT_ENDINGS.get(chosen, "xml")))
        _show(dialog)

    def _ask_picture(self) -> None:
        dialog = self._save_dialog("Save picture of the view", "PNG (*.png)", "png")
        dialog.fileSelected.connect(self._save_picture)
        _show(dialog)

    def _save_picture(self, name: str) -> None:
        """The screen is copied here, the file is written beside the window."""
        bench, place = self._bench, Path(name)
        if bench.pane is None:
            return
        picture = bench.pane.screenshot()
        bench.background.run(
            lambda: picture.save(name), lambda saved: self._tell_saved(place, saved), bench.notices.error
        )

    def _tell_saved(self, place: Path, saved: bool) -> None:
        if saved:
            self._bench.notices.info(f"Picture saved as {place.name}.")
        else:
            self._bench.notices.warn(f"{place.name} could not be written.", "Choose another folder.")

    def _save_dialog(self, title: str, filters: str, suffix: str) -> QFileDialog:
        image = self._bench.current.image
        dialog = QFileDialog(self._window, title, "", filters)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(suffix)
        dialog.selectFile(f"{image.label if image else 'annotations'}.{suffix}")
        return dialog


def _show(dialog: QDialog) -> None:
    """Show a dialog that waits for nobody."""
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open() if isinstance(dialog, QFileDialog) else dialog.show()
