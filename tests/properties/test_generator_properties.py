"""Whatever the seed and the place, a generated case is whole."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from triagelab.cases.draws import Draws
from triagelab.cases.generator import DEFAULT_MIX, iter_detailed
from triagelab.cases.schema import Case
from triagelab.clinical.facts import Facts


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**40),
    place=st.integers(0, 10**7),
    split=st.sampled_from(["train", "dev", "test"]),
    shared=st.booleans(),
)
def test_any_case_is_whole(seed, place, split, shared):
    (item,) = iter_detailed(1, seed, split, share_families=shared, start=place)
    (again,) = iter_detailed(1, seed, split, share_families=shared, start=place, mix=DEFAULT_MIX)
    assert again.case == item.case
    truth, shown = item.case.truth, item.case.presentation
    assert truth.acceptable is not None
    assert truth.level in truth.acceptable
    facts = Facts.from_mapping(truth.facts)
    assert facts.vitals == shown.vitals
    assert facts.age_years == shown.age_years
    assert "{" not in shown.narrative
    assert "  " not in shown.narrative
    assert shown.narrative == shown.narrative.strip()
    assert Case.from_dict(json.loads(json.dumps(item.case.to_dict(), allow_nan=False))) == item.case


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 2**32), low=st.integers(-50, 50), width=st.integers(0, 60), count=st.integers(0, 12))
def test_draws_stay_in_their_limits(seed, low, width, count):
    draws = Draws("property", seed)
    for _ in range(130):
        assert low <= draws.whole(low, low + width) <= low + width
        assert low <= draws.between(low, low + width) <= low + width
    items = list(range(8))
    sample = draws.sample(items, count)
    assert len(sample) == min(count, 8)
    assert len(set(sample)) == len(sample)
    assert draws.weighted(items, [0, 0, 1, 0, 0, 0, 0, 0]) == 2
