"""The table of the forecast: complaints and what they ask for, and what moves every forecast (data/resources.toml)."""

from __future__ import annotations

from functools import cache

from pydantic import BaseModel, ConfigDict

from triagelab.clinical.conditions import Conditions
from triagelab.clinical.facts import NUMBERS, RESOURCE_TYPES
from triagelab.errors import DataFormatError, UnknownNameError
from triagelab.files import packaged_table

ROWS_THAT_FIT = "rows_that_fit"
"""A number that adjustments may limit: how many rows fit, so how many complaints there are."""


class Adjustment(Conditions):
    """What moves every forecast whatever the complaint: age, vital signs, diseases, arrival.

    Attributes:
        id: stable id, `X.` and a name.
        reason: why, in words for people.
    """

    id: str
    reason: str


class ForecastRow(Adjustment):
    """One line of the table: the conditions under which it fits, and what it asks for.

    Attributes:
        id: stable id, `F.` and a name.
        needs: resource types expected to be used, without the prefix `res_`.
        maybe: types left unknown.
        closed: no other type is expected.
        source, verified: where it comes from, and whether it was checked.
    """

    needs: tuple[str, ...] = ()
    maybe: tuple[str, ...] = ()
    closed: bool = True
    source: str = "triagelab"
    verified: bool = False


class ForecastTable(BaseModel):
    """data/resources.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    row: tuple[ForecastRow, ...]
    adjust: tuple[Adjustment, ...] = ()


@cache
def _table() -> ForecastTable:
    table = packaged_table("triagelab.clinical", "resources.toml", ForecastTable)
    short = [name.removeprefix("res_") for name in RESOURCE_TYPES]
    seen: set[str] = set()
    for row in (*table.row, *table.adjust):
        if row.id in seen:
            raise DataFormatError(f"resources.toml: row {row.id} is there twice")
        seen.add(row.id)
        for name in (*row.needs, *row.maybe) if isinstance(row, ForecastRow) else ():
            if name not in short:
                raise UnknownNameError(f"resources.toml: {row.id}: resource", name, short)
        for name in row.numbers() - {ROWS_THAT_FIT}:
            if name not in NUMBERS:
                raise UnknownNameError(f"resources.toml: {row.id}: number", name, NUMBERS)
    return table


def forecast_table() -> tuple[ForecastRow, ...]:
    """Return the rows in file order.

    Raises: DataFormatError or UnknownNameError naming the row that is wrong.
    """
    return _table().row


def adjustments() -> tuple[Adjustment, ...]:
    """Return the adjustments in file order. Raises: as `forecast_table`."""
    return _table().adjust
