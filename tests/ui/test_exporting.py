"""From File ▸ Export Region to a file, by the mouse."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QFileDialog
from pytestqt.qtbot import QtBot

from lnm_desktop.domain.annotation import AnnotationSet
from lnm_desktop.domain.geometry import Point, Region
from lnm_desktop.domain.image import Calibration
from lnm_desktop.domain.picture import Picture, PictureJob, PictureReport
from lnm_desktop.errors import Cancelled, ImageDamaged
from lnm_desktop.ui.exporting import Exporting
from lnm_desktop.ui.viewer.view_state import ViewState
from lnm_desktop.ui.widgets.region_export_dialog import (
    OME_JPEG,
    PNG,
    ExportSource,
    ExportWish,
    RegionExportDialog,
    estimate_words,
)
from tests.fakes.formula_reader import slide_info
from tests.fakes.slides import a_picture
from tests.ui.conftest import Bench
from tests.ui.fixtures import a_box

SEEN = Region(100.4, 50.2, 400, 300)


def source(**changes: Any) -> ExportSource:
    info = changes.pop("info", slide_info())
    return ExportSource(info, info.calibration, **{"seen": SEEN, "screen_downsample": 2.0, **changes})


@pytest.fixture
def show(qtbot: QtBot) -> Callable[[ExportSource], RegionExportDialog]:
    def made(of: ExportSource) -> RegionExportDialog:
        dialog = RegionExportDialog(of)
        qtbot.addWidget(dialog)
        dialog.show()
        return dialog

    return made


def pick(box: QComboBox, words: str) -> None:
    """Choose an entry as the keyboard does."""
    place = next(place for place in range(box.count()) if words in box.itemText(place))
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Home)
    for _ in range(10):
        if box.currentIndex() == place:
            return
        QTest.keyClick(box, Qt.Key.Key_Down)
    pytest.fail(f"{words} cannot be chosen")


def test_what_is_seen_as_it_is_on_the_screen_comes_first(show: Callable[..., RegionExportDialog]) -> None:
    dialog = show(source())
    wish = dialog.wish()
    assert wish.picture.region == Region(100, 50, 401, 301)
    assert wish.picture.downsample == 2.0
    assert wish.picture.scale_bar
    assert wish.format is PNG
    assert dialog.resolution.currentText() == "As on the screen, 0.5 µm/px"
    assert dialog.estimate.text() == "200 × 150 pixels, 0.5 µm/px, about 0.1 MB"


def test_the_estimate_follows_every_field(show: Callable[..., RegionExportDialog]) -> None:
    dialog = show(source())
    pick(dialog.region, "Whole image")
    pick(dialog.resolution, "Native")
    assert dialog.estimate.text().startswith("3,000 × 2,200 pixels, 0.25 µm/px, about 7.9 MB")
    pick(dialog.format, "JPEG")
    assert "about 2.3 MB" in dialog.estimate.text()
    dialog.value.setFocus()
    dialog.value.selectAll()
    QTest.keyClicks(dialog.value, "1\t")
    assert dialog.resolution.currentText() == "Typed:"
    assert dialog.estimate.text().startswith("750 × 550 pixels, 1 µm/px")
    pick(dialog.unit, "×")
    dialog.value.setValue(20)
    assert dialog.wish().picture.downsample == 2.0


def test_what_cannot_be_is_told_with_the_remedy(show: Callable[..., RegionExportDialog]) -> None:
    dialog = show(source(info=slide_info(40_000, 30_000)))
    pick(dialog.region, "Whole image")
    pick(dialog.resolution, "Native")
    assert not dialog.accept_button.isEnabled()
    assert "OME-TIFF" in dialog.problem.text() and dialog.problem.isVisible()
    pick(dialog.format, "JPEG")
    assert dialog.accept_button.isEnabled() and dialog.problem.isHidden()
    dialog.value.setValue(0.05)
    assert "enlarged 5 times" in dialog.problem.text()


def test_an_image_without_a_pixel_size_is_asked_in_its_pixels(show: Callable[..., RegionExportDialog]) -> None:
    dialog = show(source(info=slide_info(calibration=Calibration())))
    assert dialog.resolution.itemText(0) == "As on the screen, 2 image pixels per pixel"
    dialog.value.setValue(4)
    assert dialog.wish().picture.downsample == 4.0
    pick(dialog.unit, "µm/px")
    assert "no pixel size" in dialog.problem.text()


def test_entries_for_what_there_is_not_cannot_be_chosen(show: Callable[..., RegionExportDialog]) -> None:
    dialog = show(source(seen=None, screen_downsample=None))
    assert dialog.region.currentText() == "Whole image"
    assert dialog.region.itemText(1) == "Bounds of the selected annotations (none is selected)"
    QTest.keyClick(dialog.region, Qt.Key.Key_Up)
    assert dialog.region.currentText() == "Whole image"
    assert not dialog.annotations.isEnabled()


def test_sizes_in_words() -> None:
    assert (
        estimate_words(ExportWish(slide_picture(60_000, 52_000), OME_JPEG))
        == "60,000 × 52,000 pixels, 0.25 µm/px, about 1.1 GB"
    )


def slide_picture(width: int, height: int) -> Picture:
    return Picture(Region(0, 0, width, height), 1.0, slide_info().calibration)


def look_at(bench: Bench, region: Region, downsample: float) -> None:
    """What the viewer shows."""
    bench.pane.view = ViewState(20.0, 0.5, downsample, Point(0, 0))  # type: ignore[attr-defined]
    bench.pane.visible_region = lambda: region  # type: ignore[attr-defined]
    bench.pane.plane = 0  # type: ignore[attr-defined]


def save_as(bench: Bench, dialog: RegionExportDialog, file: Path) -> None:
    """Press Export…, type a name, press Save."""
    QTest.mouseClick(dialog.accept_button, Qt.MouseButton.LeftButton)
    asked = next(found for found in bench.window.findChildren(QFileDialog) if not found.isHidden())
    asked.selectFile(str(file))
    asked.fileSelected.emit(str(file))
    asked.close()


def test_a_region_is_written_beside_the_window(bench: Bench, tmp_path: Path) -> None:
    a_picture(tmp_path / "slide.png", 1000, 800)
    bench.open_slide("slide.png")
    look_at(bench, Region(100, 50, 600, 400), 2.0)
    assert bench.actions["export-region"].isEnabled()
    dialog = bench.wiring.exporting.ask()
    assert dialog is not None
    QTest.mouseClick(dialog.scale_bar, Qt.MouseButton.LeftButton, pos=QPoint(8, dialog.scale_bar.height() // 2))
    assert not dialog.scale_bar.isChecked()
    save_as(bench, dialog, tmp_path / "area.png")
    assert not bench.wiring.exporting.progress.isHidden()
    assert not bench.actions["export-region"].isEnabled()
    bench.wait(lambda: not bench.wiring.exporting.running)
    with Image.open(tmp_path / "area.png") as image:
        assert image.size == (300, 200)
        assert tuple(np.asarray(image)[20, 20]) == (60, 20, 80)
        assert image.info["Source"] == "Case 1", "the pseudonym, not the file's name"
    assert bench.wiring.exporting.progress.isHidden()
    told = list(bench.notices)[-1]
    assert told.message == "area.png is written: 300 × 200 pixels."
    assert told.offer is not None


class Held:
    """An export that waits to be cancelled, or fails."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.job: PictureJob | None = None
        self.began = threading.Event()
        self.ended = False

    def __call__(
        self, job: PictureJob, _log: Path, tell: Callable[[int, int], None], stop: threading.Event
    ) -> PictureReport:
        self.job = job
        tell(3, 10)
        self.began.set()
        if self.error is not None:
            raise self.error
        self.ended = stop.wait(20)
        raise Cancelled("The export was cancelled")


def started(bench: Bench, held: Held, tmp_path: Path) -> Exporting:
    bench.open_slide()
    look_at(bench, SEEN, 2.0)
    exporting = Exporting(bench.actions, bench.bench, held)
    image = bench.bench.current.image
    assert image is not None
    exporting.start(image, ExportWish(slide_picture(100, 80), OME_JPEG), tmp_path / "out.ome.tif")
    bench.wait(held.began.is_set)
    return exporting


def test_progress_is_shown_and_cancel_stops(bench: Bench, tmp_path: Path) -> None:
    held = Held()
    exporting = started(bench, held, tmp_path)
    bench.wait(lambda: exporting.progress.bar.value() == 3)
    assert exporting.progress.words.text() == "exporting out.ome.tif"
    bench.window.show()
    QTest.mouseClick(exporting.progress.cancel, Qt.MouseButton.LeftButton)
    bench.wait(lambda: not exporting.running)
    assert list(bench.notices)[-1].message == "The export was cancelled."
    assert held.job is not None and not held.job.lossless


def test_a_failure_is_told(bench: Bench, tmp_path: Path) -> None:
    exporting = started(bench, Held(ImageDamaged("slide.svs is truncated", hint="Copy it again.")), tmp_path)
    bench.wait(lambda: not exporting.running)
    assert list(bench.notices)[-1].message == "slide.svs is truncated"


def test_closing_the_window_stops_an_export(bench: Bench, tmp_path: Path) -> None:
    held = Held()
    started(bench, held, tmp_path)
    bench.window.close()
    bench.close()
    assert held.ended


def test_the_selection_can_be_exported(bench: Bench, tmp_path: Path) -> None:
    bench.open_slide()
    look_at(bench, SEEN, 2.0)
    bench.bench.annotating.add(a_box())
    bench.wait(lambda: len(bench.pane.annotations) == 1)
    bench.pane.select([one.id for one in bench.pane.annotations])
    dialog = bench.wiring.exporting.ask()
    assert dialog is not None
    pick(dialog.region, "selected annotations")
    wish = dialog.wish()
    assert wish.picture.region == a_box().bounds
    assert [one.geometry for one in wish.picture.annotations] == [a_box()]
    dialog.annotations.click()
    assert dialog.wish().picture.annotations == AnnotationSet()
    dialog.close()


def test_the_view_goes_to_the_clipboard(bench: Bench) -> None:
    bench.open_slide()
    picture = QImage(30, 20, QImage.Format.Format_RGB888)
    picture.fill(Qt.GlobalColor.red)
    bench.pane.screenshot = lambda: picture  # type: ignore[attr-defined]
    bench.actions["copy-view"].trigger()
    copied = QGuiApplication.clipboard().image()
    assert (copied.width(), copied.height()) == (30, 20)
    assert copied.pixelColor(5, 5).name() == "#ff0000"


def test_the_view_is_written_beside_the_window(bench: Bench, tmp_path: Path) -> None:
    bench.open_slide()
    writers: list[threading.Thread] = []

    class Picture(QImage):
        def save(self, name: str) -> bool:
            writers.append(threading.current_thread())
            return super().save(name)

    picture = Picture(30, 20, QImage.Format.Format_RGB888)
    picture.fill(Qt.GlobalColor.red)
    bench.pane.screenshot = lambda: picture  # type: ignore[attr-defined]
    for place, word in ((tmp_path / "a.png", "saved as a.png"), (tmp_path / "none" / "b.png", "b.png could not be")):
        bench.wiring._save_picture(str(place))
        bench.wait(lambda word=word: any(word in one.message for one in bench.bench.notices))
    assert QImage(str(tmp_path / "a.png")).pixelColor(5, 5).name() == "#ff0000"
    assert threading.main_thread() not in writers


def test_nothing_can_be_exported_without_an_image(bench: Bench) -> None:
    assert not bench.actions["export-region"].isEnabled()
    assert not bench.actions["copy-view"].isEnabled()
    assert bench.wiring.exporting.ask() is None
