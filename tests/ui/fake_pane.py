"""A pane without OpenGL: the same signals, and a record of what it was asked to show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from lnm_desktop.domain.annotation import AnnotationSet
from lnm_desktop.ui.viewer.view_state import Look, ViewState


class FakeNavigator(QWidget):
    """Open or folded, and nothing else."""

    open_changed = Signal(bool)
    is_open = True

    def set_open(self, is_open: bool) -> None:
        self.is_open = is_open
        self.open_changed.emit(is_open)


class FakePane(QWidget):
    """Keeps the annotations and the selection; every other call is written down in `calls`."""

    annotation_drawn = Signal(object)
    area_combined = Signal(object, object)
    wand_touched = Signal(object, object)
    refused = Signal(str)
    annotation_changed = Signal(object)
    annotations_removed = Signal(object)
    selection_changed = Signal(object)
    cursor_moved = Signal(object)
    values_under_cursor = Signal(object)
    view_changed = Signal(object)
    draft_changed = Signal(object)
    files_dropped = Signal(object)
    bad_tiles_changed = Signal(int)
    moved = Signal()
    image_changed = Signal()
    window_changed = Signal()
    failed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self.annotations = AnnotationSet()
        self.selected: tuple[str, ...] = ()
        self.view: ViewState | None = None
        self.canvas_widget = QWidget(self)
        self.navigator = FakeNavigator(self)
        self.image_info = self.grey_window = None
        self.look, self.channels, self.inverted = Look(), (), False
        self.downsample = 1.0

    def show_annotations(self, annotations: AnnotationSet) -> None:
        self.annotations = annotations

    def apply_annotations(self, annotations: AnnotationSet, changed: object) -> None:
        self.calls.append(("apply_annotations", (tuple(changed),)))  # type: ignore[call-overload]
        self.annotations = annotations

    def select(self, ids: object) -> None:
        self.selected = tuple(ids)  # type: ignore[call-overload]
        self.selection_changed.emit(self.selected)

    def delete_selected(self) -> None:
        self.annotations_removed.emit(self.selected)

    def called(self, name: str) -> list[tuple[Any, ...]]:
        return [arguments for known, arguments in self.calls if known == name]

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *arguments, **named: self.calls.append((name, (*arguments, *named.values())))
