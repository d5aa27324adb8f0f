"""What a score returns: a total only where it is certain, else what it can be at least and at most."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from triagelab.clinical.scores_table import score_table

Span = tuple[int, int]
"""The least and the most points that an item can have."""


@dataclass(frozen=True)
class Score:
    """One score of one patient.

    Missing: an unknown item is never 0. It widens `low` to `high`, and `total` is None unless both are the same.

    Attributes:
        name: news2, qsofa or sofa.
        total: the points together, None while something unknown can change them.
        low, high: the total at least and at most.
        points: item -> points, None where unknown.
        band: what the total amounts to, None while that is open; None for a score without bands.
        band_low, band_high: the mildest and the gravest band possible.
        missing: names of the unknown values that can change the total.
    """

    name: str
    total: int | None
    low: int
    high: int
    points: Mapping[str, int | None] = field(hash=False)
    band: str | None
    band_low: str | None
    band_high: str | None
    missing: tuple[str, ...]


def add_up(name: str, ways: Sequence[Mapping[str, Span]], missing: Iterable[str]) -> Score:
    """Return the score from the spans of its items; several ways where an unknown answer changes more than one item."""
    table = score_table(name)
    low = min(sum(span[0] for span in way.values()) for way in ways)
    high = max(sum(span[1] for span in way.values()) for way in ways)
    points: dict[str, int | None] = {}
    for item in ways[0]:
        seen = {end for way in ways for end in way[item]}
        points[item] = seen.pop() if len(seen) == 1 else None
    mildest = gravest = None
    if table.bands:
        ends = [
            table.band(sum(span[end] for span in way.values()), max(span[end] for span in way.values()))
            for way in ways
            for end in (0, 1)
        ]
        mildest, gravest = table.bands[min(ends)].name, table.bands[max(ends)].name
    return Score(
        name=name,
        total=low if low == high else None,
        low=low,
        high=high,
        points=points,
        band=mildest if mildest == gravest else None,
        band_low=mildest,
        band_high=gravest,
        missing=tuple(missing),
    )
