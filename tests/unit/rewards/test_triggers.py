"""Triggers read what the note asserts of this patient now."""

from __future__ import annotations

import pytest

from triagelab.rewards.presets import load_preset
from triagelab.rewards.score import score
from triagelab.rewards.triggers import case_findings

ASSERTED = [
    ("54 y male intubated in the field by EMS.", "rule_lifesaving_right"),
    ("CPR in progress on arrival, 70 y female.", "rule_lifesaving_right"),
    ("Chest tube placed by the flight crew for tension pneumothorax.", "rule_lifesaving_right"),
    ("Open fracture of the left tibia after a motorcycle crash.", "rule_open_injury_missed"),
    ("Stab wound to the chest.", "rule_open_injury_missed"),
    ("Kidney stone, pain 8/10.", "rule_severe_pain_missed"),
]
NOT_ASSERTED = [
    "54 y male, not intubated, breathing on his own.",
    "Patient denies pain. No open fracture seen.",
    "Mother was intubated last year for pneumonia.",
    "Was intubated three years ago for pneumonia, now here for a sore throat.",
    "Pain 3/10.",
    "No CPR needed.",
    "",
]


@pytest.mark.parametrize(("note", "rule"), ASSERTED)
def test_an_asserted_finding_sets_the_rule_off(note: str, rule: str) -> None:
    answer, gold = ("ANSWER: ESI 1", 1) if rule == "rule_lifesaving_right" else ("ANSWER: ESI 3", 2)
    assert score(load_preset("v49"), answer, gold, note=note).weighted()[rule] != 0.0


@pytest.mark.parametrize("note", NOT_ASSERTED)
def test_negation_history_and_family_do_not(note: str) -> None:
    for answer, gold in (("ANSWER: ESI 1", 1), ("ANSWER: ESI 3", 1), ("ANSWER: ESI 3", 2)):
        terms = score(load_preset("v49"), answer, gold, note=note).weighted()
        assert {name: value for name, value in terms.items() if name.startswith("rule_") and value} == {}


def test_a_note_is_read_once() -> None:
    note = "Read once: 31 y male, not intubated, pain 8/10."
    case_findings.cache_clear()
    for level in (1, 2, 3, 3):
        score(load_preset("v49"), f"ANSWER: ESI {level}", 2, note=note)
    assert case_findings.cache_info().misses == 1
