"""The tables of data/scores.toml: cells of every item, bands of the totals, ages a score is for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from triagelab.clinical.rows import validated
from triagelab.errors import DataFormatError, UnknownNameError
from triagelab.files import read_toml

if TYPE_CHECKING:
    import polars as pl


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class CellRow(_Row):
    """One cell: at most one limit; none in the last cell."""

    points: int
    upto: float | None = None
    below: float | None = None


class ItemRow(_Row):
    """One item that is a number."""

    score: str
    name: str
    variant: str = ""
    step: float | None = Field(default=None, gt=0)
    cells: tuple[CellRow, ...] = Field(min_length=2)
    source: str
    verified: bool


class ChoiceRow(_Row):
    """One item that is an answer."""

    score: str
    name: str
    points: dict[str, int]
    source: str
    verified: bool


class BandRow(_Row):
    """What a total, or the points of one item alone, amount to."""

    score: str
    name: str
    from_: int | None = Field(default=None, alias="from")
    single: int | None = None
    text: str
    source: str
    verified: bool


class LimitRow(_Row):
    """Whom a score is for."""

    from_years: float
    pregnant: bool
    source: str
    verified: bool


class SipaRow(_Row):
    """The shock index that is too high from one age until another."""

    from_years: float
    under_years: float
    above: float
    source: str
    verified: bool


class File(_Row):
    """scores.toml."""

    sources: dict[str, str]
    item: tuple[ItemRow, ...]
    choice: tuple[ChoiceRow, ...]
    band: tuple[BandRow, ...]
    limits: dict[str, LimitRow]
    sipa: tuple[SipaRow, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One item, ready to be read: the first cell that holds gives the points.

    Attributes:
        edges: (limit, whether the limit itself belongs to the cell, points) from the lowest value up.
    """

    name: str
    edges: tuple[tuple[float, bool, int], ...]

    def points(self, value: float) -> int:
        return next(points for limit, closed, points in self.edges if value < limit or (closed and value == limit))

    def span(self, value: float | None) -> tuple[int, int]:
        """Return the least and the most points; both the same where the value is known."""
        if value is not None:
            found = self.points(value)
            return found, found
        return min(points for *_, points in self.edges), max(points for *_, points in self.edges)

    def expr(self, value: pl.Expr) -> pl.Expr:
        """Return the points of a column, null where the value is."""
        import polars as pl

        found = pl.lit(self.edges[-1][2], pl.Int8)
        for limit, closed, points in reversed(self.edges[:-1]):
            within = value <= limit if closed else value < limit
            found = pl.when(within).then(pl.lit(points, pl.Int8)).otherwise(found)
        return pl.when(value.is_not_null()).then(found)


def _item(row: ItemRow) -> Item:
    edges: list[tuple[float, bool, int]] = []
    for i, cell in enumerate(row.cells):
        last = i == len(row.cells) - 1
        if last != (cell.upto is None and cell.below is None) or None not in (cell.upto, cell.below):
            raise DataFormatError(f"scores.toml: {row.score} {row.name}: every cell but the last has one limit")
        limit = cell.upto if cell.upto is not None else cell.below
        if limit is None:
            edges.append((math.inf, True, cell.points))
        elif row.step is None or cell.below is not None:
            edges.append((limit, cell.upto is not None, cell.points))
        else:
            # Half up to the resolution of the chart: 38.05 belongs to the cell that begins at 38.1.
            edges.append((round(limit + row.step / 2, 6), False, cell.points))
    limits = [limit for limit, *_ in edges]
    if limits != sorted(set(limits)):
        raise DataFormatError(f"scores.toml: {row.score} {row.name}: limits must rise from cell to cell")
    return Item(row.name, tuple(edges))


@dataclass(frozen=True)
class ScoreTable:
    """Everything that one score reads.

    Attributes:
        items: name, or name and variant with a point between -> item.
        choices: name -> answer -> points.
        bands: from the mildest up.
    """

    items: Mapping[str, Item]
    choices: Mapping[str, Mapping[str, int]]
    bands: tuple[BandRow, ...]
    limits: LimitRow | None

    def band(self, total: int, worst: int) -> int:
        """Return the place of the last band that the total or the dearest item reaches."""
        reached = (
            i
            for i, band in enumerate(self.bands)
            if (band.from_ is not None and total >= band.from_) or (band.single is not None and worst >= band.single)
        )
        return max(reached)


def parse_scores(raw: Mapping[str, Any], name: str = "scores.toml") -> File:
    """Return the validated tables.

    Raises: UnknownNameError for a key or a source in no list, DataFormatError for any other mistake.
    """
    file = validated(File, raw, name)
    for row in (*file.item, *file.choice, *file.band, *file.limits.values(), *file.sipa):
        if row.source not in file.sources:
            raise UnknownNameError(f"{name}: source", row.source, file.sources)
    return file


@cache
def score_file() -> File:
    """Return the tables that the package ships."""
    return parse_scores(read_toml(str(resources.files("triagelab.clinical") / "data" / "scores.toml")))


@cache
def score_table(score: str) -> ScoreTable:
    """Return what one score reads.

    Raises: UnknownNameError for a score in no table.
    """
    file = score_file()
    known = {row.score for row in file.item}
    if score not in known:
        raise UnknownNameError("score", score, known)
    items = {
        f"{row.name}.{row.variant}" if row.variant else row.name: _item(row) for row in file.item if row.score == score
    }
    choices = {row.name: MappingProxyType(row.points) for row in file.choice if row.score == score}
    bands = tuple(row for row in file.band if row.score == score)
    return ScoreTable(MappingProxyType(items), MappingProxyType(choices), bands, file.limits.get(score))
