"""What GRPO's groups earned: which teach nothing and why, and which reward term the rest learn from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from triagelab.training.doctor.read import Rollouts

TIE = 1e-6
"""Rewards nearer than this are one and the same."""
TEXT_NAMES = ("format", "length", "len", "style", "structure", "think", "tag", "xml", "brevity", "verbos")


@dataclass(frozen=True)
class Groups:
    """Shares of the groups of one window.

    Attributes:
        n: groups with two or more scored completions.
        dead: every completion earns the same, so nothing is learnt; the next four split this share.
        right, wrong, tied, unknown: every answer right; every answer wrong; a mixture that ties; no gold level logged.
        same_answer: groups that give one and the same answer (or none) throughout and still differ in reward.
        terms: name -> share of the reward's variance within the live groups; they sum to about 1.
        scaled: the same where every live group counts alike, as with advantages divided by the group's deviation.
    """

    n: int
    dead: float
    right: float
    wrong: float
    tied: float
    unknown: float
    same_answer: float | None
    terms: dict[str, float] = field(default_factory=dict)
    scaled: dict[str, float] = field(default_factory=dict)

    def row(self) -> dict[str, Any]:
        """Return plain JSON values."""
        shares = {k: round(getattr(self, k), 4) for k in ("dead", "right", "wrong", "tied", "unknown")}
        same = None if self.same_answer is None else round(self.same_answer, 4)
        names = {name: round(share, 4) + 0.0 for name, share in self.terms.items()}
        return {"n": self.n, **shares, "same_answer": same, "terms": names}


def is_text(name: str) -> bool:
    """Return whether a term pays for how a completion looks, by its name."""
    return any(part in name.lower() for part in TEXT_NAMES)


def groups_of(rollouts: Rollouts, here: np.ndarray) -> Groups | None:
    """Return what the groups among the rows `here` earned; None where no completions are compared with each other."""
    here = here & np.isfinite(rollouts.reward)
    place = np.unique(rollouts.group[here], return_inverse=True)[1]
    sizes = np.bincount(place)
    several = sizes >= 2
    if not several.any():
        return None
    reward = rollouts.reward[here]
    low, high = _extremes(reward, place, len(sizes))
    dead = (high - low <= TIE) & several
    right, wrong, unknown = _outcomes(rollouts, here, place, sizes)
    n = int(several.sum())
    kinds = {
        "right": dead & right,
        "wrong": dead & wrong & ~right,
        "unknown": dead & unknown,
        "tied": dead & ~right & ~wrong & ~unknown,
    }
    terms, scaled = _term_shares(rollouts, here, place, several & ~dead)
    return Groups(
        n=n,
        dead=float(dead.sum() / n),
        same_answer=_same_answer(rollouts, here, place, several & ~dead, n),
        terms=terms,
        scaled=scaled,
        **{name: float(kind.sum() / n) for name, kind in kinds.items()},
    )


def _extremes(values: np.ndarray, place: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    low, high = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(low, place, values)
    np.maximum.at(high, place, values)
    return low, high


def _outcomes(
    rollouts: Rollouts, here: np.ndarray, place: np.ndarray, sizes: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return for each group whether all answers are right, all wrong, or that is unknown."""
    gold, given = rollouts.level[here], rollouts.predicted[here]
    known = np.bincount(place, weights=np.isfinite(gold) & np.isfinite(given)) == sizes
    hits = np.bincount(place, weights=gold == given)
    return known & (hits == sizes), known & (hits == 0), ~known


def _same_answer(rollouts: Rollouts, here: np.ndarray, place: np.ndarray, live: np.ndarray, n: int) -> float | None:
    given = rollouts.predicted[here]
    if not np.isfinite(given).all():
        return None
    low, high = _extremes(given, place, len(live))
    return float((live & (low == high)).sum() / n)


def _term_shares(
    rollouts: Rollouts, here: np.ndarray, place: np.ndarray, live: np.ndarray
) -> tuple[dict[str, float], dict[str, float]]:
    """Return each term's share of the variance within groups: its covariance with the reward over the reward's."""
    if not rollouts.terms or not live.any():
        return {}, {}
    reward = _centred(rollouts.reward[here], place)
    whole = np.bincount(place, weights=reward**2)
    pooled, alike = {}, {}
    for name, values in rollouts.terms.items():
        part = values[here]
        # A term that could not run paid nothing.
        shared = np.bincount(place, weights=_centred(np.where(np.isfinite(part), part, 0.0), place) * reward)
        pooled[name] = float(shared[live].sum() / whole[live].sum())
        alike[name] = float((shared[live] / whole[live]).mean())
    return pooled, alike


def _centred(values: np.ndarray, place: np.ndarray) -> np.ndarray:
    means = np.bincount(place, weights=values) / np.bincount(place)
    return values - means[place]


def scaling_of(rollouts: Rollouts) -> str | None:
    """Return what advantages were divided by, read off the advantages: group, none or batch; None is unknown."""
    here = np.isfinite(rollouts.reward) & np.isfinite(rollouts.advantage)
    if here.sum() < 16:
        return None
    place = np.unique(rollouts.group[here], return_inverse=True)[1]
    sizes = np.bincount(place)
    earned = np.sqrt(np.bincount(place, weights=_centred(rollouts.reward[here], place) ** 2) / np.maximum(1, sizes - 1))
    given = np.sqrt(
        np.bincount(place, weights=_centred(rollouts.advantage[here], place) ** 2) / np.maximum(1, sizes - 1)
    )
    live = (sizes >= 2) & (earned > 1e-2)
    if live.sum() < 4:
        return None
    if np.median(np.abs(given[live] - 1.0)) < 0.05:
        return "group"
    return "none" if np.median(np.abs(given[live] / earned[live] - 1.0)) < 0.02 else "batch"
