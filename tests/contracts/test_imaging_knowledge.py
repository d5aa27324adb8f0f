"""Every imaging condition keeps what the engine, the generator and the reader rely on."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from triagelab.cases.imaging.check import problems
from triagelab.cases.imaging.reasoning import LEAST, MOST, gold_reasoning
from triagelab.cases.imaging.variant import draw_variant
from triagelab.cases.imaging.wording import worded_conditions, wording
from triagelab.clinical.imaging import Appropriateness, condition, conditions, decide_imaging, procedures
from triagelab.clinical.imaging_evidence import evidence, verified_evidence
from triagelab.clinical.imaging_rows import sources
from triagelab.clinical.imaging_table import safety_rules
from triagelab.completions.imaging_answers import sentences_of
from triagelab.seeding import stream

NAMES = tuple(conditions())


def test_there_are_at_least_thirty_conditions_and_five_are_held_out() -> None:
    assert len(NAMES) >= 30
    assert sum(condition(name).held_out for name in NAMES) == 5
    assert worded_conditions() == NAMES, "every condition can be written about"


@pytest.mark.parametrize("name", NAMES)
def test_knowledge_and_wording_of_a_condition_fit_each_other(name: str) -> None:
    assert problems(name, draws=600) == []


@pytest.mark.parametrize("name", NAMES)
def test_sentences_stand_alone_and_no_reason_names_a_label(name: str) -> None:
    one = condition(name)
    texts = [text for row in one.criteria.values() for text in (row.yes, row.no)]
    rules = {rule.id: rule.text for rows in one.rules.values() for rule in rows}
    for text in (*texts, *rules.values()):
        assert re.fullmatch(r"[A-Z0-9].*\.", text), text
        assert sentences_of(text) == (text,), f"one sentence: {text}"
    assert not [text for text in (*texts, *rules.values()) if "appropriate" in text.lower()]
    assert len(set(texts)) == len(texts), [text for text, n in Counter(texts).items() if n > 1]


@pytest.mark.parametrize("name", NAMES)
def test_gold_reasoning_is_three_to_six_sentences_that_end_in_the_label(name: str) -> None:
    split = "ood" if condition(name).held_out else "train"
    for number in range(6):
        variant = draw_variant(name, stream("tests.imaging.reasoning", number, name), split)
        for procedure, label in variant.labels.items():
            said = gold_reasoning(decide_imaging(name, procedure, variant.facts))
            assert LEAST <= len(said) <= MOST
            assert len(set(said)) == len(said), said
            assert sentences_of(" ".join(said)) == said
            assert said[-1].endswith(f"{label.value}.")
            assert not any(other.value in " ".join(said[:-1]) for other in Appropriateness)


@pytest.mark.parametrize("name", NAMES)
def test_a_condition_offers_a_choice(name: str) -> None:
    one = condition(name)
    assert 3 <= len(one.procedures) <= 8
    assert {rule.label for rows in one.rules.values() for rule in rows} >= {
        Appropriateness.NOT,
        Appropriateness.USUALLY,
    }
    assert len(wording(name).opening) >= 8


def test_what_is_verified_stands_in_a_source_at_hand() -> None:
    rows = [row for name in NAMES for row in condition(name).criteria.values()]
    rows += [rule for name in NAMES for rules in condition(name).rules.values() for rule in rules]
    for row in (*rows, *safety_rules()):
        assert not row.verified or sources()[row.source].at_hand
    assert any(row.verified for row in rows)
    assert any(not row.verified for row in rows)


def test_every_procedure_is_asked_about_somewhere_under_names_of_its_own() -> None:
    used = {key for name in NAMES for key in condition(name).procedures}
    names = Counter(text.lower() for one in procedures().values() for text in one.names)
    assert [text for text, count in names.items() if count > 1] == []
    assert used <= set(procedures())


def test_recalled_evidence_is_never_verified_and_verified_evidence_has_a_source_at_hand() -> None:
    for one in evidence():
        assert one.verified == sources()[one.source].at_hand
    assert 1 <= len(verified_evidence()) < len(evidence())
