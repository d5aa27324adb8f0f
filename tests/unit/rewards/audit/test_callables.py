"""A user's reward function under audit: how it is called, and what it is seen to pay."""

from __future__ import annotations

import asyncio
import re

import numpy as np
import pytest

from callable_samples import RIGHT, finding, ids, look, plain, read
from triagelab.rewards.audit.audit import audit
from triagelab.rewards.audit.callables import subject_of_callable
from triagelab.rewards.audit.cases import audit_cases
from triagelab.rewards.audit.optimum import SKILLS, reward_optimum
from triagelab.rewards.audit.signal import SignalModel
from triagelab.rewards.audit.subject import Subject, subject_of
from triagelab.rewards.presets import load_preset


@pytest.mark.parametrize("name", ["v45c", "v46", "v48", "v50", "cost_v0"])
def test_our_presets_as_functions_are_seen_as_the_presets(name: str) -> None:
    spec = load_preset(name.replace("_", "-"))
    found = subject_of_callable(f"triagelab.rewards.trl:{name}", sampling=spec.sampling_weights)
    preset = subject_of(spec)
    np.testing.assert_allclose(found.table, preset.table, atol=1e-9)
    assert found.extra == ()
    assert found.text[0] == 0.0
    assert found.text[1] <= preset.text[1] + 1e-9
    for skill in SKILLS:
        at = SignalModel(skill=skill, sampling=spec.sampling_weights)
        assert reward_optimum(found.table, at).tolist() == reward_optimum(preset.table, at).tolist()
    case = audit_cases()[12]
    assert found.pay([case], [case.honest()]) == pytest.approx(preset.pay([case], [case.honest()]))


def test_the_whole_audit_takes_a_function() -> None:
    spec = load_preset("v46")
    report = audit(subject_of_callable("triagelab.rewards.trl:v46", sampling=spec.sampling_weights))
    assert {"optimum-costs-more", "degenerate-policy-wins"} & {f.id for f in report.findings}
    here = next(outcome for outcome in report.optimum if outcome.skill == 0.65)
    assert here.answers == (1, 2, 2, 2, 2)


def test_a_plain_function_has_its_own_table_and_no_finding() -> None:
    subject = look(plain)
    np.testing.assert_allclose(subject.table, RIGHT)
    assert subject.name == "plain"
    assert subject.text == (0.0, 0.0)
    assert subject.extra == ()
    assert subject.spec is None
    assert subject.sampling == (1.0,) * 5
    assert look(plain, name="mine").name == "mine"


def test_a_digit_anywhere_is_read_out_of_honest_notes_too() -> None:
    def digit(completions, level, **columns):
        return [
            float((found := re.search(r"[1-5]", text)) is not None and int(found[0]) == gold)
            for text, gold in zip(completions, level, strict=True)
        ]

    subject = subject_of_callable(digit)
    np.testing.assert_allclose(subject.table, RIGHT)
    assert subject.text[0] == -1.0
    assert subject.text[1] > 0.0


def test_bonuses_for_keywords_and_length_are_text_not_table() -> None:
    def keyword(completions, level, **columns):
        bonus = [0.7 * ("lifesaving" in text.lower()) + 0.3 * (len(text) > 200) for text in completions]
        return [paid + more for paid, more in zip(plain(None, completions, level), bonus, strict=True)]

    subject = look(keyword)
    np.testing.assert_allclose(subject.table, RIGHT)
    assert subject.text == (0.0, 1.0)
    assert "bonus-above-margin" in {f.id for f in audit(subject).findings}


def test_an_async_function_is_awaited() -> None:
    async def later(completions, level, **columns):
        await asyncio.sleep(0)
        return plain(None, completions, level)

    class Judge:
        async def __call__(self, completions, level, **columns):
            return plain(None, completions, level)

    async def within_a_running_loop() -> Subject:
        return look(later)

    for subject in (look(later), look(Judge()), asyncio.run(within_a_running_loop())):
        np.testing.assert_allclose(subject.table, RIGHT)
        assert subject.extra == ()


def test_messages_are_tried_where_strings_fail() -> None:
    def chat(prompts, completions, level, **columns):
        assert prompts[0][-1]["role"] == "user"
        assert "<note>" in prompts[0][-1]["content"]
        return plain(None, [completion[0]["content"] for completion in completions], level)

    subject = look(chat)
    np.testing.assert_allclose(subject.table, RIGHT)
    assert ids(subject) == ["called-as"]
    assert "messages" in subject.extra[0].evidence
    assert subject.pay(audit_cases()[:1], ["ANSWER: ESI 1"]) == [1.0]


def test_messages_are_tried_where_strings_earn_nothing() -> None:
    def chat(completions, level, **columns):
        texts = ["" if isinstance(completion, str) else completion[-1]["content"] for completion in completions]
        return plain(None, texts, level)

    np.testing.assert_allclose(look(chat).table, RIGHT)


@pytest.mark.parametrize(("prefix", "named"), [("", 'gold as text "2"'), ("ESI ", 'gold as text "ESI 2"')])
def test_gold_as_text(prefix: str, named: str) -> None:
    def text_gold(completions, ground_truth, **columns):
        return [float(gold == f"{prefix}{read(text)}") for text, gold in zip(completions, ground_truth, strict=True)]

    subject = look(text_gold)
    np.testing.assert_allclose(subject.table, RIGHT)
    assert ids(subject) == ["called-as"]
    assert named in subject.extra[0].evidence


@pytest.mark.parametrize("form", [r"<answer>\s*([1-5])\s*</answer>", r"\\boxed\{([1-5])\}", r"#### ([1-5])$"])
def test_other_forms_of_answer(form: str) -> None:
    def tagged(completions, solution, **columns):
        found = [re.search(form, text) for text in completions]
        return [float(m is not None and int(m[1]) == gold) for m, gold in zip(found, solution, strict=True)]

    subject = look(tagged)
    np.testing.assert_allclose(subject.table, RIGHT)
    assert ids(subject) == ["called-as"]
    assert "answers as" in subject.extra[0].evidence
    case = audit_cases()[7]
    assert subject.pay([case], [case.honest()]) == [1.0]


def test_a_bare_level_is_a_form_too() -> None:
    def bare(completions, level, **columns):
        return [float(text.strip() == str(gold)) for text, gold in zip(completions, level, strict=True)]

    np.testing.assert_allclose(look(bare).table, RIGHT)


def test_a_required_column_of_another_name_gets_the_level_and_is_named() -> None:
    def odd(completions, triage_target, **columns):
        return plain(None, completions, triage_target)

    subject = look(odd)
    np.testing.assert_allclose(subject.table, RIGHT)
    assert "triage_target was given the gold level" in finding(subject, "called-as").evidence


def test_a_closed_signature_is_called_and_told() -> None:
    def closed(completions, level):
        return plain(None, completions, level)

    subject = look(closed)
    np.testing.assert_allclose(subject.table, RIGHT)
    assert ids(subject) == ["signature-closed"]
    assert "trainer_state" in subject.extra[0].evidence
