"""Metrics against hand-made counts, scikit-learn, and the definitions about missing answers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation_samples import noisy_answers, record, records
from triagelab.errors import BadInputError
from triagelab.evaluation.metrics import COSTS, METRICS, N_STATS, class_f1, tally, values
from triagelab.seeding import stream

NAMES = (
    "exact within_one qwk macro_f1 under_triage over_triage severe_under_triage sensitivity_1_2 acceptable no_answer"
)
answers = st.lists(st.tuples(st.integers(1, 5), st.one_of(st.none(), st.integers(1, 5))), min_size=1, max_size=60)


def measure(pairs, **more) -> dict[str, float]:
    counts = tally(records(pairs, **more))
    return {name: float(value) for name, value in values(counts.total, has_acceptable=counts.has_acceptable).items()}


def test_names_are_the_published_ones():
    assert tuple(METRICS) == tuple(NAMES.split())


def test_rates_by_hand():
    found = measure([(1, 1), (1, 3), (2, 1), (3, 5), (3, 3), (4, None), (5, 4), (2, None)])
    assert found["exact"] == 2 / 8
    assert found["within_one"] == 4 / 8
    assert found["under_triage"] == 2 / 8
    assert found["over_triage"] == 2 / 8
    assert found["severe_under_triage"] == 2 / 8
    assert found["sensitivity_1_2"] == 2 / 4
    assert found["no_answer"] == 2 / 8
    assert "acceptable" not in found


@settings(max_examples=100, deadline=None)
@given(answers)
def test_kappa_and_f1_agree_with_scikit_learn(pairs):
    from sklearn.metrics import cohen_kappa_score, f1_score

    farthest = {1: 5, 2: 5, 3: 5, 4: 1, 5: 1}
    truth = [level for level, _ in pairs]
    filled = [farthest[level] if answer is None else answer for level, answer in pairs]
    found = measure(pairs)
    if len(set(truth + filled)) > 1:
        expected = cohen_kappa_score(truth, filled, weights="quadratic", labels=[1, 2, 3, 4, 5])
        assert found["qwk"] == pytest.approx(expected, abs=1e-9)
    else:
        assert math.isnan(found["qwk"])
    given_answers = [answer or 0 for _, answer in pairs]
    expected = f1_score(truth, given_answers, labels=sorted(set(truth)), average="macro", zero_division=0)
    assert found["macro_f1"] == pytest.approx(expected, abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(answers)
def test_every_answer_is_exact_under_over_or_missing(pairs):
    found = measure(pairs)
    assert found["exact"] + found["under_triage"] + found["over_triage"] + found["no_answer"] == pytest.approx(1)
    assert found["severe_under_triage"] <= found["under_triage"]
    assert found["exact"] <= found["within_one"] <= 1


@settings(max_examples=60, deadline=None)
@given(answers, st.integers(0, 59))
def test_dropping_an_answer_never_looks_better(pairs, where):
    """Silence must not pay: in no rate of success, in no cost."""
    where %= len(pairs)
    silent = [(level, None if index == where else answer) for index, (level, answer) in enumerate(pairs)]
    before, after = measure(pairs), measure(silent)
    for name in ("exact", "within_one", "sensitivity_1_2"):
        assert math.isnan(before[name]) or after[name] <= before[name]
    for name in COSTS:
        assert after[name] >= before[name] - 1e-12


def test_no_answer_to_truth_three_counts_as_five_in_kappa():
    rest = [(1, 1), (2, 3), (5, 4), (4, 4)]
    assert measure([*rest, (3, None)])["qwk"] == pytest.approx(measure([*rest, (3, 5)])["qwk"])


def test_macro_f1_is_over_levels_in_the_truth():
    assert measure([(2, 2), (3, 3), (3, 5)])["macro_f1"] == pytest.approx((1 + 2 / 3) / 2)


def test_acceptable_counts_the_set_and_no_answer_is_outside():
    sets = [
        record(0, 2, 3, acceptable=(2, 3)),
        record(1, 2, 4, acceptable=(2, 3)),
        record(2, 3, None, acceptable=(3, 4)),
        record(3, 3, 3),
    ]
    counts = tally(sets)
    assert float(METRICS["acceptable"].compute(counts.total)) == 2 / 4


def test_cost_under_both_matrices():
    found = measure([(1, 3), (3, 4), (4, 1), (5, None), (2, None)])
    assert found["cost_standard"] == pytest.approx((6 + 1.5 + 3 + 5 + 10) / 5)
    assert found["cost_sensitivity"] == pytest.approx((8 + 2 + 3 + 5 + 13) / 5)


def test_repeats_and_visits_fall_into_one_row():
    counts = tally(
        [record(0, 2, 2), record(0, 2, 3, repeat=1), record(1, 3, 3, cluster="p"), record(2, 3, 3, cluster="p")]
    )
    assert counts.clustered
    assert counts.clusters == ("case:case-0", "patient:p")
    assert counts.stats_C_S.shape == (2, N_STATS)
    assert counts.n == 4
    assert not tally([record(0, 2, 2), record(1, 2, 2, cluster="p")]).clustered


def test_class_f1_is_not_a_number_for_a_level_nobody_named():
    counts = tally(records([(2, 2), (3, 3)]))
    assert list(np.isnan(class_f1(counts.total))) == [True, False, False, True, True]


def test_nothing_to_count_is_refused():
    with pytest.raises(BadInputError, match="records"):
        tally([])


def test_noisy_answers_have_the_skill_asked_for():
    levels = [3] * 4000
    found = measure(
        list(zip(levels, noisy_answers(levels, stream("test/skill", 0), skill=0.7, silent=0.1), strict=True))
    )
    assert found["exact"] == pytest.approx(0.63, abs=0.03)
    assert found["no_answer"] == pytest.approx(0.1, abs=0.02)
