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
from numpy.typing import NDArray

from lnm_desktop.evaluation.auc import auc
from lnm_desktop.evaluation.classification import youden_threshold
from lnm_tumor_tiles.dataset import TileSet, grouped_folds, read_tiles
from lnm_tumor_tiles.evidence import Report, fit_temperature, measure_test
from lnm_tumor_tiles.reading import fit_mixture, fit_reading, measure_textures, mix
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
    """Return what grouped cross-validation on the train split says of the model.

    Member k has folds of its own (seed + k); its held-out logits are averaged over the members.
    """
    folds = [(k, held) for k in range(members) for held in grouped_folds(tiles, FOLDS, seed + k)]
    every = np.arange(len(tiles.labels))
    jobs = [Job(tiles.part(np.setdiff1d(every, held)), recipe, seed + k, tiles.part(held)) for k, held in folds]
    networks = np.zeros(len(every))
    for (_, held), result in zip(folds, run_jobs(jobs, processes), strict=True):
        networks[held] += result.logits / members
    about = {"recipe": asdict(recipe), "members": members, "seed": seed}
    return about | summarise(tiles, grouped_folds(tiles, FOLDS, seed), networks)


def summarise(tiles: TileSet, folds: list[NDArray[np.int64]], networks: NDArray[np.float64]) -> Report:
    """Add the texture reading to the networks' held-out logits; fit mixture, temperature and threshold."""
    textures = held_out_textures(tiles, folds)
    mixture = fit_mixture(tiles.labels, networks, textures)
    logits = mix(mixture, networks, textures)
    parts = {"networks": networks, "texture": textures, "mixture": logits}
    return {
        "folds": FOLDS,
        "fold_sizes": [len(held) for held in folds],
        "fold_clusters": [np.unique(tiles.clusters[held]).tolist() for held in folds],
        "fold_auc": {n: [auc(tiles.labels[h], v[h]) for h in folds] for n, v in parts.items()},
        "pooled_auc": {name: auc(tiles.labels, values) for name, values in parts.items()},
        "mixture": mixture,
        "temperature": fit_temperature(tiles.labels, logits),
        "threshold_logit": youden_threshold(tiles.labels, logits),
        "logits": {name: values.tolist() for name, values in parts.items()},
    }


def held_out_textures(tiles: TileSet, folds: list[NDArray[np.int64]]) -> NDArray[np.float64]:
    """Return for every tile the texture logit of a reading fitted on the other folds."""
    measures = measure_textures(tiles.images)
    logits = np.zeros(len(measures))
    for held in folds:
        rest = np.setdiff1d(np.arange(len(measures)), held)
        logits[held] = fit_reading(measures[rest], tiles.labels[rest]).logits(measures[held])
    return logits


def train_model(arguments: argparse.Namespace, recipe: Recipe) -> None:
    """Train on the whole train split; write the weights with mixture and temperature of DIR/cv.json."""
    started = time.monotonic()
    tiles = read_tiles(arguments.data, "train")
    jobs = [Job(tiles, recipe, arguments.seed + k) for k in range(arguments.members)]
    fitted = run_jobs(jobs, arguments.processes)
    log.info("last epoch's loss per member: %s", [round(result.losses[-1], 4) for result in fitted])
    reading = fit_reading(measure_textures(tiles.images), tiles.labels)
    validated = read_json(arguments.out / "cv.json")
    net = assemble(fitted, recipe.widths, reading, validated["mixture"], validated["temperature"])
    notes = header(arguments, recipe, validated, round(time.monotonic() - started))
    save_weights(net, arguments.out / "weights.safetensors", notes)


def header(arguments: argparse.Namespace, recipe: Recipe, validated: Report, seconds: int) -> dict[str, str]:
    """Return the notes that go into the header of the weights file."""
    return {
        "arch": "TumorTileNet",
        "members": str(arguments.members),
        "widths": ",".join(str(width) for width in recipe.widths),
        "input": "float32 RGB NCHW in [0, 1], 96x96 px at 0.97 um/px",
        "preprocessing": "inside the network: optical density, stains, standardised per tile and channel",
        "mixture": json.dumps(validated["mixture"]),
        "temperature": repr(validated["temperature"]),
        "threshold_logit": repr(validated["threshold_logit"]),
        "seed": str(arguments.seed),
        "command": training_command(arguments, recipe),
        "recipe": json.dumps(asdict(recipe)),
        "training_seconds": str(seconds),
        "data": "PatchCamelyon subset, train split (CC0 by its README)",
    }


def shuffled_controls(arguments: argparse.Namespace, recipe: Recipe) -> None:
    """Train `--runs` models on permuted train labels; write their test AUCs, which should surround 0.5."""
    tiles, test = read_tiles(arguments.data, "train"), read_tiles(arguments.data, "test")
    seeds = range(arguments.seed, arguments.seed + arguments.runs)
    jobs = [Job(tiles.with_shuffled_labels(seed), recipe, seed, test) for seed in seeds]
    results = run_jobs(jobs, arguments.processes)
    mixture = read_json(arguments.out / "cv.json")["mixture"]
    measures, test_measures = measure_textures(tiles.images), measure_textures(test.images)
    aucs = []
    for job, result in zip(jobs, results, strict=True):
        textures = fit_reading(measures, job.tiles.labels).logits(test_measures)
        aucs.append(auc(test.labels, mix(mixture, result.logits, textures)))
    report = {"recipe": asdict(recipe), "members": 1, "test_auc": aucs}
    write_json(arguments.out / "shuffled.json", report)


def training_command(arguments: argparse.Namespace, recipe: Recipe) -> str:
    """Return the command that trains these weights, with placeholders for the folders."""
    return (
        f"python -m lnm_tumor_tiles.train --data TILES --out DIR --epochs {recipe.epochs} "
        f"--members {arguments.members} --seed {arguments.seed}"
    )


def read_json(path: Path) -> Report:
    """Read a report."""
    return json.loads(path.read_text(encoding="utf-8"))


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
        log.info("pooled AUC of held-out folds: %s", report["pooled_auc"])
    elif arguments.shuffle_labels:
        shuffled_controls(arguments, recipe)
    elif arguments.test:
        write_json(arguments.out / "evidence.json", measure_test(arguments.data, arguments.out, arguments.looks))
    else:
        train_model(arguments, recipe)


if __name__ == "__main__":
    main()
