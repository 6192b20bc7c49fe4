"""Training of the tumour tile network: cross-validation, training, shuffled-label controls, one look at the test.

    python -m lnm_tumor_tiles.train --data TILES --out DIR --cv              # folds -> DIR/cv.json
    python -m lnm_tumor_tiles.train --data TILES --out DIR                   # -> DIR/weights.safetensors
    python -m lnm_tumor_tiles.train --data TILES --out DIR --shuffle-labels  # -> DIR/shuffled.json
    python -m lnm_tumor_tiles.train --data TILES --out DIR --test            # -> DIR/evidence.json

Architecture, augmentation, epochs, temperature and threshold follow from the train split alone.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from lnm_desktop.evaluation.auc import auc
from lnm_tumor_tiles.dataset import TileSet, grouped_folds, read_tiles
from lnm_tumor_tiles.evidence import Report, fit_temperature, frozen_threshold, measure_test
from lnm_tumor_tiles.recipe import Fitted, Job, Recipe, fit
from lnm_tumor_tiles.weights import assemble, save_weights

FOLDS = 4
log = logging.getLogger("lnm_tumor_tiles.train")


def run_jobs(jobs: list[Job], processes: int) -> list[Fitted]:
    """Train every job, `processes` at a time on one thread each; the results keep the order of the jobs."""
    if processes == 1:
        return [fit(job) for job in jobs]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return list(pool.map(fit, jobs))


def cross_validate(tiles: TileSet, recipe: Recipe, members: int, seed: int, processes: int) -> Report:
    """Return held-out AUCs, logits, temperature and threshold of grouped cross-validation.

    Member k has folds of its own (seed + k), so that its held-out logits, averaged over the members, stand for
    the average that is shipped.
    """
    folds = [(k, held) for k in range(members) for held in grouped_folds(tiles, FOLDS, seed + k)]
    every = np.arange(len(tiles.labels))
    jobs = [Job(tiles.part(np.setdiff1d(every, held)), recipe, seed + k, tiles.part(held)) for k, held in folds]
    results = run_jobs(jobs, processes)
    logits = np.zeros(len(every))
    for (_, held), result in zip(folds, results, strict=True):
        logits[held] += result.logits / members
    temperature = fit_temperature(tiles.labels, logits)
    return {
        "recipe": asdict(recipe),
        "members": members,
        "seed": seed,
        "fold_sizes": [len(held) for _, held in folds],
        "fold_clusters": [np.unique(tiles.clusters[held]).tolist() for _, held in folds],
        "fold_auc": [auc(tiles.labels[h], r.logits) for (_, h), r in zip(folds, results, strict=True)],
        "pooled_auc": auc(tiles.labels, logits),
        "temperature": temperature,
        "threshold_logit": frozen_threshold(tiles.labels, logits),
        "logits": logits.tolist(),
    }


def train_members(arguments: argparse.Namespace, recipe: Recipe) -> None:
    """Train every member on the whole train split and write the weights with the temperature of DIR/cv.json."""
    started = time.monotonic()
    tiles = read_tiles(arguments.data, "train")
    jobs = [Job(tiles, recipe, arguments.seed + k) for k in range(arguments.members)]
    fitted = run_jobs(jobs, arguments.processes)
    validated = json.loads((arguments.out / "cv.json").read_text(encoding="utf-8"))
    net = assemble(fitted, recipe.widths, validated["temperature"])
    notes = {
        "arch": "TumorTileNet",
        "members": str(arguments.members),
        "widths": ",".join(str(width) for width in recipe.widths),
        "input": "float32 RGB NCHW in [0, 1], 96x96 px at 0.97 um/px",
        "preprocessing": "inside the network: optical density, standardised per tile and channel",
        "temperature": repr(validated["temperature"]),
        "threshold_logit": repr(validated["threshold_logit"]),
        "seed": str(arguments.seed),
        "command": training_command(arguments, recipe),
        "recipe": json.dumps(asdict(recipe)),
        "training_seconds": str(round(time.monotonic() - started)),
        "data": "PatchCamelyon subset, train split (CC0 by its README)",
    }
    save_weights(net, arguments.out / "weights.safetensors", notes)
    log.info("last epoch's loss per member: %s", [round(result.losses[-1], 4) for result in fitted])


def shuffled_controls(arguments: argparse.Namespace, recipe: Recipe) -> None:
    """Train `--runs` networks on permuted train labels; write their test AUCs, which should surround 0.5."""
    tiles, test = read_tiles(arguments.data, "train"), read_tiles(arguments.data, "test")
    jobs = [
        Job(tiles.with_shuffled_labels(seed), recipe, seed, test)
        for seed in range(arguments.seed, arguments.seed + arguments.runs)
    ]
    results = run_jobs(jobs, arguments.processes)
    report = {
        "recipe": asdict(recipe),
        "members": 1,
        "test_auc": [auc(test.labels, result.logits) for result in results],
    }
    write_json(arguments.out / "shuffled.json", report)


def training_command(arguments: argparse.Namespace, recipe: Recipe) -> str:
    """Return the command that trains these weights, with placeholders for the folders."""
    return (
        f"python -m lnm_tumor_tiles.train --data TILES --out DIR --epochs {recipe.epochs} "
        f"--members {arguments.members} --seed {arguments.seed}"
    )


def write_json(path: Path, report: Report) -> None:
    """Write a report, readable."""
    path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def parse_arguments(words: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of tiles.csv and images/")
    parser.add_argument("--out", type=Path, required=True, help="folder of the results")
    parser.add_argument("--epochs", type=int, default=Recipe().epochs)
    parser.add_argument("--members", type=int, default=2, help="networks in the average")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=1, help="networks trained at a time")
    parser.add_argument("--looks", type=int, default=1, help="looks at the test split, this one included")
    parser.add_argument("--runs", type=int, default=20, help="runs with shuffled labels")
    task = parser.add_mutually_exclusive_group()
    task.add_argument("--cv", action="store_true", help="grouped cross-validation on the train split")
    task.add_argument("--shuffle-labels", action="store_true", help="controls on permuted train labels")
    task.add_argument("--test", action="store_true", help="measure DIR/weights.safetensors on the test split")
    return parser.parse_args(words)


def main() -> None:
    """Run one task of the command line."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    arguments = parse_arguments()
    arguments.out.mkdir(parents=True, exist_ok=True)
    recipe = replace(Recipe(), epochs=arguments.epochs)
    if arguments.cv:
        tiles = read_tiles(arguments.data, "train")
        report = cross_validate(tiles, recipe, arguments.members, arguments.seed, arguments.processes)
        write_json(arguments.out / "cv.json", report)
        log.info("AUC per fold %s, pooled %.4f", np.round(report["fold_auc"], 4), report["pooled_auc"])
    elif arguments.shuffle_labels:
        shuffled_controls(arguments, recipe)
    elif arguments.test:
        write_json(arguments.out / "evidence.json", measure_test(arguments.data, arguments.out, arguments.looks))
    else:
        train_members(arguments, recipe)


if __name__ == "__main__":
    main()
