"""What one group of GRPO makes of the rewards of its answers, exactly.

A group is one patient (truth t, signal s) and G answers drawn independently from the policy's row for s. Centring takes
the group's mean off, scaling divides by a deviation. An update moves an answer's logit by its probability times its
expected advantage, so the expected advantages are the reward table that training really follows.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import combinations

import numpy as np

from triagelab.errors import BadInputError
from triagelab.rewards.audit.signal import NEAR, SignalModel
from triagelab.rewards.spec import ScaleRewards
from triagelab.seeding import stream

EPSILON = 1e-4
"""Added to the deviation before dividing, as TRL does."""

LARGEST_EXACT = 16
"""Largest group whose answers are enumerated (15 504 ways); above it they are drawn."""

DRAWN = 20_000
"""Draws of the other answers of a larger group."""

START_CONFIDENCE = 0.9
START_SILENCE = 0.002
_ACTIONS = 6
_NO_VARIANCE = 1e-12
"""Rounding leaves about 1e-15 of a group of equal rewards, whose advantages are 0."""


def advantages(rewards_P_G: np.ndarray, scale: ScaleRewards) -> np.ndarray:
    """Return the advantages that TRL 1.16 computes: centred by group, divided by a sample deviation plus 1e-4.

    The deviation has ddof 1: of the group for `group`, of all rewards of the batch, not centred, for `batch`; `none`
    does not divide.

    Shapes: (prompts, group) -> (prompts, group).
    Missing: NaN is an unscorable completion: left out of mean and deviation, advantage 0. One scorable completion alone
    has no deviation and gets 0 where one is asked for.
    Source: trl/trainer/grpo_trainer.py, sum_then_normalize; trl/trainer/utils.py, nanstd.
    """
    rewards = np.asarray(rewards_P_G, dtype=float)
    there = ~np.isnan(rewards)
    known = np.where(there, rewards, 0.0)
    count = there.sum(axis=1, keepdims=True)
    centred = np.where(there, known - known.sum(axis=1, keepdims=True) / np.maximum(count, 1), 0.0)
    if scale == "none":
        return centred
    if scale == "group":
        squares, n = (centred**2).sum(axis=1, keepdims=True), count
    else:
        n = np.asarray(there.sum())
        squares = ((known - known.sum() / max(int(n), 1)) ** 2 * there).sum()
    deviation = np.sqrt(squares / np.maximum(n - 1, 1))
    return np.where(n > 1, centred / (deviation + EPSILON), 0.0)


@cache
def compositions(draws: int) -> tuple[np.ndarray, np.ndarray]:
    """Return every way to share `draws` answers over the 6 columns, with the log number of orders of each.

    Shapes: (n, 6) counts, (n,) logs; n is 792 for 7 draws.
    """
    slots = draws + _ACTIONS - 1
    bars = np.array(list(combinations(range(slots), _ACTIONS - 1)))
    edges = np.column_stack([np.full(len(bars), -1), bars, np.full(len(bars), slots)])
    counts = np.diff(edges, axis=1) - 1
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, draws + 1)))])
    return counts, log_factorial[draws] - log_factorial[counts].sum(axis=1)


def chances(policy: np.ndarray, draws: int) -> np.ndarray:
    """Return how likely each composition is under each row of a policy. Shapes: (s, 6) -> (s, n)."""
    counts, orders = compositions(draws)
    return np.exp(np.log(np.maximum(policy, 1e-300)) @ counts.T + orders)


def advantage_given(
    table: np.ndarray, others: np.ndarray, scale: ScaleRewards, *, noise: float = 0.0, spread: float | None = None
) -> np.ndarray:
    """Return the advantage of each answer given what the rest of its group answered.

    Shapes: table (5, 6), others (n, 6) counts of the other G - 1 answers -> (5, n, 6) by truth, others and own answer.

    Args:
        noise: deviation of what the text adds to a reward, independent of the answer; it widens a group's deviation.
        spread: deviation of the batch's rewards; needed for `batch`.
    """
    group = int(others[0].sum()) + 1
    # What a patient's row has in common is centred away; taken off first, it costs no precision.
    table = table - table.mean(axis=1, keepdims=True)
    total = (others @ table.T).T[:, :, None] + table[:, None, :]
    mean = total / group
    own = table[:, None, :] - mean
    if scale == "none":
        return own
    if scale == "batch":
        return own / (_spread(spread) + EPSILON)
    squares = (others @ (table**2).T).T[:, :, None] + (table**2)[:, None, :] - group * mean**2
    variance = np.maximum(squares, 0.0) / max(group - 1, 1)
    return np.where(variance < _NO_VARIANCE, 0.0, own / (np.sqrt(variance + noise**2) + EPSILON))


def group_advantages(
    table: np.ndarray, counts: np.ndarray, scale: ScaleRewards, *, noise: float = 0.0, spread: float | None = None
) -> np.ndarray:
    """Return the advantages inside groups of these answers. Shapes: table (5, 6), counts (n, 6) -> (5, n, 6).

    An answer that the group does not hold has a value, too, to be weighted by 0. Arguments as `advantage_given`.
    """
    group = int(counts[0].sum())
    centred = table[:, None, :] - (table @ counts.T)[:, :, None] / group
    if scale == "none":
        return centred
    if scale == "batch":
        return centred / (_spread(spread) + EPSILON)
    variance = (centred**2 * counts).sum(axis=2, keepdims=True) / max(group - 1, 1)
    return np.where(variance < _NO_VARIANCE, 0.0, centred / (np.sqrt(variance + noise**2) + EPSILON))


def effective_table(
    table: np.ndarray,
    policy_s: np.ndarray,
    group: int = 8,
    scale: ScaleRewards = "group",
    *,
    noise: float = 0.0,
    spread: float | None = None,
) -> np.ndarray:
    """Return the expected advantage of each answer for each truth, in groups drawn from one row of a policy.

    Exact up to groups of 16; larger ones under group scaling by 20 000 draws of the other answers (fixed seed).

    Shapes: table (5, 6), policy_s (6,) -> (5, 6).

    Args:
        noise: deviation of what the text adds, see `advantage_given`.
        spread: deviation of the batch's rewards, needed for `batch`.

    Raises: BadInputError for a group below 2.
    """
    _check_group(group)
    if scale != "group":
        return advantage_mean(table, policy_s[None], group, scale, spread=spread)[:, 0]
    if group <= LARGEST_EXACT:
        others = compositions(group - 1)[0]
        weight = chances(policy_s[None], group - 1)[0]
    else:
        others = stream("audit.groups", 0, group).multinomial(group - 1, policy_s / policy_s.sum(), size=DRAWN)
        weight = np.full(DRAWN, 1.0 / DRAWN)
    return np.einsum("n,tna->ta", weight, advantage_given(table, others, scale, noise=noise))


def advantage_mean(
    table: np.ndarray, policy: np.ndarray, group: int, scale: ScaleRewards, *, spread: float | None = None
) -> np.ndarray:
    """Return the expected advantages that need no enumeration (scale none or batch), for every row of a policy.

    Without a group's own deviation the other answers enter by their mean alone.

    Shapes: table (5, 6), policy (s, 6) -> (5, s, 6).
    """
    centred = table[:, None, :] - (table @ policy.T)[:, :, None]
    return centred * (1.0 - 1.0 / group) / (_spread(spread) + EPSILON if scale == "batch" else 1.0)


def batch_spread(table: np.ndarray, policy: np.ndarray, joint: np.ndarray, *, noise: float = 0.0) -> float:
    """Return the deviation of the rewards of a large batch. Shapes: policy (5, 6) rows signals, joint (5, 5)."""
    seen = joint @ policy
    mean = float((seen * table).sum())
    return float(np.sqrt(max((seen * table**2).sum() - mean**2, 0.0) + noise**2))


def sft_policy(confidence: float = START_CONFIDENCE, silence: float = START_SILENCE) -> np.ndarray:
    """Return a policy that imitates: signal s is answered by s with `confidence`, the rest falls off near s.

    Surer than `belief_policy` where the signal is weak: what a low temperature or long SFT leaves. `silence` is the
    share without an answer. Shapes: (5, 6), rows signals.

    Raises: BadInputError for a confidence outside 0 to 1.
    """
    if not 0 < confidence < 1 - silence:
        raise BadInputError("confidence", confidence, f"above 0, below {1 - silence:g}")
    distance = np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
    near = np.where(distance == 0, 0.0, NEAR ** -distance.astype(float))
    answers = near / near.sum(axis=1, keepdims=True) * (1 - confidence - silence) + np.eye(5) * confidence
    return np.column_stack([answers, np.full(5, silence)])


def belief_policy(signal: SignalModel, silence: float = START_SILENCE) -> np.ndarray:
    """Return a policy that answers at random as it believes: what SFT by likelihood leaves, sampled at temperature 1.

    The start of every simulation that is given none. Shapes: (5, 6), rows signals. `silence` is the share without an
    answer.
    """
    return np.column_stack([signal.beliefs() * (1 - silence), np.full(5, silence)])


def training_signal(signal: SignalModel, sampling: tuple[float, ...]) -> SignalModel:
    """Return the signal as a reward's own sampling shows it in training."""
    return replace(signal, sampling=sampling)


def _spread(spread: float | None) -> float:
    if spread is None:
        raise BadInputError("spread", spread, "the deviation of the batch's rewards, for scale batch")
    return spread


def _check_group(group: int) -> None:
    if not 2 <= group <= 1024:
        raise BadInputError("group", group, "2 to 1024")
