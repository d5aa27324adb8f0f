"""Cheap draws from one seeded stream: blocks of uniform numbers, read one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from triagelab.seeding import stream

Item = TypeVar("Item")
BLOCK = 96


class Draws:
    """Draws from `seeding.stream(namespace, seed, *keys)`; a scalar costs a tenth of a numpy call."""

    __slots__ = ("_generator", "_left")

    def __init__(self, namespace: str, seed: int, *keys: str | int) -> None:
        self._generator = stream(namespace, seed, *keys)
        self._left: list[float] = []

    def unit(self) -> float:
        """Return a number from 0 (included) to 1 (excluded)."""
        if not self._left:
            self._left = self._generator.random(BLOCK).tolist()
        return self._left.pop()

    def between(self, low: float, high: float) -> float:
        """Return a number from low to high, the middle twice as likely as the mean density (two halves summed)."""
        return low + (high - low) * (self.unit() + self.unit()) / 2.0

    def whole(self, low: int, high: int) -> int:
        """Return a whole number from low to high, both included, all equally likely."""
        return low + int(self.unit() * (high - low + 1))

    def chance(self, p: float) -> bool:
        return self.unit() < p

    def pick(self, items: Sequence[Item]) -> Item:
        return items[int(self.unit() * len(items))]

    def weighted(self, items: Sequence[Item], weights: Sequence[float]) -> Item:
        """Return one item; weights need not sum to one."""
        point = self.unit() * sum(weights)
        for item, weight in zip(items, weights, strict=True):
            point -= weight
            if point < 0:
                return item
        return items[-1]

    def sample(self, items: Sequence[Item], count: int) -> list[Item]:
        """Return `count` different items (all of them if there are fewer), in random order."""
        left = list(items)
        return [left.pop(int(self.unit() * len(left))) for _ in range(min(count, len(left)))]
