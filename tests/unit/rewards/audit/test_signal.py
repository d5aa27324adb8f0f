"""The noisy signal of a level: its probabilities, the beliefs they give, and the words for a level mix."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triagelab.clinical.costs import cost_matrix
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.rewards.audit.signal import PRIORS, SignalModel, check_skill, parse_prior, signal_model

shares = st.lists(st.floats(0.001, 1.0), min_size=5, max_size=5).map(lambda raw: tuple(x / sum(raw) for x in raw))
weights = st.lists(st.floats(0.01, 100.0), min_size=5, max_size=5).map(tuple)
skills = st.floats(0.2, 1.0)


@given(shares, skills, weights)
def test_probabilities_sum_to_one(prior, skill, sampling) -> None:
    signal = SignalModel(prior, skill, sampling)
    np.testing.assert_allclose(signal.likelihood().sum(axis=1), 1.0)
    np.testing.assert_allclose(np.diag(signal.likelihood()), skill)
    assert (signal.likelihood() >= 0).all()
    np.testing.assert_allclose(signal.training_mix().sum(), 1.0)
    for training in (False, True):
        joint = signal.joint(training=training)
        np.testing.assert_allclose(joint.sum(), 1.0)
        mix = signal.training_mix() if training else np.array(prior)
        np.testing.assert_allclose(joint.sum(axis=1), mix)
        np.testing.assert_allclose(signal.beliefs(training=training).sum(axis=1), 1.0)


@given(shares, skills, weights)
def test_training_beliefs_are_the_patients_times_sampling(prior, skill, sampling) -> None:
    signal = SignalModel(prior, skill, sampling)
    drawn = signal.beliefs() * np.array(sampling)
    known = drawn.sum(axis=1) > 0
    expected = drawn[known] / drawn[known].sum(axis=1, keepdims=True)
    np.testing.assert_allclose(signal.beliefs(training=True)[known], expected, atol=1e-12)


def test_a_miss_by_one_level_more_is_four_times_rarer() -> None:
    likelihood = SignalModel(skill=0.65).likelihood()
    np.testing.assert_allclose(likelihood[0, 1:4] / likelihood[0, 2:], 4.0)
    np.testing.assert_allclose(likelihood[2, [1, 0]], likelihood[2, [3, 4]])
    np.testing.assert_allclose(likelihood[2], [0.035, 0.14, 0.65, 0.14, 0.035])


def test_even_sampling_changes_no_belief() -> None:
    signal = SignalModel(sampling=(7.0,) * 5)
    np.testing.assert_allclose(signal.beliefs(training=True), signal.beliefs())


def test_a_signal_that_never_comes_has_the_mix() -> None:
    signal = SignalModel(prior=(0.0, 0.4, 0.6, 0.0, 0.0), skill=1.0, sampling=(1, 3, 1, 1, 1))
    np.testing.assert_allclose(signal.beliefs()[0], signal.prior)
    np.testing.assert_allclose(signal.beliefs(training=True)[4], [0, 2 / 3, 1 / 3, 0, 0])
    np.testing.assert_allclose(signal.beliefs()[1], [0, 1, 0, 0, 0])


def test_every_named_prior_is_a_mix() -> None:
    for name, mix in PRIORS.items():
        assert parse_prior(name) == mix
        assert sum(mix) == pytest.approx(1.0)
    assert PRIORS["real"] == (0.06, 0.36, 0.48, 0.09, 0.01)


def test_numbers_are_shares_or_percent() -> None:
    assert parse_prior("6,36,48,9,1") == pytest.approx(PRIORS["real"])
    assert parse_prior(" .06, .36 ,.48,9e-2,0.01") == pytest.approx(PRIORS["real"])
    assert parse_prior("0,0,1,0,0") == (0.0, 0.0, 1.0, 0.0, 0.0)


@given(st.lists(st.floats(0.0, 1e300), min_size=5, max_size=5).filter(lambda raw: 1e-300 < sum(raw) < 1e300))
def test_whatever_is_accepted_sums_to_one(raw) -> None:
    assert sum(parse_prior(",".join(map(repr, raw)))) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "text",
    ["1,2,3,4", "1,2,3,4,5,6", "1,2,3,4,", ",,,,", "a,b,c,d,e", "1,2,3,4,-1", "0,0,0,0,0", "1,2,3,4,nan",
     "1,2,3,4,inf", "1e308,1e308,1e308,1e308,1e308", "-0.2,0.2,0.2,0.4,0.4", "1;2;3;4,5", "0x1,1,1,1,1"],
)  # fmt: skip
def test_no_other_numbers_are_a_mix(text: str) -> None:
    with pytest.raises(BadInputError, match=r"^prior: got .*five numbers a,b,c,d,e") as caught:
        parse_prior(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["reel", "", "Real", "1 2 3 4 5"])
def test_an_unknown_name_lists_the_known(text: str) -> None:
    with pytest.raises(UnknownNameError, match=r"generated, real, uniform"):
        parse_prior(text)


@pytest.mark.parametrize("skill", [0.2, 0.65, 1.0])
def test_a_skill_that_a_signal_can_have(skill: float) -> None:
    assert check_skill(skill) == skill


@pytest.mark.parametrize("skill", [0.0, 0.19, 1.01, -1.0, float("nan"), float("inf"), 65.0])
def test_a_skill_that_no_signal_can_have(skill: float) -> None:
    with pytest.raises(BadInputError, match="skill"):
        check_skill(skill)


counts = st.lists(st.lists(st.integers(0, 500), min_size=5, max_size=5), min_size=5, max_size=5).filter(
    lambda rows: any(map(any, rows))
)


def measured(rows, prior=PRIORS["real"], sampling=(1, 1, 1, 1, 1)) -> SignalModel:
    return signal_model(prior, 0.65, sampling, cost_matrix(), rows)


@given(counts, shares, weights)
def test_a_measured_confusion_is_a_signal_too(rows, prior, sampling) -> None:
    signal = measured(rows, prior, sampling)
    np.testing.assert_allclose(signal.likelihood().sum(axis=1), 1.0)
    for training in (False, True):
        np.testing.assert_allclose(signal.joint(training=training).sum(), 1.0)
        np.testing.assert_allclose(signal.beliefs(training=training).sum(axis=1), 1.0)
    shown = np.array([sum(row) for row in rows])
    for level in np.flatnonzero(shown):
        np.testing.assert_allclose(signal.likelihood()[level], np.array(rows[level]) / shown[level])


def test_the_skill_of_a_measured_policy_is_its_share_of_right_answers() -> None:
    rows = np.full((5, 5), 5) + np.diag([75] * 5)
    assert measured(rows).skill == pytest.approx(0.8)
    only_threes = np.zeros((5, 5))
    only_threes[:, 2] = 10
    assert measured(only_threes).skill == pytest.approx(0.48)  # the share of level 3
    assert measured(None).skill == 0.65


def test_a_level_never_shown_keeps_the_formula_and_at_leaves_the_measure() -> None:
    rows = np.eye(5) * 10
    rows[4] = 0
    signal = measured(rows)
    np.testing.assert_allclose(signal.likelihood()[:4], np.eye(5)[:4])
    assert 0.0 < signal.likelihood()[4, 3] < 1.0
    again = signal.at(0.65)
    np.testing.assert_allclose(again.likelihood(), SignalModel(skill=0.65).likelihood())
    assert again.costs == signal.costs


@pytest.mark.parametrize(
    "rows",
    [np.zeros((5, 5)), np.ones((5, 6)), np.ones((4, 5)), np.ones(25), -np.eye(5), np.full((5, 5), np.nan),
     np.full((5, 5), np.inf)],
)  # fmt: skip
def test_no_other_table_is_a_confusion(rows: np.ndarray) -> None:
    with pytest.raises(BadInputError, match="confusion"):
        measured(rows)
