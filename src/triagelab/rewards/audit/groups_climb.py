"""Which answers training climbs to once a group's advantages have been scaled.

Dividing by a group's own deviation leaves no fixed table to maximise: what an answer is worth depends on what the rest
of its group answered. Two things can still be computed, and both are here.

`stable_answers`: near a pure answer k nearly every group is k throughout and teaches nothing; the rest holds one
deviator j, whose advantage is sign(R[t, j] - R[t, k]) (G - 1) / sqrt(G), however large the difference. So j gains
ground where the truths that prefer it are more *probable* than those that prefer k. Under group scaling the answers at
rest are those that no other answer beats by majority of belief: for rewards with one peak the median of the belief, not
its cheapest answer. Unscaled (and by batch) they are the answers of greatest expected reward.

`climb`: where the expected update goes from the policy that SFT leaves, each signal by itself: logits move by the
expected advantage E[A | s, a], 200 times. Plain policy gradient moves them by pi(a | s) times that: the same resting
points, much slower near them. A bias shared by all signals is left to `dynamics`.
"""

from __future__ import annotations

import numpy as np

from triagelab.errors import BadInputError
from triagelab.rewards.audit.groups_advantage import (
    LARGEST_EXACT,
    advantage_given,
    advantage_mean,
    belief_policy,
    chances,
    compositions,
)
from triagelab.rewards.audit.optimum import best_columns
from triagelab.rewards.audit.signal import SignalModel
from triagelab.rewards.spec import ScaleRewards

CLIMB_STEPS = 200
_RATE = 1.0


class ExpectedAdvantage:
    """Expected advantages of a table under one scaling, for one policy after another.

    What a group of given answers earns does not depend on the policy, so it is computed once.

    Raises: BadInputError for a group above 16 under group scaling: its answers cannot be enumerated.
    """

    def __init__(self, table: np.ndarray, group: int, scale: ScaleRewards, *, noise: float = 0.0) -> None:
        if scale == "group" and not 2 <= group <= LARGEST_EXACT:
            raise BadInputError("group", group, f"2 to {LARGEST_EXACT}, for exact expectations under group scaling")
        self.table, self.group = table, group
        self.scale: ScaleRewards = scale
        if scale == "group":
            given = advantage_given(table, compositions(group - 1)[0], scale, noise=noise)
            self._given = given.transpose(1, 0, 2).reshape(-1, 30)

    def __call__(self, policy: np.ndarray, spread: float | None = None) -> np.ndarray:
        """Return E[A | t, s, a]. Shapes: policy (5, 6) rows signals -> (5, 5, 6) by truth, signal, answer."""
        if self.scale != "group":
            return advantage_mean(self.table, policy, self.group, self.scale, spread=spread)
        return (chances(policy, self.group - 1) @ self._given).reshape(-1, 5, 6).transpose(1, 0, 2)


def stable_answers(table: np.ndarray, signal: SignalModel, scale: ScaleRewards) -> tuple[tuple[int, ...], ...]:
    """Return the columns at rest for each signal, under training's beliefs: no single deviator gains from leaving them.

    Missing: an empty tuple is a signal at which every answer is beaten by another (a cycle of majorities).
    """
    better = table[:, :, None] - table[:, None, :]
    gain = np.sign(np.round(better, 9)) if scale == "group" else better
    lead = np.einsum("st,tjk->sjk", signal.beliefs(training=True), gain)
    rest = (lead <= 1e-9).all(axis=1)
    return tuple(tuple(int(column) for column in np.flatnonzero(row)) for row in rest)


def climb(
    table: np.ndarray,
    signal: SignalModel,
    *,
    group: int = 8,
    scale: ScaleRewards = "group",
    start: np.ndarray | None = None,
) -> np.ndarray:
    """Return the most probable column per signal after 200 expected updates from the policy that SFT leaves.

    Without a group's own deviation the end is known: the answer of greatest expected reward. Shapes: (5,).
    """
    beliefs = signal.beliefs(training=True)
    if scale != "group":
        return best_columns(table, beliefs)
    expected = ExpectedAdvantage(table, group, scale)
    policy = belief_policy(signal) if start is None else start
    logits = np.log(np.maximum(policy, 1e-12))
    for _ in range(CLIMB_STEPS):
        logits = logits + _RATE * np.einsum("st,tsa->sa", beliefs, expected(policy))
        logits -= logits.max(axis=1, keepdims=True)
        policy = np.exp(logits)
        policy /= policy.sum(axis=1, keepdims=True)
    return policy.argmax(axis=1)
