"""Pools: kinds of presentation, weighted log-odds, and floors that no probability lies below."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triagelab.agents.ordinal import log_odds_of, probabilities_of
from triagelab.agents.pooling import Pool, at_least_as_urgent, kind_of, pool_for, pooled
from triagelab.cases.presentation import Presentation
from triagelab.training.hybrid_data import plain

CODED = Presentation(
    "a",
    "70-year-old female. Complaint: chest pain; fever. HR 90.",
    age_years=70,
    sex="female",
    chief_complaint="chest pain; fever",
    structured={"rfv1": "10500"},
)
NOTE = Presentation("b", "70F with chest pain since noon, HR 90", chief_complaint="chest pain")


def pool(**changes) -> Pool:
    return Pool(**{"weights": {"one": 1.0}, "intercepts": (0, 0, 0, 0), "cuts": (1.5, 2.5, 3.5, 4.5), **changes})


def rows(count: int) -> st.SearchStrategy[np.ndarray]:
    share = st.floats(0.001, 1.0)
    row = st.lists(share, min_size=5, max_size=5)
    return st.lists(row, min_size=count, max_size=count).map(lambda r: np.asarray(r) / np.sum(r, axis=1, keepdims=True))


def test_kinds():
    assert kind_of(CODED) == "coded"
    assert kind_of(plain(CODED, 1)) == "complaint"
    assert kind_of(NOTE) == "note"
    assert kind_of(Presentation("c", "chest pain")) == "note"


def test_a_plain_view_says_less_and_keeps_the_measurements():
    short = plain(CODED, 1)
    assert short.chief_complaint == "chest pain"
    assert "fever" not in short.narrative
    assert not short.structured
    assert short.vitals == CODED.vitals
    assert short.age_years == 70


def test_the_nearest_pool_stands_in():
    pools = {"coded": pool(n_dev=1), "note": pool(n_dev=3)}
    assert pool_for(pools, "complaint").n_dev == 1
    assert pool_for(pools, "note").n_dev == 3
    assert pool_for({"note": pool(n_dev=3)}, "coded").n_dev == 3


@given(rows(3))
def test_one_member_of_weight_one_is_itself(table):
    mixed = pool().probabilities({"one": log_odds_of(table, bound=30.0)})
    assert mixed == pytest.approx(table, abs=1e-9)
    assert probabilities_of(log_odds_of(table)).sum(axis=1) == pytest.approx(1.0)


@given(rows(4), st.lists(st.sampled_from([1, 2, 5]), min_size=4, max_size=4))
def test_no_probability_lies_below_a_floor(table, floors):
    moved = at_least_as_urgent(table, np.asarray(floors))
    assert moved.sum(axis=1) == pytest.approx(1.0)
    assert moved.max() <= 1.0
    for row, before, least in zip(moved, table, floors, strict=True):
        assert row[least:].sum() == 0
        assert row[: least - 1] == pytest.approx(before[: least - 1])


@pytest.mark.parametrize("decision", ["preferred", "likeliest", "rounding", "cost"])
def test_no_decision_goes_below_a_floor(decision):
    calm = log_odds_of(np.asarray([[0.0, 0.0, 0.0, 0.2, 0.8]] * 2))
    floors = np.asarray([2, 5])
    table, levels = pooled({"note": pool()}, [NOTE, NOTE], {"one": calm}, decision, "standard", floors)
    assert levels[0] <= 2 < levels[1]
    assert table[0, 2:].sum() == 0


def test_a_wilder_weight_is_surer():
    believed = log_odds_of(np.asarray([[0.05, 0.6, 0.3, 0.04, 0.01]]))
    sure = pool(weights={"one": 3.0}).probabilities({"one": believed})
    assert sure[0, 1] > 0.8
