"""The table of data/courses.toml: ways to get worse, and what is right to do, for whom."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from triagelab.cases.archetypes import load_archetypes
from triagelab.cases.bedside.actions import INTERVENTIONS
from triagelab.cases.bedside.patient import BedsidePatient
from triagelab.cases.physiology import physiology
from triagelab.clinical.facts import RESOURCE_TYPES, vocabulary
from triagelab.clinical.vitals import RANGES
from triagelab.errors import UnknownNameError
from triagelab.files import packaged_table

Interval = tuple[float, float]


class CareRule(BaseModel):
    """For whom a row of the table is.

    Attributes:
        any: facts of which one is true, or `archetypes` of which the patient is one, or a vital sign under its limit
            of `below`; `all`: facts that are all true; `unless`: facts of which none is.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    any: tuple[str, ...] = ()
    archetypes: tuple[str, ...] = ()
    below: dict[str, float] = Field(default_factory=dict)
    all: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    min_age: float = 0
    max_age: float = 125
    right: tuple[str, ...] = ()
    harmless: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _known(self) -> CareRule:
        _check("fact", (*self.any, *self.all, *self.unless), set(vocabulary()) - set(RESOURCE_TYPES))
        _check("archetype", self.archetypes, load_archetypes())
        _check("vital sign", self.below, RANGES)
        _check("intervention", (*self.right, *self.harmless), INTERVENTIONS)
        return self

    def fits(self, patient: BedsidePatient) -> bool:
        """Return whether the row is for this patient as he arrived."""
        flags, vitals = patient.start.flags, patient.start.vitals
        age = patient.start.age_years
        if age is not None and not self.min_age <= age <= self.max_age:
            return False
        if any(flags.get(name) for name in self.unless) or not all(flags.get(name) for name in self.all):
            return False
        if patient.patient.archetype.id in self.archetypes or any(flags.get(name) for name in self.any):
            return True
        return any((value := getattr(vitals, name)) is not None and value < low for name, low in self.below.items())


class CourseRule(CareRule):
    """One way to get worse.

    Units: minutes; `gains` in shares of the span.

    Attributes:
        from_: levels on arrival for which it is.
        onset, span: when it begins, how long it takes.
        profile: where the vital signs go; `falls`: vital signs of the profile that get worse by falling; `gcs`: where
            the coma scale goes.
        gains: fact -> share of the span after which it is true.
        right: indicated at once; `later`: right once the course has begun; `harmless`: neither right nor wrong.
        stops: what holds the course.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    text: str
    from_: tuple[Literal[2, 3], ...] = Field(alias="from", min_length=1)
    chance: float = Field(gt=0, le=1)
    onset: Interval
    span: Interval
    profile: str | None = None
    falls: tuple[str, ...] = ()
    gcs: Interval | None = None
    gains: dict[str, float] = Field(min_length=1)
    later: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _coherent(self) -> CourseRule:
        _check("fact", self.gains, set(vocabulary()) - set(RESOURCE_TYPES))
        _check("intervention", self.later, INTERVENTIONS)
        _check("stopping intervention", self.stops, {*self.right, *self.later, *self.harmless})
        if self.profile is not None:
            _check("physiology", (self.profile,), physiology().profile)
        if not (0 < self.onset[0] <= self.onset[1] and 0 < self.span[0] <= self.span[1]):
            raise ValueError(f"{self.id}: onset and span must be above 0 and rise")
        if not all(0 <= share <= 1 for share in self.gains.values()):
            raise ValueError(f"{self.id}: shares of the span lie from 0 to 1")
        return self


class CourseTable(BaseModel):
    """The whole table: ways to get worse, and what is right for those who arrive failing.

    Attributes:
        harmless_when_urgent: neither right nor wrong for anybody who arrives at level 1 or 2.
        first: every intervention once; of several that are right, the one that stands first is the most urgent.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    source: str
    verified: bool
    harmless_when_urgent: tuple[str, ...]
    first: tuple[str, ...]
    course: tuple[CourseRule, ...]
    care: tuple[CareRule, ...]

    @model_validator(mode="after")
    def _ordered(self) -> CourseTable:
        _check("intervention", (*self.harmless_when_urgent, *self.first), INTERVENTIONS)
        if len(self.first) != len(INTERVENTIONS) or len(set(self.first)) != len(self.first):
            raise ValueError("first: needs every intervention once")
        return self


def _check(kind: str, names: Iterable[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise UnknownNameError(kind, name, known)


@cache
def courses() -> CourseTable:
    """Return the table in data/courses.toml."""
    return packaged_table("triagelab.cases.bedside", "courses.toml", CourseTable)


__all__ = ["CareRule", "CourseRule", "CourseTable", "courses"]
