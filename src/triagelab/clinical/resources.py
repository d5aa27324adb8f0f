"""Forecast of decision point C: which resource types a patient will probably need, from an explicit table with reasons.

The table (data/resources.toml) is read row by row; every row that fits adds what it needs. A type is expected not to be
needed only where some row fits and every row that fits is closed; otherwise it stays unknown. How likely each type is,
and how many there will be, comes from what visits that fit the same rows were given (`resource_rates.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType

from triagelab.clinical.conditions import Condition
from triagelab.clinical.facts import RESOURCE_TYPES, Facts
from triagelab.clinical.resource_rates import chances
from triagelab.clinical.resource_table import ROWS_THAT_FIT, ForecastRow, adjustments, forecast_table

COMPLEX = "res_complex_procedure"
DETAILS = {"res_ecg_or_xray": "both_ecg_and_xray", "res_ct_mri_us": "several_advanced_imaging"}
"""Facts that tell apart what one line of the resource table joins; surely not there where the line is not needed."""

OVERRULE, OVERRULE_NONE, OVERRULE_NAMED = 2 / 3, 0.85, 0.75
"""How sure the rates must be to overrule the count of the table; more where the table expects nothing at all, and where
it names two types with a reason for each instead of counting unknown ones.

Chosen on NHAMCS 2019: of the nurses' levels the engine then meets 0.466 (table alone 0.452), kappa 0.406 (0.375).
"""


@dataclass(frozen=True)
class Forecast:
    """Which resource types are expected.

    Missing: None is "cannot tell"; it is never read as "not needed".

    Attributes:
        needed: every resource type -> True, False or None.
        rows: ids of the rows that fitted, in table order.
        reasons: resource type -> reasons of the rows that ask for it.
        adjusted: ids of the adjustments that fitted.
        probabilities: of no, one, and two or more resources.
        shares: resource type -> probability that it is used.
        stated: types that the note or the caller states as used or not.
    """

    needed: Mapping[str, bool | None]
    rows: tuple[str, ...] = ()
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    adjusted: tuple[str, ...] = ()
    probabilities: tuple[float, float, float] = (1 / 3, 1 / 3, 1 / 3)
    shares: Mapping[str, float] = field(default_factory=dict)
    stated: frozenset[str] = frozenset()

    @property
    def low(self) -> int:
        """Return the least number of resources, a complex procedure counted twice."""
        return sum(_weight(name) for name in RESOURCE_TYPES if self.needed[name])

    @property
    def high(self) -> int:
        """Return the greatest number of resources, every unknown one counted."""
        return sum(_weight(name) for name in RESOURCE_TYPES if self.needed[name] is not False)

    @property
    def count(self) -> int:
        """Return the preferred count, 2 for two and more: the table's, unknown types counted, if the rates agree.

        Source: OVERRULE; a prudent department is more generous than the recorded one, so the table goes first.
        """
        none, _, many = self.probabilities
        table = min(2, self.high)
        if table == 2:
            sure = OVERRULE_NAMED if self.low >= 2 else OVERRULE
            return 1 if many < 1.0 - sure and self.low_stated < 2 else 2
        if table == 1:
            return 2 if many >= OVERRULE else 1
        if none >= 1.0 - OVERRULE_NONE:
            return 0
        return 2 if many >= OVERRULE else 1

    @property
    def low_stated(self) -> int:
        """Return the number of resources that are stated as used, whatever the table says."""
        return sum(_weight(name) for name in self.stated if self.needed[name])

    def told(self) -> tuple[Mapping[str, bool | None], bool]:
        """Return the types as the engine is told them, and whether it should count the unknown ones.

        Where the rates overrule the table, the likeliest types that make up the sure part stay, and all others that
        are not stated become unknown, so that the other count stays defensible.
        """
        wanted = self.count
        if wanted == min(2, self.high):
            return self.needed, True
        told: dict[str, bool | None] = {name: self.needed[name] for name in self.stated}
        free = sorted((n for n in RESOURCE_TYPES if n not in told and n != COMPLEX), key=lambda n: -self.shares[n])
        sure = 0 if self.low_stated else 1
        for place, name in enumerate(free):
            told[name] = True if place < sure else None
        told.setdefault(COMPLEX, None)
        return MappingProxyType(told), wanted == 2


def _weight(name: str) -> int:
    return 2 if name == COMPLEX else 1


@cache
def _compiled() -> tuple[tuple[ForecastRow, Condition], ...]:
    return tuple((row, row.compiled()) for row in forecast_table())


@cache
def _compiled_adjustments() -> tuple[tuple[str, Condition], ...]:
    return tuple((row.id, row.compiled()) for row in adjustments())


@cache
def _places() -> tuple[Mapping[str, frozenset[int]], frozenset[int]]:
    """Return the rows that a name can make fit, by place in the table, and the rows that no name is needed for."""
    by_name: dict[str, set[int]] = {}
    free: set[int] = set()
    for place, (row, _) in enumerate(_compiled()):
        keys = row.any or row.also or row.all[:1]
        for name in keys:
            by_name.setdefault(name, set()).add(place)
        if not keys:
            free.add(place)
    return {name: frozenset(places) for name, places in by_name.items()}, frozenset(free)


def _fitting(holds: set[str], numbers: Mapping[str, float]) -> list[ForecastRow]:
    by_name, free = _places()
    places = set(free)
    for name in by_name.keys() & holds:
        places |= by_name[name]
    compiled = _compiled()
    return [compiled[place][0] for place in sorted(places) if compiled[place][1].met(holds, numbers)]


def forecast(facts: Facts, concepts: Iterable[str] = ()) -> Forecast:
    """Return which resource types the patient will probably need, and how many there will be.

    Args:
        facts: what the engine knows; a resource that it already states is kept as stated.
        concepts: further concepts that hold (complaints, findings), by lexicon id, `by_ambulance`, `asks_only`.

    Missing: with no row that fits, every type that is not stated stays None; its probability is that of any visit.
    """
    holds = {name for name, value in facts.flags.items() if value} | set(concepts)
    numbers: dict[str, float] = facts.vitals.measured()
    for name in ("age_years", "pregnancy_weeks"):
        value = getattr(facts, name)
        if value is not None:
            numbers[name] = value
    fitting = _fitting(holds, numbers)
    needed, reasons = _needed(fitting, facts)
    numbers[ROWS_THAT_FIT] = len(fitting)
    adjusted = tuple(name for name, condition in _compiled_adjustments() if condition.met(holds, numbers))
    rows = tuple(row.id for row in fitting)
    stated = {name: value for name in RESOURCE_TYPES if (value := facts.flags.get(name)) is not None}
    by_table = {name: None if name in stated else needed[name] for name in RESOURCE_TYPES}
    counts, shares = chances((*rows, *adjusted), by_table, stated)
    return Forecast(
        MappingProxyType(needed),
        rows,
        MappingProxyType(reasons),
        adjusted,
        counts,
        MappingProxyType(shares),
        frozenset(stated),
    )


def _needed(fitting: list[ForecastRow], facts: Facts) -> tuple[dict[str, bool | None], dict[str, tuple[str, ...]]]:
    """Return each type as needed, not needed or unknown, and the reasons of those that are needed."""
    is_open = not any(row.closed for row in fitting) or any(not row.closed for row in fitting)
    needed: dict[str, bool | None] = {}
    reasons: dict[str, tuple[str, ...]] = {}
    for name in RESOURCE_TYPES:
        short = name.removeprefix("res_")
        why = tuple(row.reason for row in fitting if short in row.needs)
        stated = facts.flags.get(name)
        if stated is not None:
            needed[name] = stated
        elif why:
            needed[name] = True
            reasons[name] = why
        else:
            needed[name] = None if is_open or any(short in row.maybe for row in fitting) else False
    for name, detail in DETAILS.items():
        if needed[name] is False and facts.flags.get(detail) is None:
            needed[detail] = False
    return needed, reasons
