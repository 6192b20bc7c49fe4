"""Two runs compared: on the same cells, on other ones, and what cannot be compared."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from lnm_desktop.app.compare_runs import compare_runs, resampled
from lnm_desktop.cli.main import lnm
from lnm_desktop.domain.geometry import Point, Size
from lnm_desktop.domain.ids import RunId
from lnm_desktop.domain.prediction import HeatmapGrid, Prediction, Provenance, Score
from lnm_desktop.errors import FormatError
from lnm_desktop.formats.prediction_bundle import Bundle, save_bundle

NAN = float("nan")


def a_grid(columns: int, rows: int, cell: float = 10, x: float = 0, y: float = 0, name: str = "tumor") -> HeatmapGrid:
    return HeatmapGrid(name, name, columns, rows, Point(x, y), Size(cell, cell))


def a_bundle(grid: HeatmapGrid, values: NDArray[np.float32], point: float = 0.5, slide: str = "a") -> Bundle:
    facts = Provenance({"operating_point": point, "image_fingerprint": slide})
    scores = (Score("peak", "Peak", float(np.nanmax(values))),)
    return Bundle(Prediction(RunId("r" * 32), "m", "1", scores, (grid,), provenance=facts), {grid.name: values})


def cells(*rows: list[float]) -> NDArray[np.float32]:
    return np.array(rows, np.float32)


def test_cells_of_one_grid_are_compared_as_they_are() -> None:
    one = a_bundle(a_grid(2, 2), cells([0.25, 0.75], [NAN, 0.5]))
    two = a_bundle(a_grid(2, 2), cells([0.5, 0.75], [0.5, NAN]))
    found = compare_runs(one, two).map
    assert not found.resampled
    assert found.difference.tolist()[0] == [0.25, 0.0]
    assert np.isnan(found.difference[1]).all()
    assert (found.cells, found.first_only, found.second_only) == (2, 1, 1)
    assert (found.mean_absolute, found.largest) == (0.125, 0.25)
    assert found.correlation == pytest.approx(1.0)
    (agreement,) = found.agreements
    assert (agreement.first_positive, agreement.second_positive, agreement.share) == (1, 2, 0.5)
    assert agreement.kappa == pytest.approx(0.0)


def test_each_operating_point_has_its_agreement() -> None:
    values = cells([0.1, 0.4, 0.6, 0.9])
    found = compare_runs(a_bundle(a_grid(4, 1), values, 0.5), a_bundle(a_grid(4, 1), values, 0.3)).map
    calls = [(item.first_threshold, item.second_threshold, item.share, item.kappa) for item in found.agreements]
    assert calls[0] == (0.5, 0.3, 0.75, pytest.approx(0.5))
    assert calls[1:] == [(0.5, 0.5, 1.0, 1.0), (0.3, 0.3, 1.0, 1.0)]


def test_other_cells_are_read_at_their_centres() -> None:
    fine = cells(*(np.arange(16, dtype=float).reshape(4, 4) / 16).tolist())
    coarse = resampled(a_grid(4, 4, cell=10), fine, a_grid(2, 3, cell=30, x=-30, y=-30))
    assert coarse[1, 1] == fine[1, 1]
    assert np.isnan(coarse).sum() == 5
    back = resampled(a_grid(2, 1, cell=20), cells([0.25, 0.75]), a_grid(4, 2, cell=10))
    assert back.tolist() == [[0.25, 0.25, 0.75, 0.75]] * 2


def test_a_run_with_other_cells_is_compared_on_the_first_ones() -> None:
    one = a_bundle(a_grid(4, 2, cell=10), cells([0.25, 0.5, 0.75, 1.0], [0, 0, 0, 0]))
    two = a_bundle(a_grid(1, 1, cell=20, x=20), cells([0.5]))
    found = compare_runs(one, two).map
    assert found.resampled
    assert found.grid == a_grid(4, 2, cell=10)
    assert found.difference[0, 2:].tolist() == [-0.25, -0.5]
    assert (found.cells, found.first_only) == (4, 4)
    assert math.isnan(found.correlation)


def test_what_cannot_be_compared_is_refused_in_words() -> None:
    one = a_bundle(a_grid(1, 1), cells([0.5]))
    with pytest.raises(FormatError, match="does not overlap"):
        compare_runs(one, a_bundle(a_grid(1, 1, x=500), cells([0.5])))
    with pytest.raises(FormatError, match="different slides"):
        compare_runs(one, a_bundle(a_grid(1, 1), cells([0.5]), slide="b"))
    with pytest.raises(FormatError, match="no map 'necrosis' that both have") as caught:
        compare_runs(one, one, "necrosis")
    assert caught.value.hint == "The first has: tumor; the second: tumor."
    nothing = Bundle(replace(one.prediction, heatmaps=()), {})
    with pytest.raises(FormatError, match="no map in common"):
        compare_runs(one, nothing)


def test_the_only_maps_are_compared_whatever_their_names() -> None:
    one = a_bundle(a_grid(1, 1), cells([0.5]))
    two = a_bundle(a_grid(1, 1, name="metastasis"), cells([0.75]))
    found = compare_runs(one, two)
    assert (found.map.grid.name, found.map.second_name) == ("tumor", "metastasis")
    assert [(first.label, first.value, second.value) for first, second in found.scores] == [("Peak", 0.5, 0.75)]


def test_the_command_line_gives_the_same_numbers(tmp_path: Path) -> None:
    for name, values in (("one", cells([0.25, 0.75])), ("two", cells([0.5, 0.75]))):
        save_bundle(a_bundle(a_grid(2, 1), values), tmp_path / name)
    arguments = ["compare", str(tmp_path / "one"), str(tmp_path / "two" / "prediction.json")]
    done = CliRunner().invoke(lnm, [*arguments, "--json"])
    facts = json.loads(done.stdout)
    assert (facts["mean_absolute"], facts["largest"], facts["cells"]) == (0.125, 0.25, 2)
    assert facts["agreements"][0]["share"] == 0.5
    spoken = CliRunner().invoke(lnm, arguments)
    assert spoken.exit_code == 0
    assert "0.1250" in spoken.stdout and "50.0%" in spoken.stdout
