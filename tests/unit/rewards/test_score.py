"""Breakdowns: what each term says, and when a completion cannot be scored."""

from __future__ import annotations

import pytest

from triagelab.errors import BadInputError
from triagelab.rewards.presets import load_preset
from triagelab.rewards.score import score
from triagelab.rewards.triggers import CaseFindings

GOLD = "EXTRACTION: a\nESI ALGORITHM: b\nANSWER: ESI 1"
V49 = load_preset("v49")


def said(monkeypatch: pytest.MonkeyPatch, *present: str, pain: float | None = None) -> list[str]:
    """Let every note say this; return the list of the notes that were read."""
    notes: list[str] = []

    def read(note: str) -> CaseFindings:
        notes.append(note)
        return CaseFindings(frozenset(present), pain)

    monkeypatch.setattr("triagelab.rewards.rules.case_findings", read)
    return notes


def test_no_gold_is_unscorable_not_zero() -> None:
    breakdown = score(V49, GOLD, None, note="x")
    assert breakdown.total is None
    assert breakdown.weighted()["outcome"] is None
    assert breakdown.weighted()["format"] == pytest.approx(0.1)
    assert breakdown.parsed.level == 1
    assert breakdown.terms[0].reason == "no gold level"


@pytest.mark.parametrize("gold", [0, 6, True, "2", 2.5])
def test_a_wrong_gold_is_refused(gold: object) -> None:
    with pytest.raises(BadInputError, match="gold"):
        score(V49, GOLD, gold)  # type: ignore[arg-type]


def test_rules_without_a_note_are_none_and_leave_the_total_alone() -> None:
    with_note, without = score(load_preset("v49-published"), GOLD, 1, note="cough"), score(V49, GOLD, 1)
    rules = [term for term in without.terms if term.name.startswith("rule_")]
    assert [term.value for term in rules] == [None] * 4
    assert all(term.reason == "no note to read the trigger from" for term in rules)
    assert without.total == with_note.total == pytest.approx(3 + 0.1 + 0.3 * (1 - 8 / 300))


def test_a_trigger_pays_by_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    said(monkeypatch, "intubated", "open_fracture", pain=7)
    right = score(V49, GOLD, 1, note="n")
    assert right.weighted()["rule_lifesaving_right"] == 0.5
    assert right.terms[3].reason == "the note says: intubated"
    missed = score(V49, "ANSWER: ESI 2", 1, note="n").weighted()
    assert (missed["rule_lifesaving_right"], missed["rule_lifesaving_missed"]) == (0.0, -1.0)
    late = score(V49, "ANSWER: ESI 3", 2, note="n").weighted()
    assert (late["rule_open_injury_missed"], late["rule_severe_pain_missed"]) == (-0.5, -0.5)
    silent = score(V49, "no idea", 1, note="n").weighted()
    assert silent["rule_lifesaving_missed"] == 0.0


@pytest.mark.parametrize(("pain", "value"), [(6.9, 0.0), (7, -0.5), (10, -0.5), (None, 0.0)])
def test_severe_pain_starts_at_seven(monkeypatch: pytest.MonkeyPatch, pain: float | None, value: float) -> None:
    said(monkeypatch, pain=pain)
    assert score(V49, "ANSWER: ESI 3", 2, note="n").weighted()["rule_severe_pain_missed"] == value


def test_the_completion_cannot_claim_a_trigger(monkeypatch: pytest.MonkeyPatch) -> None:
    notes = said(monkeypatch)
    claim = "EXTRACTION: intubated, chest tube, CPR in progress\nESI ALGORITHM: A yes\nANSWER: ESI 1"
    breakdown = score(V49, claim, 1, note="sore throat")
    assert breakdown.weighted()["rule_lifesaving_right"] == 0.0
    assert set(notes) == {"sore throat"}


def test_bonuses_without_an_answer() -> None:
    breakdown = score(load_preset("v46"), "EXTRACTION: a\nESI ALGORITHM: b\nANSWER: ESI 2-3", 2)
    assert breakdown.parsed.level is None
    assert breakdown.weighted()["outcome"] == -0.5
    assert breakdown.weighted()["format"] == pytest.approx(0.1)
    assert breakdown.weighted()["length"] > 0.28


def test_truncated_reaches_the_parser() -> None:
    assert score(load_preset("cost-v0"), "ANSWER: ESI 2", 2, truncated=True).total == -4.0
    assert score(load_preset("cost-v0"), "ANSWER: ESI 2", 2).total == 1.0


def test_row_is_what_the_command_line_prints() -> None:
    row = score(load_preset("cost-v0"), "ANSWER: ESI 2", 4).row("case-7")
    assert row == {"id": "case-7", "status": "clean", "predicted": 2, "total": -1.0, "terms": {"outcome": -1.0}}


def test_published_preset_reads_what_the_strict_one_refuses() -> None:
    hedged = "I would say ESI 2 or ESI 3"
    assert score(load_preset("v46"), hedged, 2).weighted()["outcome"] == -0.5
    assert score(load_preset("v46-published"), hedged, 2).weighted()["outcome"] == 2.0
