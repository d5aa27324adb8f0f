"""What a policy can know of a patient: a noisy signal of the level, and the beliefs that follow from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from triagelab.clinical.costs import Costs, cost_matrix
from triagelab.errors import BadInputError, UnknownNameError

NEAR = 4.0
"""A miss by one level is this many times as likely as a miss by one level more."""

PRIORS = MappingProxyType(
    {
        "real": (0.06, 0.36, 0.48, 0.09, 0.01),
        "generated": (0.083, 0.260, 0.340, 0.191, 0.126),
        "uniform": (0.2, 0.2, 0.2, 0.2, 0.2),
    }
)
"""Level mixes by name, level 1 first: an emergency department's, the generator's own (train, n 4 000, seed 0), even."""


@dataclass(frozen=True)
class SignalModel:
    """A policy that sees a signal s of the true level t.

    P(s | t) is `skill` where s = t; the rest falls off by a factor of four with each level of distance. Where a real
    policy's confusion was measured, its rows take the formula's place.

    Attributes:
        prior: shares of levels 1-5 among the patients; sums to 1.
        skill: how often the signal is right, above 0 and at most 1.
        sampling: how many times a training case of each level is drawn.
        confusion: how a measured policy answers, counts or shares, rows truth 1-5, columns answer 1-5; None takes the
            formula. A level that it was never shown keeps the formula's row.
        costs: what a wrong answer costs these patients.
    """

    prior: tuple[float, ...] = PRIORS["real"]
    skill: float = 0.65
    sampling: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0, 1.0)
    confusion: tuple[tuple[float, ...], ...] | None = None
    costs: Costs = field(default_factory=cost_matrix)

    def at(self, skill: float) -> SignalModel:
        """Return the same patients seen with another skill, by the formula."""
        return replace(self, skill=skill, confusion=None)

    def likelihood(self) -> np.ndarray:
        """Return P(s | t). Shapes: (5, 5), rows t, columns s."""
        distance = np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
        miss = np.where(distance == 0, 0.0, NEAR ** -distance.astype(float))
        rows = miss / miss.sum(axis=1, keepdims=True) * (1.0 - self.skill)
        rows = rows + np.eye(5) * self.skill
        if self.confusion is None:
            return rows
        counts = np.asarray(self.confusion, dtype=float)
        shown = counts.sum(axis=1, keepdims=True)
        return np.where(shown > 0, counts / np.where(shown > 0, shown, 1.0), rows)

    def training_mix(self) -> np.ndarray:
        """Return the shares of levels 1-5 among what training shows. Shapes: (5,)."""
        drawn = np.asarray(self.prior) * np.asarray(self.sampling)
        return drawn / drawn.sum()

    def joint(self, *, training: bool = False) -> np.ndarray:
        """Return P(t, s) among the patients, or among what training shows. Shapes: (5, 5), rows t, columns s."""
        mix = self.training_mix() if training else np.asarray(self.prior)
        return mix[:, None] * self.likelihood()

    def beliefs(self, *, training: bool = False) -> np.ndarray:
        """Return P(t | s). Shapes: (5, 5), rows s, columns t. A signal that never comes has the mix itself."""
        joint = self.joint(training=training).T
        seen = joint.sum(axis=1, keepdims=True)
        mix = self.training_mix() if training else np.asarray(self.prior)
        return np.where(seen > 0, joint / np.where(seen > 0, seen, 1.0), mix)


def signal_model(
    prior: Sequence[float],
    skill: float,
    sampling: Sequence[float],
    costs: Costs,
    confusion: Sequence[Sequence[float]] | None = None,
) -> SignalModel:
    """Return the model; where a confusion was measured, with the share of right answers that it gives at this prior.

    Raises: BadInputError for a confusion that is no table of 5 x 5 counts with something in it.
    """
    model = SignalModel(tuple(prior), skill, tuple(sampling), costs=costs)
    if confusion is None:
        return model
    try:
        counts = np.asarray(confusion, dtype=float)
    except (TypeError, ValueError):  # rows of different lengths, or words
        counts = np.zeros(0)
    if counts.shape != (5, 5) or not np.isfinite(counts).all() or (counts < 0).any() or not counts.any():
        raise BadInputError("confusion", confusion, "5 x 5 counts of 0 or more, not all 0")
    measured = replace(model, confusion=tuple(tuple(float(counts[t, a]) for a in range(5)) for t in range(5)))
    right = float(np.trace(measured.joint()))
    return replace(measured, skill=round(right, 4))


def parse_prior(text: str) -> tuple[float, ...]:
    """Return a level mix from a name or from five numbers `a,b,c,d,e` (shares or percent; they are made to sum to 1).

    Raises: UnknownNameError for a name in no list, BadInputError for anything but five numbers of 0 or more.
    """
    if "," not in text:
        if text not in PRIORS:
            raise UnknownNameError("prior", text, PRIORS)
        return PRIORS[text]
    allowed = f"{', '.join(PRIORS)}, or five numbers a,b,c,d,e for levels 1-5, none below 0 and not all 0"
    try:
        shares = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise BadInputError("prior", text, allowed) from error
    return mix_of(shares, "prior", text, allowed)


def mix_of(shares: Sequence[float], field: str, shown: object, allowed: str) -> tuple[float, ...]:
    """Return shares that sum to 1. Raises: BadInputError for the field."""
    usable = len(shares) == 5 and all(share >= 0 for share in shares) and 0 < sum(shares) < float("inf")
    if not usable:
        raise BadInputError(field, shown, allowed)
    return tuple(share / sum(shares) for share in shares)


def check_skill(skill: float) -> float:
    """Return the skill. Raises: BadInputError where no signal can have it."""
    if not isinstance(skill, float | int) or not 0.2 <= skill <= 1.0:
        raise BadInputError("skill", skill, "0.2 (guessing) to 1 (always right)")
    return skill
