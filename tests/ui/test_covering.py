"""Coverage in the window: what counts, what is told, where U goes, and that nothing of it is lost."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from lnm_desktop.app.coverage import read_coverage
from lnm_desktop.app.session import Session
from lnm_desktop.domain.geometry import Point
from lnm_desktop.domain.image import CalibrationSource
from lnm_desktop.errors import ImageDamaged, StoreError
from lnm_desktop.ui import covering, resting
from lnm_desktop.ui.viewer.view_state import ViewState
from tests.ui.conftest import Bench
from tests.ui.fake_pane import FakePane

# slide.svs has 1000 × 800 pixels of 0.5 µm and a 40× objective: 8 × 7 cells, and 10× is a downsample of 4.
ROWS, COLUMNS = 7, 8
TEN_TIMES = 4.0
LEFT_HALF = (0.0, 0.0, 500.0, 800.0)
ALL = (0.0, 0.0, 1000.0, 800.0)


def a_view(box: tuple[float, float, float, float], downsample: float = TEN_TIMES) -> ViewState:
    """A view of left, top, right, bottom."""
    left, top, right, bottom = box
    corners = (Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom))
    middle = Point((left + right) / 2, (top + bottom) / 2)
    return ViewState(40 / downsample, 0.5 * downsample, downsample, middle, corners)


@pytest.fixture(autouse=True)
def tissue(monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """All but the upper row is tissue."""
    cells = np.ones((ROWS, COLUMNS), bool)
    cells[0] = False
    monkeypatch.setattr(
        covering,
        "tissue_cells",
        lambda _reader, grid: cells if grid.columns == COLUMNS else np.ones((grid.rows, grid.columns), bool),
    )
    return cells


@pytest.fixture
def shown(bench: Bench) -> Bench:
    """A slide is open in a window on the screen."""
    bench.window.resize(1500, 950)
    bench.window.show()
    bench.window.activateWindow()
    bench.wait(bench.window.isActiveWindow)
    bench.open_slide()
    bench.wait(bench.pane.isVisible)
    bench.pane.canvas_widget.resize(400, 300)
    return bench


def rest(bench: Bench, view: ViewState, pane: FakePane | None = None) -> None:
    """Look somewhere for long enough."""
    pane = pane or bench.pane
    pane.view = view
    pane.moved.emit()
    QTest.qWait(resting.REST_MS + 150)


def words(bench: Bench) -> str:
    return bench.window.status.coverage.text()


def press(bench: Bench, key: Qt.Key, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    bench.window.setFocus()
    QTest.keyClick(bench.window, key, keys)


def show_coverage(bench: Bench) -> None:
    press(bench, Qt.Key.Key_U, Qt.KeyboardModifier.ShiftModifier)
    bench.wait(lambda: bench.background.idle)


def veiled(pane: FakePane) -> np.ndarray | None:
    return pane.called("show_veil")[-1][0]


def test_tissue_that_rested_on_the_screen_counts(shown: Bench) -> None:
    show_coverage(shown)
    assert words(shown) == "Tissue looked at ≥ 10×: 0 %"
    rest(shown, a_view(LEFT_HALF))
    assert words(shown) == "Tissue looked at ≥ 10×: 50 %"
    veil = veiled(shown.pane)
    assert veil is not None
    assert not veil[:, :4].any() and veil[1:, 4:].all() and not veil[0].any()


def test_what_is_panned_past_does_not_count(shown: Bench) -> None:
    show_coverage(shown)
    shown.pane.view = a_view(ALL)
    for _step in range(10):
        shown.pane.moved.emit()
        QTest.qWait(resting.REST_MS // 4)
    shown.pane.view = a_view((0, 0, 1, 1))
    QTest.qWait(resting.REST_MS * 2)
    assert words(shown) == "Tissue looked at ≥ 10×: 0 %"


def test_a_view_that_is_not_sharp_yet_counts_once_it_is(shown: Bench) -> None:
    show_coverage(shown)
    shown.pane.is_sharp = False  # type: ignore[assignment]
    rest(shown, a_view(ALL))
    assert words(shown) == "Tissue looked at ≥ 10×: 0 %"
    shown.pane.is_sharp = True  # type: ignore[assignment]
    shown.wait(lambda: words(shown) == "Tissue looked at ≥ 10×: 100 %")


def test_a_coarser_view_counts_nothing(shown: Bench) -> None:
    show_coverage(shown)
    rest(shown, a_view(ALL, 4.2))
    assert words(shown) == "Tissue looked at ≥ 10×: 0 %"


def test_it_counts_while_it_is_not_shown_and_the_words_come_with_it(shown: Bench) -> None:
    rest(shown, a_view(LEFT_HALF))
    assert words(shown) == "" and veiled(shown.pane) is None
    show_coverage(shown)
    assert words(shown) == "Tissue looked at ≥ 10×: 50 %"
    show_coverage(shown)
    assert words(shown) == "" and veiled(shown.pane) is None


def test_u_goes_on_until_everything_was_seen(shown: Bench) -> None:
    shown.pane.view = a_view((0, 0, 10, 10), 8.0)
    for step in range(40):
        press(shown, Qt.Key.Key_U)
        shown.wait(lambda: shown.background.idle)
        moves = shown.pane.called("move_to")
        if len(moves) == step:
            break
        place, downsample = moves[-1]
        assert downsample == TEN_TIMES
        reach = (200 * TEN_TIMES, 150 * TEN_TIMES)
        rest(shown, a_view((place.x - reach[0], place.y - reach[1], place.x + reach[0], place.y + reach[1])))
    assert shown.window.area.bar.message.text() == "All tissue of slide was looked at, at 10× or more."
    show_coverage(shown)
    assert words(shown) == "Tissue looked at ≥ 10×: 100 %"


def kept(bench: Bench) -> int:
    """How many cells are written in the workspace."""
    current = bench.bench.current
    assert current.image is not None and current.reader is not None
    coverage = read_coverage(bench.session, current.image, current.reader.info, current.calibration)
    return int(coverage.seen(TEN_TIMES).sum())


def test_it_is_written_by_itself(shown: Bench) -> None:
    rest(shown, a_view(LEFT_HALF))
    assert kept(shown) == 0, "not at each view"
    shown.wait(lambda: kept(shown) == 4 * ROWS)


def test_it_is_written_when_the_window_closes(shown: Bench) -> None:
    rest(shown, a_view(LEFT_HALF))
    current, image = shown.bench.current, shown.bench.current.image
    assert image is not None and current.reader is not None
    info = current.reader.info
    shown.close()
    with Session.open(shown.folder / "workspace", author="tester", create=False) as session:
        assert read_coverage(session, image, info, info.calibration).seen(TEN_TIMES).sum() == 4 * ROWS


def test_what_cannot_be_written_is_told_and_tried_again(shown: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> None:
        raise StoreError("workspace.db: the disk is full", hint="Free some space.")

    monkeypatch.setattr(covering, "keep_coverage", fail)
    rest(shown, a_view(LEFT_HALF))
    shown.wait(lambda: "disk is full" in shown.window.area.bar.message.text())
    monkeypatch.undo()
    rest(shown, a_view(ALL))
    shown.wait(lambda: kept(shown) == ROWS * COLUMNS)


def test_the_next_opening_goes_on_where_the_last_one_ended(shown: Bench) -> None:
    show_coverage(shown)
    rest(shown, a_view(LEFT_HALF))
    shown.open_slide("other.svs")
    assert words(shown) == "Tissue looked at ≥ 10×: 0 %"
    shown.open_slide()
    assert words(shown) == "Tissue looked at ≥ 10×: 50 %"


def test_every_pane_counts_for_its_own_slide(shown: Bench, qtbot: QtBot) -> None:
    show_coverage(shown)
    shown.actions["panes-2"].trigger()
    shown.wait(lambda: len(shown.bench.panes.built()) == 2)
    second = shown.bench.panes.seats[1]
    shown.bench.drop(second, [shown.folder / "second.svs"])
    shown.wait(lambda: second.slot.image is not None and shown.background.idle)
    assert isinstance(second.pane, FakePane)
    rest(shown, a_view(ALL), second.pane)
    assert words(shown) == "Tissue looked at ≥ 10×: 100 %"
    shown.bench.panes.activate(shown.bench.panes.seats[0])
    assert words(shown) == "Tissue looked at ≥ 10×: 0 %"
    rest(shown, a_view(LEFT_HALF))
    assert words(shown) == "Tissue looked at ≥ 10×: 50 %"


def answer(bench: Bench, choose: Callable[[QMessageBox], QPushButton]) -> None:
    bench.actions["reset-coverage"].trigger()
    bench.wait(lambda: bench.window.findChild(QMessageBox) is not None)
    question = bench.window.findChild(QMessageBox)
    assert question is not None
    QTest.mouseClick(choose(question), Qt.MouseButton.LeftButton)
    bench.wait(lambda: bench.window.findChild(QMessageBox) is None)


def test_resetting_asks_first(shown: Bench) -> None:
    show_coverage(shown)
    rest(shown, a_view(LEFT_HALF))
    shown.wait(lambda: kept(shown) == 4 * ROWS)
    answer(shown, lambda question: question.button(QMessageBox.StandardButton.Cancel))  # type: ignore[return-value]
    assert words(shown) == "Tissue looked at ≥ 10×: 50 %"
    answer(shown, lambda question: next(b for b in question.buttons() if b.text() == "Forget it"))  # type: ignore[return-value]
    assert words(shown) == "Tissue looked at ≥ 10×: 0 %"
    shown.wait(lambda: kept(shown) == 0)


def test_without_magnification_it_says_why_not_and_a_stated_pixel_size_helps(uncalibrated: Bench) -> None:
    bench = uncalibrated
    bench.pixels.objective = None
    bench.window.show()
    bench.open_slide()
    bench.pane.canvas_widget.resize(400, 300)
    bench.actions["coverage"].trigger()
    assert words(bench) == "Tissue looked at ≥ 10×: not known"
    assert "state the pixel size" in bench.window.area.bar.hint.text()
    assert "state the pixel size" in bench.window.status.coverage.toolTip()
    rest(bench, a_view(ALL, 2.0))
    bench.panels.models.pixel_size.size_mpp.setValue(0.5)
    bench.panels.models.pixel_size.confirm.click()
    bench.wait(lambda: bench.bench.current.calibration.source is CalibrationSource.USER)
    bench.wait(lambda: bench.background.idle)
    assert words(bench).startswith("Tissue looked at ≥ 10×: ")
    assert "not known" not in words(bench)


def test_a_slide_that_cannot_be_searched_is_told(shown: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_reader: object, _grid: object) -> np.ndarray:
        raise ImageDamaged("slide.svs is damaged", hint="Copy it again.")

    monkeypatch.setattr(covering, "tissue_cells", fail)
    show_coverage(shown)
    assert shown.window.area.bar.message.text() == "slide.svs is damaged"


def test_a_blank_slide_has_no_share(shown: Bench, tissue: np.ndarray) -> None:
    tissue[:] = False
    show_coverage(shown)
    assert words(shown) == "Tissue looked at ≥ 10×: no tissue found"
    shown.pane.view = a_view(LEFT_HALF)
    press(shown, Qt.Key.Key_U)
    assert shown.window.area.bar.message.text() == "No tissue was found on slide."


def test_without_an_image_there_is_nothing_to_count(bench: Bench) -> None:
    assert not bench.actions["next-unseen"].isEnabled()
    assert not bench.actions["reset-coverage"].isEnabled()
    bench.covering.go_to_next()
    bench.actions["coverage"].trigger()
    assert words(bench) == "" and len(bench.notices) == 0
