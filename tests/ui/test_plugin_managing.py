"""A plugin is installed, disabled, gone back from and removed with the mouse, and no step stops the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from lnm_desktop.app.models import own_plugins
from lnm_desktop.app.plugin_installing import Plan
from lnm_desktop.plugin.bundle import write_bundle
from lnm_desktop.plugin.installation import Installation
from lnm_desktop.plugin.signing import load_key, new_key
from lnm_desktop.plugin.wheel import read_wheel
from lnm_desktop.ui.plugin_managing import PluginManaging
from lnm_desktop.ui.widgets.plugin_plan_dialog import PluginPlanDialog
from lnm_desktop.ui.widgets.plugins_dialog import PluginsDialog
from tests.fakes.wheels import a_plugin_wheel
from tests.ui.conftest import Bench


@pytest.fixture
def managing(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PluginManaging:
    """The application's own plugins are left out: to describe them takes torch."""
    monkeypatch.setenv("LNM_HOME", str(tmp_path / "home"))
    installation = Installation(tmp_path / "home" / "data" / "plugins")
    bench.models._search = installation.plugins
    return PluginManaging(bench.actions, bench.bench, bench.models)


def dialog_of(bench: Bench, kind: type) -> PluginsDialog | PluginPlanDialog | None:
    return next((found for found in bench.window.findChildren(kind) if found.isVisible()), None)


def shown(bench: Bench) -> PluginsDialog:
    bench.wait(lambda: dialog_of(bench, PluginsDialog) is not None)
    dialog = dialog_of(bench, PluginsDialog)
    assert isinstance(dialog, PluginsDialog)
    return dialog


def agree(bench: Bench, managing: PluginManaging, package: Path, trust_as: str = "") -> None:
    managing.look_at(package)
    bench.wait(lambda: dialog_of(bench, PluginPlanDialog) is not None)
    dialog = dialog_of(bench, PluginPlanDialog)
    assert isinstance(dialog, PluginPlanDialog)
    dialog.trust.setText(trust_as)
    bench.qtbot.mouseClick(dialog.install, Qt.MouseButton.LeftButton)


def cells(dialog: PluginsDialog) -> list[tuple[str, ...]]:
    rows = dialog.table.rows
    return [tuple(str(rows.index(row, c).data()) for c in range(5)) for row in range(rows.rowCount())]


@pytest.mark.timeout(200)
def answer_removal(bench: Bench, managing: PluginManaging, dialog: PluginsDialog, answer: str) -> None:
    bench.qtbot.mouseClick(dialog.steps["remove"], Qt.MouseButton.LeftButton)
    question = managing.question
    assert question is not None and "Remove fake-darkness with all its versions" in question.text()
    chosen = next(button for button in question.buttons() if button.text().replace("&", "") == answer)
    bench.qtbot.mouseClick(chosen, Qt.MouseButton.LeftButton)


def test_the_life_of_a_plugin(bench: Bench, managing: PluginManaging, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    new_key(key)
    bundles = [tmp_path / f"{version}.lnmplugin" for version in ("1.0", "2.0")]
    for bundle in bundles:
        wheel = a_plugin_wheel(tmp_path / bundle.stem, version=bundle.stem)
        write_bundle([read_wheel(wheel)], bundle, load_key(key))
    bench.actions["plugins"].trigger()
    dialog = shown(bench)
    agree(bench, managing, bundles[0], trust_as="The Publisher")
    first = ("fake-darkness", "1.0", "fake-darkness", "signed by The Publisher", "ready")
    bench.wait(lambda: cells(dialog) == [first])
    bench.wait(lambda: bench.panels.models.current() is not None)
    agree(bench, managing, bundles[1])
    bench.wait(lambda: cells(dialog) and cells(dialog)[0][1] == "2.0")
    for step, column, words in (("roll back", 1, "1.0"), ("disable", 4, "disabled"), ("enable", 4, "ready")):
        dialog.table.choose(["fake-darkness"])
        assert dialog.steps[step].isEnabled()
        bench.qtbot.mouseClick(dialog.steps[step], Qt.MouseButton.LeftButton)
        bench.wait(lambda column=column, words=words: cells(dialog)[0][column] == words and dialog.isEnabled())
    dialog.table.choose(["fake-darkness"])
    assert "Publisher: Nobody. Licence: MIT. Earlier versions kept: 2.0" in dialog.details.text()
    answer_removal(bench, managing, dialog, "Cancel")
    bench.wait(dialog.isEnabled)
    assert [row[0] for row in cells(dialog)] == ["fake-darkness"]
    dialog.table.choose(["fake-darkness"])
    answer_removal(bench, managing, dialog, "Remove")
    bench.wait(lambda: cells(dialog) == [])
    bench.wait(lambda: bench.panels.models.current() is None)


def test_a_package_that_does_not_fit_says_so_and_cannot_be_installed(
    bench: Bench, managing: PluginManaging, tmp_path: Path
) -> None:
    managing.look_at(a_plugin_wheel(tmp_path / "shelf", requires=("torch<1.0",)))
    bench.wait(lambda: dialog_of(bench, PluginPlanDialog) is not None)
    dialog = dialog_of(bench, PluginPlanDialog)
    assert isinstance(dialog, PluginPlanDialog)
    assert not dialog.install.isEnabled()
    assert not dialog.trust.isVisible()


def test_what_is_no_package_is_told(bench: Bench, managing: PluginManaging, tmp_path: Path) -> None:
    (tmp_path / "photo.lnmplugin").write_bytes(b"GIF89a")
    managing.look_at(tmp_path / "photo.lnmplugin")
    bench.wait(lambda: "photo.lnmplugin cannot be used" in bench.window.area.bar.message.text())


def test_the_plan_is_shown_before_anything_is_agreed_to(qtbot: QtBot, plan: Callable[..., Plan]) -> None:
    from PySide6.QtWidgets import QWidget

    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = PluginPlanDialog(plan(), parent)
    assert dialog.table.rows.rowCount() == 2
    with qtbot.waitSignal(dialog.agreed) as agreed:
        dialog.install.click()
    assert agreed.args == [""]


@pytest.fixture
def plan() -> Callable[..., Plan]:
    from lnm_desktop.app.plugin_installing import Change
    from lnm_desktop.plugin.fitting import Role

    changes = (
        Change("lnm-example", "2.0", Role.PLUGIN, 5_000_000, "MIT"),
        Change("numpy", "1.26", Role.OVERRIDE, 60_000_000, "BSD-3-Clause", "2.4.6"),
    )

    def plan(**details: object) -> Plan:
        given = {"key": "", "trusted": "", "changes": changes, "problems": ()} | details
        return Plan("lnm-example", "2.0", "1.0", "A hospital", "MIT", **given)  # type: ignore[arg-type]

    return plan


def test_own_plugins_cannot_be_removed(bench: Bench, managing: PluginManaging) -> None:
    assert own_plugins(), "the suite runs with the application's own plugin"
    from lnm_desktop.app.plugin_overview import PluginEntry

    dialog = PluginsDialog(bench.window)
    dialog.show_entries([PluginEntry("lnm-tumor-tiles", "0.1", (), "", "LNM Desktop", "", "part of the application")])
    dialog.table.choose(["lnm-tumor-tiles"])
    assert not any(pressed.isEnabled() for pressed in dialog.steps.values())
    dialog.close()
