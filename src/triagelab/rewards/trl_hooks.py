"""What rewards with TRL's signature have in common: their name in its logs, its hooks, and columns that fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from triagelab.errors import BadInputError

LogExtra = Callable[[str, list[Any]], None]
"""TRL's hook for one value a completion."""
LogMetric = Callable[[str, float], None]
"""TRL's hook for one value a batch."""


class _Term(Protocol):
    @property
    def value(self) -> float | None: ...


class Scored(Protocol):
    """A completion that was scored term by term."""

    @property
    def terms(self) -> Mapping[str, _Term]: ...


def function_name(name_or_path: str) -> str:
    """Return what TRL logs a reward under."""
    return "reward_" + Path(name_or_path).stem.replace("-", "_").replace(".", "_")


def check_lengths(size: int, **columns: Sequence[Any] | None) -> None:
    """Raises: BadInputError for a column of another length than the completions."""
    for name, column in columns.items():
        if column is not None and len(column) != size:
            raise BadInputError(name, f"{len(column)} values", f"{size}, one a completion")


def report_terms(
    preset: str,
    terms: Iterable[str],
    scored: Sequence[Scored | None],
    log_extra: LogExtra | None,
    log_metric: LogMetric | None,
) -> None:
    """Hand what was measured of every term to TRL's hooks: each value, and the mean of those that are known."""
    for term in terms:
        values = [None if one is None else one.terms[term].value for one in scored]
        if log_extra is not None:
            log_extra(f"{preset}/{term}", values)
        known = [value for value in values if value is not None]
        if log_metric is not None and known:
            log_metric(f"{preset}/{term}", sum(known) / len(known))


__all__ = ["LogExtra", "LogMetric", "Scored", "check_lengths", "function_name", "report_terms"]
