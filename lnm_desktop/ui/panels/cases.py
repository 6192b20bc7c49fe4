"""The workspace's cases and their images, found by pseudonym or label."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QComboBox, QLineEdit, QMenu, QTreeWidget, QTreeWidgetItem, QWidget

from lnm_desktop.domain.case import Case, CaseImage, CaseStatus, Treatment
from lnm_desktop.domain.image import ImageKind
from lnm_desktop.ui.theme.icons import plain_icon
from lnm_desktop.ui.theme.tokens import Tokens
from lnm_desktop.ui.widgets.parts import button, column, label, row

_CASE, _IMAGE = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
_STATUS = Qt.ItemDataRole.UserRole + 3
_SYNTHETIC = "SYNTHETIC"
_ALL = "All cases"
_ORDERS: Mapping[str, Callable[[Case], Any]] = {
    "As added": lambda _case: 0,
    "By name": lambda case: natural(case.pseudonym),
    "By diagnosis": lambda case: (case.diagnosed == "", case.diagnosed),
    "By status": lambda case: list(CaseStatus).index(case.status),
}


class CasesPanel(QWidget):
    """Choosing a case gives `case_chosen`, a double click or Enter on an image `image_chosen` (ids)."""

    case_chosen = Signal(str)
    image_chosen = Signal(str)
    case_named = Signal(str)
    image_wanted = Signal(str)
    details_wanted = Signal(str)

    def __init__(self, tokens: Tokens, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tokens = tokens
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Find a case or image")
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(lambda _typed: self._apply_filter())
        self.status, self.order = QComboBox(), QComboBox()
        self._fill_choices()
        self.tree = QTreeWidget()
        self.tree.setHeaderHidden(True)
        self.tree.setUniformRowHeights(True)
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.tree.customContextMenuRequested.connect(self._show_menu)
        self.tree.itemActivated.connect(self._activate)
        self.tree.currentItemChanged.connect(self._current_changed)
        self.empty = label("No case yet. Name one below, or drop a slide into the middle of the window.", "hint")
        self.pseudonym = QLineEdit()
        self.pseudonym.setPlaceholderText("Pseudonym")
        self.pseudonym.setToolTip("A code that says nothing about the person, such as P-017")
        self.pseudonym.returnPressed.connect(self._name_case)
        self.add = button("Add case", "Start a case under this pseudonym")
        self.add.clicked.connect(self._name_case)
        line = row(self.pseudonym, self.add)
        layout = column(self.filter)
        layout.addLayout(row(self.status, self.order))
        layout.addWidget(self.empty)
        layout.addWidget(self.tree, 1)
        layout.addStretch(0)
        layout.addLayout(line)
        self.setLayout(layout)

    def set_tokens(self, tokens: Tokens) -> None:
        """Draw the icons in a theme's colours."""
        self._tokens = tokens
        for item in self._items():
            item.setIcon(0, plain_icon(self._icon_name(item), tokens))

    def show_cases(self, cases: Sequence[Case], images: Mapping[str, Sequence[CaseImage]]) -> None:
        """Show the workspace; what was open and chosen stays so."""
        self._cases, self._images = tuple(cases), images
        chosen = self.tree.currentItem()
        chosen_id = (chosen.data(0, _IMAGE) or chosen.data(0, _CASE)) if chosen else None
        self.tree.blockSignals(True)
        self.tree.clear()
        for case in sorted(cases, key=_ORDERS[self.order.currentText()]):
            item = self._case_item(case)
            for image in images.get(case.id, ()):
                item.addChild(self._image_item(image, case.node_of(image.id)))
            self.tree.addTopLevelItem(item)
            item.setExpanded(True)
        self.tree.blockSignals(False)
        self.empty.setVisible(not cases)
        self.tree.setVisible(bool(cases))
        self._apply_filter()
        self.choose(chosen_id)

    def choose(self, object_id: str | None) -> None:
        """Mark a case or image as chosen, without saying that it was."""
        self.tree.blockSignals(True)
        for item in self._items():
            if object_id in (item.data(0, _IMAGE), item.data(0, _CASE)) and object_id:
                self.tree.setCurrentItem(item)
                break
        self.tree.blockSignals(False)

    def _fill_choices(self) -> None:
        self._cases: tuple[Case, ...] = ()
        self._images: Mapping[str, Sequence[CaseImage]] = {}
        self.status.addItems([_ALL, *(status.value.capitalize() for status in CaseStatus)])
        self.status.setToolTip("Only cases of this status")
        self.status.setAccessibleName("Status of the cases shown")
        self.status.currentIndexChanged.connect(lambda _place: self._apply_filter())
        self.order.addItems(list(_ORDERS))
        self.order.setToolTip("The order of the cases")
        self.order.setAccessibleName("Order of the cases")
        self.order.currentIndexChanged.connect(lambda _place: self.show_cases(self._cases, self._images))

    def _case_item(self, case: Case) -> QTreeWidgetItem:
        marks = [_SYNTHETIC] if case.synthetic else []
        marks += [case.status.value] if case.status is not CaseStatus.OPEN else []
        words = "   ".join([case.pseudonym, *(f"[{mark}]" for mark in marks), *(f"#{tag}" for tag in case.tags)])
        item = QTreeWidgetItem([words])
        item.setData(0, _CASE, case.id)
        item.setData(0, _STATUS, case.status.value.capitalize())
        item.setIcon(0, plain_icon("case", self._tokens))
        item.setToolTip(0, _told(case))
        return item

    def _image_item(self, image: CaseImage, node: str) -> QTreeWidgetItem:
        item = QTreeWidgetItem([f"{image.label}   ({node})" if node else image.label])
        item.setData(0, _IMAGE, image.id)
        item.setData(0, _IMAGE + 1, image.kind.value)
        item.setIcon(0, plain_icon(self._icon_name(item), self._tokens))
        item.setToolTip(0, f"{image.label}\nDouble click opens this {image.kind.value}")
        return item

    def _icon_name(self, item: QTreeWidgetItem) -> str:
        kind = item.data(0, _IMAGE + 1)
        if kind is None:
            return "case"
        return "slide" if kind == ImageKind.SLIDE else "series"

    def _items(self) -> list[QTreeWidgetItem]:
        return [found for case in _inside(self.tree.invisibleRootItem()) for found in (case, *_inside(case))]

    def _apply_filter(self) -> None:
        """A case stays when it, its tags or one of its images match, and its status is the wanted one."""
        wanted, status = self.filter.text().casefold(), self.status.currentText()
        for case in _inside(self.tree.invisibleRootItem()):
            own = wanted in case.text(0).casefold()
            fitting = [child for child in _inside(case) if own or wanted in child.text(0).casefold()]
            for child in _inside(case):
                child.setHidden(child not in fitting)
            case.setHidden(not (own or fitting) or status not in (_ALL, case.data(0, _STATUS)))

    def _current_changed(self, item: QTreeWidgetItem | None, _before: QTreeWidgetItem | None) -> None:
        if item is not None:
            owner = item.parent() or item
            self.case_chosen.emit(owner.data(0, _CASE))

    def _activate(self, item: QTreeWidgetItem, _column: int) -> None:
        if image_id := item.data(0, _IMAGE):
            self.image_chosen.emit(image_id)

    def _name_case(self) -> None:
        name = self.pseudonym.text().strip()
        if name:
            self.pseudonym.clear()
            self.case_named.emit(name)
        else:
            self.pseudonym.setFocus()

    def _show_menu(self, place: QPoint) -> None:
        item = self.tree.itemAt(place)
        if item is None:
            return
        menu = QMenu(self)
        if image_id := item.data(0, _IMAGE):
            menu.addAction("Open", lambda: self.image_chosen.emit(image_id))
        else:
            menu.addAction("Add Image…", lambda: self.image_wanted.emit(item.data(0, _CASE)))
            menu.addAction("Details…", lambda: self.details_wanted.emit(item.data(0, _CASE)))
        menu.exec(self.tree.viewport().mapToGlobal(place))
        menu.deleteLater()


def _inside(item: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    """The items right below one."""
    children = (item.child(place) for place in range(item.childCount()))
    return [child for child in children if child is not None]


def natural(name: str) -> list[tuple[int, str]]:
    """A key by which P-9 comes before P-10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name.casefold())]


def _told(case: Case) -> str:
    facts = ["Made-up data: it describes nobody"] if case.synthetic else []
    facts += [f"Diagnosed {case.diagnosed}"] if case.diagnosed else []
    facts += [case.treatment.value.capitalize()] if case.treatment is not Treatment.UNKNOWN else []
    return "\n".join([*facts, f"Status: {case.status.value}"])
