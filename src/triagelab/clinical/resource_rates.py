"""How likely each resource type is, and how many there will be (data/resource_rates.toml).

Every row that fits moves the log-odds of each type. How ill a patient is moves all types together, so that the count
is a mixture over five degrees of illness, in each of which the types are independent.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache

from pydantic import BaseModel, ConfigDict, Field

from triagelab.clinical.facts import RESOURCE_TYPES
from triagelab.errors import DataFormatError
from triagelab.files import packaged_table

NODES = (-2.856970, -1.355626, 0.0, 1.355626, 2.856970)
WEIGHTS = (0.011257, 0.222076, 0.533333, 0.222076, 0.011257)
"""Five degrees of illness that stand for a normal distribution (Gauss-Hermite)."""

WIDEN = 0.346
"""A logistic curve averaged over a normal distribution is again nearly logistic: the square of 16 sqrt(3) / (15 pi)."""

FARTHEST = 6.0
"""Log-odds end here: no type is impossible and none is certain unless somebody states it."""


class Rate(BaseModel):
    """What was seen in visits that fit one row.

    Attributes:
        n: visits.
        share: part of them in which each resource type was used, in the order of RESOURCE_TYPES.
        step: how far the row moves the log-odds of each type, beside everything else that fits.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    n: int = Field(ge=30)
    share: tuple[float, ...] = Field(min_length=8, max_length=8)
    step: tuple[float, ...] = Field(min_length=8, max_length=8)


class Rates(BaseModel):
    """data/resource_rates.toml.

    Attributes:
        base: log-odds of each type in a visit where nothing fits.
        asked, closed: steps where the table asks for a type, and where it expects none; nothing where it cannot tell.
        illness: how far one degree of illness moves the log-odds of each type.
        rate: row or adjustment -> rate; those seen too rarely have none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    source: str
    verified: bool
    types: tuple[str, ...]
    base: tuple[float, ...] = Field(min_length=8, max_length=8)
    asked: tuple[float, ...] = Field(min_length=8, max_length=8)
    closed: tuple[float, ...] = Field(min_length=8, max_length=8)
    illness: tuple[float, ...] = Field(min_length=8, max_length=8)
    rate: dict[str, Rate]


@cache
def rates() -> Rates:
    """Return the rates. Raises: DataFormatError naming the entry that is wrong."""
    found = packaged_table("triagelab.clinical", "resource_rates.toml", Rates)
    if found.types != RESOURCE_TYPES:
        raise DataFormatError(f"resource_rates.toml: types: got {found.types}; expected {RESOURCE_TYPES}")
    return found


def log_odds(fitting: Iterable[str], needed: Mapping[str, bool | None], table: Rates) -> list[float]:
    """Return the log-odds of each resource type, in the order of RESOURCE_TYPES.

    Args:
        fitting: ids of the rows and adjustments that fit; those without a rate move nothing.
        needed: what the table of rows says of each type: True, False or None (cannot tell).
    """
    odds = list(table.base)
    for i, name in enumerate(RESOURCE_TYPES):
        said = needed[name]
        if said is not None:
            odds[i] += table.asked[i] if said else table.closed[i]
    for name in fitting:
        rate = table.rate.get(name)
        if rate is not None:
            odds = [value + step for value, step in zip(odds, rate.step, strict=True)]
    return odds


def chances(
    fitting: Iterable[str], needed: Mapping[str, bool | None], stated: Mapping[str, bool | None]
) -> tuple[tuple[float, float, float], dict[str, float]]:
    """Return the probabilities of 0, 1 and 2 or more resources, and of each type.

    Args:
        fitting, needed: see `log_odds`.
        stated: types that somebody states as used or not; they also tell how ill the patient is.
    """
    table = rates()
    said = tuple(stated.get(name) for name in RESOURCE_TYPES)
    return mixture(log_odds(fitting, needed, table), table.illness, said)


def mixture(
    odds: list[float], illness: tuple[float, ...], stated: tuple[bool | None, ...]
) -> tuple[tuple[float, float, float], dict[str, float]]:
    """Return the probabilities of the count and of each type for given log-odds; see `chances`."""
    widths, moves = _spread(illness)
    ratio = [math.exp(max(-FARTHEST, min(FARTHEST, value)) * width) for value, width in zip(odds, widths, strict=True)]
    total = none = one = 0.0
    used = [0.0] * len(ratio)
    free = [i for i, said in enumerate(stated) if said is None]
    known = [(i, said) for i, said in enumerate(stated) if said is not None]
    sure = sum(2 if i == _COMPLEX else 1 for i, said in known if said)
    for move, weight in zip(moves, WEIGHTS, strict=True):
        here = [value * step for value, step in zip(ratio, move, strict=True)]
        for i, said in known:
            weight *= (here[i] if said else 1.0) / (1.0 + here[i])
        empty, single = weight, 0.0
        for i in free:
            rest = 1.0 / (1.0 + here[i])
            empty *= rest
            used[i] += weight * (1.0 - rest)
            if i != _COMPLEX:
                single += here[i]
        total += weight
        none += empty if sure == 0 else 0.0
        one += empty * single if sure == 0 else empty if sure == 1 else 0.0
    for i, said in known:
        used[i] = total if said else 0.0
    p0, p1 = none / total, one / total
    return (p0, p1, max(0.0, 1.0 - p0 - p1)), dict(zip(RESOURCE_TYPES, (u / total for u in used), strict=True))


@lru_cache(maxsize=8)
def _spread(illness: tuple[float, ...]) -> tuple[tuple[float, ...], tuple[tuple[float, ...], ...]]:
    """Return how much wider the log-odds are at one degree of illness, and the factor of the odds at each degree.

    The width keeps the share of a type over all degrees of illness near the one that was fitted.
    """
    widths = tuple(math.sqrt(1.0 + WIDEN * load * load) for load in illness)
    return widths, tuple(tuple(math.exp(load * node) for load in illness) for node in NODES)


_COMPLEX = RESOURCE_TYPES.index("res_complex_procedure")
