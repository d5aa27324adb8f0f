"""Forecast of decision point C: which resource types a patient will probably need, from an explicit table with reasons.

The table (data/resources.toml) is read row by row; every row that fits adds what it needs. A type is expected not to be
needed only where some row fits and every row that fits is closed; otherwise it stays unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, ValidationError

from triagelab.clinical.conditions import Condition, Conditions
from triagelab.clinical.facts import NUMBERS, RESOURCE_TYPES, Facts
from triagelab.errors import DataFormatError, UnknownNameError
from triagelab.files import read_toml

COMPLEX = "res_complex_procedure"
DETAILS = {"res_ecg_or_xray": "both_ecg_and_xray", "res_ct_mri_us": "several_advanced_imaging"}
"""Facts that tell apart what one line of the resource table joins; surely not there where the line is not needed."""


class ForecastRow(Conditions):
    """One line of the table: the conditions under which it fits, and what it asks for.

    Attributes:
        id: stable id, `F.` and a name.
        needs: resource types expected to be used, without the prefix `res_`.
        maybe: types left unknown.
        closed: no other type is expected.
        reason, source, verified: why, where from, and whether it was checked.
    """

    id: str
    reason: str
    needs: tuple[str, ...] = ()
    maybe: tuple[str, ...] = ()
    closed: bool = True
    source: str = "triagelab"
    verified: bool = False


class ForecastTable(BaseModel):
    """data/resources.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    row: tuple[ForecastRow, ...]


@dataclass(frozen=True)
class Forecast:
    """Which resource types are expected.

    Missing: None is "cannot tell"; it is never read as "not needed".

    Attributes:
        needed: every resource type -> True, False or None.
        rows: ids of the rows that fitted, in table order.
        reasons: resource type -> reasons of the rows that ask for it.
    """

    needed: Mapping[str, bool | None]
    rows: tuple[str, ...] = ()
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def low(self) -> int:
        """Return the least number of resources, a complex procedure counted twice."""
        return sum(_weight(name) for name in RESOURCE_TYPES if self.needed[name])

    @property
    def high(self) -> int:
        """Return the greatest number of resources, every unknown one counted."""
        return sum(_weight(name) for name in RESOURCE_TYPES if self.needed[name] is not False)


def _weight(name: str) -> int:
    return 2 if name == COMPLEX else 1


@cache
def forecast_table() -> tuple[ForecastRow, ...]:
    """Return the rows in file order.

    Raises: DataFormatError or UnknownNameError naming the row that is wrong.
    """
    source = resources.files("triagelab.clinical") / "data" / "resources.toml"
    try:
        table = ForecastTable.model_validate(read_toml(str(source)))
    except ValidationError as error:
        problem = error.errors()[0]
        raise DataFormatError(f"resources.toml: {problem['loc']}: {problem['msg']}") from error
    short = [name.removeprefix("res_") for name in RESOURCE_TYPES]
    seen: set[str] = set()
    for row in table.row:
        if row.id in seen:
            raise DataFormatError(f"resources.toml: row {row.id} is there twice")
        seen.add(row.id)
        for name in (*row.needs, *row.maybe):
            if name not in short:
                raise UnknownNameError(f"resources.toml: {row.id}: resource", name, short)
        for name in row.numbers():
            if name not in NUMBERS:
                raise UnknownNameError(f"resources.toml: {row.id}: number", name, NUMBERS)
    return table.row


@cache
def _compiled() -> tuple[tuple[ForecastRow, Condition], ...]:
    return tuple((row, row.compiled()) for row in forecast_table())


def forecast(facts: Facts, concepts: Iterable[str] = ()) -> Forecast:
    """Return which resource types the patient will probably need.

    Args:
        facts: what the engine knows; a resource that it already states is kept as stated.
        concepts: further concepts that hold (complaints, findings), by lexicon id.

    Missing: with no row that fits, every type that is not stated stays None.
    """
    holds = {name for name, value in facts.flags.items() if value} | set(concepts)
    numbers: dict[str, float] = facts.vitals.measured()
    for name in ("age_years", "pregnancy_weeks"):
        value = getattr(facts, name)
        if value is not None:
            numbers[name] = value
    fitting = [row for row, condition in _compiled() if condition.met(holds, numbers)]
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
    return Forecast(MappingProxyType(needed), tuple(row.id for row in fitting), MappingProxyType(reasons))
