"""What is found of a user's reward function that errs, and what is refused."""

from __future__ import annotations

import re
import time

import numpy as np
import pytest

from callable_samples import FEW, RIGHT, finding, ids, look, plain, read
from triagelab.errors import BadInputError
from triagelab.rewards.audit.audit import audit
from triagelab.rewards.audit.callables import subject_of_callable
from triagelab.rewards.audit.cases import audit_cases
from triagelab.rewards.audit.finding import Severity
from triagelab.rewards.audit.optimum import reward_optimum
from triagelab.rewards.audit.signal import SignalModel
from triagelab.rewards.presets import load_preset
from triagelab.rewards.trl import v50
from triagelab.seeding import stream


def test_a_function_that_raises_on_empty_text() -> None:
    def fragile(completions, level, **columns):
        _ = [text[0] for text in completions]
        return plain(None, completions, level)

    subject = look(fragile)
    np.testing.assert_allclose(subject.table, RIGHT)
    told = finding(subject, "reward-raises")
    assert told.severity is Severity.SEVERE
    assert "IndexError: string index out of range" in told.evidence
    assert "empty text" in told.evidence
    assert subject.pay(audit_cases()[:2], ["", "ANSWER: ESI 1"]) == [None, 1.0]  # one bad text spoils no other


def test_a_function_that_raises_on_silence_leaves_it_unscorable() -> None:
    def strict(completions, level, **columns):
        read_all = [int(text.rsplit("ESI ", 1)[1]) for text in completions]  # no answer line: IndexError
        return [float(given == gold) for given, gold in zip(read_all, level, strict=True)]

    subject = look(strict)
    assert {"reward-raises", "no-answer-unscorable"} <= set(ids(subject))
    np.testing.assert_allclose(subject.table[:, 5], 0.2)


def test_a_function_that_raises_on_everything_is_one_error() -> None:
    def broken(completions, **columns):
        raise KeyError("difficulty")

    with pytest.raises(BadInputError, match=r"broken.*scores none.*KeyError: 'difficulty'"):
        look(broken)


def test_chance_is_found_and_averaged() -> None:
    noise = stream("test", 3)

    def shaky(completions, level, **columns):
        return [paid + 0.02 * float(noise.normal()) for paid in plain(None, completions, level)]

    subject = look(shaky)
    assert ids(subject) == ["stochastic-reward"]
    deviation = float(re.search(r"standard deviation ([0-9.]+);", subject.extra[0].evidence)[1])
    assert 0.015 < deviation < 0.025
    np.testing.assert_allclose(subject.table, RIGHT, atol=0.02)


def test_nothing_but_chance_ignores_the_truth() -> None:
    noise = stream("test", 4)

    def dice(completions, **columns):
        return [float(noise.random()) for _ in completions]

    assert ids(look(dice)) == ["ignores-truth", "stochastic-reward"]


def test_a_batch_that_is_normalised_is_group_dependent() -> None:
    def normalised(completions, level, **columns):
        paid = np.array(plain(None, completions, level))
        return ((paid - paid.mean()) / (paid.std() + 1e-4)).tolist()

    subject = look(normalised)
    assert ids(subject) == ["group-dependent"]
    assert "of 15 completions 0 are paid otherwise with the batch turned round, 15 when alone" in (
        subject.extra[0].evidence
    )
    at = SignalModel()
    assert reward_optimum(subject.table, at).tolist() == reward_optimum(RIGHT, at).tolist()


def test_texts_of_a_normalised_reward_are_compared_in_one_same_batch() -> None:
    def normalised(completions, level, **columns):
        paid = np.array(plain(None, completions, level))
        return ((paid - paid.mean()) / (paid.std() + 1e-4)).tolist()

    subject = look(normalised)
    right, wrong = "ANSWER: ESI 1", "ANSWER: ESI 2"
    case = FEW[0]
    together = subject.pay([case] * 4, [right, wrong, wrong, wrong])
    assert together == subject.pay([case], [right]) + subject.pay([case] * 3, [wrong] * 3)
    assert together[0] == pytest.approx(subject.table[0, 0])
    assert subject.text == pytest.approx((0.0, 0.0))


def test_chance_makes_no_attack_pay() -> None:
    noise = stream("test", 5)

    def shaky(completions, level, note, **columns):
        return [(v or 0.0) + 0.05 * float(noise.normal()) for v in v50(completions=completions, level=level, note=note)]

    subject = subject_of_callable(shaky, sampling=load_preset("v50").sampling_weights)
    assert 0.015 < subject.noise < 0.035  # of the mean of four draws
    ids_by_severity = {(finding.severity, finding.id) for finding in audit(subject).findings}
    assert not [id_ for severity, id_ in ids_by_severity if severity is Severity.SEVERE]
    assert (Severity.WARNING, "stochastic-reward") in ids_by_severity


def test_a_reward_for_being_first_is_group_dependent() -> None:
    def first(completions, level, **columns):
        return [paid - 0.01 * place for place, paid in enumerate(plain(None, completions, level))]

    assert "group-dependent" in ids(look(first))


def test_something_kept_between_calls_counts_as_chance() -> None:
    calls: list[int] = []

    def annealed(completions, level, **columns):
        calls.append(1)
        return [paid * 0.99 ** len(calls) for paid in plain(None, completions, level)]

    assert "stochastic-reward" in ids(look(annealed))


def test_a_wrong_length_for_every_batch_is_one_error() -> None:
    with pytest.raises(BadInputError, match=r"scores none.*2 values for 1 completions"):
        look(lambda completions, **columns: [0.0] * (len(completions) + 1))


def test_a_wrong_length_for_some_batches_is_severe() -> None:
    def skips(completions, level, **columns):
        return plain(None, completions, level) if len(completions) == 1 else [0.0]

    subject = look(skips)
    np.testing.assert_allclose(subject.table, RIGHT)
    told = finding(subject, "reward-wrong-length")
    assert told.severity is Severity.SEVERE
    assert "1 values for" in told.evidence
    assert "a batch of" in told.evidence


@pytest.mark.parametrize(
    ("value", "id_"),
    [("0.5", "reward-not-a-number"), ([0.5], "reward-not-a-number"), ({}, "reward-not-a-number"),
     (object(), "reward-not-a-number"), (float("inf"), "reward-infinite"), (float("-inf"), "reward-infinite")],
)  # fmt: skip
def test_values_that_are_no_numbers(value: object, id_: str) -> None:
    def odd(completions, level, **columns):
        paid = plain(None, completions, level)
        return [value if "refus" in t or "cannot assign" in t else p for t, p in zip(completions, paid, strict=True)]

    subject = look(odd)
    np.testing.assert_allclose(subject.table, RIGHT)
    assert ids(subject) == [id_]
    assert finding(subject, id_).severity is Severity.SEVERE
    assert "a refusal (1)" in subject.extra[0].evidence


@pytest.mark.parametrize("value", [None, float("nan")])
def test_silence_that_is_not_scored(value: float | None) -> None:
    def skips(completions, level, **columns):
        paid = plain(None, completions, level)
        return [value if read(text) is None else p for text, p in zip(completions, paid, strict=True)]

    subject = look(skips)
    assert ids(subject) == ["no-answer-unscorable"]
    np.testing.assert_allclose(subject.table[:, :5], np.eye(5))
    np.testing.assert_allclose(subject.table[:, 5], 0.2)


def test_none_for_a_whole_level_is_one_error() -> None:
    def blind(completions, level, **columns):
        return [None if gold == 3 else p for gold, p in zip(level, plain(None, completions, level), strict=True)]

    with pytest.raises(BadInputError, match="nothing is scored for level 3"):
        look(blind)


def test_none_for_some_cases_is_counted() -> None:
    unlabelled = audit_cases()[0].note

    def sparse(completions, level, note, **columns):
        paid = plain(None, completions, level)
        return [None if text == unlabelled else p for text, p in zip(note, paid, strict=True)]

    subject = look(sparse)
    np.testing.assert_allclose(subject.table, RIGHT)
    assert ids(subject) == ["unscorable"]


def test_a_constant_ignores_the_completion() -> None:
    subject = look(lambda completions, **columns: [1.0] * len(completions))
    assert ids(subject) == ["ignores-completion"]


def test_length_alone_ignores_the_truth() -> None:
    subject = look(lambda completions, **columns: [len(text) / 1000 for text in completions])
    assert ids(subject) == ["ignores-truth"]
    assert subject.extra[0].severity is Severity.SEVERE


def test_a_slow_function_is_tried_on_fewer_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("triagelab.rewards.audit.sampling.BUDGET_S", 0.01)
    seen: set[str] = set()

    def slow(completions, level, note, **columns):
        seen.update(note)
        time.sleep(0.0005 * len(completions))
        return plain(None, completions, level)

    monkeypatch.setattr("triagelab.rewards.audit.callable_findings.SLOW_S", 0.02)
    subject = subject_of_callable(slow)
    assert len(seen) == 5
    assert "s for a step of 64" in finding(subject, "slow-reward").evidence


def test_columns_hooks_and_ids_are_as_in_training() -> None:
    seen: dict[str, object] = {}

    def looks(prompts, completions, completion_ids, **columns):
        seen.update(columns)
        columns["log_extra"]("status", ["ok"] * len(completions))
        columns["log_metric"]("mean", 0.5)
        assert len(prompts) == len(completion_ids) == len(completions)
        assert all(len(i) == len(c.split()) for i, c in zip(completion_ids, completions, strict=True))
        assert columns["trainer_state"].global_step == 0
        return plain(None, completions, columns["level"])

    assert look(looks).extra == ()
    assert {"level", "gold", "esi", "answer", "label", "ground_truth", "solution", "note"} <= set(seen)


def test_prints_of_the_function_leave_stdout_alone(capsys: pytest.CaptureFixture[str]) -> None:
    def loud(completions, level, **columns):
        print("scoring")
        return plain(None, completions, level)

    look(loud)
    out, err = capsys.readouterr()
    assert out == ""
    assert "scoring" in err


@pytest.mark.parametrize("weights", [(1, 1, 1, 1), (0, 1, 1, 1, 1), (float("nan"), 1, 1, 1, 1)])
def test_bad_weights(weights: tuple[float, ...]) -> None:
    with pytest.raises(BadInputError, match="sampling"):
        look(plain, sampling=weights)


def test_bad_cases_and_things_that_are_no_function() -> None:
    with pytest.raises(BadInputError, match="missing 4, 5"):
        subject_of_callable(plain, cases=[case for case in audit_cases() if case.level < 4])
    for thing in (3, dict):
        with pytest.raises(BadInputError, match="reward function"):
            look(thing)
