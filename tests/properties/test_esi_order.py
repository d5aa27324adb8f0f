"""Urgency only goes one way: worse vital signs and learned dangers never lower it; A beats B beats C."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from esi_strategies import FLAGS, limits, number, options, patients, versions
from triagelab.clinical.esi import decide
from triagelab.clinical.knowledge import esi_table
from triagelab.clinical.predicates import Denied, Flag, Not, Predicate, parts, walk

NORMAL = {
    "heart_rate_bpm": (100.0, 100.0),
    "resp_rate_bpm": (20.0, 20.0),
    "sbp_mmhg": (100.0, 140.0),
    "spo2_pct": (100.0, 100.0),
    "temp_c": (36.5, 38.0),
    "pain_score": (0.0, 0.0),
    "gcs": (15.0, 15.0),
    "glucose_mg_dl": (90.0, 140.0),
}
"""Where each vital sign is nobody's worry; away from here, either way, is worse."""


def excuses(predicate: Predicate, inside: bool = False) -> set[str]:
    """Return the facts that count as an excuse, being under `Not` or denied."""
    if isinstance(predicate, Not):
        return excuses(predicate.of, not inside)
    if isinstance(predicate, Denied):
        return {predicate.name}
    if isinstance(predicate, Flag):
        return {predicate.name} if inside else set()
    return {name for part in parts(predicate) for name in excuses(part, inside)}


EXCUSES = {name for version in (4, 5) for row in esi_table(version).rules for name in excuses(row.when)}
DANGERS = tuple(
    sorted(
        {
            leaf.name
            for version in (4, 5)
            for row in (*esi_table(version).rules, *esi_table(version).resources)
            for leaf in walk(row.when)
            if isinstance(leaf, Flag)
        }
        - EXCUSES
    )
)


def test_what_counts_as_an_excuse_is_this_and_no_more():
    assert {
        "confusion_at_baseline",
        "fever_source_obvious",
        "immunised_fully",
        "intervention_resolved_long_ago",
        "nonverbal_baseline",
        "spo2_baseline_low",
    } == EXCUSES
    assert len(DANGERS) > 120


@settings(max_examples=80, deadline=None, derandomize=True)
@given(patients(), st.sampled_from(DANGERS), versions, options)
def test_learning_a_danger_never_lowers_urgency(facts, danger, version, chosen):
    before = decide({**facts, danger: None}, version=version, options=chosen)
    for known in (False, None):
        start = decide({**facts, danger: known}, version=version, options=chosen)
        assert decide({**facts, danger: True}, version=version, options=chosen).level <= start.level
    assert decide({**facts, danger: False}, version=version, options=chosen).level >= before.level


@pytest.mark.parametrize("danger", DANGERS)
def test_each_danger_alone_never_lowers_urgency(danger):
    for facts in (dict.fromkeys(FLAGS, False), {}):
        for version in (4, 5):
            start = decide({**facts, "age_years": 30}, version=version).level
            assert decide({**facts, "age_years": 30, danger: True}, version=version).level <= start


@settings(max_examples=120, deadline=None, derandomize=True)
@given(st.data(), patients(), st.sampled_from(sorted(NORMAL)), versions, options)
def test_a_worse_vital_sign_never_lowers_urgency(data, facts, name, version, chosen):
    low, high = NORMAL[name]
    better, worse = data.draw(number(name)), data.draw(number(name))
    assume((better >= low and worse >= better) or (better <= high and worse <= better))
    if name in ("heart_rate_bpm", "resp_rate_bpm") and worse < better:
        assume(better <= low)
    start = decide({**facts, name: better}, version=version, options=chosen)
    assert decide({**facts, name: worse}, version=version, options=chosen).level <= start.level


@pytest.mark.parametrize("name", sorted(NORMAL))
@pytest.mark.parametrize("age", [0.02, 0.15, 0.5, 2.0, 4.0, 10.0, 15.0, 40.0, 90.0])
def test_urgency_over_the_whole_range_of_a_vital_sign_has_one_valley(name, age):
    for version in (4, 5):
        for background in ({"res_labs": True, "res_consult": True}, {"hypoperfusion": True}, {"pregnant": True}):
            facts = {**dict.fromkeys(FLAGS, False), "age_years": age, **background}
            levels = [decide({**facts, name: value}, version=version).level for value in limits(name)]
            best = levels.index(max(levels))
            assert levels[: best + 1] == sorted(levels[: best + 1])
            assert levels[best:] == sorted(levels[best:], reverse=True)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(patients(), versions, options)
def test_a_beats_b_beats_c(facts, version, chosen):
    found = decide({**facts, "stroke_signs": True}, version=version, options=chosen)
    assert found.level <= 2
    assert found.point in "AB"
    found = decide({**facts, "stroke_signs": True, "pulseless": True}, version=version, options=chosen)
    assert (found.level, found.acceptable, found.point) == (1, {1}, "A")
    assert all(name[0] == "A" for name in found.because)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(patients(), versions, options)
def test_resources_are_not_asked_once_a_or_b_settled_it_firmly(facts, version, chosen):
    facts = {**facts, "stroke_signs": True}
    start = decide(facts, version=version, options=chosen)
    for needed in (True, False, None):
        changed = decide({**facts, "res_labs": needed, "res_consult": needed}, version=version, options=chosen)
        assert (changed.level, changed.acceptable, changed.point) == (start.level, start.acceptable, start.point)
