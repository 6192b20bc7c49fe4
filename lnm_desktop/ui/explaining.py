"""What the active image is: its facts, and the label and macro that its file holds."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt

from lnm_desktop.app.image_facts import facts_of
from lnm_desktop.errors import LnmError
from lnm_desktop.imaging.reader import ImageReader
from lnm_desktop.ui.actions import Actions
from lnm_desktop.ui.widgets.associated_dialog import AssociatedDialog
from lnm_desktop.ui.widgets.dialogs import TableDialog
from lnm_desktop.ui.workbench import Workbench

_NEED_IMAGE = ("image-info", "associated")


class Explaining(QObject):
    """Two dialogs about the open image, made when they are first asked for."""

    def __init__(self, actions: Actions, bench: Workbench) -> None:
        super().__init__(bench)
        self._actions = actions
        self._bench = bench
        self._associated: AssociatedDialog | None = None
        self._asked: tuple[ImageReader, str] | None = None
        actions.on({"image-info": self._show_facts, "associated": self._show_associated})
        bench.current.image_changed.connect(self._image_changed)
        self._image_changed()

    def _image_changed(self) -> None:
        reader = self._bench.current.reader
        for action_id in _NEED_IMAGE:
            self._actions[action_id].setEnabled(reader is not None)
        if self._associated is not None and self._associated.isVisible():
            self._offer_names()

    def _show_facts(self) -> None:
        image, reader = self._bench.current.image, self._bench.current.reader
        if image is None or reader is None:
            return
        facts = facts_of(reader.info, self._bench.current.calibration)
        rows = [(fact.section, fact.name, fact.value) for fact in facts]
        rows.insert(0, ("Image", "File", image.path))
        dialog = TableDialog(
            f"Image Information: {image.label}", ("Section", "Property", "Value"), rows, self._bench.window
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.show()

    def _show_associated(self) -> None:
        if self._associated is None:
            self._associated = AssociatedDialog(self._bench.window)
            self._associated.wanted.connect(self._read)
        self._offer_names()
        self._associated.show()
        self._associated.raise_()

    def _offer_names(self) -> None:
        reader = self._bench.current.reader
        self._asked = None
        if self._associated is not None:
            self._associated.show_names(reader.info.associated if reader is not None else ())

    def _read(self, name: str) -> None:
        """Beside the window; an answer that comes after another wish is dropped."""
        reader, dialog = self._bench.current.reader, self._associated
        if reader is None or dialog is None:
            return
        asked = self._asked = (reader, name)

        def unless_late(call: Callable[[], None]) -> None:
            if self._asked == asked and dialog.isVisible():
                call()

        def failed(error: LnmError) -> None:
            unless_late(lambda: dialog.show_error(error))

        self._bench.background.run(
            lambda: reader.read_associated(name),
            lambda pixels: unless_late(lambda: dialog.show_pixels(name, pixels)),
            failed,
        )
