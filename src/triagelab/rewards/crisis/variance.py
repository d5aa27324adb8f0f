"""How much each verifier varies over completions of one state: what a group-relative method has to learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, pvariance

from triagelab.rewards.crisis.preset import CrisisPreset
from triagelab.rewards.crisis.score import score_crisis
from triagelab.rewards.crisis.scripted import scripted
from triagelab.rewards.crisis.states import StateKey

TOTAL = "total"
SAME = 1e-12
"""Variance at or below which a group is constant."""


@dataclass(frozen=True, slots=True)
class VarianceRow:
    """One verifier, or the total, under one reward.

    Attributes:
        variance: mean over the states of the variance within a group. `constant`: share of states with none.
        low, high: least and greatest value over everything that was scored.
        states: number of states.
    """

    preset: str
    verifier: str
    variance: float
    constant: float
    low: float
    high: float
    states: int

    def row(self) -> dict[str, object]:
        """Return plain JSON values."""
        shares = {"variance": round(self.variance, 6), "constant": round(self.constant, 4)}
        bounds = {"low": round(self.low, 4), "high": round(self.high, 4), "states": self.states}
        return {"preset": self.preset, "verifier": self.verifier, **shares, **bounds}


def group_values(preset: CrisisPreset, key: StateKey, completions: Sequence[str]) -> dict[str, list[float]]:
    """Return the value of each verifier, and the total, over the completions of one state."""
    found: dict[str, list[float]] = {}
    for text in completions:
        scored = score_crisis(preset, key, text)
        for name, term in scored.terms.items():
            if term.value is not None:
                found.setdefault(name, []).append(term.value)
        if scored.total is not None:
            found.setdefault(TOTAL, []).append(scored.total)
    return found


def verifier_variance(
    preset: CrisisPreset, keys: Sequence[StateKey], completions: Mapping[StateKey, Sequence[str]] | None = None
) -> tuple[VarianceRow, ...]:
    """Return a row a verifier and one for the total, in the order of the reward.

    Args:
        keys: states. completions: a group for each; by default the scripted ones.
    """
    groups: dict[str, list[list[float]]] = {}
    for key in keys:
        texts = list(scripted(key).values()) if completions is None else completions[key]
        for name, values in group_values(preset, key, texts).items():
            groups.setdefault(name, []).append(values)
    return tuple(_row(preset.name, name, values) for name, values in groups.items())


def _row(preset: str, name: str, groups: Sequence[Sequence[float]]) -> VarianceRow:
    spread = [pvariance(values) for values in groups]
    every = [value for values in groups for value in values]
    constant = sum(value <= SAME for value in spread) / len(spread)
    return VarianceRow(preset, name, fmean(spread), constant, min(every), max(every), len(groups))


def variance_lines(rows: Sequence[VarianceRow]) -> list[str]:
    """Return the table as lines of Markdown."""
    lines = ["| reward | verifier | variance within a group | states without any | least | most |"]
    lines.append("|---|---|---:|---:|---:|---:|")
    for row in rows:
        numbers = f"{row.variance:.4f} | {row.constant:.0%} | {row.low:.2f} | {row.high:.2f}"
        lines.append(f"| {row.preset} | {row.verifier} | {numbers} |")
    return lines


__all__ = ["TOTAL", "VarianceRow", "group_values", "variance_lines", "verifier_variance"]
