"""What to ask next: unknown, sensible for the patient, and able to change the level."""

from __future__ import annotations

from dataclasses import replace

import pytest

from triagelab.agents.rules import RulesAgent
from triagelab.agents.rules_ask import MOST, ask, ask_table
from triagelab.cases.presentation import Presentation
from triagelab.clinical.costs import cost_matrix
from triagelab.clinical.esi import EsiOptions, decide
from triagelab.clinical.facts import NUMBERS, RESOURCE_TYPES, Facts, vocabulary
from triagelab.clinical.resources import forecast, forecast_table
from triagelab.clinical.vitals import VitalSigns


def questions(note: str, **more):
    (found,) = RulesAgent().predict([Presentation(case_id="x", narrative=note, **more)])
    return found


NOTES = [
    "abdominal pain, 30F",
    "dysuria, 30F",
    "short of breath, 70M",
    "confused since today, 80F",
    "",
    "ear pain, 7 yo",
]


@pytest.mark.parametrize("note", NOTES)
def test_only_what_is_unknown_is_asked(note):
    found = questions(note)
    assert len(found.ask) <= MOST
    assert len(set(found.ask)) == len(found.ask)
    assert set(found.ask) <= {*found.unknown, "age_years"}


def test_a_settled_level_1_asks_nothing():
    assert questions("found pulseless and apneic, CPR in progress").ask == ()


def test_the_missing_vital_signs_of_a_breathless_patient_come_first():
    assert set(questions("short of breath, 70M").ask[:2]) == {"spo2_pct", "resp_rate_bpm"}
    said = questions("short of breath, 70M, SpO2 98%, RR 16, HR 80")
    assert not {"spo2_pct", "resp_rate_bpm", "heart_rate_bpm"} & set(said.ask)


def test_an_answer_can_change_the_level():
    agent = RulesAgent()
    seen = agent.assess(Presentation(case_id="x", narrative="abdominal pain and vomiting, 30F"))
    asked = ask(seen.decision, seen.forecast, seen.options)
    assert {"heart_rate_bpm", "resp_rate_bpm"} <= set(asked)
    ill = replace(seen.facts, vitals=VitalSigns(heart_rate_bpm=128, resp_rate_bpm=28))
    assert decide(ill).level < seen.decision.level


def test_an_age_that_was_assumed_is_asked_for():
    assert "age_years" in questions("ankle sprain").ask
    assert "age_years" not in questions("ankle sprain, 40M").ask


def test_nobody_is_asked_for_what_they_cannot_have():
    vitals = VitalSigns(80, 16, 120, 80, 99, 37.0, 2, 15, 90)
    known = Facts(age_years=30, vitals=vitals, flags=dict.fromkeys(RESOURCE_TYPES, True))
    decision, expected = decide(known), forecast(known, {"abdominal_pain"})
    woman = ask(decision, expected, EsiOptions(), sex="female", age_years=30)
    man = ask(decision, expected, EsiOptions(), sex="male", age_years=30)
    old = ask(decision, expected, EsiOptions(), sex="female", age_years=80)
    assert "ectopic_suspected" in woman
    assert not {"ectopic_suspected", "ovarian_torsion"} & {*man, *old}


def test_a_dearer_miss_keeps_the_question_worth_asking():
    decision = decide(Facts(age_years=30))
    expected = forecast(Facts(age_years=30), {"abdominal_pain"})
    assert ask(decision, expected, EsiOptions(), cost_matrix("sensitivity"))


def test_the_table_names_what_exists():
    table, rows = ask_table(), {row.id for row in forecast_table()}
    facts = {*table.plain, *table.any, *(name for found in table.row.values() for name in found)}
    assert facts <= set(vocabulary())
    assert {name for limit in table.limit for name in limit.facts} <= {*vocabulary(), *NUMBERS}
    assert {*table.number, *(name for found in table.context.values() for name in found)} <= set(NUMBERS)
    assert {*table.row, *table.context} <= rows
