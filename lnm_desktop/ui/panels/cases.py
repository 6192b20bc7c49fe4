"""The workspace's cases and their images, found by pseudonym or label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QLineEdit, QMenu, QTreeWidget, QTreeWidgetItem, QWidget

from lnm_desktop.domain.case import Case, CaseImage
from lnm_desktop.domain.image import ImageKind
from lnm_desktop.ui.theme.icons import plain_icon
from lnm_desktop.ui.theme.tokens import Tokens
from lnm_desktop.ui.widgets.parts import button, column, label, row

_CASE, _IMAGE = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
_SYNTHETIC = "SYNTHETIC"


class CasesPanel(QWidget):
    """Choosing a case gives `case_chosen`, a double click or Enter on an image `image_chosen` (ids)."""

    case_chosen = Signal(str)
    image_chosen = Signal(str)
    case_named = Signal(str)
    image_wanted = Signal(str)

    def __init__(self, tokens: Tokens, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tokens = tokens
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Find a case or image")
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._apply_filter)
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
        layout = column(self.filter, self.empty, self.tree)
        layout.addStretch(0)
        layout.setStretch(2, 1)
        layout.addLayout(line)
        self.setLayout(layout)

    def set_tokens(self, tokens: Tokens) -> None:
        """Draw the icons in a theme's colours."""
        self._tokens = tokens
        for item in self._items():
            item.setIcon(0, plain_icon(self._icon_name(item), tokens))

    def show_cases(self, cases: Sequence[Case], images: Mapping[str, Sequence[CaseImage]]) -> None:
        """Show the workspace; what was open and chosen stays so."""
        chosen = self.tree.currentItem()
        chosen_id = (chosen.data(0, _IMAGE) or chosen.data(0, _CASE)) if chosen else None
        self.tree.blockSignals(True)
        self.tree.clear()
        for case in cases:
            item = self._case_item(case)
            for image in images.get(case.id, ()):
                item.addChild(self._image_item(image))
            self.tree.addTopLevelItem(item)
            item.setExpanded(True)
        self.tree.blockSignals(False)
        self.empty.setVisible(not cases)
        self.tree.setVisible(bool(cases))
        self._apply_filter(self.filter.text())
        self.choose(chosen_id)

    def choose(self, object_id: str | None) -> None:
        """Mark a case or image as chosen, without saying that it was."""
        self.tree.blockSignals(True)
        for item in self._items():
            if object_id in (item.data(0, _IMAGE), item.data(0, _CASE)) and object_id:
                self.tree.setCurrentItem(item)
                break
        self.tree.blockSignals(False)

    def _case_item(self, case: Case) -> QTreeWidgetItem:
        words = f"{case.pseudonym}   [{_SYNTHETIC}]" if case.synthetic else case.pseudonym
        item = QTreeWidgetItem([words])
        item.setData(0, _CASE, case.id)
        item.setIcon(0, plain_icon("case", self._tokens))
        item.setToolTip(0, "Made-up data: it describes nobody" if case.synthetic else "Case")
        return item

    def _image_item(self, image: CaseImage) -> QTreeWidgetItem:
        item = QTreeWidgetItem([image.label])
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

    def _apply_filter(self, typed: str) -> None:
        """A case stays when it or one of its images matches."""
        wanted = typed.casefold()
        for case in _inside(self.tree.invisibleRootItem()):
            own = wanted in case.text(0).casefold()
            fitting = [child for child in _inside(case) if own or wanted in child.text(0).casefold()]
            for child in _inside(case):
                child.setHidden(child not in fitting)
            case.setHidden(not (own or fitting))

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
        menu.exec(self.tree.viewport().mapToGlobal(place))
        menu.deleteLater()


def _inside(item: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    """The items right below one."""
    children = (item.child(place) for place in range(item.childCount()))
    return [child for child in children if child is not None]
