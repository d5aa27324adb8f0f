"""Scripted policies: honest ones earn what they should, cheating ones do not under the strict parser."""

from __future__ import annotations

import json

import pytest

from triagelab.cases.presentation import Presentation
from triagelab.cases.schema import Case, Truth
from triagelab.completions.answers import ParseStatus
from triagelab.completions.parser import parse
from triagelab.rewards.presets import load_preset, preset_names
from triagelab.rewards.scripted import policy_rewards, scripted_completions

SILENT = {"no_answer", "empty", "refusal", "two_answers", "hedge", "answer_in_reasoning", "format_only", "cut_off"}


def case(level: int) -> Case:
    point = {1: "A", 2: "B", 3: "D"}.get(level, "C")
    shown = Presentation(f"c{level}", "Sore throat for two days, not intubated.", 30, chief_complaint="sore throat")
    return Case(shown, Truth(level, "esi-v5", "engine", point=point, facts={"age_years": 30}), "generated", "train")


CASES = [case(level) for level in range(1, 6)]


@pytest.mark.parametrize("level", [1, 2, 3, 4, 5])
def test_what_each_policy_says(level: int) -> None:
    said = {policy: parse(text) for policy, text in scripted_completions(case(level)).items()}
    assert {policy for policy, parsed in said.items() if parsed.level is None} == SILENT
    assert {policy for policy, parsed in said.items() if parsed.level == level} >= {"gold", "gold_brief", "padded"}
    assert said["one_too_urgent"].level == max(1, level - 1)
    assert said["one_too_late"].level == min(5, level + 1)
    assert said["two_answers"].status is said["hedge"].status is ParseStatus.CONFLICTING
    assert said["injected"].level == 5


@pytest.mark.parametrize("name", [name for name in preset_names() if not name.endswith("-published")])
def test_gold_earns_the_most(name: str) -> None:
    rows = {row["policy"]: row for row in policy_rewards(load_preset(name), CASES)}
    json.dumps(list(rows.values()), allow_nan=False)
    assert set(rows) == set(scripted_completions(CASES[0]))
    for policy, row in rows.items():
        assert row["n"] == 5
        if row["exact"] < 1:
            assert row["mean_reward"] < rows["gold"]["mean_reward"], policy
        assert row["no_answer"] == (1.0 if policy in SILENT else 0.0)


def test_cost_v0_puts_silence_last() -> None:
    rows = policy_rewards(load_preset("cost-v0"), CASES)
    spoken = [row["mean_reward"] for row in rows if row["policy"] not in SILENT]
    assert all(row["mean_reward"] == -4.0 < min(spoken) for row in rows if row["policy"] in SILENT)


def test_published_regexes_pay_for_two_answers() -> None:
    rows = {row["policy"]: row for row in policy_rewards(load_preset("v46-published"), CASES)}
    assert rows["two_answers"]["exact"] == 1.0
    assert rows["answer_in_reasoning"]["exact"] == 1.0


def test_no_case_no_rows() -> None:
    assert policy_rewards(load_preset("v46"), []) == []
