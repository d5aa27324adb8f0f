"""The composite: 0 for nothing, 100 for the oracle, null parts give their weight away, nothing is clipped."""

from __future__ import annotations

import math

import pytest

from triagelab.errors import BadInputError
from triagelab.evaluation.crisis.records import CrisisRecord
from triagelab.evaluation.crisis.score import LEAST_GAP, grade, score
from triagelab.evaluation.crisis.summary import summarise


def record(policy, seed=0, scenario="one", dead=0, reward=-5.0, share=0.0, caught=0, false=0, **more):
    return CrisisRecord(
        scenario=scenario,
        difficulty=0.5,
        seed=seed,
        steps=20,
        policy=policy,
        patients=20,
        dead=tuple(f"P-{place:03d}" for place in range(dead)),
        treated_after=more.pop("treated_after", (None, 10.0)),
        icu_use=0.5,
        injected=4,
        caught=caught,
        false_flags=false,
        reward=reward,
        reward_parts={"survival": reward},
        role_share={"er_triage": share},
        acts=1,
        wrong=0,
        blocked=0,
        refused=0,
        **more,
    )


def field(seeds=12, scenario="one"):
    """Return records in which `half` lies half-way in every part."""
    rows = []
    for seed in range(seeds):
        luck = seed % 3
        rows.append(record("nothing", seed, scenario, dead=12 + luck))
        rows.append(record("half", seed, scenario, dead=7 + luck, reward=-2.5, share=0.5, caught=2, false=2))
        rows.append(record("oracle", seed, scenario, dead=2 + luck, reward=0.0, share=1.0, caught=4))
    return rows


def test_the_ends_are_exact_and_the_middle_is_in_the_middle():
    found = score(field())
    assert found.composite("nothing").value == pytest.approx(0)
    assert found.composite("oracle").value == pytest.approx(100)
    assert found.composite("half").value == pytest.approx(50)
    low, high = found.composite("half").low, found.composite("half").high
    assert low is None or low <= 50 <= high


def test_a_part_without_a_gap_is_null_and_its_weight_goes_to_the_others():
    rows = [row.model_copy(update={"caught": 0, "false_flags": 0}) for row in field()]
    rows = [row.model_copy(update={"reward": -1.0}) if row.policy == "half" else row for row in rows]
    entry = summarise(rows)["scenarios"]["one"]["half"]
    assert entry["normalised"]["detection"] is None
    assert entry["normalised"]["reward"] == pytest.approx(80)
    assert entry["composite"] == pytest.approx((40 * 50 + 30 * 80 + 20 * 50) / 90)
    assert LEAST_GAP == 0.05


def test_harm_falls_below_zero_and_is_not_clipped():
    rows = [row.model_copy(update={"reward": -50.0}) if row.policy == "half" else row for row in field()]
    entry = summarise(rows)["scenarios"]["one"]["half"]
    assert entry["normalised"]["reward"] == pytest.approx(-900)
    assert entry["composite"] < -200
    assert entry["grade"] == "D"


def test_overall_is_the_mean_over_scenarios_with_paired_seeds():
    worse = [
        row.model_copy(update={"dead": (*row.dead, "X-1", "X-2")}) if row.policy == "half" else row
        for row in field(scenario="two")
    ]
    summary = summarise(field() + worse)
    parts = [summary["scenarios"][name]["half"]["composite"] for name in ("one", "two")]
    assert summary["overall"]["half"]["composite"] == pytest.approx(sum(parts) / 2)
    assert parts[1] == pytest.approx(parts[0] - 40 * 2 / 10)


def test_intervals_widen_with_luck_and_are_silent_for_few_seeds():
    rows = field(30)
    lucky = [
        row.model_copy(update={"dead": row.dead[: 4 + 2 * (row.seed % 5)]}) if row.policy == "half" else row
        for row in rows
    ]
    wide = summarise(lucky)["scenarios"]["one"]["half"]
    assert wide["low"] < wide["composite"] < wide["high"]
    assert summarise(field(5))["scenarios"]["one"]["half"]["low"] is None


def test_preventable_deaths_are_those_the_oracle_kept_alive():
    entry = summarise(field())["scenarios"]["one"]
    assert entry["nothing"]["preventable_deaths"] == pytest.approx(10)
    assert entry["half"]["preventable_deaths"] == pytest.approx(5)
    assert entry["oracle"]["preventable_deaths"] == 0


def test_who_is_never_treated_waits_for_ever():
    rows = field()
    none = [row.model_copy(update={"treated_after": (None, None, 5.0)}) for row in rows]
    entry = summarise(none)["scenarios"]["one"]["half"]
    assert entry["minutes_to_treatment"] is None
    assert entry["treated_share"] == pytest.approx(1 / 3)
    some = [row.model_copy(update={"treated_after": (None, 15.0, 5.0)}) for row in rows]
    assert summarise(some)["scenarios"]["one"]["half"]["minutes_to_treatment"] == 15.0


@pytest.mark.parametrize(
    ("composite", "expected"),
    [(100, "A"), (85, "A"), (84.999, "B"), (70, "B"), (69.9, "C"), (55, "C"), (54.9, "D"), (-3, "D"), (math.nan, "D")],
)
def test_grades(composite, expected):
    assert grade(composite) == expected


def test_records_that_are_not_the_same_episodes_are_refused():
    rows = field()
    with pytest.raises(BadInputError, match="no oracle"):
        score([row for row in rows if row.policy != "oracle"])
    with pytest.raises(BadInputError, match="same seeds"):
        score(rows[:-1])
    with pytest.raises(BadInputError, match="twice"):
        score([*rows[:-1], rows[0]])
