"""Simulated paths beside a real run: the run's own windows, the one scalar that is fitted, and rank correlations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from triagelab.errors import BadInputError
from triagelab.rewards.audit.dynamics import simulate
from triagelab.rewards.audit.dynamics_path import Path
from triagelab.rewards.audit.groups_advantage import belief_policy
from triagelab.rewards.audit.signal import SignalModel
from triagelab.rewards.audit.subject import Subject

WINDOW = 25
RATES = tuple(0.01 * 2 ** (step / 2) for step in range(13))
"""Rates that are tried: 0.01 to 0.64, two a doubling."""

SEEDS = 4
_NAMES = ("exact", "answers 1", "answers 2", "answers 3", "answers 4", "answers 5", "no answer")


@dataclass(frozen=True)
class RealCurve:
    """A real run's completions in windows of steps.

    Attributes:
        first: first step of each window. Shapes: (n,).
        window: steps in a window; the last one may be short.
        shares: exact, answers 1-5 and none, shares of the completions. Shapes: (n, 7).
        counts: completions in each window. Shapes: (n,).
    """

    first: np.ndarray
    window: int
    shares: np.ndarray
    counts: np.ndarray


def real_curve(
    steps: Sequence[int], levels: Sequence[int], predicted: Sequence[int | None], *, window: int = WINDOW
) -> RealCurve:
    """Return a run's training completions in windows of steps; windows without any are left out.

    Args:
        predicted: answers 1-5; None is no answer.

    Raises: BadInputError where there is no completion, or a window below 1.
    """
    if not len(steps) or not len(steps) == len(levels) == len(predicted):
        raise BadInputError("completions", len(steps), "steps, levels and answers of the same number, at least 1")
    if window < 1:
        raise BadInputError("window", window, "1 or more")
    answer = np.array([6 if said is None else int(said) for said in predicted])
    seen = np.column_stack([answer == np.asarray(levels), *(answer == column for column in range(1, 7))])
    at = np.asarray(steps) // window
    kept, place, counts = np.unique(at, return_inverse=True, return_counts=True)
    shares = np.zeros((len(kept), 7))
    np.add.at(shares, place, seen)
    return RealCurve(kept * window, window, shares / counts[:, None], counts)


def path_shares(paths: Sequence[Path], real: RealCurve) -> np.ndarray:
    """Return the same windows of simulated paths, their mean. Shapes: (n, 7) as `RealCurve.shares`."""
    steps = np.concatenate([path.steps for path in paths])
    shares = np.concatenate([np.column_stack([path.exact, path.mix, path.no_answer]) for path in paths])
    windows = [(steps >= first) & (steps < first + real.window) for first in real.first]
    return np.array([shares[inside].mean(axis=0) for inside in windows])


def simulate_like(
    subject: Subject, signal: SignalModel, real: RealCurve, *, rate: float, seeds: int = SEEDS, **options: Any
) -> np.ndarray:
    """Return the windows of `seeds` simulated trainings of the run's length, on what training shows."""
    steps = int(real.first[-1]) + real.window
    paths = [
        simulate(subject, signal, steps=steps, rate=rate, seed=seed, shown="training", **options)
        for seed in range(seeds)
    ]
    return path_shares(paths, real)


def start_skill(exact: float, prior: Sequence[float], *, greedy: bool = False) -> float:
    """Return the skill, to 0.01, at which a policy that answers as it believes is right this often on the patients.

    Args:
        exact: of the start, on patients with this level mix.
        greedy: `exact` is of the most probable answer, as an evaluation gives it, not of sampled ones.
    """
    skills = [percent / 100 for percent in range(20, 100)]

    def right(skill: float) -> float:
        signal = SignalModel(tuple(prior), skill)
        policy = belief_policy(signal)
        chosen = np.eye(6)[policy.argmax(axis=1)] if greedy else policy
        return float(np.trace((signal.joint() @ chosen)[:, :5]))

    return min(skills, key=lambda skill: abs(right(skill) - exact))


def fit_rate(
    subject: Subject,
    signal: SignalModel,
    real: RealCurve,
    *,
    rates: Sequence[float] = RATES,
    seeds: int = SEEDS,
    **options: Any,
) -> tuple[float, float]:
    """Return the rate whose paths come nearest to a real run, and their mean absolute distance in shares.

    Compared are the changes from the first window, so that a start that the model gets wrong does not decide. Fit on
    one preset and test on the others: nothing else of the simulation is to be fitted.
    """

    def distance(rate: float) -> float:
        guess = simulate_like(subject, signal, real, rate=rate, seeds=seeds, **options)
        return float(np.abs((guess - guess[0]) - (real.shares - real.shares[0])).mean())

    errors = [distance(rate) for rate in rates]
    best = int(np.argmin(errors))
    return rates[best], errors[best]


def agreement(guess: np.ndarray, real: RealCurve) -> dict[str, float | None]:
    """Return the rank correlation over the windows of exact and of each answer's share. Shapes: guess (n, 7).

    Missing: None where either side does not vary, or there are fewer than 3 windows.
    """
    return {name: rank_correlation(guess[:, at], real.shares[:, at]) for at, name in enumerate(_NAMES)}


def rank_correlation(one: Sequence[float] | np.ndarray, other: Sequence[float] | np.ndarray) -> float | None:
    """Return Spearman's rank correlation, ties sharing their mean rank.

    Missing: None for fewer than 3 pairs, or where either side does not vary.
    """
    first, second = _ranks(np.asarray(one, dtype=float)), _ranks(np.asarray(other, dtype=float))
    if len(first) < 3 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return float(np.corrcoef(first, second)[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    ordered = np.sort(np.round(values, 12))
    low = np.searchsorted(ordered, np.round(values, 12), side="left")
    return (low + np.searchsorted(ordered, np.round(values, 12), side="right") - 1) / 2
