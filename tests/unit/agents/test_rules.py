"""The rules agent: whole path from a note to a level, with its evidence."""

from __future__ import annotations

import numpy as np
import pytest

from triagelab.agents.base import Agent
from triagelab.agents.registry import load_agent
from triagelab.agents.rules import RulesAgent
from triagelab.cases.presentation import Presentation
from triagelab.clinical.costs import cost_matrix
from triagelab.clinical.esi import rule_info
from triagelab.clinical.vitals import VitalSigns
from triagelab.errors import BadInputError, UnknownNameError


def one(narrative: str, **more) -> Presentation:
    return Presentation(case_id="x", narrative=narrative, **more)


def test_it_is_an_agent_and_the_registry_knows_it():
    assert isinstance(RulesAgent(), Agent)
    assert load_agent("rules").name == "rules"


def test_levels_reasons_and_evidence():
    note = "58M crushing chest pain radiating to left arm, sweaty. BP 150/90 HR 96 RR 20 SpO2 97%"
    (found,) = RulesAgent().predict([one(note)])
    assert found.level == 2
    assert "B.acs" in found.because
    assert all(rule_info(rule) for rule in found.because)
    words = {note[start:end] for start, end, _ in found.evidence}
    assert "BP 150/90" in words
    assert any("chest pain" in word for word in words)


def test_predictions_come_in_order_and_twice_the_same():
    notes = [
        one("medication refill, no complaints"),
        one("found pulseless and apneic, CPR in progress"),
        one("ear pain, 7 yo"),
    ]
    agent = RulesAgent()
    assert [found.level for found in agent.predict(notes)] == [5, 1, 5]
    assert agent.predict(notes) == agent.predict(notes, seed=7)


def test_a_record_fills_in_what_the_note_does_not_state():
    note = "vomiting and diarrhea since yesterday"
    vitals = VitalSigns(heart_rate_bpm=128, resp_rate_bpm=26)
    quiet, sick = RulesAgent().predict([one(note, age_years=40), one(note, age_years=40, vitals=vitals)])
    assert (quiet.level, sick.level) == (3, 2)


def test_the_note_wins_over_the_record():
    said = one("HR 84, vomiting, 40M", age_years=40, vitals=VitalSigns(heart_rate_bpm=180))
    assert RulesAgent().assess(said).facts.vitals.heart_rate_bpm == 84


def test_the_complaint_field_is_read_and_gives_no_spans_outside_the_narrative():
    narrative = "Male, arrived by ambulance."
    (found,) = RulesAgent().predict([one(narrative, chief_complaint="cardiac arrest")])
    assert found.level == 1
    assert all(end <= len(narrative) for _, end, _ in found.evidence)


def test_the_version_of_the_handbook_is_an_option():
    note = one("SpO2 87% RA, cough, 50M")
    assert RulesAgent(version=4).predict([note])[0].level == 1
    assert RulesAgent(version=5).predict([note])[0].level in (2, 3)


@pytest.mark.parametrize("narrative", ["", " ", "???", "\x00", "ESI 1", "ANSWER: ESI 5"])
def test_a_note_that_says_nothing_is_no_reason_for_a_low_level(narrative):
    (found,) = RulesAgent().predict([one(narrative)])
    assert found.level == 3
    assert found.unknown


def test_extra_holds_plain_values():
    (found,) = RulesAgent().predict([one("dysuria, 30F, afebrile")])
    assert found.extra["resources"]["res_labs"] is True
    assert "F.urine" in found.extra["resource_rows"]


NOTES = [
    "medication refill, no complaints",
    "ear pain, 7 yo",
    "dysuria, 30F, afebrile",
    "abdominal pain, 40M, pain 9/10, HR 92",
    "58M crushing chest pain radiating to left arm, sweaty",
    "found pulseless and apneic, CPR in progress",
    "",
]


@pytest.mark.parametrize("decision", ["preferred", "cost"])
@pytest.mark.parametrize("narrative", NOTES)
def test_confidence_is_the_probability_of_the_answer(narrative, decision):
    (found,) = RulesAgent(decision=decision).predict([one(narrative)])
    assert found.confidence == found.probabilities[found.level - 1]
    assert found.level in found.acceptable


@pytest.mark.parametrize("cost", ["standard", "sensitivity"])
def test_the_cost_decision_is_cheapest_and_never_below_a_hard_finding(cost):
    matrix = cost_matrix(cost)
    for narrative in NOTES:
        plain, cheap = (RulesAgent(decision=d, cost=cost).predict([one(narrative)])[0] for d in ("preferred", "cost"))
        best = int(matrix.cheapest(np.array([cheap.probabilities]))[0])
        hard = plain.point in ("A", "B") and max(plain.acceptable) == plain.level
        assert cheap.level == (min(best, plain.level) if hard else best)
        assert cheap.extra["engine_level"] == plain.level


def test_a_hard_finding_is_kept_although_nurses_mostly_answer_3():
    agent = RulesAgent(decision="cost", reader="nurses")
    (found,) = agent.predict([one("crushing chest pain radiating to left arm, sweaty, 58M")])
    assert found.probabilities[2] > found.probabilities[1]
    assert found.level == 2


def test_pain_alone_is_a_judgement_that_the_cost_decision_may_settle_otherwise():
    note = one("abdominal pain, 40M, pain 9/10, HR 92 RR 16 BP 130/80 SpO2 99% T 36.8")
    plain, cheap = (RulesAgent(decision=d, reader="nurses").predict([note])[0] for d in ("preferred", "cost"))
    assert plain.level == 2
    assert cheap.level == 3


def test_an_unknown_decision_or_cost_is_refused():
    with pytest.raises(BadInputError, match="preferred or cost"):
        RulesAgent(decision="best")
    with pytest.raises(BadInputError, match="handbook"):
        RulesAgent(reader="doctors")
    with pytest.raises(UnknownNameError, match="standard"):
        load_agent("rules", decision="cost", cost="standart")


def test_the_registry_passes_decision_and_cost():
    agent = load_agent("rules", decision="cost", cost="sensitivity", reader="nurses")
    assert (agent.decision, agent.cost, agent.reader) == ("cost", "sensitivity", "nurses")


def test_arrival_by_ambulance_counts_as_evidence():
    walked, driven = RulesAgent(reader="both").predict(
        [one("cough, 50M", arrival=how) for how in ("walk_in", "ambulance")]
    )
    assert sum(driven.probabilities[:2]) > sum(walked.probabilities[:2])


def test_the_history_of_a_survey_note_is_no_finding_of_today():
    note = one(
        "54-year-old male. Complaint: cough. HR 80, RR 14, SpO2 98%. History: asthma, stroke or TIA, hypertension."
    )
    (found,) = RulesAgent().predict([note])
    assert found.point in ("C", "D")


def test_the_kind_of_presentation_chooses_whose_labels_are_meant():
    note = Presentation("a", "55-year-old man, crushing chest pain, sweating. BP 150/90, HR 96, RR 18, SpO2 97%")
    record = Presentation(
        "b", "55-year-old male. Complaint: chest pain. HR 96.", age_years=55, sex="male", chief_complaint="chest pain"
    )
    for found, whose in ((note, "handbook"), (record, "both")):
        (auto,), (named,) = (RulesAgent(reader=r).predict([found]) for r in ("auto", whose))
        assert auto.probabilities == named.probabilities
