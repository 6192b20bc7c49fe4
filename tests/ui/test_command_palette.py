"""Everything can be found by a few letters, and what cannot be done says why."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTreeWidgetItem

from lnm_desktop.ui.actions import ACTIONS
from lnm_desktop.ui.widgets.command_palette import KEYS, NAME, NOTE, Command, found
from lnm_desktop.ui.word_match import BEGINS_A_WORD, BEGINS_SEVERAL, ELSEWHERE, INSIDE, fit
from tests.ui.conftest import Bench


@pytest.mark.parametrize(
    ("typed", "text", "rank"),
    [
        ("", "Export Annotations", BEGINS_A_WORD),
        ("ann", "Export Annotations", BEGINS_A_WORD),
        ("EXP ann", "Export Annotations", BEGINS_A_WORD),
        ("ann exp", "Export Annotations", BEGINS_A_WORD),
        ("exan", "Export Annotations", BEGINS_SEVERAL),
        ("ea", "Export Annotations", BEGINS_SEVERAL),
        ("ztf", "Zoom to Fit", BEGINS_SEVERAL),
        ("zf", "Zoom to Fit", BEGINS_SEVERAL),
        ("sasa", "Save all of Sarah", BEGINS_SEVERAL),
        ("port", "Export Annotations", INSIDE),
        ("exna", "Export Annotations", None),
        ("fz", "Zoom to Fit", None),
        ("xml", "Export Annotations", ELSEWHERE - 1),
        ("apxml", "Export Annotations", None),
        ("exp zoom", "Export Annotations", None),
    ],
)
def test_beginnings_of_words_fit(typed: str, text: str, rank: int | None) -> None:
    assert fit(typed, text, "File Write ASAP XML") == rank


def test_the_best_fit_comes_first() -> None:
    texts = ["Important", "Export", "Port", "In Progress or Rate Test"]
    commands = [Command(text, "File", text, print) for text in texts]
    assert [one.text for one in found(commands, "port")] == [
        "Port",
        "In Progress or Rate Test",
        "Important",
        "Export",
    ]
    assert [one.text for one in found(commands, "")] == texts


def lines(bench: Bench) -> list[QTreeWidgetItem]:
    tree = bench.wiring.palette.list
    return [item for place in range(tree.topLevelItemCount()) if (item := tree.topLevelItem(place)) is not None]


def line(bench: Bench, text: str) -> QTreeWidgetItem:
    return next(item for item in lines(bench) if item.text(NAME).endswith(text))


def ask(bench: Bench, typed: str = "") -> None:
    bench.window.show()
    bench.actions["palette"].trigger()
    QTest.keyClicks(bench.wiring.palette.filter, typed)


def test_enter_does_the_first(bench: Bench) -> None:
    bench.open_slide()
    ask(bench, "zofi")
    assert lines(bench)[0].text(NAME) == "View ▸ Zoom to Fit"
    QTest.keyClick(bench.wiring.palette.filter, Qt.Key.Key_Return)
    assert bench.pane.called("zoom_to_fit") == [()]
    assert not bench.wiring.palette.isVisible()


def test_every_action_is_there_with_its_key_of_now(bench: Bench) -> None:
    bench.wiring.shortcuts.give("fit", "Ctrl+G")
    ask(bench)
    assert len(lines(bench)) == len(ACTIONS) - 1, "all but the palette itself"
    assert line(bench, "Zoom to Fit").text(KEYS) == "Ctrl+G"


def test_what_cannot_be_done_is_greyed_with_the_reason(bench: Bench) -> None:
    ask(bench, "zoom to fit")
    fit_line = line(bench, "Zoom to Fit")
    assert fit_line.isDisabled()
    assert fit_line.text(NOTE) == "open an image first"
    QTest.keyClick(bench.wiring.palette.filter, Qt.Key.Key_Return)
    assert bench.wiring.palette.isVisible() and not bench.pane.called("zoom_to_fit")
    bench.wiring.palette.filter.clear()
    reasons = {name: line(bench, name).text(NOTE) for name in ("Undo", "Cancel Run", "Next Pane")}
    assert reasons == {
        "Undo": "nothing to undo",
        "Cancel Run": "no model is running",
        "Next Pane": "there is one pane",
    }
    assert line(bench, "Show Annotations").text(NOTE) == "on"


def test_arrows_leave_out_what_cannot_be_done(bench: Bench) -> None:
    bench.open_slide()
    ask(bench)
    palette = bench.wiring.palette
    seen = []
    for _ in range(12):
        current = palette.list.currentItem()
        assert current is not None and not current.isDisabled()
        seen.append(current.text(NAME))
        QTest.keyClick(palette.filter, Qt.Key.Key_Down)
    assert len(set(seen)) == 12
    assert "Edit ▸ Undo" not in seen


def test_images_of_the_case_and_recent_files_can_be_opened(bench: Bench) -> None:
    for name in ("one.svs", "two.svs"):
        (bench.folder / name).touch()
        bench.open_slide(name)
    bench.wait(lambda: bench.bench.current.image is not None and bench.bench.current.image.label == "two")
    ask(bench, "open")
    names = [item.text(NAME) for item in lines(bench)]
    assert {"Case 1 ▸ Open one", "Case 1 ▸ Open two", "Recent ▸ Open one.svs", "Recent ▸ Open two.svs"} <= set(names)
    assert line(bench, "Case 1 ▸ Open two").text(NOTE) == "on"
    item = line(bench, "Case 1 ▸ Open one")
    tree = bench.wiring.palette.list
    tree.scrollToItem(item)
    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=tree.visualItemRect(item).center())
    bench.wait(lambda: bench.bench.current.image is not None and bench.bench.current.image.label == "one")
    bench.wait(lambda: bench.background.idle)
    (bench.folder / "two.svs").unlink()
    bench.wiring.recent.look()
    bench.wait(lambda: bench.wiring.recent.missing)
    ask(bench, "two.svs")
    assert line(bench, "Recent ▸ Open two.svs").isDisabled()


def test_nothing_found_is_told(bench: Bench) -> None:
    ask(bench, "zzzz")
    assert bench.wiring.palette.nothing.isVisible()
    QTest.keyClick(bench.wiring.palette.filter, Qt.Key.Key_Return)
    QTest.keyClick(bench.wiring.palette.filter, Qt.Key.Key_Escape)
    assert not bench.wiring.palette.isVisible()
