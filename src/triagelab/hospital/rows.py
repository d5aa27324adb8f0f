"""The rows of data/*.toml: needs, archetypes, resources and scenarios, validated and frozen."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from triagelab.clinical.blood import GROUPS
from triagelab.clinical.drug_names import ingredient
from triagelab.errors import UnknownNameError

Span = tuple[float, float]
Role = Literal["er_triage", "icu_management", "pharmacy", "hr_rostering", "it_systems", "cmo_oversight"]
ROLES: tuple[Role, ...] = ("er_triage", "icu_management", "pharmacy", "hr_rostering", "it_systems", "cmo_oversight")
"""Every role, in the order of the seed's list."""
SYSTEMS: tuple[str, ...] = ("ehr", "lab", "monitors", "ventilators", "blood_bank")
"""What can fail and be restored."""


class Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NeedRow(Row):
    """What a patient can need.

    Units: minutes; `effect` in the unit of the vital sign, at severity 1.

    Attributes:
        by: what meets it; `means`: procedures, drugs or places of which any does.
        owner: the role that owes it. `shown`: when staff come to know of it.
        lasting: met only while the place or device is held. `window_min`: how soon it is owed.
    """

    text: str
    by: Literal["procedure", "drug", "blood", "theatre", "ventilator", "place"]
    means: tuple[str, ...]
    owner: Role
    shown: Literal["sight", "vitals", "workup", "never"]
    life_saving: bool = False
    lasting: bool = False
    window_min: float = Field(gt=0)
    effect: dict[str, float] = Field(default_factory=dict)


class ArchetypeNeed(Row):
    """A need of an archetype. Units: severity 0 to 1, per hour; `onset_min` minutes after arrival."""

    kind: str
    drug: str | None = None
    start: Span
    rise: Span
    fall: float = Field(ge=0)
    lethal: float = Field(ge=0)
    onset_min: Span = (0.0, 0.0)


class ArchetypeRow(Row):
    """One kind of patient.

    Units: `walks`, `child`: shares; `infectious`: exposure per hour that somebody beside him takes, 0 is none.

    Attributes:
        severity: `expectant` cannot be saved: such a patient dies whatever is done.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    kind: Literal["injury", "illness", "inpatient"]
    severity: Literal["severe", "moderate", "mild", "expectant"]
    text: tuple[str, ...] = Field(min_length=1)
    walks: float = Field(default=0.3, ge=0, le=1)
    child: float = Field(default=0.1, ge=0, le=1)
    infectious: float = Field(default=0.0, ge=0)
    need: tuple[ArchetypeNeed, ...] = ()


class AreaRow(Row):
    """A place. `nurses`: nurses that one patient takes; `monitored`: vital signs are always current."""

    beds: int = Field(ge=0)
    nurses: float = Field(ge=0)
    monitored: bool
    care: bool


class StaffRow(Row):
    on: dict[str, int]
    home: int = Field(ge=0)


class PeopleRow(Row):
    """Units: minutes and hours as named; `fatigue_loss`: share of work lost at full fatigue."""

    call_in_min: float
    rest_min: float
    shift_h: float
    off_h: float
    fatigue_from_h: float
    fatigue_full_h: float
    fatigue_loss: float


class AmbulanceRow(Row):
    """How many there are, and minutes that a ride keeps one busy: to this hospital, and to another one."""

    count: int = Field(ge=1)
    turnaround_min: float = Field(gt=0)
    diverted_min: float = Field(gt=0)
    elsewhere: int = Field(ge=0)


class CountRow(Row):
    count: int
    census: int


class BloodRow(Row):
    """Red cells by group, and how many units one patient needs."""

    units: dict[str, int]
    units_needed: tuple[int, int]


class StockRow(Row):
    stock: dict[str, int]
    restock_max: int
    restock_min: float


class DrugRow(Row):
    """The usual adult dose of a drug and what a child gets. Units: `unit`, `unit`/kg, minutes, hours."""

    dose: float
    unit: str
    route: str
    per_kg: float
    onset_min: float
    every_h: float


class TimesRow(Row):
    workup_min: float
    surgery_min: float
    restore_min: float
    overflow_most: int


class BudgetRow(Row):
    acts: int
    er_acts: int
    messages: int
    message_chars: int


class ResourceTable(Row):
    """Places, people, devices and stock at the start."""

    source: str
    verified: bool
    areas: dict[str, AreaRow]
    census: dict[str, int]
    staff: dict[str, StaffRow]
    people: PeopleRow
    ambulances: AmbulanceRow
    ventilators: CountRow
    blood: BloodRow
    drugs: StockRow
    drug: dict[str, DrugRow]
    work_min: dict[str, float]
    times: TimesRow
    budget: BudgetRow

    @model_validator(mode="after")
    def _known(self) -> ResourceTable:
        for name in self.drug:
            if ingredient(name) != name:
                raise UnknownNameError("drug", name, [ingredient(name)])
        if set(self.drug) != set(self.drugs.stock):
            raise ValueError("drugs.stock and [drug.*] must name the same drugs")
        return self

    @property
    def units(self) -> dict[str, int]:
        """Return red cells by group."""
        return {group: self.blood.units[group] for group in GROUPS}


class ScenarioRow(Row):
    """A scenario. Pairs: at difficulty 0 and 1. `spread`: shares of the episode between which patients come."""

    text: str
    patients: tuple[int, int] = (0, 0)
    spread: Span = (0.0, 0.5)
    mix: dict[str, float] = Field(default_factory=dict)
    inpatients: dict[str, int] = Field(default_factory=dict)
    transmission: Span = (0.0, 0.0)
    failures: dict[str, Span] = Field(default_factory=dict)
    ventilators_lost: tuple[int, int] = (0, 0)
    staff_absent: Span = (0.0, 0.0)
    hours_on: Span = (0.0, 9.0)
    incidents: tuple[int, int] = (0, 0)
    superpose: dict[str, float] = Field(default_factory=dict)
