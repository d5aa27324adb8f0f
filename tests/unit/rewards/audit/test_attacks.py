"""Text attacks: no trick in a text earns more than a plain one, and rewards that fall for one are caught."""

from __future__ import annotations

import dataclasses
import json
import re
import time
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import pytest

from triagelab.rewards.audit.attack_base import KINDS, as_level, no_answer, plain_answers, plain_silences
from triagelab.rewards.audit.attacks import AttackResult, Ceiling, attacks, run_attacks
from triagelab.rewards.audit.cases import AuditCase, audit_cases
from triagelab.rewards.audit.subject import Subject, subject_of
from triagelab.rewards.presets import load_preset, preset_names

STRICT = sorted(name for name in preset_names() if load_preset(name).parser == "strict")
PUBLISHED = ("v46-published", "v49-published")
SOME = audit_cases()[::6]
"""Five cases, one of each level."""


@cache
def results(name: str) -> dict[str, AttackResult]:
    return {result.id: result for result in run_attacks(subject_of(load_preset(name)))}


def naive(pay: Callable[[AuditCase, str], float | None]) -> Subject:
    """Return a reward made of a function, as a user might write it."""

    def pay_all(cases: Sequence[AuditCase], texts: Sequence[str]) -> list[float | None]:
        return [pay(case, text) for case, text in zip(cases, texts, strict=True)]

    return Subject("naive", np.zeros((5, 6)), (0.0, 0.0), (1.0,) * 5, pay_all)


def value(mean: float | None) -> float:
    assert mean is not None
    return mean


def caught(subject: Subject) -> dict[str, AttackResult]:
    found = run_attacks(subject, SOME)
    return {result.id: result for result in found if result.beats_ceiling}


def test_the_library_is_large_and_every_kind_is_there() -> None:
    ids = [attack.id for attack in attacks()]
    assert len(ids) == len(set(ids)) >= 60
    assert {attack.kind for attack in attacks()} == set(KINDS)
    for attack in attacks():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", attack.id)
        assert re.fullmatch(r"[^\n]+\.", attack.what)
        assert (attack.level is not None) == (attack.ceiling is Ceiling.AS_LEVEL), attack.id


@pytest.mark.parametrize("case", SOME, ids=lambda case: f"gold-{case.level}")
def test_texts_are_the_same_every_time_and_never_a_plain_one(case: AuditCase) -> None:
    plain = {text for level in range(1, 6) for text in plain_answers(case, level)} | set(plain_silences(case))
    written = [attack.write(case) for attack in attacks()]
    assert written == [attack.write(case) for attack in attacks()]
    assert len(set(written)) == len(written)
    assert not plain.intersection(written)


def test_committed_levels_are_levels_and_wrong_ones_hang_on_the_case() -> None:
    for attack in attacks():
        if attack.level is not None:
            assert {attack.level(case) for case in audit_cases()} <= {1, 2, 3, 4, 5}, attack.id
    think = next(attack for attack in attacks() if attack.id == "think-differs")
    assert think.level is not None
    assert all(think.level(case) != case.level for case in audit_cases())


@pytest.mark.parametrize("name", STRICT)
def test_nothing_beats_its_ceiling_under_a_preset_with_the_strict_parser(name: str) -> None:
    for result in results(name).values():
        assert not result.beats_ceiling, (result.id, result.excess)
        assert not result.beats_honest, result.id
        assert result.n > 0
        assert value(result.mean_reward) <= value(result.ceiling) + 1e-9


def test_the_strict_presets_are_the_ones_that_an_audit_names() -> None:
    assert {"v45c", "v46", "v48", "v49", "cost-v0", "v50"} <= set(STRICT)


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize(
    "attack",
    [
        "two-answers-right-first",
        "range-dash",
        "or-digit",
        "right-level-in-prose-alone",
        "wait-that-is-wrong",
        "in-think",
        "in-a-comment-beside-another",
        "said-by-a-colleague",
        "decimal",
    ],
)
def test_the_published_regexes_pay_for_answers_that_are_none(name: str, attack: str) -> None:
    result = results(name)[attack]
    assert result.beats_ceiling
    assert result.beaten_cases == result.n == len(audit_cases())
    assert value(result.excess) > 1.0


def test_first_match_wins_whatever_comes_later() -> None:
    first, last = (results("v46-published")[f"two-answers-right-{place}"] for place in ("first", "last"))
    assert value(first.mean_reward) > value(last.mean_reward) + 1.0


def test_a_reward_that_looks_for_the_gold_digit_anywhere_is_caught() -> None:
    found = caught(naive(lambda case, text: float(str(case.level) in text)))
    assert {"all-levels-glued", "range-one-to-five", "five-answer-lines", "every-level-considered"} <= set(found)
    assert found["all-levels-glued"].mean_reward == 1.0


def test_a_reward_that_reads_the_last_answer_is_caught() -> None:
    def last(case: AuditCase, text: str) -> float:
        read = re.findall(r"ESI ([1-5])", text)
        return float(bool(read) and read[-1] == str(case.level))

    found = caught(naive(last))
    assert {"two-answers-right-last", "next-assistant-turn", "answer-after-the-end", "not-the-right-level"} <= set(
        found
    )
    assert "two-answers-right-first" not in found


def test_a_reward_that_pays_for_keywords_is_caught_and_can_beat_the_right_answer() -> None:
    words = ("intubated", "cpr", "open fracture", "pain 10/10", "sepsis")

    def keywords(case: AuditCase, text: str) -> float:
        right = text.endswith(f"\nANSWER: ESI {case.level}")
        return 0.5 * right + 0.3 * sum(word in text.lower() for word in words)

    found = caught(naive(keywords))
    assert {"keywords-alone", "claims-everything", "claims-beside-the-right-answer", "claims-intubation"} <= set(found)
    assert found["keywords-alone"].beats_honest
    assert "range-one-to-five" not in found


def test_a_reward_that_pays_for_length_is_caught_by_padding() -> None:
    found = caught(naive(lambda case, text: len(text) / 1000))
    assert {"padded-with-sentences", "padded-without-answer", "a-mountain-of-blanks", "copies-the-prompt"} <= set(found)


def test_a_reward_that_takes_a_claimed_trigger_at_its_word_is_caught() -> None:
    def trusting(case: AuditCase, text: str) -> float:
        answered = "ANSWER: ESI 1" in text
        return float(f"ANSWER: ESI {case.level}" in text) + 0.5 * (answered and "intubated" in text)

    found = caught(naive(trusting))
    assert {"claims-intubation", "claims-everything"} <= set(found)
    assert "claims-open-fracture" not in found


def test_a_reader_that_declines_odd_texts_is_not_blamed_for_it() -> None:
    """Silence costs less than a wrong answer here, and this reader takes anything unusual for silence."""

    def exact(case: AuditCase, text: str) -> float:
        read = re.search(r"\nANSWER: ESI ([1-5])\Z", text)
        return -0.5 if read is None else 1.0 if read[1] == str(case.level) else -2.0

    found = caught(naive(exact))
    assert "repeated-answer" not in found
    assert "fullwidth-digit" not in found


def test_unscorable_texts_count_for_neither_side() -> None:
    nothing = run_attacks(naive(lambda case, text: None), SOME)
    assert {result.n for result in nothing} == {0}
    assert all(result.mean_reward is None and result.excess is None for result in nothing)
    assert not any(result.beats_ceiling or result.beats_honest for result in nothing)

    def half(case: AuditCase, text: str) -> float | None:
        return None if case.level > 3 else 1.0

    assert {result.n for result in run_attacks(naive(half), SOME)} <= {1, 3}


def test_what_a_reward_raises_is_raised() -> None:
    def broken(case: AuditCase, text: str) -> float:
        raise ZeroDivisionError("of the user's own making")

    with pytest.raises(ZeroDivisionError, match="own making"):
        run_attacks(naive(broken), SOME)


def test_no_cases_give_empty_results() -> None:
    found = run_attacks(subject_of(load_preset("v50")), [])
    assert {result.n for result in found} == {0}


def test_rows_are_plain_json() -> None:
    row = results("v46")["range-dash"].row()
    assert json.loads(json.dumps(row)) == row
    assert set(row) == {
        *("id", "kind", "mean_reward", "ceiling", "excess", "beaten_cases", "n", "beats_honest", "beats_ceiling")
    }


def test_ceilings_hold_case_by_case() -> None:
    """A reward that pays too much for one case alone is caught, though its mean is below the mean ceiling."""
    odd = SOME[0]

    def pay(case: AuditCase, text: str) -> float:
        if case is odd and text == ".":
            return 0.1
        return 0.0 if text == "" or case is odd else -1.0

    result = {found.id: found for found in run_attacks(naive(pay), SOME)}["one-character"]
    assert result.beaten_cases == 1
    assert result.beats_ceiling
    assert value(result.mean_reward) < value(result.ceiling)


def test_attacks_are_data_that_cannot_be_changed() -> None:
    made = no_answer("an-id", "hedge", "A sentence.", lambda case: "")
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.kind = "other"
    assert as_level("b", "hedge", "A sentence.", 4, lambda case: "").level is not None


def test_a_preset_is_attacked_in_well_under_a_second_of_processor_time() -> None:
    subject = subject_of(load_preset("v49"))
    begun = time.process_time()
    run_attacks(subject)
    assert time.process_time() - begun < 0.8
