"""The History panel: what was done, the way back, and what differs."""

from __future__ import annotations

from lnm_desktop.ui.widgets.dialogs import TableDialog
from tests.ui.conftest import Bench
from tests.ui.fixtures import a_box, a_triangle


def draw_two(bench: Bench) -> None:
    bench.open_slide()
    bench.actions["panel-history"].trigger()
    bench.pane.annotation_drawn.emit(a_triangle())
    bench.pane.annotation_drawn.emit(a_box())
    bench.wait(lambda: words(bench)[:1] == ["Draw rectangle in Tumor"])


def words(bench: Bench) -> list[str]:
    table = bench.history.panel.table.model()
    return [table.index(row, 1).data() for row in range(table.rowCount())]


def drawn(bench: Bench) -> int:
    image = bench.bench.current.image
    assert image is not None
    return len(bench.session.annotations(image.id))


def test_what_was_done_is_listed_newest_first(bench: Bench) -> None:
    draw_two(bench)
    assert words(bench)[:3] == ["Draw rectangle in Tumor", "Draw polygon in Tumor", "Change groups"]
    bench.bench.undo()
    bench.wait(lambda: words(bench)[0] == "Undo: Draw rectangle in Tumor")


def test_return_to_a_row_and_undo_it(bench: Bench) -> None:
    draw_two(bench)
    panel = bench.history.panel
    assert not panel.back.isEnabled()
    panel.table.selectRow(1)
    panel.back.click()
    bench.wait(lambda: drawn(bench) == 1)
    bench.wait(lambda: words(bench)[0].startswith("Return to row"))
    bench.bench.undo()
    assert drawn(bench) == 2


def test_a_row_is_compared_with_now(bench: Bench) -> None:
    draw_two(bench)
    panel = bench.history.panel
    panel.table.selectRow(1)
    panel.compare.click()
    bench.wait(lambda: bench.window.findChildren(TableDialog))
    (dialog,) = bench.window.findChildren(TableDialog)
    assert dialog.windowTitle().endswith("and now: 1 annotation added")
    dialog.close()
