"""The clinical models: what is learnt where, and that trained arrays say what the libraries that made them say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lnm_clinical.families import Family
from lnm_clinical.families.all import FAMILIES
from lnm_clinical.families.tabnet import forward, sparsemax
from lnm_clinical.features import Encoder, Records, her2, receptor, t_class
from lnm_clinical.fitting import GROUPS, platt, stratified_folds, threshold, train
from lnm_clinical.model import FITS, LogisticRisk
from lnm_clinical.plugin import FIELDS, MODELS, spec
from safetensors.numpy import load_file

from lnm_desktop.app.cohort_table import Cohort, read_cohort
from lnm_desktop.errors import WeightsError
from lnm_desktop.formats.clinical_schema import load_default_schema
from lnm_desktop.plugin.risk_nomogram import nomogram
from lnm_desktop.plugin.weights import verify_weights
from tests.fakes.risks import made_up_patients

SCHEMA = load_default_schema()
PLUGIN = Path(__file__).resolve().parents[3] / "plugins" / "lnm-clinical" / "lnm_clinical"


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    return read_cohort(made_up_patients(tmp_path_factory.mktemp("made-up") / "patients.csv", 300), SCHEMA)


@pytest.fixture(scope="module")
def model() -> LogisticRisk:
    loaded = LogisticRisk(spec("lr"))
    loaded.load("cpu", PLUGIN / "weights" / "lr.safetensors")
    return loaded


def matrix(seed: int = 0) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(300, 6))
    return x, (generator.uniform(size=300) < 1 / (1 + np.exp(-x[:, 0] - x[:, 1] * x[:, 2]))).astype(np.int64)


def sklearn_scores(family: str, x: Any, y: Any, settings: Any) -> Any:
    from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import SVC

    if family == "lr":
        return LogisticRegression(C=settings["C"], max_iter=1000, random_state=3).fit(x, y).decision_function(x)
    if family == "svm":
        return SVC(C=settings["C"], gamma=settings["gamma"], random_state=3).fit(x, y).decision_function(x)
    if family == "rf":
        leaf, features = settings["leaf"], settings["features"]
        forest = RandomForestClassifier(100, min_samples_leaf=leaf, max_features=features, random_state=3).fit(x, y)
        shares = np.clip(forest.predict_proba(x)[:, 1], 0.01, 0.99)
        return np.log(shares / (1 - shares))
    trees, depth = settings["trees"], settings["depth"]
    boosting = GradientBoostingClassifier(
        n_estimators=trees, max_depth=depth, learning_rate=0.05, subsample=0.7, min_samples_leaf=20, random_state=3
    )
    return boosting.fit(x, y).decision_function(x)


@pytest.mark.parametrize("name", ["lr", "svm", "rf", "gb"])
def test_arrays_say_what_scikit_learn_says(name: str) -> None:
    family, (x, y) = FAMILIES[name], matrix()
    settings = family.settings[-1]
    ours = family.score(family.fit(x, y, settings, 3), x)
    assert ours == pytest.approx(sklearn_scores(name, x, y, settings), abs=1e-5)


def test_the_network_says_what_scikit_learn_says() -> None:
    from sklearn.neural_network import MLPClassifier

    family, (x, y) = FAMILIES["mlp"], matrix()
    arrays = family.fit(x, y, family.settings[0], 3)
    kept = {"early_stopping": True, "n_iter_no_change": 15, "max_iter": 300, "random_state": 3}
    theirs = MLPClassifier((16,), alpha=family.settings[0]["alpha"], **kept).fit(x, y).predict_proba(x)[:, 1]
    assert 1 / (1 + np.exp(-family.score(arrays, x))) == pytest.approx(theirs, abs=1e-9)


def test_tabnet_without_torch_says_what_torch_says() -> None:
    import torch
    from lnm_clinical.families.tabnet_training import TabNet
    from lnm_clinical.families.tabnet_training import sparsemax as torch_sparsemax

    family, (x, y) = FAMILIES["tabnet"], matrix()
    arrays = family.fit(x, y, {"width": 8, "steps": 3, "epochs": 2}, 3)
    network = TabNet(6, 8, 3).double()
    state = {
        name.replace("mask", "masks.").replace("step", "blocks."): torch.from_numpy(array)
        for name, array in arrays.items()
    }
    network.load_state_dict({name: tensor for name, tensor in state.items() if name in network.state_dict()})
    with torch.no_grad():
        theirs, _ = network(torch.from_numpy(x))
    ours, looked = forward(arrays, x)
    assert ours == pytest.approx(theirs.numpy(), abs=1e-9)
    assert looked.sum(axis=1) == pytest.approx(1.0)
    assert (sparsemax(x) == 0).any()
    assert sparsemax(x) == pytest.approx(torch_sparsemax(torch.from_numpy(x)).numpy())


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES.keys())
def test_training_twice_gives_the_same(family: Family) -> None:
    x, y = matrix()
    one, two = (family.fit(x, y, family.settings[0], 3) for _ in range(2))
    assert all((one[name] == two[name]).all() for name in one)


def test_nothing_is_learnt_from_other_rows(cohort: Cohort) -> None:
    """The encoder of some rows is the same whatever the others say."""

    def fit(rows: Any) -> Encoder:
        return Encoder.fit(Records.read(rows))

    kept = cohort.rows[:150]
    changed = [{**row, "age": 18.0, "grade": "1"} for row in cohort.rows[150:]]
    assert fit(kept) == fit([*kept, *changed][:150])
    assert fit([*kept, *changed]) != fit(kept)


def test_each_group_was_judged_unseen(cohort: Cohort) -> None:
    """A patient's own label cannot reach her own unseen probability through the fit that lacks her."""
    family = FAMILIES["lr"]
    trained = train(family, cohort.rows, cohort.labels, 5)
    folds = stratified_folds(cohort.labels, GROUPS, 6)
    for group, fitted in enumerate(trained.groups):
        out = np.flatnonzero(folds == group)
        scores = family.score(
            fitted.arrays, fitted.encoder.transform(Records.read([cohort.rows[place] for place in out]))
        )
        expected = 1 / (1 + np.exp(-(trained.slope * scores + trained.intercept)))
        assert trained.unseen[out] == pytest.approx(expected)


def test_the_threshold_is_reached_by_nine_tenths() -> None:
    unseen = np.linspace(0.01, 1.0, 100)
    labels = np.ones(100, np.int64)
    found = threshold(unseen, labels)
    assert (unseen >= found).mean() >= 0.9
    assert (unseen > found).mean() <= 0.9


def test_calibration_finds_a_known_line() -> None:
    generator = np.random.default_rng(1)
    scores = generator.normal(size=20_000) * 3
    labels = (generator.uniform(size=20_000) < 1 / (1 + np.exp(-(0.5 * scores - 0.3)))).astype(np.int64)
    slope, intercept = platt(scores, labels)
    assert (slope, intercept) == (pytest.approx(0.5, abs=0.03), pytest.approx(-0.3, abs=0.05))


def test_too_few_patients(cohort: Cohort) -> None:
    with pytest.raises(ValueError, match="at least 20 patients"):
        train(FAMILIES["lr"], cohort.rows[:20], cohort.labels[:20], 0)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"her2_status": "negative", "her2_ihc": "3+"}, "negative"),
        ({"her2_ihc": "3+"}, "positive"),
        ({"her2_ihc": "2+", "her2_ish": "amplified"}, "positive"),
        ({"her2_ihc": "2+", "her2_ish": "not amplified"}, "negative"),
        ({"her2_ihc": "2+"}, None),
        ({"her2_ihc": "1+"}, "negative"),
        ({}, None),
    ],
)
def test_her2(row: dict[str, str], expected: str | None) -> None:
    assert her2(row) == expected


def test_receptors_and_t() -> None:
    assert receptor("er")({"er_percent": 1.0}) == "positive"
    assert receptor("er")({"er_percent": 0.0}) == "negative"
    assert receptor("er")({"er_status": "low positive"}) == "positive"
    assert receptor("pr")({}) is None
    assert [t_class({"clinical_t": text}) for text in ("cT1mi", "cT4d", "cTX", "cT0")] == ["1", "4", None, None]


def test_a_size_is_taken_from_its_category(model: LogisticRisk) -> None:
    small, large = model.probability([{"clinical_t": "cT1"}, {"clinical_t": "cT3"}])
    (nothing,) = model.probability([{}])
    assert small < nothing < large


@pytest.mark.parametrize("short", MODELS)
def test_the_shipped_models_load_and_state_risks(short: str) -> None:
    from lnm_clinical import model as module

    shipped = spec(short)
    verify_weights(PLUGIN / shipped.weights_file, shipped.weights_sha256)
    loaded = getattr(module, MODELS[short][0])(shipped)
    loaded.load("cpu", PLUGIN / shipped.weights_file)
    low, high = {"age": 70.0, "tumor_size": 8.0, "grade": "1"}, {"age": 45.0, "tumor_size": 60.0, "grade": "3"}
    judged = loaded.judge_checked([low, high])
    assert judged.probability[0] < judged.probability[1]
    assert (judged.lower <= judged.probability).all()
    assert (judged.probability <= judged.upper).all()
    assert "{" not in shipped.card
    assert loaded.population().patients == 2243


def test_the_nomogram_of_the_shipped_regression_is_its_predictor(model: LogisticRisk) -> None:
    drawn, generator = nomogram(model), np.random.default_rng(0)
    fields = model.population().fields
    rows = []
    for _ in range(1000):
        row: dict[str, Any] = {}
        for name, known in fields.items():
            if generator.uniform() < 0.8:
                choices = [choice for choice, count in (known.choices or {}).items() if count >= 10]
                row[name] = (
                    float(generator.uniform(5, 120)) if known.choices is None else str(generator.choice(choices))
                )
        rows.append(row)
    probability = model.probability(rows)
    expected = np.log(probability / (1 - probability))
    drawn_log_odds = np.array([drawn.log_odds(drawn.total(row)) for row in rows])
    assert np.abs(drawn_log_odds - expected).max() < 0.002


def test_weights_of_another_family_are_refused() -> None:
    with pytest.raises(WeightsError, match="holds no logistic regression"):
        LogisticRisk(spec("lr")).load("cpu", PLUGIN / "weights" / "gb.safetensors")


def test_the_weights_hold_no_rows_of_patients() -> None:
    """But for those of the support vector machine, which are encoded patients: its card says so."""
    arrays = load_file(PLUGIN / "weights" / "lr.safetensors")
    assert {name.split("/")[0] for name in arrays} == set(FITS)
    assert max(array.size for array in arrays.values()) < 50
    assert "encoded patients" in spec("svm").card
    assert "encoded patients" not in spec("lr").card


def test_every_field_is_in_the_schema_and_known_before_surgery() -> None:
    assert all(SCHEMA.field(name).preoperative for name in FIELDS)
