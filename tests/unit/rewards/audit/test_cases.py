"""The shipped patients are what the generator, the gold answer and the reader of notes give today."""

from __future__ import annotations

from importlib import resources

import pytest

from triagelab.cases.generator import iter_detailed
from triagelab.completions.parser import parse
from triagelab.completions.render import render_answer
from triagelab.rewards.audit.cases import AuditCase, audit_cases
from triagelab.rewards.triggers import case_findings

CASES = audit_cases()


def test_five_a_level_level_one_first() -> None:
    assert [case.level for case in CASES] == [level for level in range(1, 6) for _ in range(5)]
    assert len({case.case_id for case in CASES}) == len({case.note for case in CASES}) == 25


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.case_id)
def test_the_generator_gives_this_patient(case: AuditCase) -> None:
    prefix, index = case.case_id.rsplit("-", 1)
    assert prefix == "gen-train-0"
    [made] = iter_detailed(1, 0, "train", start=int(index))
    assert made.case.presentation.case_id == case.case_id
    assert made.case.presentation.narrative == case.note
    assert made.case.truth.level == case.level
    gold = render_answer(made.case, "full")
    assert case.body.rstrip() == gold.rsplit("ANSWER:", 1)[0].rstrip()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.case_id)
def test_the_findings_are_what_the_note_asserts(case: AuditCase) -> None:
    assert case.findings == case_findings(case.note)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.case_id)
def test_honest_texts_name_their_level_and_the_body_names_none(case: AuditCase) -> None:
    for level in range(1, 6):
        for text in (case.honest(level), case.shortest(level)):
            assert parse(text).level == level
            assert parse(text).well_formed
    assert parse(case.honest()).level == parse(case.shortest()).level == case.level
    assert parse(case.body).level is None


def test_the_rules_of_the_published_rewards_have_cases_to_pay_on() -> None:
    said = [case.findings.present for case in CASES]
    assert any("cpr_in_progress" in present for present in said)
    assert any("indwelling_central_line" in present for present in said)
    assert any(case.findings.pain_score is not None and case.findings.pain_score >= 7 for case in CASES)


def test_the_file_is_plain_and_small() -> None:
    raw = (resources.files("triagelab.rewards.audit") / "data" / "audit_cases.jsonl").read_bytes()
    assert len(raw) < 50_000
    assert b"\r" not in raw
    assert raw.endswith(b"\n")
