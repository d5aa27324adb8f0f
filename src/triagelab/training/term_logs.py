"""What is logged of the terms of a reward while a policy is trained on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

READABLE = ("clean", "repaired")
"""Statuses of answers that could be read."""


class _Term(Protocol):
    @property
    def value(self) -> float | None: ...

    @property
    def paid(self) -> float | None: ...


class Scored(Protocol):
    """A completion that was scored term by term."""

    @property
    def terms(self) -> Mapping[str, _Term]: ...


def cut_off(completion_ids: Sequence[Sequence[int]], ends: frozenset[int]) -> list[bool]:
    """Return which completions end with none of the tokens that end an answer."""
    return [not ids or ids[-1] not in ends for ids in completion_ids]


def term_columns(preset: str, terms: Iterable[str], scored: Sequence[Scored | None]) -> dict[str, list[Any]]:
    """Return what every term paid, a value a completion."""
    return {f"{preset}/{term}": [None if one is None else one.terms[term].paid for one in scored] for term in terms}


def term_means(preset: str, terms: Iterable[str], told: Sequence[Scored]) -> dict[str, float]:
    """Return the mean of what was measured of every term, where anything was."""
    means = {}
    for term in terms:
        values = [value for one in told if (value := one.terms[term].value) is not None]
        if values:
            means[f"terms/{preset}/{term}"] = sum(values) / len(values)
    return means


__all__ = ["READABLE", "Scored", "cut_off", "term_columns", "term_means"]
