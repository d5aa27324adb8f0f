"""Whether the time of a reset or a step tells the truth, beyond what the length of the visible text explains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from triagelab.envs.check.lab import Failed, Lab
from triagelab.envs.check.policy import Suite
from triagelab.seeding import stream

if TYPE_CHECKING:
    from triagelab.envs.check.leaks import Probe

REPEATS = 5
"""Times each call is timed in a round, all cases in turn; the fastest counts, for noise only ever adds."""
ROUNDS = 3
AGREE = 2
"""Rounds that must agree on the slowest truth before time is said to tell."""
PERMUTATIONS = 2000
SURE = 0.005
EFFECT = 0.25
"""Least difference between two truths, as a share of the median time, that counts."""
LEAST_SECONDS = 100e-6
"""Differences below this drown in what the same call takes over loopback from one time to the next."""
OF_EACH = 3
"""Cases of a truth below which it is left out."""


def slow_truth(lab: Lab, suite: Suite, probes: Sequence[Probe]) -> str:
    """Return one line on times. Raises: Failed where resets or steps take longer for one truth than for another."""
    name = next(iter(probes[0].truth))
    truths = np.array([str(probe.truth.get(name)) for probe in probes])
    kept = [truth for truth in sorted(set(truths)) if (truths == truth).sum() >= OF_EACH]
    if len(kept) < 2:
        return f"too few cases of each {name} to judge times"
    chosen = [probe for probe, truth in zip(probes, truths, strict=True) if truth in kept]
    labels = np.array([str(probe.truth.get(name)) for probe in chosen])
    sizes = np.array([float(probe.size) for probe in chosen])
    slowest: dict[str, list[str]] = {}
    calls = ("reset", "step") if lab.policy.probes else ("reset",)
    for turn in range(ROUNDS):
        for call, seconds in zip(calls, _timed(lab, chosen, len(calls)), strict=True):
            if (found := _verdict(seconds, labels, sizes, turn)) is None:
                continue
            slowest.setdefault(call, []).append(found[0])
            if slowest[call].count(found[0]) == AGREE:
                raise Failed(
                    f"{suite.name}: time of a {call} tells the {name}: {found[0]} takes longest, {found[1]:.0%} of the "
                    "median more than the fastest"
                )
        if turn == ROUNDS - AGREE and not slowest:
            break
    return f"times of {' and '.join(calls)} do not tell the {name}"


def _timed(lab: Lab, probes: Sequence[Probe], calls: int) -> list[np.ndarray]:
    """Return the fastest time of each call for each case. Shapes: `calls` arrays, one number a case."""
    fastest = [np.full(len(probes), np.inf) for _ in range(calls)]
    with lab.session() as session:
        for _ in range(REPEATS):
            for place, probe in enumerate(probes):
                fastest[0][place] = min(fastest[0][place], session.reset(probe.case.options).seconds)
                if calls > 1:
                    fastest[1][place] = min(fastest[1][place], session.step(lab.policy.probes[0]).seconds)
    return fastest


def _verdict(seconds: np.ndarray, labels: np.ndarray, sizes: np.ndarray, turn: int) -> tuple[str, float] | None:
    """Return (slowest truth, difference as a share of the median) where time goes along with the truth, else None."""
    median = float(np.median(seconds))
    rest = seconds - _explained(seconds, sizes)
    names = np.unique(labels)
    middles = {str(one): float(np.median(rest[labels == one])) for one in names}
    slowest = max(middles, key=lambda one: middles[one])
    spread = middles[slowest] - min(middles.values())
    if spread < max(EFFECT * median, LEAST_SECONDS):
        return None
    ranks = np.argsort(np.argsort(rest)).astype(float)
    real = _furthest(ranks, labels, names)
    rng = stream("envs.check.timing", 0, turn, len(labels))
    hits = sum(_furthest(ranks, rng.permutation(labels), names) >= real for _ in range(PERMUTATIONS))
    return (slowest, spread / median) if (hits + 1) / (PERMUTATIONS + 1) < SURE else None


def _explained(seconds: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return what the length of the text explains of the time, by a line through the medians of both halves."""
    order = np.argsort(sizes)
    low, high = order[: len(order) // 2], order[(len(order) + 1) // 2 :]
    step = float(np.median(sizes[high]) - np.median(sizes[low]))
    if step <= 0:
        return np.zeros_like(seconds)
    slope = max(0.0, float(np.median(seconds[high]) - np.median(seconds[low])) / step)
    return slope * (sizes - np.median(sizes))


def _furthest(ranks: np.ndarray, labels: np.ndarray, names: np.ndarray) -> float:
    """Return how far the mean rank of any truth is from the middle, in units that allow for its number of cases."""
    middle = ranks.mean()
    groups = [ranks[labels == one] for one in names]
    return max(float(abs(group.mean() - middle) * np.sqrt(group.size)) for group in groups)
