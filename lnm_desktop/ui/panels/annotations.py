"""What is drawn on the open image: groups with their colours, and a table of annotations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QColor, QIcon
from PySide6.QtWidgets import QColorDialog, QLineEdit, QListWidget, QListWidgetItem, QWidget

from lnm_desktop.domain.annotation import Annotation, AnnotationGroup, AnnotationSet
from lnm_desktop.domain.geometry import Shape
from lnm_desktop.domain.ids import AnnotationId
from lnm_desktop.domain.image import Calibration
from lnm_desktop.ui.groups import free_color, groups_of
from lnm_desktop.ui.panels.group_menu import changed, group_menu
from lnm_desktop.ui.theme.icons import swatch
from lnm_desktop.ui.widgets.parts import button, column, label, row
from lnm_desktop.ui.widgets.text_table import Cell, Row, TextTable

_NAME = Qt.ItemDataRole.UserRole
_NO_AREA = (Shape.DOT, Shape.POINT_SET, Shape.MEASUREMENT)
_NO_IMAGE = "Open a slide or scan to draw on it."
_EMPTY = "Draw: P polygon, L freehand, R rectangle, E ellipse, B brush, W wand, K ruler, . point."
MANY = 200
_COLUMNS = ("Name", "Group", "Area {unit}")


class AnnotationsPanel(QWidget):
    """Signals name what the user asks for; nothing changes here until the annotations come back."""

    group_chosen = Signal(object)
    groups_wanted = Signal(tuple)
    group_renamed = Signal(str, str)
    annotation_chosen = Signal(str)
    selection_wanted = Signal(tuple)
    delete_wanted = Signal(tuple)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._annotations = AnnotationSet()
        self._calibration = Calibration()
        self.empty = label(_NO_IMAGE, "hint")
        self.groups = self._make_groups()
        self.add = button("Add", "A new group in a free colour")
        self.recolor = button("Colour…", "Another colour for the chosen group")
        self.more = button("More…", "Hide, lock, fill, order or nest the chosen group")
        self.remove = button("Remove", "Forget the chosen group; only a group that nothing belongs to can go")
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter annotations")
        self.filter.setClearButtonEnabled(True)
        self.table = TextTable(_columns(self._calibration))
        self.table.share_width(0, 1)
        self.delete = button("Delete selected", "Delete the chosen annotations (Del); Ctrl+Z brings them back")
        self.total = label("", "hint")
        self._connect()
        self._arrange()
        self.show_annotations(None, Calibration())

    def show_annotations(self, annotations: AnnotationSet | None, calibration: Calibration) -> None:
        """Show an image's annotations; None where no image is open."""
        self._annotations = annotations or AnnotationSet()
        self._calibration = calibration
        self.empty.setText(_NO_IMAGE if annotations is None else _EMPTY)
        self.empty.setVisible(annotations is None or not len(annotations))
        self.setEnabled(annotations is not None)
        self._show_groups()
        chosen = self.table.keys()
        self.table.rows.set_columns(_columns(calibration))
        colors = {group.name: swatch(group.color) for group in self.all_groups()}
        self.table.rows.set_rows([_row(item, calibration, colors) for item in self._annotations])
        self._quietly_choose(chosen)
        self._count()

    def show_change(self, annotations: AnnotationSet, ids: Sequence[AnnotationId]) -> None:
        """Show a set of which only these (added, replaced or removed) differ from the last."""
        put = annotations.in_order([annotations.get(known) for known in ids if known in annotations])
        if len(ids) > MANY or not self._goes_at_end(annotations, put):
            self.show_annotations(annotations, self._calibration)
            return
        self._annotations = annotations
        self.empty.setVisible(not len(annotations))
        self._show_groups()
        colors = {group.name: swatch(group.color) for group in self.all_groups()}
        self.table.rows.remove_rows(known for known in ids if known not in annotations)
        self.table.rows.put_rows(_row(item, self._calibration, colors) for item in put)
        self._count()

    def _goes_at_end(self, annotations: AnnotationSet, put: Sequence[Annotation]) -> bool:
        """False where one that is not in the table belongs between others: an undone deletion."""
        new = [item for item in put if self.table.rows.place_of(item.id) is None]
        last = self.table.rows.last_key
        if not new or last is None:
            return True
        return last in annotations and annotations.place(new[0].id) > annotations.place(AnnotationId(last))

    def show_selection(self, ids: tuple[str, ...]) -> None:
        """Mark the rows of what is selected in the viewer."""
        self._quietly_choose(ids)
        self._count()

    def all_groups(self) -> tuple[AnnotationGroup, ...]:
        """The groups to choose from."""
        return groups_of(self._annotations)

    def choose_group(self, place: int) -> None:
        """Draw in the group at this place (0 is the first)."""
        if 0 <= place < self.groups.count():
            self.groups.setCurrentRow(place)

    def current_group(self) -> AnnotationGroup | None:
        """The group that the next annotation belongs to."""
        groups = self.all_groups()
        place = self.groups.currentRow()
        return groups[place] if 0 <= place < len(groups) else None

    def _make_groups(self) -> QListWidget:
        made = QListWidget()
        made.setAccessibleName("Groups")
        made.setToolTip("The chosen group takes what is drawn next (keys 1–9); double click renames, the box hides")
        made.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        made.setFixedHeight(132)
        return made

    def _connect(self) -> None:
        self.groups.currentRowChanged.connect(lambda _row: self.group_chosen.emit(self.current_group()))
        self.groups.itemChanged.connect(self._renamed)
        self.add.clicked.connect(self._add_group)
        self.recolor.clicked.connect(self._recolor_group)
        self.remove.clicked.connect(self._remove_group)
        self.more.clicked.connect(lambda: self._show_menu(self.more.mapToGlobal(self.more.rect().bottomLeft())))
        self.groups.customContextMenuRequested.connect(
            lambda at: self._show_menu(self.groups.viewport().mapToGlobal(at))
        )
        self.filter.textChanged.connect(self.table.sorted.setFilterFixedString)
        self.table.clicked.connect(self._clicked)
        self.table.selectionModel().selectionChanged.connect(lambda _new, _old: self._selected())
        self.delete.clicked.connect(lambda: self.delete_wanted.emit(self.table.keys()))

    def _arrange(self) -> None:
        layout = column(label("GROUPS", "section"), self.groups)
        layout.addLayout(row(self.add, self.recolor, self.more, self.remove, None))
        for widget in (label("ANNOTATIONS", "section"), self.empty, self.filter, self.table):
            layout.addWidget(widget)
        layout.setStretchFactor(self.table, 1)
        line = row(self.total, self.delete)
        line.setStretch(0, 1)
        layout.addLayout(line)
        self.setLayout(layout)

    def _show_groups(self) -> None:
        counts = self._annotations.group_sizes
        before = max(0, self.groups.currentRow())
        self.groups.blockSignals(True)
        self.groups.clear()
        for place, group in enumerate(self.all_groups()):
            self.groups.addItem(_group_item(place, group, counts.get(group.name, 0)))
        self.groups.setCurrentRow(min(before, self.groups.count() - 1))
        self.groups.blockSignals(False)

    def _renamed(self, item: QListWidgetItem) -> None:
        """Take what was typed over "1  Tumor (3)" as the group's new name."""
        old, new = item.data(_NAME), item.text().strip()
        visible = item.checkState() is Qt.CheckState.Checked
        group = next(group for group in self.all_groups() if group.name == old)
        if visible != group.visible:
            self.groups_wanted.emit(changed(self.all_groups(), replace(group, visible=visible)))
            return
        taken = {group.name for group in self.all_groups()}
        if new and new != old and new not in taken:
            self.group_renamed.emit(old, new)
        else:
            self._show_groups()

    def _show_menu(self, place: QPoint) -> None:
        group = self.current_group()
        if group is not None:
            menu = group_menu(self.all_groups(), group, self.groups_wanted.emit, self)
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(place)

    def _add_group(self) -> None:
        groups = self.all_groups()
        taken = {group.name for group in groups}
        name = next(f"Group {n}" for n in range(len(groups) + 1, len(groups) + 99) if f"Group {n}" not in taken)
        self.groups_wanted.emit((*groups, AnnotationGroup(name, free_color(groups))))

    def _recolor_group(self) -> None:
        group = self.current_group()
        if group is None:
            return
        dialog = QColorDialog(QColor(group.color), self)
        dialog.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
        dialog.colorSelected.connect(lambda color: self.recolor_group(group.name, color.name().upper()))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def recolor_group(self, name: str, color: str) -> None:
        """Ask for another colour of a group."""
        groups = self.all_groups()
        self.groups_wanted.emit(tuple(replace(g, color=color) if g.name == name else g for g in groups))

    def _remove_group(self) -> None:
        group = self.current_group()
        if group is not None and group.name not in self._annotations.group_sizes:
            self.groups_wanted.emit(tuple(other for other in self.all_groups() if other is not group))

    def _clicked(self, index: QModelIndex) -> None:
        self.annotation_chosen.emit(self.table.key_at(index))

    def _selected(self) -> None:
        self._count()
        self.selection_wanted.emit(self.table.keys())

    def _quietly_choose(self, ids: tuple[str, ...]) -> None:
        selection = self.table.selectionModel()
        selection.blockSignals(True)
        self.table.choose(ids)
        selection.blockSignals(False)
        self.table.viewport().update()

    def _count(self) -> None:
        chosen = len(self.table.keys())
        self.delete.setEnabled(chosen > 0)
        self.total.setText(f"{len(self._annotations)} in all" + (f", {chosen} selected" if chosen else ""))


def _columns(calibration: Calibration) -> tuple[str, ...]:
    unit = "µm²" if calibration.is_known else "px²"
    return tuple(column.format(unit=unit) for column in _COLUMNS)


def _group_item(place: int, group: AnnotationGroup, count: int) -> QListWidgetItem:
    item = QListWidgetItem(swatch(group.color), group.name)
    item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable | Qt.ItemFlag.ItemIsUserCheckable)
    item.setData(_NAME, group.name)
    item.setCheckState(Qt.CheckState.Checked if group.visible else Qt.CheckState.Unchecked)
    font = item.font()
    font.setItalic(group.locked)
    item.setFont(font)
    facts = [f"in {group.parent}"] if group.parent else []
    facts += ["locked: nothing in it can be changed by hand"] if group.locked else []
    told = f" ({', '.join(facts)})" if facts else ""
    item.setToolTip(f"{group.name}{told}: {count} annotations. Key {place + 1} draws in it; double click renames.")
    return item


def _row(item: Annotation, calibration: Calibration, colors: dict[str, QIcon]) -> Row:
    area, words = _area(item, calibration)
    name = Cell(item.name or "unnamed", icon=colors.get(item.group) or swatch(item.color))
    return Row(item.id, (name, Cell(item.group or "none"), Cell(words, area)), _details(item))


def _details(item: Annotation) -> str:
    made_by = f" by {item.author}" if item.author else ""
    return f"{item.name or 'unnamed'}: {item.geometry.shape.value.lower()} in {item.group or 'no group'}{made_by}"


def _area(item: Annotation, calibration: Calibration) -> tuple[float, str]:
    """Area in the unit of the column's head."""
    if item.geometry.shape in _NO_AREA:
        return 0.0, "–"
    scale = calibration.mpp_x * calibration.mpp_y if calibration.is_known else 1.0
    area = item.geometry.area_px2 * scale
    return area, f"{area:,.0f}"
