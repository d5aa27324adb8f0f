"""Who asks for something and complains of nothing is level 5; who has any complaint is not."""

from __future__ import annotations

import pytest

from triagelab.agents.rules import RulesAgent
from triagelab.agents.rules_requests import ASKS_ONLY
from triagelab.cases.presentation import Presentation

REQUESTS = [
    "34M wants a form signed for his diving course. Feels well, no complaints. HR 70, BP 120/76.",
    "I need a letter for the gym, I feel fine, no chest pain or anything. 41.",
    "Asks for somewhere warm to sleep. Denies pain, not suicidal. 52M. SpO2 98%.",
    "70F asks for her pressure to be looked at before holidays. No headache, no dizziness. HR 72.",
    "He has used up his brown inhaler and wants another. No wheeze, no cough. 29.",
    "Please certify this 40-year-old fit for duty. No symptoms, no fever.",
    "28F needs a signature on her visa papers. Denies fever, denies cough.",
    "requests proof of visit for school, no complaints, no pain, 15M",
]
COMPLAINTS = [
    "34M wants a form signed. Also chest pain since noon. No fever.",
    "Needs help, cannot breathe, no fever. 60M",
    "wants something for her headache, no fever, 30F",
    "needs a letter for work. No cough. 30F. HR 134.",
    "asks for advice, SpO2 84%, no pain, 70M",
    "wants her ear looked at, it bleeds. No fever. 20F",
    "Please see this man with a swollen leg, no dyspnoea. 66M",
    "needs a check: pain 8/10, no fever, 40M",
]


def assessed(note: str):
    return RulesAgent().assess(Presentation("x", note))


@pytest.mark.parametrize("note", REQUESTS)
def test_a_request_without_a_complaint_needs_nothing(note):
    found = assessed(note)
    assert "F.request" in found.forecast.rows or "F.refill" in found.forecast.rows
    assert found.decision.level == 5


@pytest.mark.parametrize("note", COMPLAINTS)
def test_a_request_with_a_complaint_is_a_complaint(note):
    found = assessed(note)
    assert "F.request" not in found.forecast.rows
    assert found.decision.level < 5


def test_a_request_that_denies_nothing_is_not_enough():
    assert "F.request" not in assessed("wants to see somebody, 40M").forecast.rows
    assert ASKS_ONLY == "asks_only"
