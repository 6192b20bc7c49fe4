"""The engine below a tile classifier: the net first, then where it caught most; nothing twice, nothing lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import Kernel
from lnm_desktop.imaging.tiling import plan_tiles
from lnm_desktop.plugin.model import ModelInputs, ModelOutput, NoDraft
from lnm_desktop.plugin.tile_order import NET_STEP, net_cells, ranked_blocks
from lnm_desktop.plugin.tile_run import in_order
from tests.unit.plugin.test_tile_classifier import EVERYWHERE, SPEC, FakeSlide, RecordingJob, Stained, mpp, run


class KeptDraft(NoDraft):
    """Remembers what is kept, and gives back what an earlier run kept."""

    def __init__(self, cells: NDArray[np.intp] | None = None, values: NDArray[np.float32] | None = None) -> None:
        self._before = (np.empty((0, 2), np.intp), np.empty(0, np.float32))
        if cells is not None and values is not None:
            self._before = (cells, values)
        self.kept: list[tuple[int, int]] = []

    def finished(self) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        return self._before

    def keep(self, cells: NDArray[np.intp], values: NDArray[np.float32]) -> None:
        self.kept += [(int(row), int(column)) for row, column in cells]


def test_every_cell_is_computed_and_kept_once() -> None:
    job = RecordingJob(kept=(draft := KeptDraft()))
    values = run(job=job).maps["stain"]
    assert len(draft.kept) == len(set(draft.kept)) == values.size == job.done[-1][0]


def test_the_net_comes_first_and_speaks_for_its_neighbours() -> None:
    job = RecordingJob(kept=(draft := KeptDraft()))
    output = run(job=job)
    net = {(int(row), int(column)) for row, column in np.argwhere(net_cells(np.ones((30, 40), np.bool_)))}
    assert set(draft.kept[: len(net)]) == net
    assert len(net) == 30 * 40 / NET_STEP**2
    shown = np.full((30, 40), np.nan, np.float32)
    seen = 0
    for _, column, row, part in job.tiles:
        shown[row : row + part.shape[0], column : column + part.shape[1]] = part
        seen += 1
        if np.isfinite(shown).all():
            break
    assert seen <= -(-len(net) // 32)
    assert np.array_equal(shown >= 0.5, np.kron(output.maps["stain"][2::5, 2::5] >= 0.5, np.ones((5, 5))))


def test_after_the_net_comes_the_block_in_which_it_found_most() -> None:
    plan = plan_tiles(Region(0, 0, 1280, 1280), 96, 32, 1.0)
    shown = np.zeros(plan.chosen.shape, np.float32)
    shown[20, 20] = 0.9
    blocks = ranked_blocks(plan, plan.chosen, shown, Kernel.BILINEAR)
    assert (blocks[0].row, blocks[0].column) == (16, 16)
    assert sum(len(block.cells()) for block in blocks) == len(plan)


def test_what_an_earlier_run_kept_is_not_computed_again() -> None:
    whole = run().maps["stain"]
    cells = np.argwhere(np.ones((15, 40), np.bool_))
    draft = KeptDraft(cells, whole[:15].ravel())
    output = Stained(SPEC).predict(ModelInputs(FakeSlide(), mpp(1.0)), EVERYWHERE, job := RecordingJob(kept=draft))
    assert np.array_equal(output.maps["stain"], whole)
    assert (output.facts["tiles_resumed"], output.facts["tiles"]) == (600, 1200)
    assert len(draft.kept) == 600
    assert min(row for row, _ in draft.kept) == 15
    assert job.done[0] == (600, 1200)


def test_a_draft_of_cells_beyond_the_map_does_no_harm() -> None:
    draft = KeptDraft(np.array([[999, 0], [0, 1]]), np.array([0.5, 0.25], np.float32))
    output = Stained(SPEC).predict(ModelInputs(FakeSlide(), mpp(1.0)), EVERYWHERE, RecordingJob(kept=draft))
    assert output.facts["tiles_resumed"] == 1
    assert output.maps["stain"][0, 1] == 0.25


def test_several_streams_give_the_map_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    one = run().maps["stain"]
    monkeypatch.setattr(Stained, "streams", 3)
    assert np.array_equal(run().maps["stain"], one)


def test_answers_come_in_order_and_few_are_under_way() -> None:
    drawn: list[int] = []

    def items() -> Iterator[int]:
        for number in range(50):
            drawn.append(number)
            yield number

    with ThreadPoolExecutor(2) as pool:
        for item, answer in in_order(pool, lambda number: number * number, items(), 2):
            assert answer == item * item
            assert len(drawn) <= item + 6
    assert len(drawn) == 50


def test_what_waits_is_dropped_when_nobody_asks_any_more() -> None:
    gate, done = threading.Event(), []

    def work(number: int) -> None:
        gate.wait(10)
        done.append(number)

    with ThreadPoolExecutor(1) as pool:
        answers = in_order(pool, work, range(10), 1)
        threading.Timer(0.1, gate.set).start()
        next(answers)
        answers.close()
    assert len(done) < 4


FROM_FOUR_SIDES = EVERYWHERE.model_copy(update={"views": 4})


def looked_from_four_sides(draft: NoDraft) -> ModelOutput:
    model, inputs = Stained(SPEC), ModelInputs(FakeSlide(), mpp(1.0))
    return model.predict(inputs, FROM_FOUR_SIDES, RecordingJob(kept=draft))


def test_several_views_give_a_second_map_which_is_kept_with_the_first() -> None:
    whole = looked_from_four_sides(draft := KeptDraft())
    assert any("answers the same however a tile lies" in words for words in whole.warnings)
    assert not any("however a tile lies" in words for words in run().warnings)
    assert [grid.name for grid in whole.grids] == ["stain", "uncertainty"]
    assert "standard deviation" not in whole.grids[0].label and "4 views" in whole.grids[1].label
    assert whole.maps["stain"] == pytest.approx(run().maps["stain"], abs=1e-6)
    assert float(whole.maps["uncertainty"].max()) < 1e-6, "a mean over the tile is the same from every side"
    assert len(set(draft.kept)) == 2 * whole.maps["stain"].size
    marked = np.stack([whole.maps["stain"], np.full_like(whole.maps["stain"], 0.125)]).reshape(-1, 40)
    again = looked_from_four_sides(KeptDraft(np.argwhere(np.isfinite(marked)), marked.ravel()))
    assert again.facts["tiles_resumed"] == again.facts["tiles"] == 1200
    assert np.array_equal(again.maps["stain"], whole.maps["stain"])
    assert (again.maps["uncertainty"] == 0.125).all()
