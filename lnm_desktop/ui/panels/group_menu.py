"""What can be done with a group beyond its colour: hide, lock, fill, order, nest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtWidgets import QMenu, QWidget

from lnm_desktop.domain.annotation import NO_GROUP, AnnotationGroup

Groups = tuple[AnnotationGroup, ...]
_FLAGS = (("visible", "&Visible"), ("locked", "&Locked"), ("filled", "&Filled"))


def group_menu(groups: Groups, chosen: AnnotationGroup, ask: Callable[[Groups], object], parent: QWidget) -> QMenu:
    """The menu for one of the groups; `ask` is given the groups as they should be."""
    menu = QMenu(parent)
    for name, words in _FLAGS:
        action = menu.addAction(words)
        action.setCheckable(True)
        action.setChecked(getattr(chosen, name))
        action.triggered.connect(lambda on, name=name: ask(changed(groups, replace(chosen, **{name: on}))))
    menu.addSeparator()
    for words, step in (("Move &Up", -1), ("Move &Down", 1)):
        action = menu.addAction(words)
        action.setEnabled(0 <= groups.index(chosen) + step < len(groups))
        action.triggered.connect(lambda _on=False, step=step: ask(moved(groups, chosen, step)))
    _add_parents(menu.addMenu("&Nest in"), groups, chosen, ask)
    return menu


def changed(groups: Groups, group: AnnotationGroup) -> Groups:
    """The groups with this one in the place of that of its name."""
    return tuple(group if one.name == group.name else one for one in groups)


def moved(groups: Groups, group: AnnotationGroup, step: int) -> Groups:
    """The groups with one of them a step further down, or up."""
    place = groups.index(group)
    others = [one for one in groups if one is not group]
    others.insert(place + step, group)
    return tuple(others)


def may_hold(groups: Groups, outer: AnnotationGroup, inner: AnnotationGroup) -> bool:
    """False for the group itself and for what lies in it: nothing nests in itself."""
    by_name = {group.name: group for group in groups}
    around, seen = outer, set[str]()
    while around.name not in seen:
        if around.name == inner.name:
            return False
        seen.add(around.name)
        around = by_name.get(around.parent, around)
    return True


def _add_parents(menu: QMenu, groups: Groups, chosen: AnnotationGroup, ask: Callable[[Groups], object]) -> None:
    names = [NO_GROUP, *(group.name for group in groups if may_hold(groups, group, chosen))]
    for name in names:
        action = menu.addAction(name or "no group")
        action.setCheckable(True)
        action.setChecked(chosen.parent == name)
        action.triggered.connect(lambda _on, name=name: ask(changed(groups, replace(chosen, parent=name))))
