"""The mass-casualty tables of data/mass_casualty.toml: what a casualty's facts are called, steps, interventions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel, ConfigDict, Field

from triagelab.clinical.clauses import Names, parse_clause
from triagelab.clinical.leaves import Reading, SingleColumn, Test, Values, column
from triagelab.clinical.predicates import Predicate
from triagelab.clinical.rows import validated
from triagelab.errors import UnknownNameError
from triagelab.files import read_toml

if TYPE_CHECKING:
    import polars as pl

FLAGS: tuple[str, ...] = (
    "walks",
    "breathes",
    "breathes_after_airway",
    "breathes_after_rescue",
    "breathing_irregular",
    "peripheral_pulse",
    "obeys",
    "posturing",
    "child",
    "purposeful",
    "respiratory_distress",
    "major_bleeding",
    "bleeding_controlled",
    "obvious_life_threat",
    "minor_injuries_only",
    "likely_to_survive",
    "needs_decompression",
    "needs_antidote",
)
LIMITS: dict[str, tuple[float, float]] = {"resp_rate_bpm": (0, 120), "crt_s": (0, 60)}
"""Numbers of a casualty and what is plausible: breaths a minute, seconds."""

AVPU: tuple[str, ...] = ("A", "V", "P", "U")
NAMES: tuple[str, ...] = (*FLAGS, *LIMITS, "avpu")


@dataclass(frozen=True, slots=True)
class Responds(SingleColumn):
    """The answer to voice and pain is this letter of AVPU."""

    letter: str
    name: str = "avpu"

    def test(self) -> Test:
        name, letter = self.name, self.letter

        def run(values: Values) -> bool | None:
            value = values.get(name)
            return None if value is None else value == letter

        return run

    def reading(self) -> Reading:
        test = self.test()
        return lambda values: test(values) is True

    def expr(self) -> pl.Expr:
        return column(self.name) == self.letter


@dataclass(frozen=True, slots=True)
class FirstKnown(SingleColumn):
    """The first of several predicates that is known; `name` is the fact to ask for while none is."""

    name: str
    of: tuple[Predicate, ...]

    def test(self) -> Test:
        tests = tuple(part.test() for part in self.of)

        def run(values: Values) -> bool | None:
            return next((found for test in tests if (found := test(values)) is not None), None)

        return run

    def reading(self) -> Reading:
        test = self.test()
        return lambda values: test(values) is True

    def expr(self) -> pl.Expr:
        import polars as pl

        return pl.coalesce([part.expr() for part in self.of])


class Row(BaseModel):
    """What every row has: id, our wording, source (a name in [sources]), whether that was checked."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    text: str
    source: str
    verified: bool


class StepRow(Row):
    """One step; without `when` it always holds. The part of the id before the point is the scheme."""

    outcome: str
    when: Any = None


class InterventionRow(Row):
    """What is done where `when` holds."""

    schemes: tuple[str, ...]
    when: Any


class AgeRow(Row):
    """How a scheme is chosen: by looks, or below an age."""

    under_years: float | None = None


class ReadRow(BaseModel):
    """What is read from the first known of several clauses."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    first_known: tuple[Any, ...] = Field(min_length=1)
    asks: str
    source: str
    verified: bool


class File(BaseModel):
    """mass_casualty.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    sources: dict[str, str]
    order: dict[str, tuple[str, ...]]
    read: dict[str, ReadRow]
    perfusion: dict[str, ReadRow]
    define: dict[str, Any]
    step: tuple[StepRow, ...]
    intervention: tuple[InterventionRow, ...]
    age: tuple[AgeRow, ...]


@dataclass(frozen=True)
class Step:
    """One step of a scheme, ready to be tested; `when` is None where it always holds."""

    id: str
    outcome: str
    when: Predicate | None


def parse_tables(raw: Mapping[str, Any], name: str = "mass_casualty.toml") -> File:
    """Return the validated tables.

    Raises: UnknownNameError for a key, source, scheme or outcome in no list; DataFormatError for any other mistake.
    """
    file = validated(File, raw, name)
    for row in (*file.step, *file.intervention, *file.age, *file.read.values(), *file.perfusion.values()):
        if row.source not in file.sources:
            where = row.id if isinstance(row, Row) else f"asks {row.asks}"
            raise UnknownNameError(f"{name}: {where}: source", row.source, file.sources)
    for row in file.step:
        scheme = row.id.partition(".")[0]
        if scheme not in file.order:
            raise UnknownNameError(f"{name}: step", scheme, file.order)
        if row.outcome not in file.order[scheme]:
            raise UnknownNameError(f"{name}: {row.id}: outcome", row.outcome, file.order[scheme])
    for row in file.intervention:
        for scheme in row.schemes:
            if scheme not in file.order:
                raise UnknownNameError(f"{name}: {row.id}: schemes", scheme, file.order)
    return file


@cache
def tables() -> File:
    """Return the tables that the package ships."""
    return parse_tables(read_toml(str(resources.files("triagelab.clinical") / "data" / "mass_casualty.toml")))


def _names(file: File, perfusion: str) -> Names:
    plain = Names(facts=FLAGS, numbers=tuple(LIMITS))

    def first(row: ReadRow, where: str) -> Predicate:
        if row.asks not in NAMES:
            raise UnknownNameError(f"{where}: asks", row.asks, NAMES)
        parts = tuple(parse_clause(clause, plain, where) for clause in row.first_known)
        # A leaf of its own to everything that combines predicates, though not one of the ESI's.
        return cast(Predicate, FirstKnown(row.asks, parts))

    define = {name: first(row, f"read.{name}") for name, row in file.read.items()}
    define["poor_perfusion"] = first(file.perfusion[perfusion], f"perfusion.{perfusion}")
    define["unresponsive"] = cast(Predicate, Responds("U"))
    define["pain_only"] = cast(Predicate, Responds("P"))
    for name, clause in file.define.items():
        define[name] = parse_clause(clause, Names(define, facts=FLAGS, numbers=tuple(LIMITS)), f"define.{name}")
    return Names(MappingProxyType(define), facts=FLAGS, numbers=tuple(LIMITS))


def steps_of(file: File, scheme: str, perfusion: str) -> tuple[Step, ...]:
    """Return the steps of a scheme in order."""
    names = _names(file, perfusion)
    return tuple(
        Step(row.id, row.outcome, None if row.when is None else parse_clause(row.when, names, row.id))
        for row in file.step
        if row.id.partition(".")[0] == scheme
    )


def interventions_of(file: File, scheme: str, perfusion: str) -> Sequence[tuple[str, Predicate]]:
    """Return (id, when it is done) of every intervention of a scheme."""
    names = _names(file, perfusion)
    return [(row.id, parse_clause(row.when, names, row.id)) for row in file.intervention if scheme in row.schemes]
