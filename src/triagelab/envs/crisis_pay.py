"""What an episode of crisis-v1 pays: the bounded sums of `step_pay`, told step by step or all at the end.

`steps` (the default) pays deaths and caught incidents when they happen, for then they can be seen. `LATE` parts come
with the last step: on the way they would tell that an act which was done was wrong. `end` pays all with the last step.
Both sum to the same return.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from triagelab.rewards.crisis.pay import COMPONENTS

BOUNDS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"survival": (-10.0, 0.0), "detection": (-1.0, 1.0), "safety": (-1.0, 0.0)}
)
"""Lowest and highest sum of each part over an episode: everybody lost; every incident caught; a hundred wrong acts."""
PAYS: tuple[str, ...] = ("steps", "end")
LATE: frozenset[str] = frozenset({"safety"})
"""Parts that are never paid before the last step."""


class Purse:
    """The pay of one episode."""

    def __init__(self, pay: str) -> None:
        self.pay = pay
        self.raw: dict[str, float] = dict.fromkeys(COMPONENTS, 0.0)
        self.paid: dict[str, float] = dict.fromkeys(COMPONENTS, 0.0)

    def add(self, parts: Mapping[str, float], *, last: bool) -> dict[str, float]:
        """Take what a step is worth in and return what is paid out with it, by part."""
        out: dict[str, float] = {}
        for name in COMPONENTS:
            self.raw[name] += parts[name]
            now = last or (self.pay == "steps" and name not in LATE)
            due = self.total(name) - self.paid[name] if now else 0.0
            self.paid[name] += due
            out[name] = due
        return out

    def total(self, name: str) -> float:
        """Return the bounded sum of one part so far."""
        low, high = BOUNDS[name]
        return min(high, max(low, self.raw[name]))


def return_range() -> tuple[float, float]:
    """Return the lowest and highest return of an episode."""
    return sum(low for low, _ in BOUNDS.values()), sum(high for _, high in BOUNDS.values())


def reward_range(pay: str) -> tuple[float, float]:
    """Return the lowest and highest reward of one step: paid step by step, one part can go from end to end."""
    low, high = return_range()
    if pay == "end":
        return min(low, 0.0), max(high, 0.0)
    width = BOUNDS["detection"][1] - BOUNDS["detection"][0]
    return BOUNDS["survival"][0] + BOUNDS["safety"][0] - width, width


__all__ = ["BOUNDS", "COMPONENTS", "LATE", "PAYS", "Purse", "return_range", "reward_range"]
