"""What the outcome table itself invites, whatever the policy believes: one small check a finding."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from triagelab.rewards.audit.finding import Finding, Severity
from triagelab.rewards.audit.optimum import NO_ANSWER, cost_optimum, outcome_of, reward_optimum
from triagelab.rewards.audit.policies import text_pay
from triagelab.rewards.audit.signal import SignalModel
from triagelab.rewards.audit.subject import Subject

_EPS = 1e-9
Check = Callable[[Subject, SignalModel], Iterator[Finding]]


def incentive_findings(subject: Subject, signal: SignalModel) -> tuple[Finding, ...]:
    """Return what each check finds, in a fixed order."""
    return tuple(finding for check in CHECKS for finding in check(subject, signal))


def silence_not_worst(subject: Subject, signal: SignalModel) -> Iterator[Finding]:
    """No answer must earn less than every answer, even where only the silent text is paid, whatever rule is set off."""
    _, silent = text_pay(subject)
    lead = silent - min(0.0, subject.text[0]) + _EPS
    for rule, table in {"": subject.table, **subject.triggered}.items():
        less = table[:, :NO_ANSWER] - table[:, [NO_ANSWER]]
        if (less > lead).all():
            continue
        truth, answer = np.unravel_index(int(less.argmin()), less.shape)
        yield Finding(
            "no-answer-not-worst",
            Severity.WARNING,
            "Some answer is worth no more than no answer: a policy that is unsure learns to say nothing.",
            f"{f'with {rule} set off, ' if rule else ''}{int((less <= lead).sum())} of 25 pairs; truth {truth + 1}, "
            f"answer {answer + 1} pays {table[truth, answer]:+.2f}, no answer {table[truth, NO_ANSWER]:+.2f}"
            f"{_with_text(silent)}",
            "Pay no answer less than the worst answer for every truth, and pay text bonuses only with an answer.",
        )
        return  # told once: the table comes before the rules


def action_without_cost(subject: Subject, signal: SignalModel) -> Iterator[Finding]:
    """An answer that is the least bad mistake for every other truth is where an unsure policy goes."""
    cheap = []
    for answer in range(5):
        others = [truth for truth in range(5) if truth != answer]
        best_wrong = {t: max(subject.table[t, b] for b in range(5) if b != t) for t in others}
        if all(subject.table[t, answer] >= best_wrong[t] - _EPS for t in others):
            pays = ", ".join(f"{subject.table[t, answer]:+.2f}" for t in others)
            cheap.append(f"answer {answer + 1} pays {pays} for truths {', '.join(str(t + 1) for t in others)}")
    if cheap:
        yield Finding(
            "action-without-cost",
            Severity.NOTE,
            "An answer is the cheapest mistake whatever the truth: it is where an unsure policy goes.",
            f"{'; '.join(cheap[:2])}{f'; and {len(cheap) - 2} more' if len(cheap) > 2 else ''}",
            "Make each answer dearer the further the truth is from it.",
        )


def free_zone(subject: Subject, signal: SignalModel) -> Iterator[Finding]:
    """Wrong answers further off that cost no more than nearer ones pay for not committing."""
    flat = [
        f"truth {truth + 1}: answer {far + 1} as {near + 1} ({subject.table[truth, far]:+.2f})"
        for truth, near, far in _outward()
        if abs(subject.table[truth, far] - subject.table[truth, near]) <= _EPS
    ]
    if flat:
        yield Finding(
            "free-zone",
            Severity.NOTE,
            "Being further off costs no more: within such a zone nothing is learnt about how wrong an answer is.",
            f"{len(flat)} of 12 steps outward are free; {'; '.join(flat[:3])}{'; ...' if len(flat) > 3 else ''}",
            "Let the penalty grow with each level of distance.",
        )


def not_monotone(subject: Subject, signal: SignalModel) -> Iterator[Finding]:
    """An answer further from the truth must not pay more than a nearer one on the same side."""
    worse = [
        f"truth {truth + 1}: answer {far + 1} pays {subject.table[truth, far]:+.2f}, answer {near + 1} "
        f"{subject.table[truth, near]:+.2f}"
        for truth, near, far in _outward(from_truth=True)
        if subject.table[truth, far] > subject.table[truth, near] + _EPS
    ]
    if worse:
        yield Finding(
            "not-monotone",
            Severity.NOTE,
            "An answer further from the truth pays more than a nearer one.",
            f"{len(worse)} of 20 steps outward; {'; '.join(worse[:3])}",
            "Order each row of the table: the right level first, then down with distance on both sides.",
        )


def urgency_pays(subject: Subject, signal: SignalModel) -> Iterator[Finding]:
    """One level too urgent must pay less than the right level."""
    truths = [t for t in range(1, 5) if subject.table[t, t - 1] >= subject.table[t, t] - _EPS]
    if truths:
        named = ", ".join(
            f"truth {t + 1}: {subject.table[t, t - 1]:+.2f} against {subject.table[t, t]:+.2f}" for t in truths
        )
        yield Finding(
            "urgency-pays",
            Severity.NOTE,
            "One level too urgent earns at least what the right level earns: the reward rises with urgency, not truth.",
            named,
            "Pay over-triage less than the right level for every truth.",
        )


def bonus_above_margin(subject: Subject, signal: SignalModel) -> Iterator[Finding]:
    """Text bonuses together must be smaller than the step from the right answer to the next best one."""
    spread = subject.text[1] - subject.text[0]
    margins = [subject.table[t, t] - max(subject.table[t, a] for a in range(5) if a != t) for t in range(5)]
    least = int(np.argmin(margins))
    if spread > _EPS and spread >= margins[least] - _EPS:
        yield Finding(
            "bonus-above-margin",
            Severity.NOTE,
            "Text alone can earn more than being right earns over the next best answer.",
            f"text moves the reward by up to {spread:.2f}; truth {least + 1}: right pays {margins[least]:.2f} more",
            "Lower the text bonuses below the smallest such step, or pay them only for the right answer.",
        )


def class_never_worth(subject: Subject, signal: SignalModel) -> Iterator[Finding]:
    """Every level should be the best answer at some belief, and where the cost-minimal policy gives it, at a signal."""
    for answer in range(5):
        if not _best_somewhere(subject.table, answer):
            yield Finding(
                "class-never-worth",
                Severity.NOTE,
                f"No belief makes answer {answer + 1} the best one.",
                f"even for a patient known to be level {answer + 1} another answer pays as much: "
                f"{subject.table[answer, answer]:+.2f} against {np.delete(subject.table[answer], answer).max():+.2f}",
                f"Pay the right answer for level {answer + 1} more than any other.",
            )
    given = set(reward_optimum(subject.table, signal).tolist())
    missed = sorted(set(cost_optimum(signal).tolist()) - given)
    if missed:
        shares = signal.prior
        named = ", ".join(f"{a + 1} ({shares[a]:.0%} of patients)" for a in missed)
        yield Finding(
            "class-never-answered",
            Severity.NOTE,
            f"At skill {signal.skill:g} the best-paid policy never answers a level that the cost-minimal one does.",
            f"never answered: {named}",
            "Raise the margin of that level, or lower the sampling weight of the level that takes its place.",
        )


def sampling_shifts(subject: Subject, signal: SignalModel) -> Iterator[Finding]:
    """Oversampling must not move the optimum to a dearer policy."""
    if len(set(signal.sampling)) == 1:
        return
    even = replace(signal, sampling=(1.0,) * 5)
    drawn = outcome_of(reward_optimum(subject.table, signal), signal)
    plain = outcome_of(reward_optimum(subject.table, even), even)
    if drawn.answers != plain.answers and drawn.cost > plain.cost + _EPS:
        yield Finding(
            "sampling-shifts-optimum",
            Severity.NOTE,
            "Drawing some levels more often moves the best answers to ones that cost the patients more.",
            f"weights {_list(signal.sampling)}: answers {answers(drawn.answers)}, cost {drawn.cost:.2f}; drawn evenly: "
            f"{answers(plain.answers)}, cost {plain.cost:.2f}",
            "Divide each row of the table by its sampling weight, as `triagelab design --weights` does.",
        )


def answers(given: tuple[int | None, ...]) -> str:
    """Return the answers to signals 1-5 as text, `-` for no answer."""
    return ",".join("-" if level is None else str(level) for level in given)


def _best_somewhere(table: np.ndarray, answer: int) -> bool:
    """Return whether some belief over truths makes the answer strictly better than every other column.

    The corner where the truth is that level settles nearly every case; else the best margin over all beliefs is a
    small linear programme.
    """
    others = np.delete(table, answer, axis=1)
    if table[answer, answer] > others[answer].max() + _EPS:
        return True
    from scipy.optimize import linprog

    # maximise m subject to belief @ (table[:, answer] - other) >= m, belief on the simplex
    gaps = table[:, [answer]] - others
    rows = np.hstack([-gaps.T, np.ones((gaps.shape[1], 1))])
    solved = linprog(
        c=[0.0] * 5 + [-1.0],
        A_ub=rows,
        b_ub=np.zeros(len(rows)),
        A_eq=[[1.0] * 5 + [0.0]],
        b_eq=[1.0],
        bounds=[(0.0, 1.0)] * 5 + [(None, None)],
    )
    return bool(solved.success and -solved.fun > _EPS)


def _outward(*, from_truth: bool = False) -> Iterator[tuple[int, int, int]]:
    """Yield (truth, near, far) for neighbouring answers on one side of the truth, `far` one step further out."""
    for truth in range(5):
        for side in (-1, 1):
            near = truth if from_truth else truth + side
            while 0 <= near + side < 5 and 0 <= near < 5:
                yield truth, near, near + side
                near += side


def _with_text(extra: float) -> str:
    return f" and up to {extra:.2f} more for its text" if extra > _EPS else ""


def _list(numbers: tuple[float, ...]) -> str:
    return ",".join(f"{number:g}" for number in numbers)


CHECKS: tuple[Check, ...] = (
    silence_not_worst,
    action_without_cost,
    free_zone,
    not_monotone,
    urgency_pays,
    bonus_above_margin,
    class_never_worth,
    sampling_shifts,
)
