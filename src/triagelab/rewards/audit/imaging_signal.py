"""What an imaging reward tells apart: variance within groups, the range its reasoning terms use, gold by row id."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, pvariance

from triagelab.rewards.audit.imaging_rows import Bench
from triagelab.rewards.audit.imaging_scripted import GROUP, scripted
from triagelab.rewards.imaging.gold import Gold
from triagelab.rewards.imaging.score import ImagingBreakdown

Scorer = Callable[[Sequence[Gold], Sequence[str]], Sequence[ImagingBreakdown | None]]
"""Golds and completions of the same rows -> what each earns."""
Paid = Mapping[str, ImagingBreakdown | None]
"""Name of a completion -> what it earns on one row."""
TOTAL = "total"
REASONING = ("judge", "similarity")
"""Terms that read the reasoning."""
TIE = 1e-6
"""Rewards this close are the same; vectors of an encoder differ a little with the batch."""
ROWS_SHUFFLED = 12


@dataclass(frozen=True, slots=True)
class SignalRow:
    """One term, or the total, over groups of quite different completions of a row.

    Attributes:
        variance: mean over the rows, within a row. `constant`: share of rows where all completions are paid the same.
        low, high: least and most that any completion is paid.
    """

    term: str
    variance: float
    constant: float
    low: float
    high: float

    def row(self) -> dict[str, object]:
        """Return plain JSON values."""
        numbers = {"variance": self.variance, "constant": self.constant, "low": self.low, "high": self.high}
        return {"term": self.term, **{name: round(value, 6) for name, value in numbers.items()}}


@dataclass(frozen=True, slots=True)
class Range:
    """How much of 0 to 1 a reasoning term uses. `unrelated`: mean for a row of another condition; `gold`: for gold."""

    term: str
    unrelated: float
    gold: float

    @property
    def used(self) -> float:
        return self.gold - self.unrelated

    def row(self) -> dict[str, object]:
        """Return plain JSON values."""
        numbers = {"unrelated": self.unrelated, "gold": self.gold, "used": self.used}
        return {"term": self.term, **{name: round(value, 6) for name, value in numbers.items()}}


def pay_all(score: Scorer, benches: Sequence[Bench]) -> tuple[Paid, ...]:
    """Return what every scripted completion of every row earns; scored as one batch."""
    texts = [scripted(bench) for bench in benches]
    golds = [bench.gold for bench, named in zip(benches, texts, strict=True) for _ in named]
    found = iter(score(golds, [text for named in texts for text in named.values()]))
    return tuple({name: next(found) for name in named} for named in texts)


def total_of(one: ImagingBreakdown | None) -> float:
    """Return a total, 0 where there is none."""
    return 0.0 if one is None or one.total is None else one.total


def signal_rows(paid: Sequence[Paid]) -> tuple[SignalRow, ...]:
    """Return the signal of every term and of the total."""
    first = paid[0]["gold"]
    terms = list(first.terms) if first is not None else []
    found = [_signal(term, [_column(row, term) for row in paid]) for term in terms]
    return (*found, _signal(TOTAL, [[total_of(row[name]) for name in GROUP] for row in paid]))


def ranges(paid: Sequence[Paid]) -> tuple[Range, ...]:
    """Return how much of its range each term uses that reads the reasoning. Both completions have the right label."""
    found = []
    for term in REASONING:
        values = [[_value(row[name], term) for name in ("other-row", "gold")] for row in paid]
        if any(value is not None for value in values[0]):
            low, high = (fmean(value or 0.0 for value in column) for column in zip(*values, strict=True))
            found.append(Range(term, low, high))
    return tuple(found)


def misplaced(reward: Callable[..., Sequence[float | None]], benches: Sequence[Bench]) -> tuple[int, int]:
    """Return how many totals change when a batch is turned around, shifted or cut, and how many were compared.

    Args:
        reward: with the signature that TRL uses; it is given completions and the column `id`.
    """
    batch = [
        (bench.gold.id, text)
        for bench in benches[:ROWS_SHUFFLED]
        for name, text in scripted(bench).items()
        if name in ("gold", "honest-wrong")
    ]
    before = dict(zip(batch, _call(reward, batch), strict=True))
    half = len(batch) // 2
    wrong = tried = 0
    for rows in (batch[::-1], batch[half:] + batch[:half], batch[1::2], [*batch[:3], *batch[:3]]):
        for row, total in zip(rows, _call(reward, rows), strict=True):
            tried += 1
            wrong += not _same(total, before[row])
    return wrong, tried


def _call(reward: Callable[..., Sequence[float | None]], rows: Sequence[tuple[str, str]]) -> Sequence[float | None]:
    return reward(completions=[text for _, text in rows], id=[row_id for row_id, _ in rows])


def _same(one: float | None, other: float | None) -> bool:
    return one == other if one is None or other is None else abs(one - other) <= TIE


def _column(row: Paid, term: str) -> list[float]:
    return [one.terms[term].paid if one is not None else 0.0 for one in (row[name] for name in GROUP)]


def _value(one: ImagingBreakdown | None, term: str) -> float | None:
    return one.terms[term].value if one is not None and term in one.terms else None


def _signal(term: str, columns: Sequence[Sequence[float]]) -> SignalRow:
    constant = fmean(float(max(column) - min(column) <= TIE) for column in columns)
    every = [value for column in columns for value in column]
    return SignalRow(term, fmean(pvariance(column) for column in columns), constant, min(every), max(every))


__all__ = [
    "TIE",
    "TOTAL",
    "Paid",
    "Range",
    "Scorer",
    "SignalRow",
    "misplaced",
    "pay_all",
    "ranges",
    "signal_rows",
    "total_of",
]
