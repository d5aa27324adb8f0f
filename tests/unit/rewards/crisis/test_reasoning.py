"""Reasons are checked against the view: true facts about the acts pay, false ones cost, length pays nothing."""

from __future__ import annotations

import pytest

from triagelab.completions.crisis_facts import Facts, Sheet
from triagelab.completions.crisis_reasons import reason_text, write_completion
from triagelab.hospital.acts import Act
from triagelab.rewards.crisis.reasoning import claims_of, reasoning_value
from triagelab.rewards.crisis.sample import draw_states
from triagelab.rewards.crisis.scripted import FILLER, bench_of
from triagelab.rewards.crisis.verifiers import VERIFIERS, Subject

P3 = Sheet({"airway", "waiting", "immediate"}, {"spo2": 84, "sats": 84, "hr": 130, "gcs": 9, "age": 40})
FACTS = Facts("er_triage", {"P-003": P3, "P-004": Sheet({"haemorrhage", "bay"}, {"sbp": 70, "bp": 70})},
              {"ehr": Sheet({"down"}), "bay": Sheet(set(), {"free": 3})})  # fmt: skip
ACTS = (Act("er_triage", "treat", {"patient": "P-003", "procedure": "open_airway"}),)

CLAIMS = [
    ("P-003: airway, SpO2 84.", 2, 0),
    ("P-003 has SpO2 of 84 and HR 130", 2, 0),
    ("The airway of P-003 is blocked", 1, 0),
    ("P-003: SpO2 97", 0, 1),
    ("P-003: haemorrhage", 0, 1),
    ("P-003: no airway", 0, 1),
    ("P-003: not haemorrhage", 0, 0),
    ("P-003: BP 70", 0, 1),
    ("P-003: airway; P-004: haemorrhage, SBP 70", 3, 0),
    ("ehr down", 1, 0),
    ("bay free 3", 1, 0),
    ("bay free 9", 0, 1),
    ("P-003: open airway now", 1, 0),
    ("critical priority because evidence", 0, 0),
]


@pytest.mark.parametrize(("text", "right", "wrong"), CLAIMS)
def test_claims_are_counted_against_the_view(text: str, right: int, wrong: int) -> None:
    found = claims_of(text, FACTS, ACTS)
    assert (found.right, found.wrong) == (right, wrong)


def test_an_id_that_nobody_has_in_view_is_unknown_and_costs() -> None:
    honest, made_up = (claims_of(text, FACTS, ACTS) for text in ("P-003: airway.", "P-003: airway. P-099: airway."))
    assert made_up.unknown == {"P-099"}
    assert reasoning_value(made_up, ACTS)[0] < reasoning_value(honest, ACTS)[0] == 1.0


def test_true_facts_do_not_buy_back_false_ones() -> None:
    few = claims_of("P-003: airway. P-004: SBP 200.", FACTS, ACTS)
    many = claims_of("P-003: airway, SpO2 84, HR 130, immediate. P-004: SBP 200.", FACTS, ACTS)
    assert reasoning_value(many, ACTS)[0] == reasoning_value(few, ACTS)[0] < 1.0


def test_facts_about_somebody_else_are_no_reason_for_an_act() -> None:
    assert reasoning_value(claims_of("P-004: haemorrhage, SBP 70.", FACTS, ACTS), ACTS)[0] == 0.0


def test_gold_reasons_are_true_and_padding_pays_nothing() -> None:
    for key in draw_states(12, 21):
        bench = bench_of(key)
        gold = Subject(key, write_completion(bench.view, bench.acts))
        assert not gold.claims.wrong, (key.text, gold.reading.reasoning)
        assert not gold.claims.unknown
        assert VERIFIERS["reasoning_quality"](gold).value >= 0.3, (key.text, gold.reading.reasoning)
        assert VERIFIERS["no_hallucination"](gold).value == 1.0
        padded = claims_of(reason_text(bench.view, bench.acts) + FILLER * 20, gold.facts, bench.acts)
        assert reasoning_value(padded, bench.acts)[0] <= VERIFIERS["reasoning_quality"](gold).value
