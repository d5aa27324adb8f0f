"""The fifteen named tasks: patients written by hand (data/tasks.toml), labelled by the engine like all others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from triagelab.cases.archetypes import RESOURCE_WORDS, Archetype, Span, SpanField, load_archetypes
from triagelab.cases.bedside.actions import Pathway, Pattern
from triagelab.cases.bedside.patient import BedsidePatient
from triagelab.cases.patient import Age, Patient
from triagelab.clinical.facts import RESOURCE_TYPES, Facts
from triagelab.clinical.vitals import VitalSigns
from triagelab.errors import UnknownNameError
from triagelab.files import packaged_table

_UNREMARKABLE = {"gcs": 15.0, "glucose_mg_dl": 98.0}
"""What is measured where a task says nothing of it."""
_WORDS = ("complaint", "lay", "story", "lay_story", "facts", "stated", "absent", "event")


class TaskRow(BaseModel):
    """One task as it is written down.

    Attributes:
        severity, pathway: what its author meant; the engine decides, and tests compare.
        minimised: true facts that the patient plays down until asked again.
        pain: score 0-10; None is not scored.
        like: a kind of patient whose test results this one shows.
        the rest: as in Archetype.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str = Field(pattern=r"^[a-z][a-z-]*$")
    tier: Literal["easy", "medium", "hard"]
    severity: Literal["Mild", "Moderate", "Emergency"]
    pattern: Pattern
    pathway: Pathway
    age: SpanField
    sex: Literal["female", "male"]
    arrival: Literal["walk_in", "ambulance"] = "walk_in"
    complaint: tuple[str, ...]
    lay: tuple[str, ...]
    onset: SpanField
    event: bool = False
    story: tuple[tuple[str, ...], ...]
    lay_story: tuple[tuple[str, ...], ...]
    facts: tuple[str, ...] = ()
    stated: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    minimised: tuple[str, ...] = ()
    pain: int | None = None
    weeks: float | None = None
    vitals: VitalSigns
    resources: tuple[str, ...]
    like: str | None = None

    @field_validator("vitals", mode="before")
    @classmethod
    def _numbers(cls, value: object) -> object:
        if not isinstance(value, Mapping):
            return value
        named: dict[str, Any] = {str(name): number for name, number in value.items()}
        unknown = set(named) - set(VitalSigns.names())
        if unknown:
            raise UnknownNameError("vital sign", min(unknown), VitalSigns.names())
        return VitalSigns(**{name: float(number) for name, number in named.items()})

    @model_validator(mode="after")
    def _known(self) -> TaskRow:
        for name in self.resources:
            if name not in RESOURCE_WORDS:
                raise UnknownNameError("resource", name, RESOURCE_WORDS)
        if self.like is not None and self.like not in load_archetypes():
            raise UnknownNameError("archetype", self.like, load_archetypes())
        if not set(self.minimised) <= {*self.facts, *self.stated}:
            raise ValueError(f"{self.id}: only what is true can be played down")
        return self


class TaskFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    source: str
    verified: bool
    task: tuple[TaskRow, ...]


@dataclass(frozen=True, slots=True)
class NamedTask:
    """One task: what is written down, and the patient it makes."""

    row: TaskRow
    patient: BedsidePatient

    @property
    def id(self) -> str:
        return self.row.id

    @property
    def tier(self) -> str:
        return self.row.tier


@cache
def named_tasks() -> tuple[NamedTask, ...]:
    """Return the tasks in order: easy, medium, hard."""
    rows = packaged_table("triagelab.cases.bedside", "tasks.toml", TaskFile).task
    return tuple(NamedTask(row, _patient(row)) for row in rows)


def _patient(row: TaskRow) -> BedsidePatient:
    facts = _facts(row)
    patient = Patient(
        archetype=_archetype(row),
        modifiers=(),
        age=_age(row.age),
        sex=row.sex,
        arrival=row.arrival,
        facts=facts,
        told=row.facts,
        onset=_age(row.onset),
        fahrenheit=False,
        side="left",
        pp_days=0,
    )
    return BedsidePatient(
        case_id=f"task-{row.id}",
        patient=patient,
        complaint=row.complaint[0],
        start=facts,
        minimised=frozenset(row.minimised),
        pattern=row.pattern,
        tier=row.tier,
    )


def _age(span: Span) -> Age:
    return Age(span.low, span.unit)


def _facts(row: TaskRow) -> Facts:
    needed = {RESOURCE_WORDS[name] for name in row.resources}
    flags: dict[str, bool | None] = dict.fromkeys(row.absent, False)
    flags.update(dict.fromkeys((*row.facts, *row.stated), True))
    flags.update({name: name in needed for name in RESOURCE_TYPES})
    vitals = VitalSigns(**{**_UNREMARKABLE, **row.vitals.measured()})
    if row.pain is not None:
        vitals = vitals.with_(pain_score=float(row.pain))
    return Facts(_age(row.age).years, vitals, flags, row.weeks)


def _archetype(row: TaskRow) -> Archetype:
    """Return the words of the task in the shape that every other patient's words have."""
    words = {name: getattr(row, name) for name in _WORDS}
    return Archetype(
        id=row.like or f"task-{row.id}",
        family="named-tasks",
        age=(row.age,),
        onset=row.onset,
        expected_levels=dict.fromkeys(range(1, 6), (0.0, 1.0)),
        **words,
    )


__all__ = ["NamedTask", "TaskRow", "named_tasks"]
