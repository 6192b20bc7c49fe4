"""Groups hidden, locked, outlined, ordered and nested, each as one step."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from lnm_desktop.domain.annotation import AnnotationGroup
from lnm_desktop.ui.panels.group_menu import group_menu, may_hold
from tests.ui.conftest import Bench
from tests.ui.fixtures import a_box

TUMOR, NODE, CELL = AnnotationGroup("Tumor"), AnnotationGroup("Node"), AnnotationGroup("Cell", parent="Tumor")
GROUPS = (TUMOR, NODE, CELL)


def taken(menu: QMenu, words: str) -> None:
    next(action for action in menu.actions() if action.text().replace("&", "") == words).trigger()


def menu_of(group: AnnotationGroup, asked: list, parent: QWidget) -> QMenu:
    return group_menu(GROUPS, group, asked.append, parent)


def test_flags_order_and_nesting(bench: Bench) -> None:
    asked: list = []
    menu = menu_of(NODE, asked, bench.window)
    for words in ("Visible", "Locked", "Filled", "Move Up", "Move Down"):
        taken(menu, words)
    visible, locked, filled, up, down = asked
    assert not visible[1].visible
    assert locked[1].locked
    assert not filled[1].filled
    assert [group.name for group in up] == ["Node", "Tumor", "Cell"]
    assert [group.name for group in down] == ["Tumor", "Cell", "Node"]
    nest = menu.findChild(QMenu)
    assert nest is not None
    taken(nest, "Tumor")
    assert asked[-1][1].parent == "Tumor"


def test_nothing_nests_in_itself_or_in_what_it_holds() -> None:
    assert not may_hold(GROUPS, TUMOR, TUMOR)
    assert not may_hold(GROUPS, CELL, TUMOR)
    assert may_hold(GROUPS, NODE, CELL)
    loop = (AnnotationGroup("a", parent="b"), AnnotationGroup("b", parent="a"))
    assert may_hold(loop, loop[0], NODE), "a foreign file may hold a ring"


def test_the_box_hides_a_group_and_undo_shows_it(bench: Bench) -> None:
    bench.open_slide()
    bench.pane.annotation_drawn.emit(a_box())
    panel = bench.panels.annotations
    panel.groups.item(0).setCheckState(Qt.CheckState.Unchecked)
    bench.wait(lambda: not panel.all_groups()[0].visible)
    bench.bench.undo()
    bench.wait(lambda: panel.groups.item(0).checkState() is Qt.CheckState.Checked)


def test_nothing_is_drawn_into_a_locked_group(bench: Bench) -> None:
    bench.open_slide()
    bench.pane.annotation_drawn.emit(a_box())
    panel = bench.panels.annotations
    panel.groups_wanted.emit((AnnotationGroup("Tumor", locked=True), *panel.all_groups()[1:]))
    bench.wait(lambda: panel.groups.item(0).font().italic())
    bench.pane.annotation_drawn.emit(a_box())
    assert "Tumor is locked" in bench.window.area.bar.message.text()
