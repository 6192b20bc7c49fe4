"""Plugins ▸ Plugins and Install Plugin: packages are judged, agreed to and tried beside the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMessageBox

from lnm_desktop import paths
from lnm_desktop.app.models import Models
from lnm_desktop.app.plugin_overview import PluginEntry, overview
from lnm_desktop.errors import LnmError
from lnm_desktop.ui.actions import Actions
from lnm_desktop.ui.widgets.file_dialogs import ask_file
from lnm_desktop.ui.widgets.plugins_dialog import PluginsDialog
from lnm_desktop.ui.workbench import Workbench

if TYPE_CHECKING:
    from lnm_desktop.app.plugin_installing import Plan, PluginInstaller

Result = TypeVar("Result")
KINDS = "Plugins (*.lnmplugin *.whl);;All files (*)"


class PluginManaging(QObject):
    """Every step is done on another thread; afterwards the models are looked for again."""

    def __init__(self, actions: Actions, bench: Workbench, models: Models) -> None:
        super().__init__(bench)
        self._bench = bench
        self._models = models
        self._dialog: PluginsDialog | None = None
        self.question: QMessageBox | None = None
        actions.on({"plugins": self.show, "install-plugin": self.ask_package})

    def show(self) -> None:
        """Show all plugins."""
        dialog = self._dialog = PluginsDialog(self._bench.window)
        dialog.install_wanted.connect(self.ask_package)
        dialog.step_wanted.connect(self._step)
        dialog.destroyed.connect(self._forget)
        dialog.show()
        self._look()

    def ask_package(self) -> None:
        """Ask for the file of a plugin."""
        ask_file(self._bench.window, "Install Plugin", KINDS, self.look_at)

    def look_at(self, package: Path) -> None:
        """Judge a package and show what installing it would change."""
        self._bench.notices.info(f"{package.name} is being looked at.")
        self._do(lambda: _installer().plan(str(package)), lambda plan: self._show_plan(package, plan))

    def _show_plan(self, package: Path, plan: Plan) -> None:
        from lnm_desktop.ui.widgets.plugin_plan_dialog import PluginPlanDialog  # noqa: PLC0415 - loads cryptography

        dialog = PluginPlanDialog(plan, self._bench.window)
        dialog.agreed.connect(lambda trust_as: self._install(package, trust_as))
        dialog.open()

    def _install(self, package: Path, trust_as: str) -> None:
        from lnm_desktop.app.plugin_installing import CONSENT  # noqa: PLC0415 - as above

        def install() -> Plan:
            return _installer().install(str(package), trust_as=trust_as, consent=CONSENT)

        def done(plan: Plan) -> None:
            self._bench.notices.info(
                f"{plan.name} {plan.version} is installed.", "Its models are in the Models panel."
            )
            self._renew()

        self._bench.notices.info(f"{package.name} is being installed.", "It is tried in a process of its own first.")
        self._do(install, done)

    def _step(self, step: str, name: str) -> None:
        if step == "remove":
            self._ask_to_remove(name)
        else:
            self._take(step, name)

    def _ask_to_remove(self, name: str) -> None:
        box = self.question = QMessageBox(self._bench.window)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("Remove Plugin")
        box.setText(f"Remove {name} with all its versions and libraries?")
        box.setInformativeText("Results of its models stay. To have it back, install it again from its package.")
        yes = box.addButton("Remove", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        box.finished.connect(lambda: self._take("remove", name) if box.clickedButton() == yes else self._look())
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    def _take(self, step: str, name: str) -> None:
        steps: dict[str, Callable[[], object]] = {
            "enable": lambda: _installer().enable(name, enabled=True),
            "disable": lambda: _installer().enable(name, enabled=False),
            "roll back": lambda: _installer().roll_back(name),
            "remove": lambda: _installer().remove(name),
            "retry": lambda: self._models.retry(name),
        }
        self._do(steps[step], lambda _result: self._renew())

    def _renew(self) -> None:
        """Look again at what is installed, here and in the panel of models."""
        self._do(self._models.refresh, lambda _result: self._bench.predicting.look_for_models())
        self._look()

    def _look(self) -> None:
        if self._dialog is not None:
            self._do(lambda: overview(self._models.plugins()), self._show_entries)

    def _show_entries(self, entries: tuple[PluginEntry, ...]) -> None:
        if self._dialog is not None:
            self._dialog.show_entries(entries)

    def _do(self, work: Callable[[], Result], done: Callable[[Result], None]) -> None:
        self._bench.background.run(work, done, self._failed)

    def _failed(self, error: LnmError) -> None:
        self._bench.notices.error(error)
        self._look()

    def _forget(self) -> None:
        self._dialog = None


def _installer() -> PluginInstaller:
    from lnm_desktop.app.plugin_installing import PluginInstaller  # noqa: PLC0415 - loads cryptography
    from lnm_desktop.plugin.installation import Installation  # noqa: PLC0415

    return PluginInstaller(Installation(paths.data_dir() / "plugins"), paths.log_dir(), paths.cache_dir())
