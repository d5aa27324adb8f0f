"""What scaling leaves of each class of patients, which groups teach nothing, and which terms never do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from triagelab.rewards.audit.groups_advantage import (
    batch_spread,
    belief_policy,
    chances,
    compositions,
    group_advantages,
)
from triagelab.rewards.audit.signal import SignalModel
from triagelab.rewards.spec import RewardSpec, ScaleRewards

DEAD_SKILLS = tuple(round(0.50 + 0.05 * step, 2) for step in range(10))
SIZES = (2, 4, 8, 16, 32)


@dataclass(frozen=True)
class GroupEffect:
    """What scaling leaves of one class of patients, in groups drawn from the start policy.

    Units: mean absolute advantage of a completion; shares of 1.

    Attributes:
        level: true level 1-5.
        in_training: share of the training mix.
        unscaled, scaled: mean absolute advantage, centred only and under the scaling.
        signal_unscaled, signal_scaled: share of all effective signal (share of the mix x mean absolute advantage).
        weight_lost: the factor that scaling took off this class, relative to level 3; 1 where it took none.
    """

    level: int
    in_training: float
    unscaled: float
    scaled: float
    signal_unscaled: float
    signal_scaled: float
    weight_lost: float

    def row(self) -> dict[str, object]:
        """Return plain JSON values."""
        return _rounded(asdict(self))


@dataclass(frozen=True)
class DeadGroups:
    """How often a group of one skill and size has one reward throughout and teaches nothing.

    Units: shares of training's groups; the three kinds sum to `dead`.

    Attributes:
        all_right: every answer right.
        all_wrong: no answer right, and all earn the same.
        tied: right and wrong answers earn the same.
    """

    skill: float
    size: int
    dead: float
    all_right: float
    all_wrong: float
    tied: float

    def row(self) -> dict[str, object]:
        """Return plain JSON values."""
        return _rounded(asdict(self))


def class_effects(
    table: np.ndarray, signal: SignalModel, policy: np.ndarray, *, group: int, scale: ScaleRewards
) -> tuple[GroupEffect, ...]:
    """Return how much signal each class of patients sends, unscaled and scaled, level 1 first.

    Under group scaling any factor on a whole row of the table cancels: the row's centred rewards and their deviation
    carry it alike.
    """
    joint = signal.joint(training=True)
    plain = _mean_size(table, signal, policy, group, "none")
    scaled = _mean_size(table, signal, policy, group, "group" if scale == "group" else "none")
    if scale == "batch":
        scaled = scaled / batch_spread(table, policy, joint)
    mix = signal.training_mix()
    lost = np.divide(plain, scaled, out=np.ones(5), where=scaled > 0)
    lost = lost / lost[2] if lost[2] > 0 else lost
    before, after = _shares(mix * plain), _shares(mix * scaled)
    rows = np.column_stack([mix, plain, scaled, before, after, lost]).tolist()
    return tuple(GroupEffect(level, *row) for level, row in enumerate(rows, start=1))


def dead_groups(
    table: np.ndarray,
    signal: SignalModel,
    *,
    policy: np.ndarray | None = None,
    sizes: Sequence[int] = SIZES,
    skills: Sequence[float] = DEAD_SKILLS,
) -> tuple[DeadGroups, ...]:
    """Return how many of training's groups have one reward throughout, exactly, for each skill and each size.

    Text terms left out: where texts differ in length a length bonus brings such groups to life, but teaches brevity.

    Args:
        policy: whose groups, at every skill; by default the policy's that SFT leaves at each.
    """
    # At its own skill a measured signal keeps its confusion.
    models = [signal if skill == signal.skill else signal.at(skill) for skill in skills]
    return tuple(
        _dead(table, model, belief_policy(model) if policy is None else policy, size)
        for model in models
        for size in sizes
    )


def constant_terms(spec: RewardSpec) -> tuple[str, ...]:
    """Return the names of terms that pay every completion for one patient the same, and so teach nothing.

    A group is one patient, so what depends on the patient alone is centred away: a table with equal columns, whether
    or not a rule's trigger is there, and no part that the text moves.
    """
    return tuple(
        term.name
        for term in spec.terms
        if term.text_range() == (0.0, 0.0)
        and all(np.ptp(term.table(triggered=triggered), axis=1).max() < 1e-12 for triggered in (False, True))
    )


def _dead(table: np.ndarray, signal: SignalModel, policy: np.ndarray, size: int) -> DeadGroups:
    joint = signal.joint(training=True)
    right = wrong = same = 0.0
    for truth in range(5):
        weight, row = joint[truth], np.round(table[truth], 9)
        other = np.delete(np.arange(6), truth)
        right += float(weight @ policy[:, truth] ** size)
        wrong += sum(
            float(weight @ policy[:, other[row[other] == paid]].sum(axis=1) ** size) for paid in set(row[other])
        )
        same += sum(float(weight @ policy[:, row == paid].sum(axis=1) ** size) for paid in set(row))
    return DeadGroups(signal.skill, size, same, right, wrong, max(same - right - wrong, 0.0))


def _mean_size(
    table: np.ndarray, signal: SignalModel, policy: np.ndarray, group: int, scale: ScaleRewards
) -> np.ndarray:
    """Return the mean absolute advantage of a completion by truth. Shapes: (5,)."""
    counts = compositions(group)[0]
    size = (np.abs(group_advantages(table, counts, scale)) * counts).sum(axis=2) / group
    return np.einsum("ts,sn,tn->t", signal.likelihood(), chances(policy, group), size)


def _shares(sizes: np.ndarray) -> np.ndarray:
    return sizes / sizes.sum() if sizes.sum() > 0 else sizes


def _rounded(values: dict[str, object]) -> dict[str, object]:
    return {name: round(value, 6) if isinstance(value, float) else value for name, value in values.items()}
