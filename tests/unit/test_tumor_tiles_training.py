"""Training of the tumour tile network, on made-up tiles."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "plugins" / "lnm-tumor-tiles"))

from lnm_tumor_tiles.augment import augment
from lnm_tumor_tiles.baseline import baseline_scores
from lnm_tumor_tiles.dataset import TileSet, grouped_folds
from lnm_tumor_tiles.evidence import fit_temperature
from lnm_tumor_tiles.network import DihedralNet, TumorTileNet
from lnm_tumor_tiles.reading import fit_mixture, fit_reading, measure_textures, mix
from lnm_tumor_tiles.recipe import Job, Recipe, fit, smoothed_loss
from lnm_tumor_tiles.weights import assemble, load_weights, save_weights

TINY = replace(Recipe(), widths=(1, 1, 2), epochs=1, batch=16)


@pytest.fixture
def tiles() -> TileSet:
    """Fine noise or, brighter, coarse noise as the label says, in four stain clusters."""
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 2, 32)
    fine = generator.integers(0, 160, (32, 3, 96, 96))
    coarse = generator.integers(60, 220, (32, 3, 12, 12)).repeat(8, axis=2).repeat(8, axis=3)
    pixels = np.where(labels[:, None, None, None] == 1, coarse, fine)
    return TileSet(torch.from_numpy(pixels.astype(np.uint8)), labels, np.arange(32) % 4)


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def turned(x: torch.Tensor) -> list[torch.Tensor]:
    """The eight views of square tiles."""
    quarter = [torch.rot90(x, k, (2, 3)) for k in range(4)]
    return quarter + [view.flip(3) for view in quarter]


def test_augmentation_gives_centre_fields_in_range() -> None:
    views = augment(torch.rand(5, 3, 96, 96), 0.5, generator(1))
    assert views.shape == (5, 3, 64, 64)
    assert views.min() >= 0.0
    assert views.max() <= 1.0


def test_augmentation_follows_its_generator() -> None:
    x = torch.rand(3, 3, 96, 96)
    first, again, other = (augment(x, 0.2, generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_shuffling_permutes_only_the_labels(tiles: TileSet) -> None:
    shuffled = tiles.with_shuffled_labels(3)
    assert torch.equal(shuffled.images, tiles.images)
    assert np.array_equal(shuffled.clusters, tiles.clusters)
    assert not np.array_equal(shuffled.labels, tiles.labels)
    assert shuffled.labels.sum() == tiles.labels.sum()
    assert np.array_equal(shuffled.labels, tiles.with_shuffled_labels(3).labels)


def test_folds_hold_every_tile_once_and_never_split_a_cluster(tiles: TileSet) -> None:
    folds = grouped_folds(tiles, 2, seed=0)
    assert sorted(np.concatenate(folds)) == list(range(32))
    assert not set(tiles.clusters[folds[0]]) & set(tiles.clusters[folds[1]])


def test_one_logit_per_tile() -> None:
    net = TumorTileNet(members=2, widths=(1, 1, 1)).eval()
    x = torch.rand(4, 3, 96, 96)
    assert net(x).shape == (4,)
    assert net.probabilities(x).min() > 0.0
    assert net.probabilities(x).max() < 1.0


def test_the_logit_does_not_depend_on_the_pose() -> None:
    torch.manual_seed(0)
    net = TumorTileNet(members=1, widths=(1, 2, 2)).eval()
    x = torch.rand(2, 3, 96, 96)
    with torch.inference_mode():
        logits = torch.stack([net(view) for view in turned(x)])
    assert torch.allclose(logits, logits[:1].expand_as(logits), atol=1e-5)


def test_a_training_step_lowers_the_loss(tiles: TileSet) -> None:
    torch.manual_seed(0)
    net = DihedralNet((1, 1, 2), dropout=0.0)
    views, labels = tiles.images[:, :, 16:80, 16:80].float() / 255, torch.from_numpy(tiles.labels).float()
    optimiser = torch.optim.SGD(net.parameters(), lr=1e-3)
    before = smoothed_loss(net(views), labels, 0.05)
    before.backward()
    optimiser.step()
    assert smoothed_loss(net(views), labels, 0.05) < before


def test_every_epoch_reports_its_loss(tiles: TileSet) -> None:
    losses = fit(Job(tiles, replace(TINY, epochs=2), seed=0)).losses
    assert len(losses) == 2
    assert all(np.isfinite(losses))


def test_the_same_seed_gives_the_same_network(tiles: TileSet) -> None:
    first, again = (fit(Job(tiles, TINY, seed=4, held_out=tiles)) for _ in range(2))
    assert np.array_equal(first.logits, again.logits)
    assert all(np.array_equal(first.state[name], again.state[name]) for name in first.state)


def test_weights_survive_the_file(tiles: TileSet, tmp_path: Path) -> None:
    reading = fit_reading(measure_textures(tiles.images), tiles.labels)
    fitted = [fit(Job(tiles, TINY, seed=s)) for s in (0, 1)]
    net = assemble(fitted, TINY.widths, reading, (0.1, 0.5, 0.7), temperature=1.5)
    path = tmp_path / "weights.safetensors"
    save_weights(net, path, {"members": "2", "widths": "1,1,2"})
    x = torch.rand(2, 3, 96, 96)
    with torch.inference_mode():
        assert torch.equal(load_weights(path).probabilities(x), net.probabilities(x))


def test_the_model_is_the_mixture_of_its_parts(tiles: TileSet) -> None:
    measures = measure_textures(tiles.images)
    reading, mixture = fit_reading(measures, tiles.labels), (0.1, 0.5, 0.7)
    fitted = [fit(Job(tiles, TINY, seed=s, held_out=tiles)) for s in (0, 1)]
    net = assemble(fitted, TINY.widths, reading, mixture, temperature=1.0)
    with torch.inference_mode():
        logits = net(tiles.images.float() / 255).numpy()
    expected = mix(mixture, (fitted[0].logits + fitted[1].logits) / 2, reading.logits(measures))
    assert np.allclose(logits, expected, atol=1e-3)


def test_the_texture_reading_tells_coarse_from_fine(tiles: TileSet) -> None:
    measures = measure_textures(tiles.images)
    scores = fit_reading(measures, tiles.labels).logits(measures)
    assert scores[tiles.labels == 1].min() > scores[tiles.labels == 0].max()


def test_the_mixture_trusts_the_part_that_knows() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 500)
    _, informed, ignorant = fit_mixture(labels, rng.normal(2.0 * labels), rng.normal(size=500))
    assert informed > 1.0
    assert abs(ignorant) < 0.3


def test_the_baseline_sees_brightness(tiles: TileSet) -> None:
    scores = baseline_scores(tiles, tiles, with_centre=True)
    assert scores[tiles.labels == 1].min() > scores[tiles.labels == 0].max()


def test_overconfident_logits_get_a_temperature_above_one() -> None:
    generator = np.random.default_rng(2)
    logits = generator.normal(0.0, 1.0, 5000)
    labels = (generator.random(5000) < 1 / (1 + np.exp(-logits))).astype(np.int64)
    assert fit_temperature(labels, 3.0 * logits) == pytest.approx(3.0, rel=0.1)
