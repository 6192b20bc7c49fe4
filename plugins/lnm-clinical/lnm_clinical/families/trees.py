"""Random forest and gradient boosting: trees as arrays, walked with numpy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from lnm_clinical.families import Arrays, Family, Matrix, Settings

TREES = 100
LEAST_PROBABILITY = 0.01


def fit_forest(x: Matrix, labels: NDArray[np.int64], settings: Settings, seed: int) -> Arrays:
    """Trees whose leaves hold the share of positives."""
    from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415 - only training needs it

    found = RandomForestClassifier(
        TREES, min_samples_leaf=settings["leaf"], max_features=settings["features"], random_state=seed
    ).fit(x, labels)
    return _arrays([tree.tree_ for tree in found.estimators_], lambda tree: tree.value[:, 0, 1])


def score_forest(arrays: Mapping[str, NDArray[Any]], x: Matrix) -> Matrix:
    """Log odds of the mean share."""
    shares = leaves(arrays, x).mean(axis=1)
    return logit(np.clip(shares, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY))


def fit_boosting(x: Matrix, labels: NDArray[np.int64], settings: Settings, seed: int) -> Arrays:
    """Trees whose leaves add to the log odds, already multiplied by the learning rate."""
    from sklearn.ensemble import GradientBoostingClassifier  # noqa: PLC0415 - only training needs it

    found = GradientBoostingClassifier(
        n_estimators=settings["trees"],
        max_depth=settings["depth"],
        learning_rate=0.05,
        subsample=0.7,
        min_samples_leaf=20,
        random_state=seed,
    ).fit(x, labels)
    trees = [tree.tree_ for tree in found.estimators_[:, 0]]
    arrays = _arrays(trees, lambda tree: 0.05 * tree.value[:, 0, 0])
    return {**arrays, "bias": np.array([logit(labels.mean())])}


def score_boosting(arrays: Mapping[str, NDArray[Any]], x: Matrix) -> Matrix:
    """The sum of the leaves."""
    return leaves(arrays, x).sum(axis=1) + arrays["bias"][0]


def _arrays(trees: list[Any], value: Any) -> Arrays:
    """Nodes of all trees in a row; `roots` says where each begins, `right` where a node's right child is.

    The left child is the next node, as in scikit-learn; a leaf is its own right child, where its threshold sends all.
    """
    counts = [tree.node_count for tree in trees]
    roots = np.cumsum([0, *counts[:-1]])
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in ("feature", "threshold", "right", "value")}
    for tree, root in zip(trees, roots, strict=True):
        leaf = tree.children_left < 0
        parts["feature"].append(np.where(leaf, 0, tree.feature).astype(np.uint8))
        parts["threshold"].append(_narrow(np.where(leaf, -np.inf, tree.threshold)))
        parts["right"].append(
            (root + np.where(leaf, np.arange(tree.node_count), tree.children_right)).astype(np.int32)
        )
        parts["value"].append(value(tree).astype(np.float32))
    return {
        **{name: np.concatenate(part) for name, part in parts.items()},
        "roots": roots.astype(np.int32),
        "depth": np.array([max(tree.max_depth for tree in trees)], np.int32),
    }


def _narrow(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """The greatest float32 that is no greater: what is a float32 is compared with it as with the threshold."""
    near = thresholds.astype(np.float32)
    return np.where(near > thresholds, np.nextafter(near, np.float32(-np.inf)), near)


def leaves(arrays: Mapping[str, NDArray[Any]], x: Matrix) -> Matrix:
    """Values (n, trees) of the leaves that rows (n, columns) come to; scikit-learn compares in float32."""
    narrow = x.astype(np.float32)
    rows = np.arange(len(x))[:, None]
    nodes = np.broadcast_to(arrays["roots"], (len(x), len(arrays["roots"])))
    for _ in range(int(arrays["depth"][0])):
        goes_left = narrow[rows, arrays["feature"][nodes]] <= arrays["threshold"][nodes]
        nodes = np.where(goes_left, nodes + 1, arrays["right"][nodes])
    return arrays["value"][nodes].astype(np.float64)


FOREST = Family(
    "rf",
    "random forest",
    tuple({"leaf": leaf, "features": features} for leaf in (10, 25) for features in ("sqrt", 0.5)),
    fit_forest,
    score_forest,
)
BOOSTING = Family(
    "gb",
    "gradient boosting",
    tuple({"trees": trees, "depth": depth} for trees in (60, 120) for depth in (1, 2)),
    fit_boosting,
    score_boosting,
)
