"""Signs of a leak: found where there is one, silent on noise and on evidence."""

from __future__ import annotations

import pytest

from triagelab.envs.check.leak_signs import named, tells
from triagelab.seeding import stream

LEVELS = [place % 5 + 1 for place in range(40)]


@pytest.mark.parametrize(
    "value",
    [
        {"true_severity": "Mild"},
        {"a": {"gold": 1}},
        {"rows": [{"x": 1}, {"answer_key": [2]}]},
        {"GroundTruth": "x"},
        {"correct_level": 0},
    ],
)
def test_a_name_that_says_truth_is_found(value: dict) -> None:
    assert named(value)


@pytest.mark.parametrize(
    "value", [{"truth": None}, {"gold": []}, {"level": 3}, {"labelled": 1}, {"goldfish": 1}, "truth"]
)
def test_empty_fields_and_other_names_are_none(value: object) -> None:
    assert named(value) == ""


@pytest.mark.parametrize(
    "values",
    [
        LEVELS,
        [level * 10.0 for level in LEVELS],
        ["abcde"[level - 1] for level in LEVELS],
        [f"patient {place}, ESI: {level}" for place, level in enumerate(LEVELS)],
        [f"{place:03d}-{level}" for place, level in enumerate(LEVELS)],
        ["x" * level for level in LEVELS],
        [level <= 2 for level in LEVELS],
    ],
    ids=["itself", "code", "letter", "behind a word", "last character", "length", "half"],
)
def test_a_value_that_tells_is_found(values: list) -> None:
    assert tells(values, LEVELS, "level")
    assert tells(values, LEVELS, "level", evidence=True)


def test_the_truth_word_for_word_is_found() -> None:
    patterns = [("stroke", "sepsis", "burn_injury")[place % 3] for place in range(30)]
    assert "word for word" in tells([f"{place} #{p}." for place, p in enumerate(patterns)], patterns, "pattern")


def test_noise_and_constants_tell_nothing() -> None:
    alarms = 0
    for seed in range(60):
        rng = stream("test.noise", seed)
        truths = [int(x) for x in rng.integers(1, 6, 40)]
        for values in (rng.integers(0, 6, 40), rng.integers(0, 30, 40), rng.normal(size=40), [1] * 40):
            alarms += bool(tells([float(x) for x in values], truths, "level"))
    assert alarms == 0


def test_evidence_is_no_leak_and_a_state_like_it_is() -> None:
    """Complaints that always mean the same level are what triage is about; a state should not even have those."""
    complaints = [f"complaint {place % 20}" for place in range(60)]
    truths = [1 if place % 20 < 5 else 3 for place in range(60)]
    assert tells(complaints, truths, "level", evidence=True) == ""
    assert tells(complaints, truths, "level")


def test_few_cases_are_not_judged() -> None:
    assert tells(LEVELS[:10], LEVELS[:10], "level") == ""
