"""Whether the time of a reset or a step tells the truth, beyond what the length of the visible text explains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from triagelab.envs.check.lab import Failed, Lab
from triagelab.envs.check.policy import Suite
from triagelab.seeding import stream

if TYPE_CHECKING:
    from triagelab.envs.check.leaks import Probe

REPEATS = 5
"""Times each call is timed in a round, all cases in turn; the fastest counts, for noise only ever adds."""
ROUNDS = 3
"""Rounds that must all agree before time is said to tell."""
PERMUTATIONS = 1000
SURE = 0.002
EFFECT = 0.25
"""Least difference between two truths, as a share of the median time, that counts."""
LEAST_SECONDS = 20e-6
"""Differences below this cannot be seen through any network."""
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
    agreeing: dict[str, list[tuple[str, float]]] = {}
    calls = 2 if lab.policy.probes else 1
    for turn in range(ROUNDS):
        for call, seconds in zip(("reset", "step"), _timed(lab, chosen, calls), strict=False):
            if (found := _verdict(seconds, labels, sizes, turn)) is not None:
                agreeing.setdefault(call, []).append(found)
        if not any(len(found) == turn + 1 for found in agreeing.values()):
            return f"times of resets{' and steps' if calls > 1 else ''} do not tell the {name}"
    for call, found in agreeing.items():
        if len(found) == ROUNDS and len({slowest for slowest, _ in found}) == 1:
            raise Failed(f"{suite.name}: time of a {call} tells the {name}: {found[0][0]} takes longest, "
                         f"{min(effect for _, effect in found):.0%} of the median more than the fastest")  # fmt: skip
    return f"times do not tell the {name} in {ROUNDS} rounds"


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
    real = _between(ranks, labels, names)
    rng = stream("envs.check.timing", 0, turn, len(labels))
    hits = sum(_between(ranks, rng.permutation(labels), names) >= real for _ in range(PERMUTATIONS))
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


def _between(ranks: np.ndarray, labels: np.ndarray, names: Any) -> float:
    middle = ranks.mean()
    return float(sum((labels == one).sum() * (ranks[labels == one].mean() - middle) ** 2 for one in names))
