"""What each question at the bedside is worth: how often its answer makes the patient more urgent, and what that saves.

A question opens one channel, and with it every fact that can be told through it. How often a fact is there beside a
complaint is counted in generated train patients, how often a vital sign asks for more is a rounded guess; both are the
rules agent's (data/ask.toml). What was denied once may have been played down; what was denied twice, or looked at, not.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from triagelab.agents.bedside_table import BedsideTable, Weights
from triagelab.agents.rules import Assessment
from triagelab.agents.rules_ask import ask_table, barred, forced_levels, missed_costs
from triagelab.cases.bedside.actions import TARGETS, VITALS, BedsideAction
from triagelab.cases.bedside.observation import Dialogue
from triagelab.cases.bedside.vocabulary import channels, channels_of, minutes_of

CHILD_YEARS = 16.0
"""Below this age nobody plays anything down; from the environment's description."""


def question_values(assessment: Assessment, dialogue: Dialogue, table: BedsideTable) -> dict[str, float]:
    """Return question -> what it is worth in units of reward, its price taken off; only questions worth something.

    Missing: an age nobody knows counts as an adult's.
    """
    level, times, weights = assessment.decision.level, times_asked(dialogue), table.weights
    again = _again(assessment, weights)
    value: dict[str, float] = {}
    forced = forced_levels(assessment.decision.version, assessment.options)
    for fact, share in _shares(assessment).items():
        if fact not in forced or fact in channels().visible or assessment.facts.flags.get(fact):
            continue
        questions = channels_of().get(fact, ())
        left = _left(questions, times, share, again) * missed_costs("standard")[forced[fact] - 1][level - 1]
        for question in questions:
            value[question] = value.get(question, 0.0) + left
    for number, share in _number_shares(assessment).items():
        question = measure_of(number)
        if question is not None and not times.get(question):
            one_up = max(1, min(2, level - 1))
            value[question] = value.get(question, 0.0) + share * missed_costs("standard")[one_up - 1][level - 1]
    looked = dict.fromkeys(_looks(assessment, table), weights.look)
    for question, bonus in (*weights.bonus.items(), *looked.items()):
        if not times.get(question):
            value[question] = value.get(question, 0.0) + bonus / weights.level
    worth = {name: weights.level * found - price(name, weights) for name, found in value.items()}
    return {name: found for name, found in worth.items() if found > 0.0}


def _looks(assessment: Assessment, table: BedsideTable) -> list[str]:
    """Return the questions that one finding makes worth asking, while nothing urgent is known."""
    if assessment.decision.level <= 2:
        return []
    age = None if assessment.assumed_age_years is not None else assessment.facts.age_years
    rows = (row for row in table.look if row.fits(assessment.picture.present, age, assessment.picture.sex))
    return [question for row in rows for question in row.questions]


def price(question: str, weights: Weights) -> float:
    """Return what the minutes of a question cost."""
    return weights.minute * minutes_of(action_of(question))


def times_asked(dialogue: Dialogue) -> dict[str, int]:
    """Return how often each question got an answer, or a refusal that will come again."""
    found: dict[str, int] = {}
    for action, seen in dialogue.turns:
        found[action.label()] = found.get(action.label(), 0) + (2 if seen.refused else 1)
    return found


def _left(questions: tuple[str, ...], times: Mapping[str, int], share: float, again: float) -> float:
    """Return how likely a fact is still there unknown, after the answers that did not tell it."""
    asked = [question for question in questions if times.get(question)]
    if not asked:
        return share
    if any(not question.startswith("ask(") or times[question] > 1 for question in asked):
        return 0.0
    hidden = share * again
    return hidden / (hidden + 1.0 - share) if hidden > 0.0 else 0.0


def _again(assessment: Assessment, weights: Weights) -> float:
    age = assessment.facts.age_years
    if age is not None and age < CHILD_YEARS:
        return 0.0
    return weights.minimised_alarm if alarming(assessment) else weights.minimised


def alarming(assessment: Assessment) -> bool:
    """Return whether a vital sign is out of range and no finding explains it yet: answers and numbers disagree."""
    vitals, level = assessment.facts.vitals, assessment.decision.level
    if level <= 2 or not vitals.measured():
        return False
    low = {"spo2_pct": 94.0, "sbp_mmhg": 95.0}
    high = {"heart_rate_bpm": 110.0, "resp_rate_bpm": 22.0, "temp_c": 38.3, "pain_score": 8.0}
    found = vitals.measured()
    return any(found.get(name, 1e9) < limit for name, limit in low.items()) or any(
        found.get(name, 0.0) > limit for name, limit in high.items()
    )


def _shares(assessment: Assessment) -> Mapping[str, float]:
    """Return unknown fact -> how likely it is there, given the rows of the forecast that fit."""
    table = ask_table()
    found = dict(table.any)
    for row in assessment.forecast.rows:
        for fact, share in table.row.get(row, {}).items():
            found[fact] = max(found.get(fact, 0.0), share)
    assumed = assessment.assumed_age_years is not None
    out = barred(assessment.picture.sex, None if assumed else assessment.facts.age_years)
    return {fact: share for fact, share in found.items() if fact not in out}


def _number_shares(assessment: Assessment) -> Mapping[str, float]:
    """Return vital sign nobody took -> how likely it makes the patient more urgent."""
    table, known = ask_table(), assessment.facts.vitals.measured()
    found = dict(table.number)
    for row in assessment.forecast.rows:
        for number, share in table.context.get(row, {}).items():
            found[number] = max(found.get(number, 0.0), share)
    return {number: share for number, share in found.items() if number not in known}


@cache
def _measures() -> Mapping[str, str]:
    found = {number: f"measure({name})" for name, numbers in VITALS.items() for number in numbers}
    return {**found, "glucose_mg_dl": "test(glucose)"}


def measure_of(number: str) -> str | None:
    """Return the question that gives a vital sign; None for what is none."""
    return _measures().get(number)


@cache
def action_of(question: str) -> BedsideAction:
    """Return the action of a label such as `measure(spo2)` or `reassess`."""
    kind, _, target = question.rstrip(")").partition("(")
    assert not target or target in TARGETS[kind]  # labels are made here and in checked tables
    return BedsideAction.model_validate({"kind": kind, **({"target": target} if target else {})})
