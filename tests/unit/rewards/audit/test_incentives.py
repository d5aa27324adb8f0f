"""Each incentive check fires on a table built to break it, and none on the reward that is designed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triagelab.clinical.costs import cost_matrices, cost_matrix
from triagelab.rewards.audit.finding import Severity
from triagelab.rewards.audit.incentives import CHECKS, answers, incentive_findings
from triagelab.rewards.audit.signal import SignalModel
from triagelab.rewards.audit.subject import Subject, subject_of
from triagelab.rewards.design import design_reward
from triagelab.rewards.presets import load_preset
from triagelab.rewards.spec import build_spec

V50 = subject_of(load_preset("v50"))
EVEN = (1.0, 1.0, 1.0, 1.0, 1.0)
GOOD = -cost_matrix().table()


def made(table: np.ndarray, *, sampling=EVEN, text=(0.0, 0.0), silent: float = 0.0) -> Subject:
    """A reward by its table alone, whose silent texts earn `silent` more than the table says."""

    def pay(cases, completions):
        paid = []
        for case, completion in zip(cases, completions, strict=True):
            spoken = "ANSWER: ESI" in completion
            column = case.level - 1 if spoken else 5
            paid.append(float(table[case.level - 1, column]) + (0.0 if spoken else silent))
        return paid

    return Subject(name="made", table=np.asarray(table, float), text=text, sampling=sampling, pay=pay)


def found(subject: Subject, skill: float = 0.65) -> dict[str, str]:
    findings = incentive_findings(subject, SignalModel(skill=skill, sampling=subject.sampling))
    return {finding.id: finding.evidence for finding in findings}


def changed(**cells: float) -> np.ndarray:
    """The good table with cells changed, named t3a2 (truth 3, answer 2; a6 is none)."""
    table = GOOD.copy()
    for name, value in cells.items():
        table[int(name[1]) - 1, int(name[3]) - 1] = value
    return table


@pytest.mark.parametrize("skill", [0.2, 0.5, 0.65, 0.8, 0.95])
def test_the_designed_reward_has_none(skill: float) -> None:
    assert found(V50, skill) == {}


@pytest.mark.parametrize("name", list(cost_matrices()))
@pytest.mark.parametrize("weights", [EVEN, (5, 3, 1, 1, 1), (1, 2, 4, 8, 16)])
def test_no_reward_that_is_designed_from_a_shipped_matrix_has_one(name: str, weights) -> None:
    subject = subject_of(design_reward(cost_matrix(name), weights))
    assert incentive_findings(subject, SignalModel(sampling=subject.sampling, costs=cost_matrix(name))) == ()


def test_the_negated_costs_have_none() -> None:
    assert found(made(GOOD)) == {}


@pytest.mark.parametrize(
    ("id_", "subject", "words"),
    [
        ("no-answer-not-worst", made(changed(t3a6=-3.0)), "1 of 25 pairs; truth 3, answer 5 pays -3.00"),
        ("no-answer-not-worst", made(GOOD, silent=1.0), "up to 1.00 more for its text"),
        ("no-answer-not-worst", made(GOOD, text=(-1.0, 0.0)), "5 of 25 pairs"),
        ("action-without-cost", made(changed(t1a2=-0.1, t2a3=-9, t3a2=-0.1, t4a2=-0.1, t5a2=-0.1)), "answer 2 pays"),
        ("free-zone", made(changed(t5a2=-2.0, t5a3=-2.0)), "1 of 12 steps outward are free; truth 5: answer 2 as 3"),
        ("not-monotone", made(changed(t5a2=-1.0)), "truth 5: answer 2 pays -1.00, answer 3 -2.00"),
        ("not-monotone", made(changed(t3a4=0.5)), "truth 3: answer 4 pays +0.50, answer 3 -0.00"),
        ("urgency-pays", made(changed(t3a2=0.0)), "truth 3: +0.00 against -0.00"),
        ("urgency-pays", made(changed(t2a1=2.0, t4a3=1.0)), "truth 2: +2.00 against -0.00, truth 4: +1.00"),
        ("bonus-above-margin", made(GOOD, text=(0.0, 1.0)), "truth 2: right pays 1.00 more"),
        ("bonus-above-margin", made(GOOD, text=(-0.6, 0.5)), "up to 1.10"),
        (
            "class-never-worth",
            made(changed(t4a4=-0.5, t4a3=-0.5, t5a4=-2.0)),
            "level 4 another answer pays as much: -0.50",
        ),
        (
            "class-never-answered",
            made(changed(t3a2=-0.01, t4a2=-0.01, t5a2=-0.01)),
            "never answered: 3 (48% of patients)",
        ),
        ("sampling-shifts-optimum", made(GOOD, sampling=(20.0, 1.0, 1.0, 1.0, 1.0)), "weights 20,1,1,1,1: answers"),
    ],
)
def test_each_check_fires_on_what_breaks_it(id_: str, subject: Subject, words: str) -> None:
    evidence = found(subject)
    assert id_ in evidence, sorted(evidence)
    assert words.replace("-0.00", "0.00") in evidence[id_].replace("-0.00", "0.00")


def test_every_check_is_broken_by_some_case_above() -> None:
    named = {
        "silence_not_worst", "action_without_cost", "free_zone", "not_monotone", "urgency_pays", "bonus_above_margin",
        "class_never_worth", "sampling_shifts",
    }  # fmt: skip
    assert {check.__name__ for check in CHECKS} == named


@pytest.mark.parametrize(
    ("id_", "table", "text"),
    [
        ("no-answer-not-worst", changed(t3a6=-3.01), (0.0, 0.0)),
        ("free-zone", changed(t5a2=-2.01, t5a3=-2.0, t5a1=-4.0), (0.0, 0.0)),
        ("urgency-pays", changed(t3a2=-0.01), (0.0, 0.0)),
        ("bonus-above-margin", GOOD, (0.0, 0.99)),
        ("class-never-worth", changed(t4a4=-0.5, t4a3=-0.51, t5a4=-2.0), (0.0, 0.0)),
    ],
)
def test_a_hair_on_the_right_side_is_no_finding(id_: str, table: np.ndarray, text) -> None:
    assert id_ not in found(made(table, text=text))


def test_a_level_may_be_worth_naming_though_not_when_it_is_known() -> None:
    """Level 3 pays less than 2 for a known 3, yet between 2 and 5 it is the best: a corner is not all beliefs."""
    table = np.array(
        [[3, 0, 0, 0, 0, -9], [0, 3, 2, 0, 0, -9], [0, 1, 0.9, 0, 0, -9], [0, 0, 0, 3, 0, -9], [0, 0, 2, 0, 3, -9]],
        dtype=float,
    )
    assert "class-never-worth" not in found(made(table))
    table[[1, 4], 2] = 0.5, 0.0  # now nowhere above answer 2
    assert "No belief" in next(
        finding.what for finding in incentive_findings(made(table), SignalModel()) if finding.id == "class-never-worth"
    )


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("v45c", {"no-answer-not-worst", "action-without-cost", "free-zone", "class-never-answered",
                  "sampling-shifts-optimum"}),
        ("v46", {"no-answer-not-worst", "action-without-cost", "free-zone", "class-never-answered",
                 "sampling-shifts-optimum"}),
        ("v48", {"no-answer-not-worst", "free-zone"}),
        ("v49", {"no-answer-not-worst", "action-without-cost", "free-zone", "class-never-answered",
                 "sampling-shifts-optimum"}),
        ("cost-v0", {"class-never-answered"}),
    ],
)  # fmt: skip
def test_what_the_published_rewards_invite(name: str, ids: set[str]) -> None:
    assert set(found(subject_of(load_preset(name)))) == ids


@settings(max_examples=30)
@given(
    st.lists(st.floats(-100, 100), min_size=5, max_size=5), st.sampled_from(["v45c", "v46", "v48", "cost-v0", "v50"])
)
def test_a_constant_by_truth_changes_no_finding(constant: list[float], name: str) -> None:
    """Group centring takes it away, so nothing that is said of the optimum may hang on it."""
    subject = subject_of(load_preset(name))
    shift = np.array(constant)[:, None]
    pay = subject.pay

    def shifted(cases, completions):
        paid = pay(cases, completions)
        return [None if v is None else v + constant[c.level - 1] for c, v in zip(cases, paid, strict=True)]

    moved = replace(subject, table=subject.table + shift, pay=shifted)
    assert set(found(moved)) == set(found(subject))


def test_findings_are_whole_sentences_with_numbers_and_a_remedy() -> None:
    for name in ("v45c", "v46", "v48", "v49", "cost-v0"):
        for finding in incentive_findings(subject_of(load_preset(name)), SignalModel()):
            assert finding.what.endswith(".")
            assert finding.change.endswith(".")
            assert any(char.isdigit() for char in finding.evidence)
            assert finding.severity in (Severity.WARNING, Severity.NOTE)
            assert set(finding.row()) == {"id", "severity", "what", "evidence", "change"}


def test_answers_as_text() -> None:
    assert answers((1, 2, None, 4, 5)) == "1,2,-,4,5"


def test_a_form_without_a_level_is_silence_that_a_bonus_pays() -> None:
    raw = {
        "name": "shell",
        "title": "pays three words, whatever they frame",
        "terms": [
            {"name": "outcome", "kind": "outcome_distance", "right": 1, "over_per_level": -0.5, "under_per_level": -1,
             "no_answer": -6},
            {"name": "words", "kind": "format", "check": "words", "value": 10},
        ],
    }  # fmt: skip
    assert "up to 10.00 more for its text" in found(subject_of(build_spec(raw, "test")))["no-answer-not-worst"]


def test_a_rule_that_pays_silence_is_told() -> None:
    paid = GOOD.copy()
    paid[:, 5] = 1.0
    of = replace(made(GOOD), triggered={"hush": paid})
    assert found(of)["no-answer-not-worst"].startswith(
        "with hush set off, 25 of 25 pairs; truth 1, answer 5 pays -12.00"
    )
