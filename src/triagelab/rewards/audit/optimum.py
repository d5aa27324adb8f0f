"""The answers that a reward makes worth giving, and what they cost the patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from triagelab.rewards.audit.signal import SignalModel

NO_ANSWER = 5
"""Column of no answer in every (5, 6) table."""

SKILLS = tuple(round(0.50 + 0.05 * step, 2) for step in range(9))
"""Skills at which every reward is looked at: 0.50, 0.55 ... 0.90."""

TOLERANCE = 1.10
"""A policy may cost this many times the cost-minimal one before it counts as the wrong one."""

_TIE = 1e-9
_ROUNDING = 1e-6
"""Of a billionth, so 1e-15: a double's own error on values that cancel."""


@dataclass(frozen=True)
class Outcome:
    """What a policy does to the patients of a signal model.

    Attributes:
        skill: of the signal.
        answers: answer to each signal 1-5; None is no answer.
        exact, within_one, under, over, no_answer: shares of the patients; no answer is none of the first four.
        cost: mean cost a patient, under the matrix of the signal model.
        cost_ratio: that cost over the cost-minimal policy's, each above what right answers cost.
    """

    skill: float
    answers: tuple[int | None, ...]
    exact: float
    within_one: float
    under: float
    over: float
    no_answer: float
    cost: float
    cost_ratio: float

    def row(self) -> dict[str, object]:
        """Return plain JSON values; an infinite ratio is null."""
        shares = ("exact", "within_one", "under", "over", "no_answer", "cost", "cost_ratio")
        figures = {name: _plain(float(getattr(self, name))) for name in shares}
        return {"skill": self.skill, "answers": list(self.answers), **figures}


def _plain(value: float) -> float | None:
    """Return a number for JSON; the ratio to a policy that costs nothing is none."""
    return round(value, 6) if np.isfinite(value) else None


def best_columns(values: np.ndarray, beliefs: np.ndarray) -> np.ndarray:
    """Return the column that pays most at each belief; ties go to the lower column (the more urgent answer).

    A tie is a gap of a billionth of what is at stake at that belief, whatever unit the values are in; what a row pays
    for every answer alike is no stake.

    Shapes: (5, 6) values of truth x answer, (n, 5) beliefs -> (n,) columns 0-5, 5 is no answer.
    """
    centred = values - values[:, :NO_ANSWER].mean(axis=1, keepdims=True)
    expected = beliefs @ centred
    best = expected.argmax(axis=1)[:, None]
    stake = (
        np.take_along_axis(beliefs @ np.abs(centred), best, axis=1) + _ROUNDING * np.abs(values[:, :NO_ANSWER]).max()
    )
    return (expected >= np.take_along_axis(expected, best, axis=1) - _TIE * stake).argmax(axis=1)


def reward_optimum(reward: np.ndarray, signal: SignalModel) -> np.ndarray:
    """Return the reward-maximal column for each signal, under the beliefs that training shows. Shapes: (5,)."""
    return best_columns(reward, signal.beliefs(training=True))


def cost_optimum(signal: SignalModel) -> np.ndarray:
    """Return the cost-minimal column for each signal, under the patients' own mix. Shapes: (5,)."""
    return best_columns(-signal.costs.table(), signal.beliefs())


def as_policy(columns: Sequence[int] | np.ndarray) -> np.ndarray:
    """Return the policy that answers each signal by one column. Shapes: (5,) -> (5, 6), rows signals."""
    return np.eye(6)[np.asarray(columns)]


def mean_value(values: np.ndarray, policy: np.ndarray, signal: SignalModel, *, training: bool = False) -> float:
    """Return the mean of `values` under a policy. Shapes: values (5, 6), policy (5, 6) rows signals."""
    return float(((signal.joint(training=training) @ policy) * values).sum())


def minimal_cost(signal: SignalModel) -> float:
    """Return the mean cost of the cost-minimal policy."""
    return mean_value(signal.costs.table(), as_policy(cost_optimum(signal)), signal)


def outcome_of(columns: Sequence[int] | np.ndarray, signal: SignalModel) -> Outcome:
    """Return what answering each signal by these columns does to the patients."""
    given = signal.joint() @ as_policy(columns)
    truth, answer = np.arange(5)[:, None], np.arange(5)[None, :]
    answered = given[:, :5]
    prices = signal.costs.table()
    cost = float((given * prices).sum())
    unavoidable = float(np.asarray(signal.prior) @ np.diag(prices))
    avoidable, least = cost - unavoidable, minimal_cost(signal) - unavoidable
    nothing = _TIE * float(np.abs(prices).max())  # whatever the unit of the costs
    return Outcome(
        skill=signal.skill,
        answers=tuple(None if column == NO_ANSWER else int(column) + 1 for column in columns),
        exact=float(answered[truth == answer].sum()),
        within_one=float(answered[np.abs(truth - answer) <= 1].sum()),
        under=float(answered[answer > truth].sum()),
        over=float(answered[answer < truth].sum()),
        no_answer=float(given[:, NO_ANSWER].sum()),
        cost=cost,
        cost_ratio=avoidable / least if least > nothing else (1.0 if avoidable <= nothing else float("inf")),
    )


def sound(outcome: Outcome) -> bool:
    """Return whether a policy stays within the tolerance of the cost-minimal one."""
    return outcome.cost_ratio < TOLERANCE - _TIE


def break_even_skill(reward: np.ndarray, signal: SignalModel) -> float | None:
    """Return the lowest skill from which on the reward's optimum stays within the tolerance, to 0.01.

    Missing: None where it is out of bounds at a skill of 0.99 still.
    """
    lowest: float | None = None
    for percent in range(99, 19, -1):
        at = signal.at(percent / 100)
        if not sound(outcome_of(reward_optimum(reward, at), at)):
            break
        lowest = at.skill
    return lowest
