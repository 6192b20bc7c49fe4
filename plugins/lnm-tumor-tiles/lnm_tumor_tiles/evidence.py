"""Measures of the trained network on the held-out test split."""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from scipy.optimize import minimize_scalar
from scipy.special import expit

from lnm_desktop.evaluation.auc import auc
from lnm_desktop.evaluation.calibration import calibration
from lnm_desktop.evaluation.classification import brier_score, confusion_counts
from lnm_desktop.evaluation.delong import auc_difference, auc_interval
from lnm_desktop.evaluation.proportions import wilson_interval
from lnm_tumor_tiles.baseline import baseline_scores
from lnm_tumor_tiles.dataset import TileSet, read_tiles
from lnm_tumor_tiles.network import TumorTileNet
from lnm_tumor_tiles.weights import load_weights, sha256

Report = dict[str, Any]


def fit_temperature(labels: NDArray[np.int64], logits: NDArray[np.float64]) -> float:
    """Return the temperature of least cross-entropy (Guo et al. 2017), sought between 1/20 and 20."""

    def loss(log_temperature: float) -> float:
        scaled = logits / math.exp(log_temperature)
        return float(np.mean(np.logaddexp(0, scaled) - labels * scaled))

    found: Any = minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded")
    return math.exp(float(found.x))


@torch.inference_mode()
def tile_logits(net: TumorTileNet, tiles: TileSet) -> NDArray[np.float64]:
    """Return the raw logits (n,)."""
    parts = [net(part.float() / 255) for part in tiles.images.split(128)]
    return torch.cat(parts).double().numpy()


def tiles_per_cpu_second(net: TumorTileNet, tiles: TileSet, seconds: float = 10.0) -> float:
    """Return how many tiles one thread handles per second of its CPU time, batches of 64, pixels in memory.

    CPU time rather than wall time, so that other programs do not slow the figure down.
    """
    torch.set_num_threads(1)
    batch = tiles.part(np.arange(min(64, len(tiles.labels))))
    tile_logits(net, batch)
    started, count = time.process_time(), 0
    while time.process_time() - started < seconds:
        tile_logits(net, batch)
        count += len(batch.labels)
    return count / (time.process_time() - started)


def measure_test(data: Path, out: Path, looks: int) -> Report:
    """Return everything measured for `out`/weights.safetensors; `looks` counts the looks at the test split."""
    weights = out / "weights.safetensors"
    net = load_weights(weights)
    train, test = read_tiles(data, "train"), read_tiles(data, "test")
    validated = json.loads((out / "cv.json").read_text(encoding="utf-8"))
    logits = tile_logits(net, test)
    with safe_open(weights, framework="pt") as file:
        notes = file.metadata()
    return {
        "unit": "tile; slide ids are not available",
        "looks_at_the_test_split": looks,
        "weights_sha256": sha256(weights),
        "parameters": sum(parameter.numel() for parameter in net.parameters()),
        "tiles_per_cpu_second_one_thread": round(tiles_per_cpu_second(net, test), 1),
        "training": {key: notes[key] for key in ("command", "members", "seed", "recipe", "training_seconds")},
        "cross_validation": {key: value for key, value in validated.items() if key != "logits"},
        "test": measures(test, logits, float(net.temperature), validated["threshold_logit"]),
        "baseline": against_baseline(train, test, logits),
        "shuffled_labels": json.loads((out / "shuffled.json").read_text(encoding="utf-8")),
    }


def measures(test: TileSet, logits: NDArray[np.float64], temperature: float, threshold: float) -> Report:
    """Return discrimination, classification at the frozen threshold, and calibration."""
    counts = confusion_counts(test.labels, logits, threshold)
    probabilities = expit(logits / temperature)
    right = counts.true_positives + counts.true_negatives
    positives = counts.true_positives + counts.false_negatives
    line = calibration(test.labels, probabilities)
    return {
        "n": len(test.labels),
        "n_positive": positives,
        "auc": asdict(auc_interval(test.labels, logits)),
        "auc_per_stain_cluster": cluster_aucs(test, logits),
        "threshold_logit": threshold,
        "threshold_probability": float(expit(threshold / temperature)),
        "counts": asdict(counts),
        "accuracy": asdict(wilson_interval(right, counts.total)),
        "sensitivity": asdict(wilson_interval(counts.true_positives, positives)),
        "specificity": asdict(wilson_interval(counts.true_negatives, counts.total - positives)),
        "positive_predictive_value": counts.positive_predictive_value,
        "negative_predictive_value": counts.negative_predictive_value,
        "calibration": {"brier": brier_score(test.labels, probabilities), **asdict(line)},
    }


def cluster_aucs(test: TileSet, logits: NDArray[np.float64]) -> dict[str, Report]:
    """Return n and AUC of each held-out stain cluster that holds both classes."""
    report: dict[str, Report] = {}
    for cluster in np.unique(test.clusters):
        rows = test.clusters == cluster
        labels = test.labels[rows]
        if 0 < labels.sum() < labels.size:
            report[str(cluster)] = {"n": int(labels.size), "auc": auc(labels, logits[rows])}
    return report


def against_baseline(train: TileSet, test: TileSet, logits: NDArray[np.float64]) -> Report:
    """Compare with the logistic regressions on mean optical densities of the tile, and of tile and centre."""
    report: Report = {}
    for name, with_centre in (("tile", False), ("tile_and_centre", True)):
        scores = baseline_scores(train, test, with_centre)
        report[name] = {
            "auc": asdict(auc_interval(test.labels, scores)),
            "difference": asdict(auc_difference(test.labels, logits, scores)),
        }
    return report
