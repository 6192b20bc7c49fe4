"""The files opened last can be opened again; those that are gone are greyed; names are kept only if wanted."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from lnm_desktop.ui.recent_files import MOST, NOT_FOUND, RecentFiles
from tests.ui.conftest import Bench


def entries(bench: Bench) -> list[QAction]:
    """The files in the menu."""
    own = {bench.actions["clear-recent"], bench.actions["remember-recent"]}
    return [one for one in bench.window.recent.actions() if not one.isSeparator() and one not in own]


def texts(bench: Bench) -> list[str]:
    return [one.text() for one in entries(bench)]


def recent(bench: Bench, *names: str) -> RecentFiles:
    """A list of files of the test's folder."""
    files = bench.wiring.recent
    files.use([str(bench.folder / name) for name in names], remember=True)
    bench.wait(lambda: not files._looking.locked())
    bench.qtbot.wait(20)
    return files


def click(menu: QMenu, action: QAction) -> None:
    menu.popup(menu.mapToGlobal(menu.rect().topLeft()))
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())


def test_opened_files_come_first_and_can_be_opened_by_the_mouse(bench: Bench) -> None:
    (bench.folder / "a.svs").touch()
    (bench.folder / "b.svs").touch()
    files = recent(bench, "a.svs")
    told: list[tuple[tuple[str, ...], bool]] = []
    files.kept.connect(lambda paths, remember: told.append((paths, remember)))
    bench.open_slide("b.svs")
    assert texts(bench) == ["b.svs", "a.svs"]
    assert told == [((str(bench.folder / "b.svs"), str(bench.folder / "a.svs")), True)]
    click(bench.window.recent, entries(bench)[1])
    bench.wait(lambda: bench.bench.current.image is not None and bench.bench.current.image.label == "a")
    assert texts(bench) == ["a.svs", "b.svs"]


def test_the_list_is_bounded_and_names_are_told_apart(bench: Bench) -> None:
    files = recent(bench, *(f"{n}/slide & co.svs" for n in range(MOST + 3)))
    assert len(files.paths) == MOST
    assert texts(bench)[0] == f"slide && co.svs (0) – {NOT_FOUND}"
    assert entries(bench)[0].toolTip() == str(bench.folder / "0" / "slide & co.svs")


def test_a_file_that_is_gone_is_greyed_and_comes_back(bench: Bench) -> None:
    (bench.folder / "here.svs").touch()
    files = recent(bench, "here.svs", "gone.svs")
    bench.wait(lambda: files.missing)
    assert texts(bench) == ["here.svs", f"gone.svs – {NOT_FOUND}"]
    assert [one.isEnabled() for one in entries(bench)] == [True, False]
    (bench.folder / "gone.svs").touch()
    bench.window.recent.aboutToShow.emit()
    bench.wait(lambda: not files.missing)
    assert [one.isEnabled() for one in entries(bench)] == [True, True]
    assert texts(bench)[1] == "gone.svs"
    kinds = [one.isSeparator() for one in bench.window.recent.actions()]
    assert kinds == [False, False, True, False, False], "files, a line, what can be done with the list"


def test_the_window_never_waits_for_the_disk(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, asked = threading.Event(), []

    def exists(path: Path) -> bool:
        asked.append(threading.current_thread())
        gate.wait(20)
        return False

    monkeypatch.setattr(Path, "exists", exists)
    files = bench.wiring.recent
    files.use(["/far/a.svs"], remember=True)
    bench.wait(lambda: asked)
    for _ in range(3):
        bench.window.recent.aboutToShow.emit()
    assert texts(bench) == ["a.svs"], "the menu is there while the drive does not answer"
    assert threading.main_thread() not in asked and len(asked) == 1
    gate.set()
    bench.wait(lambda: files.missing)
    monkeypatch.undo()


def test_the_list_can_be_cleared_and_switched_off(bench: Bench) -> None:
    files = recent(bench, "a.svs", "b.svs")
    told: list[tuple[tuple[str, ...], bool]] = []
    files.kept.connect(lambda paths, remember: told.append((paths, remember)))
    click(bench.window.recent, bench.actions["clear-recent"])
    assert told == [((), True)]
    assert texts(bench) == []
    assert not bench.actions["clear-recent"].isEnabled()
    bench.open_slide("c.svs")
    click(bench.window.recent, bench.actions["remember-recent"])
    assert told[-1] == ((), False)
    bench.open_slide("d.svs")
    assert texts(bench) == [] and told[-1] == ((), False)
    click(bench.window.recent, bench.actions["remember-recent"])
    bench.open_slide("e.svs")
    assert texts(bench) == ["e.svs"]
    files.use(["x.svs"], remember=False)
    assert texts(bench) == []
