"""Rows S03 and S18 in the window: a lost slide is found again, another one under its name shows no old regions."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QToolButton
from pytestqt.qtbot import QtBot

from lnm_desktop.app.session import Session
from lnm_desktop.domain.case import CaseImage
from lnm_desktop.imaging.open import open_image
from lnm_desktop.imaging.reader import ImageReader
from tests.ui.conftest import Bench
from tests.ui.fixtures import FakePixels, a_triangle

CHANGED = "slide.png is not the file that was annotated as slide."


class FilesInPlace(FakePixels):
    """Opens files for real, without a process of its own."""

    def open(self, path: Path) -> ImageReader:  # type: ignore[override]
        self.opened.append(path)
        return open_image(path)


def a_slide(path: Path, seed: int) -> Path:
    """A made-up picture; another seed gives another one of the same size."""
    pixels = np.random.default_rng(seed).integers(0, 255, (200, 300, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def annotated(qtbot: QtBot, tmp_path: Path) -> Iterator[Bench]:
    """slide.png is open in a window, with one triangle drawn on it, and another slide has been opened since."""
    bench = Bench(qtbot, tmp_path, FilesInPlace())
    bench.window.resize(1300, 800)
    bench.window.show()
    a_slide(tmp_path / "slide.png", 1)
    a_slide(tmp_path / "other.png", 2)
    open_file(bench, "slide.png")
    bench.pane.annotation_drawn.emit(a_triangle())
    bench.wait(lambda: len(bench.pane.annotations) == 1)
    open_file(bench, "other.png")
    bench.pane.calls.clear()
    yield bench
    bench.close()


def open_file(bench: Bench, name: str) -> None:
    before = len(bench.pixels.opened)
    bench.bench.open_paths([bench.folder / name])
    bench.wait(lambda: len(bench.pixels.opened) > before and bench.background.idle)


def the_slide(bench: Bench) -> CaseImage:
    (case,) = bench.session.cases()
    return next(image for image in bench.session.images(case.id) if image.label == "slide")


def open_slide(bench: Bench) -> None:
    """A double click in the list of cases."""
    bench.panels.cases.image_chosen.emit(the_slide(bench).id)
    bench.wait(lambda: bench.background.idle)


def is_shown(bench: Bench) -> bool:
    image = bench.bench.current.image
    return image is not None and image.label == "slide" and len(bench.pane.annotations) == 1


def words(bench: Bench) -> list[str]:
    (case,) = bench.session.cases()
    return [entry.words for entry in bench.session.history(case.id)]


def click(button: QToolButton) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def find(bench: Bench, path: Path) -> None:
    """Click on "Find the file…" and choose one."""
    bar = bench.window.area.bar
    assert bar.offer.text() == "Find the file…"
    click(bar.offer)
    dialog = bench.window.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(path))
    dialog.reject()
    bench.wait(lambda: bench.window.findChild(QFileDialog) is None and bench.background.idle)


def test_s18_the_same_file_shows_its_regions(annotated: Bench) -> None:
    open_slide(annotated)
    assert is_shown(annotated)
    assert the_slide(annotated).fingerprint.startswith("quick1-")


@pytest.mark.parametrize("way", ["list", "file"])
def test_s18_another_slide_under_the_name_shows_no_old_regions(annotated: Bench, way: str) -> None:
    shutil.copy(annotated.folder / "other.png", annotated.folder / "slide.png")
    if way == "list":
        open_slide(annotated)
    else:
        open_file(annotated, "slide.png")
    bar = annotated.window.area.bar
    assert bar.message.text() == CHANGED
    assert (bar.offer.text(), bar.second.text()) == ("Find the file…", "Use it all the same")
    assert bar.offer.isVisible() and bar.second.isVisible()
    assert not is_shown(annotated)
    assert annotated.pane.called("show_image") == []
    assert len(annotated.pane.annotations) == 0


def test_s18_used_all_the_same_it_is_journalled_and_asked_once(annotated: Bench) -> None:
    shutil.copy(annotated.folder / "other.png", annotated.folder / "slide.png")
    open_slide(annotated)
    click(annotated.window.area.bar.second)
    annotated.wait(lambda: is_shown(annotated))
    assert words(annotated)[-1] == "Use another file for slide"
    open_file(annotated, "other.png")
    open_slide(annotated)
    assert is_shown(annotated)
    assert annotated.session.verify().ok


def test_s18_the_true_file_is_found_elsewhere(annotated: Bench) -> None:
    (annotated.folder / "slide.png").rename(annotated.folder / "renamed.png")
    shutil.copy(annotated.folder / "other.png", annotated.folder / "slide.png")
    open_slide(annotated)
    find(annotated, annotated.folder / "renamed.png")
    annotated.wait(lambda: is_shown(annotated))
    assert the_slide(annotated).path == str((annotated.folder / "renamed.png").resolve())
    assert words(annotated)[-1] == "Find the file of slide"


def test_s03_a_moved_slide_is_found_again(annotated: Bench) -> None:
    folder = annotated.folder / "archive"
    folder.mkdir()
    (annotated.folder / "slide.png").rename(folder / "slide.png")
    open_slide(annotated)
    bar = annotated.window.area.bar
    assert "slide.png" in bar.message.text() and not bar.second.isVisible()
    find(annotated, folder / "slide.png")
    annotated.wait(lambda: is_shown(annotated))
    annotated.close()
    with Session.open(annotated.folder / "workspace", author="tester", create=False) as session:
        assert session.image(the_id(session)).path == str((folder / "slide.png").resolve())
        assert session.verify().ok


def the_id(session: Session):
    (case,) = session.cases()
    return next(image.id for image in session.images(case.id) if image.label == "slide")


def test_s03_another_file_is_not_taken_for_the_lost_one(annotated: Bench) -> None:
    (annotated.folder / "slide.png").rename(annotated.folder / "gone.png")
    open_slide(annotated)
    before = words(annotated)
    find(annotated, annotated.folder / "other.png")
    bar = annotated.window.area.bar
    assert bar.message.text() == "other.png is not the file that was annotated as slide."
    assert not bar.second.isVisible()
    assert words(annotated) == before
    find(annotated, annotated.folder / "gone.png")
    annotated.wait(lambda: is_shown(annotated))


def test_s03_a_chosen_file_that_cannot_be_read_leaves_the_offer(annotated: Bench) -> None:
    (annotated.folder / "slide.png").unlink()
    (annotated.folder / "text.png").write_text("no picture")
    open_slide(annotated)
    find(annotated, annotated.folder / "text.png")
    bar = annotated.window.area.bar
    assert "text.png" in bar.message.text()
    assert bar.offer.isVisible() and bar.offer.text() == "Find the file…"


def forget_fingerprint(bench: Bench) -> None:
    """As in a case that was started before files were told apart."""
    image = the_slide(bench)
    bench.session.link_file(image.id, image.path, "", "as of old")


def test_an_old_case_takes_its_fingerprint_silently(annotated: Bench) -> None:
    forget_fingerprint(annotated)
    told = len(annotated.notices)
    open_slide(annotated)
    assert is_shown(annotated)
    assert len(annotated.notices) == told
    assert the_slide(annotated).fingerprint.startswith("quick1-")
    assert words(annotated)[-1] == "Note the file of slide"
    assert len(annotated.pane.called("show_image")) == 1


def test_a_lost_slide_of_an_old_case_is_taken_only_when_a_person_says_so(annotated: Bench) -> None:
    forget_fingerprint(annotated)
    (annotated.folder / "slide.png").rename(annotated.folder / "moved.png")
    open_slide(annotated)
    find(annotated, annotated.folder / "moved.png")
    bar = annotated.window.area.bar
    assert "cannot be told" in bar.message.text()
    assert not is_shown(annotated)
    click(bar.second)
    annotated.wait(lambda: is_shown(annotated))
    assert words(annotated)[-1] == "Use the file moved.png for slide"


def test_a_stated_pixel_size_outlives_the_linking(annotated: Bench) -> None:
    open_slide(annotated)
    annotated.panels.models.mpp_given.emit(0.5)
    annotated.wait(lambda: the_slide(annotated).user_mpp == 0.5)
    image = the_slide(annotated)
    annotated.session.link_file(image.id, image.path, "quick1-x", "Use another file for slide")
    assert the_slide(annotated).user_mpp == 0.5
    annotated.session.undo(image.case_id)
    assert (the_slide(annotated).user_mpp, the_slide(annotated).fingerprint) == (0.0, "quick1-x")
