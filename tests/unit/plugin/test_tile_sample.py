"""A model may say that a slide's tiles are unlike those of its training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from lnm_tumor_tiles.colors import TrainingColors, color_numbers
from lnm_tumor_tiles.dataset import read_tiles
from numpy.typing import NDArray

from lnm_desktop.domain.geometry import Region
from lnm_desktop.plugin.model import ModelInputs
from lnm_desktop.plugin.tile_sample import SAMPLED
from tests.unit.plugin.test_tile_classifier import EVERYWHERE, SPEC, FakeSlide, RecordingJob, Stained, mpp


class Choosy(Stained):
    """Knows tiles without stain alone."""

    asked: int = 0

    def unlike_training(self, tiles: NDArray[np.uint8]) -> NDArray[np.bool_]:
        self.asked += len(tiles)
        return tiles.min(axis=(1, 2, 3)) < 200


def warnings_for(model: Stained, slide: FakeSlide) -> list[str]:
    output = model.predict(ModelInputs(slide, mpp(1.0)), EVERYWHERE, RecordingJob())
    return [words for words in output.warnings if "sampled tiles" in words]


def test_a_slide_of_strange_tiles_gets_a_warning_and_a_known_one_none() -> None:

    strange = FakeSlide(stain=Region(0, 0, 1280, 960))
    (words,) = warnings_for(model := Choosy(SPEC), strange)
    assert words.startswith(f"{SAMPLED} of {SAMPLED} sampled tiles do not look like")
    assert model.asked == SAMPLED
    assert warnings_for(Choosy(SPEC), FakeSlide()) == []


def test_a_model_that_says_nothing_of_its_training_costs_no_read() -> None:
    one, other = FakeSlide(), FakeSlide()
    assert warnings_for(Stained(SPEC), one) == []
    warnings_for(Choosy(SPEC), other)
    assert len(other.requests) == len(one.requests) + SAMPLED


def test_the_colours_kept_are_those_of_the_training_tiles(shared_data: Path) -> None:
    folder = shared_data / "tiles"
    known = TrainingColors.read()
    train, test = (read_tiles(folder, split).images.permute(0, 2, 3, 1).numpy() for split in ("train", "test"))
    again = TrainingColors.of(train)
    assert again.mean == pytest.approx(known.mean, rel=1e-6)
    assert again.limit == pytest.approx(known.limit, rel=1e-3)
    assert known.unlike(train).mean() == pytest.approx(0.01, abs=0.002)
    assert known.unlike(test).mean() < 0.03
    assert known.unlike(255 - test).mean() > 0.95
    assert known.unlike(np.ascontiguousarray(test[..., [1, 0, 2]])).mean() > 0.8


def test_the_numbers_of_a_tile_are_mean_and_deviation_of_its_colours() -> None:
    tile = np.zeros((1, 2, 2, 3), np.uint8)
    tile[0, :, 0, 1] = 100
    assert color_numbers(tile).tolist() == [[0, 50, 0, 0, 50, 0]]
