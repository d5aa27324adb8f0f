"""Fitting of majority and tabular: equal to scikit-learn, better than guessing, cached by what it was fitted on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tabular_samples import dataset
from triagelab.agents.majority import MajorityAgent
from triagelab.agents.registry import load_agent
from triagelab.agents.tabular import TabularAgent
from triagelab.datasets.base import Dataset
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.seeding import stream
from triagelab.training import tabular
from triagelab.training.tabular import fit_cached, fit_majority, fit_tabular, fitted_spec
from triagelab.training.tabular_cuts import calibrate, quadratic_kappa, tune_cuts
from triagelab.training.tabular_fit import learn_features, trees_from_sklearn

CASES = dataset()


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TRIAGELAB_CACHE", str(tmp_path / "cache"))


def levels(cases):
    return np.asarray([case.truth.level for case in cases])


def predicted(agent, cases):
    return np.asarray([prediction.level for prediction in agent.predict([case.presentation for case in cases])])


def test_majority_counts_the_training_split(tmp_path):
    agent = MajorityAgent.load(fit_majority(CASES, tmp_path))
    assert agent.model.counts == tuple(np.bincount(levels(CASES.split("train")), minlength=6)[1:])
    only_test = MajorityAgent.load(fit_majority(CASES.split("test"), tmp_path / "test"))
    assert sum(only_test.model.counts) == 150
    with pytest.raises(BadInputError, match="at least one case"):
        fit_majority(Dataset("x", (), "immedr"), tmp_path / "none")


@pytest.mark.parametrize("how", [{}, {"coded": False}, {"cluster": False}])
def test_tabular_learns_the_law(tmp_path, how):
    cases = dataset(**how)
    agent = TabularAgent.load(fit_tabular(cases.split("train"), cases.split("dev"), tmp_path))
    test = cases.split("test")
    assert quadratic_kappa(levels(test), predicted(agent, test)) > 0.75
    table = np.asarray([p.probabilities for p in agent.predict([case.presentation for case in test])])
    truth = levels(test)
    log_loss = -np.log(table[np.arange(len(truth)), truth - 1]).mean()
    frequencies = np.bincount(levels(cases.split("train")), minlength=6)[1:] / 400
    assert log_loss < -np.log(frequencies[truth - 1]).mean() - 0.3


def test_a_fit_can_be_made_again_to_the_bit(tmp_path):
    one, two = (fit_tabular(CASES.split("train"), CASES.split("dev"), tmp_path / name) for name in ("a", "b"))
    for file in one.iterdir():
        if file.suffix == ".json":
            assert file.read_bytes() == (two / file.name).read_bytes()
    shown = [case.presentation for case in CASES.split("test")]
    assert TabularAgent.load(one).predict(shown) == TabularAgent.load(two).predict(shown)


def test_without_a_dev_split_whole_clusters_are_kept_apart(tmp_path, monkeypatch):
    seen = {}

    def spy(train, dev, **more):
        seen.update(train={case.cluster for case in train}, dev={case.cluster for case in dev})
        raise KeyboardInterrupt

    monkeypatch.setattr("triagelab.training.tabular_fit.fit_agent", spy)
    with pytest.raises(KeyboardInterrupt):
        fit_tabular(CASES.split("train"), None, tmp_path)
    assert seen["train"]
    assert seen["dev"]
    assert not seen["train"] & seen["dev"]


def test_too_little_to_learn_from(tmp_path):
    with pytest.raises(BadInputError, match="at least 30 cases"):
        fit_tabular(dataset(train=10).split("train"), None, tmp_path)
    same = [replace(case, truth=replace(case.truth, level=3)) for case in CASES.split("train")]
    with pytest.raises(BadInputError, match="two or more levels"):
        fit_tabular(Dataset("x", tuple(same), "immedr"), None, tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_arrays_predict_what_scikit_learn_predicts():
    """Guards the one place that reads a private attribute of scikit-learn."""
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    draw = stream("test.trees", 0)
    rows = draw.normal(size=(800, 5))
    rows[draw.random((800, 5)) < 0.15] = np.nan
    rows[:, 3] = np.round(rows[:, 3])
    target = np.nan_to_num(rows[:, 0]) - 2 * np.isnan(rows[:, 1]) + draw.normal(0, 0.1, 800)
    with threadpool_limits(limits=1):
        fitted = HistGradientBoostingRegressor(max_iter=40, random_state=0).fit(rows[:, [0, 1, 3]], target)
    trees = trees_from_sklearn(fitted, np.asarray([0, 1, 3]))
    fresh = draw.normal(size=(500, 5))
    fresh[draw.random((500, 5)) < 0.3] = np.nan
    assert trees.predict(fresh) == pytest.approx(fitted.predict(fresh[:, [0, 1, 3]]), abs=1e-9)
    assert np.unique(trees.feature).tolist() == [0, 1, 3]


def test_columns_are_learnt_from_what_is_there():
    train = CASES.split("train").cases
    features, found = learn_features(train, levels(train).astype(float))
    assert features.codes == ("rfv1",)
    assert features.flags == ("chronic_copd", "n_reasons")
    assert set(features.categories) == {"arrival", "injury", "sex"}
    assert features.categories["injury"]["yes"] > features.categories["injury"]["no"]
    assert list(features.tokens.values()) == list(range(len(features.tokens)))
    assert len(found) == len(train)


def test_cut_points_beat_rounding_where_scores_are_shrunken():
    draw = stream("test.cuts", 0)
    truth = 1 + draw.choice(5, size=3000, p=[0.02, 0.15, 0.5, 0.28, 0.05])
    scores = 3.1 + 0.35 * (truth - 3.1) + draw.normal(0, 0.35, 3000)
    cuts = np.asarray(tune_cuts(scores[:1500], truth[:1500]))
    assert np.all(np.diff(cuts) > 0)
    rounding = np.asarray([1.5, 2.5, 3.5, 4.5])
    tuned, plain = (
        quadratic_kappa(truth[1500:], 1 + np.searchsorted(each, scores[1500:], side="right"))
        for each in (cuts, rounding)
    )
    assert tuned > plain + 0.05


def test_kappa_agrees_with_scikit_learn():
    from sklearn.metrics import cohen_kappa_score

    draw = stream("test.kappa", 0)
    truth, guess = draw.integers(1, 6, 300), draw.integers(1, 6, 300)
    guess[:150] = truth[:150]
    expected = cohen_kappa_score(truth, guess, weights="quadratic", labels=[1, 2, 3, 4, 5])
    assert quadratic_kappa(truth, guess) == pytest.approx(expected)
    assert quadratic_kappa(np.full(5, 3), np.full(5, 3)) == 0


def test_calibration_recovers_a_logistic_law():
    draw = stream("test.calibration", 0)
    scores = draw.normal(3, 0.7, 20_000)
    at_most = draw.random(20_000)[:, None] < 1 / (
        1 + np.exp(-(np.asarray([2.0, 5.0, 8.0, 11.0]) - 2.5 * scores[:, None]))
    )
    truth = 5 - at_most.sum(axis=1)  # one draw against four falling thresholds keeps the levels ordered
    slopes, intercepts = calibrate(scores, truth)
    assert slopes == pytest.approx((2.5,) * 4, abs=0.15)
    assert intercepts == pytest.approx((2.0, 5.0, 8.0, 11.0), abs=0.5)


def test_calibration_of_a_level_that_never_occurs_is_finite():
    slopes, intercepts = calibrate(np.linspace(2, 4, 50), np.repeat([3, 4], 25))
    assert np.isfinite([*slopes, *intercepts]).all()
    assert min(slopes) >= 0


def test_the_second_call_takes_the_kept_fit(monkeypatch):
    first = fit_cached(CASES)
    monkeypatch.setattr(tabular, "fit_tabular", lambda *a, **k: pytest.fail("fitted again"))
    assert fit_cached(CASES) == first
    assert not [place for place in first.parent.iterdir() if place.name.startswith(".")]


def test_other_cases_are_another_fit():
    first = fit_cached(CASES, "majority")
    changed = list(CASES.cases)
    changed[0] = replace(changed[0], truth=replace(changed[0].truth, level=1 + changed[0].truth.level % 5))
    assert fit_cached(Dataset("nhamcs", tuple(changed), "immedr"), "majority") != first
    test_changed = [replace(case, weight=2.0) if case.split == "test" else case for case in CASES.cases]
    assert fit_cached(Dataset("nhamcs", tuple(test_changed), "immedr"), "majority") == first


def test_a_killed_fit_leaves_nothing(monkeypatch, tmp_path):
    def killed(*args, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr(tabular, "fit_majority", killed)
    with pytest.raises(KeyboardInterrupt):
        fit_cached(CASES, "majority")
    assert list((tmp_path / "cache" / "agents").iterdir()) == []


def test_specs():
    assert fitted_spec("rules", CASES) == "rules"
    assert fitted_spec("tabular:somewhere", CASES) == "tabular:somewhere"
    commonest = 1 + int(np.bincount(levels(CASES.split("train")), minlength=6)[1:].argmax())
    assert load_agent(fitted_spec("majority", CASES)).predict([CASES[0].presentation])[0].level == commonest
    with pytest.raises(UnknownNameError, match="did you mean 'tabular'"):
        fit_cached(CASES, "tabula")
    with pytest.raises(BadInputError, match=r"tabular:DIR for nhamcs, which has no training split"):
        fitted_spec("tabular", CASES.split("test"))


def test_a_cache_that_cannot_be_written_is_one_line(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("TRIAGELAB_CACHE", str(tmp_path / "file"))
    with pytest.raises(BadInputError, match="TRIAGELAB_CACHE"):
        fitted_spec("majority", CASES)
