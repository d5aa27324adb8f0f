"""What policies earn that need not look at the patient, beside those that do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from triagelab.cases.schema import LEVELS
from triagelab.rewards.audit.cases import AuditCase, audit_cases
from triagelab.rewards.audit.optimum import NO_ANSWER, SKILLS, as_policy, cost_optimum, mean_value
from triagelab.rewards.audit.signal import SignalModel
from triagelab.rewards.audit.subject import Subject

PADDING = " The patient was seen at the desk and the findings were read through once more in full." * 40
OPEN_FORM = "EXTRACTION: x\nESI ALGORITHM: x\nANSWER:"
"""All three sections and no level: what a bonus for form or brevity pays most without an answer."""

_MARGIN = 1e-9
REFERENCE = "cost-minimal"


@dataclass(frozen=True)
class PolicyValue:
    """What one policy earns.

    Missing: `expected_reward` and `gap` None where the reward cannot score its texts; `break_even_skill` None for a
    policy that looks at the patient, and where even a perfect reader earns no more.

    Attributes:
        name: `always-3`, `no-answer`, `hedge`, ... or `honest`, `cost-minimal`, `oracle`.
        degenerate: whether it never looks at the patient.
        expected_reward: mean over the training mix.
        gap: that minus what the cost-minimal policy earns with the same kind of text.
        break_even_skill: lowest skill from 0.20 on from which a reader who answers what it sees earns more.
    """

    name: str
    degenerate: bool
    expected_reward: float | None
    gap: float | None
    break_even_skill: float | None

    def row(self) -> dict[str, object]:
        """Return plain JSON values."""
        return {
            "name": self.name,
            "expected_reward": None if self.expected_reward is None else round(self.expected_reward, 6),
            "degenerate": self.degenerate,
            "gap": None if self.gap is None else round(self.gap, 6),
            "break_even_skill": self.break_even_skill,
        }


def policy_values(subject: Subject, signal: SignalModel) -> tuple[PolicyValue, ...]:
    """Return every policy, those that never look first; decisions are paid in the text that pays them best.

    Policies of decisions (always k, random, honest, cost-minimal, oracle) take the outcome table plus the best pay for
    the text, so that no difference between them is one of wording; no answer likewise. Policies of text (hedge,
    copy-keywords, longest, shortest, format-only) are written out and paid on the shipped cases.
    """
    table = paid_table(subject)
    reader = {skill: _reader_reward(table, signal, skill) for skill in _ladder()}
    reference = mean_value(table, as_policy(cost_optimum(signal)), signal, training=True)
    found = []
    for name, policy in _decisions(signal).items():
        found.append(_value(name, True, mean_value(table, policy, signal, training=True), reference, reader))
    for name, texts in _texts(signal).items():
        found.append(_value(name, True, _text_reward(subject, signal, texts), reference, reader))
    for name, columns in (("honest", np.arange(5)), (REFERENCE, cost_optimum(signal))):
        found.append(
            _value(name, False, mean_value(table, as_policy(columns), signal, training=True), reference, reader)
        )
    best = float((signal.training_mix() * np.diag(table[:, :5])).sum())
    found.append(_value("oracle", False, best, reference, reader))
    return tuple(found)


def paid_table(subject: Subject) -> np.ndarray:
    """Return the outcome table plus what the best text adds: for an answer any of three forms, for none any of three.

    Shapes: (5, 6).
    """
    answered, silent = text_pay(subject)
    extra = np.array([answered] * 5 + [silent])
    return subject.table + extra


def text_pay(subject: Subject) -> tuple[float, float]:
    """Return the most that a text adds over the outcome table, with an answer and without one."""
    answered = [AuditCase.honest, AuditCase.shortest, lambda case: f"ANSWER: ESI {case.level}"]
    silent = [lambda case: case.body, lambda case: "", lambda case: OPEN_FORM]
    return _best_extra(subject, answered, None), _best_extra(subject, silent, NO_ANSWER)


def _best_extra(subject: Subject, writers: Sequence, column: int | None) -> float:
    cases = audit_cases()
    best = 0.0
    for write in writers:
        paid = subject.pay(cases, [write(case) for case in cases])
        extra = [
            value - subject.table[case.level - 1, case.level - 1 if column is None else column]
            for case, value in zip(cases, paid, strict=True)
            if value is not None and not _ruled(subject, case)
        ]
        if extra:
            best = max(best, float(np.mean(extra)))
    return best


def _ruled(subject: Subject, case: AuditCase) -> bool:
    """Return whether a rule term pays by what the note says, which is no pay for the text."""
    rules = subject.spec.rules if subject.spec is not None else ()
    return any(rule.trigger(case.note, case.findings) for rule in rules)


def _ladder() -> list[float]:
    return [percent / 100 for percent in range(20, 100)]


def _reader_reward(table: np.ndarray, signal: SignalModel, skill: float) -> float:
    at = signal.at(skill)
    return mean_value(table, np.eye(6)[:5], at, training=True)


def _value(
    name: str, degenerate: bool, reward: float | None, reference: float, reader: dict[float, float]
) -> PolicyValue:
    if reward is None:
        return PolicyValue(name, degenerate, None, None, None)
    beaten = [skill for skill, earned in reader.items() if earned > reward + _MARGIN] if degenerate else []
    return PolicyValue(name, degenerate, reward, reward - reference, min(beaten) if beaten else None)


def _decisions(signal: SignalModel) -> dict[str, np.ndarray]:
    """Return policies that answer without looking. Shapes: (5, 6) each, rows signals."""
    always = {f"always-{level}": as_policy(np.full(5, level - 1)) for level in LEVELS}
    uniform = np.tile(np.array([0.2] * 5 + [0.0]), (5, 1))
    return {**always, "no-answer": as_policy(np.full(5, NO_ANSWER)), "random": uniform}


def _texts(signal: SignalModel) -> dict[str, list[str]]:
    """Return policies of text: one completion for each shipped case, none of which knows the level."""
    usual = int(signal.training_mix().argmax()) + 1
    other = usual + 1 if usual < 5 else usual - 1
    low, high = min(usual, other), max(usual, other)
    texts: dict[str, list[str]] = {
        "hedge": [], "copy-keywords": [], "longest": [], "shortest": [], "format-only": [],
    }  # fmt: skip
    for case in audit_cases():
        texts["hedge"].append(f"{case.body}\nANSWER: ESI {low}-{high}")
        texts["copy-keywords"].append(f"EXTRACTION: {case.note}\nESI ALGORITHM: {case.note}\nANSWER: ESI {usual}")
        texts["longest"].append(f"{case.body}{PADDING}\nANSWER: ESI {usual}")
        texts["shortest"].append(f"ANSWER: ESI {usual}")
        texts["format-only"].append(OPEN_FORM)
    return texts


def _text_reward(subject: Subject, signal: SignalModel, texts: list[str]) -> float | None:
    """Return the mean over the training mix: cases of one level count equally, levels by their share.

    Cases that set a rule off are left out, as they are of the table that the other policies are paid by.
    """
    cases = audit_cases()
    paid = subject.pay(cases, texts)
    mix = signal.training_mix()
    total = 0.0
    for level in LEVELS:
        of_level = [(case, v) for case, v in zip(cases, paid, strict=True) if case.level == level and v is not None]
        values = [v for case, v in of_level if not _ruled(subject, case)] or [v for _, v in of_level]
        if not values and mix[level - 1] > 0:
            return None
        total += float(mix[level - 1]) * (float(np.mean(values)) if values else 0.0)
    return total


def winners(subject: Subject, signal: SignalModel) -> tuple[PolicyValue, ...]:
    """Return the degenerate policies that earn more than the cost-minimal one."""
    least = _MARGIN + subject.noise  # of one pay; the means compared here are steadier by far
    return tuple(v for v in policy_values(subject, signal) if v.degenerate and v.gap is not None and v.gap > least)


def winning_skills(subject: Subject, signal: SignalModel) -> tuple[float, ...]:
    """Return the skills 0.50-0.90 at which answering without looking out-earns the cost-minimal policy."""
    table = paid_table(subject)
    texts = [_text_reward(subject, signal, completions) for completions in _texts(signal).values()]
    written = max((reward for reward in texts if reward is not None), default=-np.inf)  # the same at every skill
    found = []
    for skill in SKILLS:
        at = signal.at(skill)
        reference = mean_value(table, as_policy(cost_optimum(at)), at, training=True)
        best = max(mean_value(table, policy, at, training=True) for policy in _decisions(at).values())
        if max(best, written) > reference + _MARGIN + subject.noise:
            found.append(skill)
    return tuple(found)
