"""Archetypes: kinds of patient as data (data/archetypes/*.toml), read through one model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from triagelab.clinical.facts import RESOURCE_TYPES, vocabulary
from triagelab.clinical.vitals import RANGES
from triagelab.errors import DataFormatError, UnknownNameError
from triagelab.files import read_toml

DAYS_PER_UNIT = {"d": 1.0, "w": 7.0, "mo": 365.25 / 12.0, "y": 365.25}
RESOURCE_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "labs": "res_labs",
        "film": "res_ecg_or_xray",
        "imaging": "res_ct_mri_us",
        "fluids": "res_iv_fluids",
        "injection": "res_parenteral_or_neb_med",
        "consult": "res_consult",
        "procedure": "res_simple_procedure",
        "sedation": "res_complex_procedure",
    }
)
"""The words archetype files use for resources -> fact id."""

_SPAN = re.compile(r"^(\d+)(?:-(\d+))? (d|w|mo|y|min|h)(?: \*(\d+))?$")


class Span(BaseModel):
    """A whole number of one time unit, drawn evenly from `low` to `high`; `weight` against sibling spans."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    low: int
    high: int
    unit: str
    weight: int = 1


def _span(value: object) -> object:
    if not isinstance(value, str):
        return value
    match = _SPAN.match(value)
    if match is None:
        raise ValueError(f"expected '18-45 y' (units d, w, mo, y, min, h; ' *2' as weight), got {value!r}")
    low, high, unit, weight = match.groups()
    return Span(low=int(low), high=int(high or low), unit=unit, weight=int(weight or 1))


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _groups(value: object) -> object:
    return [[item] if isinstance(item, str) else item for item in value] if isinstance(value, list) else value


SpanField = Annotated[Span, BeforeValidator(_span)]
Words = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Story = Annotated[tuple[tuple[str, ...], ...], BeforeValidator(_groups)]
Interval = tuple[float, float]


class Pain(BaseModel):
    """How much it hurts, where, and how often severe pain can be seen from outside."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    score: tuple[int, int]
    site: Literal["central", "limb", "other"] = "other"
    corroborated: float = Field(0.3, ge=0, le=1)


class _Changes(BaseModel):
    """What an archetype and its modifiers can both say about a patient."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    facts: tuple[str, ...] = ()
    stated: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    story: Story = ()
    lay_story: Story = ()
    resources: tuple[str, ...] = ()
    vitals: dict[str, Interval] = Field(default_factory=dict)
    weeks: Interval | None = None

    @field_validator("facts", "stated", "absent")
    @classmethod
    def _known_facts(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in vocabulary() or name in RESOURCE_TYPES:
                raise UnknownNameError("fact", name, set(vocabulary()) - set(RESOURCE_TYPES))
        return names

    @field_validator("resources")
    @classmethod
    def _known_resources(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in RESOURCE_WORDS:
                raise UnknownNameError("resource", name, RESOURCE_WORDS)
        return tuple(RESOURCE_WORDS[name] for name in names)

    @field_validator("vitals")
    @classmethod
    def _known_vitals(cls, values: dict[str, Interval]) -> dict[str, Interval]:
        for name in values:
            if name not in RANGES:
                raise UnknownNameError("vital sign", name, RANGES)
        return values


class Modifier(_Changes):
    """A random addition; of the modifiers that share a `group`, at most one happens.

    Attributes:
        p: chance, for a patient whom the age and sex limits allow.
        physiology: replaces the archetype's profile.
        without: resources that are no longer needed.
        pain: replaces the archetype's pain.
    """

    p: float = Field(gt=0, le=1)
    group: str | None = None
    physiology: str | None = None
    without: tuple[str, ...] = ()
    pain: Pain | None = None
    min_age: float = 0
    max_age: float = 125
    sex: Literal["female", "male"] | None = None

    @field_validator("without")
    @classmethod
    def _known_without(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return cls._known_resources(names)


class Archetype(_Changes):
    """One kind of patient.

    Attributes:
        family: the unit of the train/dev/test split.
        lookalike: id of an archetype of the same family that shares complaint words and gets another level.
        age: spans with weights, "18-45 y"; fractions of a year come from days, weeks and months.
        female: share of women and girls.
        complaint: noun phrases; `lay`: opening sentences in the patient's words.
        facts: true facts, each said through the phrase bank; `stated`: true facts that complaint and story already say.
        absent: false facts, some of which are said as negations.
        story: groups of verb phrases whose subject is the patient; one of each group is told.
        onset: how long it has lasted; with `event`, how long ago it happened.
        bystander: somebody else speaks for the patient.
        resources: expected resources; every other resource is known not to be needed.
        physiology: profile of vital signs; `vitals`: absolute replacements.
        unmeasured: chance that no vital signs were taken; `complete`: all of them always were.
        expected_levels: level -> range of its share among this archetype's patients; other levels do not occur.
    """

    id: str
    family: str
    lookalike: str | None = None
    age: tuple[SpanField, ...]
    female: float = Field(0.5, ge=0, le=1)
    arrival: Words = ("walk_in", "walk_in", "ambulance")
    complaint: tuple[str, ...] = Field(min_length=2)
    lay: tuple[str, ...] = Field(min_length=2)
    onset: SpanField | None = None
    event: bool = False
    physiology: str = "well"
    pain: Pain | None = None
    unmeasured: float = Field(0.04, ge=0, le=1)
    complete: bool = False
    modifiers: tuple[Modifier, ...] = ()
    bystander: bool = False
    expected_levels: dict[int, Interval]

    @field_validator("age", mode="before")
    @classmethod
    def _ages(cls, value: object) -> object:
        return _listed(value)

    @field_validator("expected_levels", mode="before")
    @classmethod
    def _levels(cls, value: object) -> object:
        return {int(level): share for level, share in value.items()} if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _consistent(self) -> Archetype:
        both = (set(self.facts) | set(self.stated)) & set(self.absent)
        if both:
            raise ValueError(f"{self.id}: both true and absent: {sorted(both)}")
        if not any(low <= 1.0 and high > 0.0 for low, high in self.expected_levels.values()):
            raise ValueError(f"{self.id}: expected_levels allows no level")
        return self

    def level_shares(self) -> dict[int, float]:
        """Return level -> middle of its expected range, scaled to sum to one."""
        middle = {level: (low + high) / 2.0 for level, (low, high) in self.expected_levels.items()}
        total = sum(middle.values())
        return {level: share / total for level, share in middle.items()}

    @property
    def usual_level(self) -> int:
        shares = self.level_shares()
        return min(shares, key=lambda level: (-shares[level], level))


class ArchetypeFile(BaseModel):
    """One file: where its content comes from, and the archetypes."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    source: str
    verified: bool = False
    archetype: tuple[Archetype, ...]


@cache
def load_archetypes() -> Mapping[str, Archetype]:
    """Return every archetype by id, in order of file and place.

    Raises: DataFormatError with the file for anything the model refuses, for an id used twice, and for a look-alike
        that is in no or in another family.
    """
    folder = resources.files("triagelab.cases") / "data" / "archetypes"
    found: dict[str, Archetype] = {}
    for path in sorted((item for item in folder.iterdir() if item.name.endswith(".toml")), key=lambda item: item.name):
        try:
            members = ArchetypeFile.model_validate(read_toml(str(path))).archetype
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise DataFormatError(f"{path.name}: {place}: {first['msg']} ({error.error_count()} errors)") from error
        for member in members:
            if member.id in found:
                raise DataFormatError(f"{path.name}: archetype id {member.id!r} is used twice")
            found[member.id] = member
    for member in found.values():
        if member.lookalike is not None:
            other = found.get(member.lookalike)
            if other is None or other.family != member.family:
                raise DataFormatError(f"archetype {member.id!r}: look-alike {member.lookalike!r} is not in its family")
    return MappingProxyType(found)
