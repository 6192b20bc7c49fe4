"""Image information, and the label and macro that are shown only when they are asked for."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from lnm_desktop.domain.image import ImageInfo
from lnm_desktop.errors import ImageDamaged
from lnm_desktop.imaging.open import open_image
from lnm_desktop.ui.widgets.associated_dialog import AssociatedDialog
from lnm_desktop.ui.widgets.dialogs import TableDialog
from tests.fakes.formula_reader import FormulaReader, slide_info
from tests.ui.conftest import Bench


class LabelledReader(FormulaReader):
    """A red label; the macro cannot be decoded. `asked` lists what was read, on which threads."""

    def __init__(self, info: ImageInfo) -> None:
        super().__init__(replace(info, associated=("label", "macro"), properties={"aperio.AppMag": "20"}))
        self.asked: list[tuple[str, int]] = []

    def read_associated(self, name: str) -> np.ndarray:
        self.gate.wait(20)
        self.asked.append((name, threading.get_ident()))
        if name == "macro":
            raise ImageDamaged("slide.svs: the macro image cannot be decoded", hint="The slide itself may be intact.")
        return np.full((40, 60, 3), (255, 0, 0), np.uint8)


@pytest.fixture
def labelled(bench: Bench) -> Bench:
    reader = LabelledReader(slide_info(1000, 800))
    bench.bench.opening._pixels.open = lambda _path: reader  # type: ignore[method-assign]
    bench.window.show()
    bench.open_slide()
    return bench


def opened(bench: Bench) -> AssociatedDialog:
    bench.actions["associated"].trigger()
    dialog = bench.window.findChild(AssociatedDialog)
    assert dialog is not None
    return dialog


def choose(bench: Bench, dialog: AssociatedDialog, name: str) -> None:
    button = next(known for known in dialog.choices.buttons() if known.text() == name)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    bench.wait(lambda: "Reading" not in dialog.words.text())


def reader_of(bench: Bench) -> LabelledReader:
    reader = bench.bench.current.reader
    assert isinstance(reader, LabelledReader)
    return reader


def test_nothing_is_read_before_it_is_asked_for_by_name(labelled: Bench) -> None:
    dialog = opened(labelled)
    assert [choice.text() for choice in dialog.choices.buttons()] == ["Label", "Macro"]
    assert reader_of(labelled).asked == []
    choose(labelled, dialog, "Label")
    assert dialog.words.text() == "label, 60 × 40 px"
    color = dialog.picture.pixmap().toImage().pixelColor(10, 10)
    assert (color.red(), color.green(), color.blue()) == (255, 0, 0)
    ((name, thread),) = reader_of(labelled).asked
    assert name == "label" and thread != threading.get_ident()


def test_a_broken_one_says_so_and_the_slide_stays(labelled: Bench) -> None:
    dialog = opened(labelled)
    choose(labelled, dialog, "Macro")
    assert dialog.error.isVisible()
    assert "macro image cannot be decoded" in dialog.error.text() and "may be intact" in dialog.error.text()
    assert dialog.picture.pixmap().isNull()
    assert labelled.bench.current.image is not None
    choose(labelled, dialog, "Label")
    assert not dialog.error.isVisible() and not dialog.picture.pixmap().isNull()


def test_what_was_shown_is_forgotten_when_the_dialog_goes(labelled: Bench) -> None:
    dialog = opened(labelled)
    choose(labelled, dialog, "Label")
    dialog.close()
    opened(labelled)
    assert dialog.picture.pixmap().isNull()
    assert not any(choice.isChecked() for choice in dialog.choices.buttons())


def test_an_answer_that_comes_too_late_is_not_shown(labelled: Bench) -> None:
    dialog, reader = opened(labelled), reader_of(labelled)
    reader.gate.clear()
    QTest.mouseClick(dialog.choices.buttons()[0], Qt.MouseButton.LeftButton)
    assert "Reading label" in dialog.words.text()
    dialog.close()
    reader.gate.set()
    labelled.wait(lambda: labelled.background.idle)
    opened(labelled)
    assert dialog.picture.pixmap().isNull()


def test_an_image_without_pictures_says_so(bench: Bench) -> None:
    bench.open_slide()
    dialog = opened(bench)
    assert dialog.choices.buttons() == []
    assert "holds no label" in dialog.words.text()


def test_the_real_label_is_shown(bench: Bench, shared_data: Path) -> None:
    bench.bench.opening._pixels.open = open_image  # type: ignore[method-assign]
    bench.bench.open_paths([shared_data / "slides" / "aperio_svs" / "CMU-1-Small-Region.svs"])
    bench.wait(lambda: bench.bench.current.image is not None and bench.background.idle)
    dialog = opened(bench)
    for name in ("Label", "Macro", "Thumbnail"):
        choose(bench, dialog, name)
        assert not dialog.picture.pixmap().isNull()


def test_information_lists_everything_and_copies_what_is_chosen(labelled: Bench) -> None:
    labelled.actions["image-info"].trigger()
    dialog = labelled.window.findChild(TableDialog)
    assert dialog is not None
    table = dialog.table
    rows = {table.rows.index(row, 1).data(): table.rows.index(row, 2).data() for row in range(table.rows.rowCount())}
    assert rows["Size"] == "1,000 × 800 px (0.25 × 0.2 mm)"
    assert rows["File"].endswith("slide.svs")
    QTest.keyClicks(dialog.filter, "appmag")
    assert table.sorted.rowCount() == 1
    table.selectRow(0)
    QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "In the file\taperio.AppMag\t20"


def test_both_need_an_image(bench: Bench) -> None:
    assert not bench.actions["image-info"].isEnabled() and not bench.actions["associated"].isEnabled()
    bench.open_slide()
    assert bench.actions["image-info"].isEnabled() and bench.actions["associated"].isEnabled()
