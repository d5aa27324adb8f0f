"""What is known about the patient for whom a drug is ordered; None is unknown, never "no"."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from triagelab.clinical.drug_names import resolve_any
from triagelab.clinical.drug_units import parse_route
from triagelab.clinical.drug_vocabulary import drug_vocabulary
from triagelab.clinical.vitals import VitalSigns
from triagelab.errors import BadInputError, UnknownNameError

REACTIONS: dict[str, str] = {
    **dict.fromkeys(("anaphylaxis", "angioedema", "bronchospasm", "hypotension"), "severe"),
    **dict.fromkeys(("stevens_johnson", "dress", "organ_injury"), "severe"),
    **dict.fromkeys(("rash", "hives", "itching"), "mild"),
    **dict.fromkeys(("nausea", "diarrhoea", "headache", "intolerance"), "intolerance"),
}
"""Reaction -> grade. A side effect is an intolerance, not an allergy."""

NOTHING: tuple[str, ...] = ("nkda", "nka", "nkma", "none", "no known drug allergies", "no known allergies", "nil")
"""What people write into a list that is empty."""

GRADES: tuple[str, ...] = ("mild", "severe", "unstated", "intolerance")


def _time(name: str, value: object) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0 or math.isinf(value):
        raise BadInputError(name, value, "a number, zero or more, or null (unknown)")


@dataclass(frozen=True)
class ActiveDrug:
    """A drug that the patient takes or took, by name, brand or class.

    Units: `last_dose_h` hours since the last dose; `daily_mg` mg a day.
    Missing: `last_dose_h` None is unknown. A list that names no route means by mouth or otherwise systemic.
    `treatment`: at a treatment dose rather than for prevention. `stopped`: no longer taken.
    """

    drug: str
    last_dose_h: float | None = None
    stopped: bool = False
    route: str | None = None
    treatment: bool | None = None
    daily_mg: float | None = None
    names: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", resolve_any(self.drug, "active drug"))
        if self.route is not None:
            object.__setattr__(self, "route", parse_route(self.route))
        _time("last_dose_h", self.last_dose_h)
        _time("daily_mg", self.daily_mg)


@dataclass(frozen=True)
class Allergy:
    """An allergy to a drug or class.

    Attributes:
        reaction: one of `REACTIONS`; it sets the grade where `grade` does not.
        grade: mild, severe or intolerance; "unstated" where neither was described.
        years_ago: years since the reaction, None if unknown.
    """

    drug: str
    reaction: str | None = None
    grade: str | None = None
    years_ago: float | None = None
    names: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.reaction is not None and self.reaction not in REACTIONS:
            raise UnknownNameError("reaction", self.reaction, REACTIONS)
        if self.grade is not None and self.grade not in GRADES:
            raise UnknownNameError("grade", self.grade, GRADES)
        _time("years_ago", self.years_ago)
        if self.grade is None:
            object.__setattr__(self, "grade", REACTIONS[self.reaction] if self.reaction else "unstated")
        object.__setattr__(self, "names", resolve_any(self.drug, "allergy"))


@dataclass(frozen=True)
class DrugPatient:
    """One patient as a pharmacist sees them.

    Missing: None everywhere is unknown. `active` and `allergies` None: not asked; an empty tuple: none.
    `history_complete`: what the history would hold and does not is "no". It does not make a laboratory value or
        anything else that only a measurement settles known, nor a list that is None.

    Attributes:
        numbers: laboratory values and the like, ids of `[number]` in data/drugs.toml.
        conditions: yes/no/unknown facts, ids of `[condition]` there.
    """

    age_years: float | None = None
    sex: str | None = None
    weight_kg: float | None = None
    vitals: VitalSigns = field(default_factory=VitalSigns)
    numbers: Mapping[str, float | None] = field(default_factory=dict)
    conditions: Mapping[str, bool | None] = field(default_factory=dict)
    active: tuple[ActiveDrug, ...] | None = None
    allergies: tuple[Allergy, ...] | None = None
    history_complete: bool = False
    known: Mapping[str, float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        if self.sex not in (None, "female", "male"):
            raise BadInputError("sex", self.sex, "female, male or null (unknown)")
        if not isinstance(self.history_complete, bool):
            raise BadInputError("history_complete", self.history_complete, "true or false")
        for name, value in self.conditions.items():
            if name not in drug_vocabulary().condition:
                raise UnknownNameError("condition", name, drug_vocabulary().condition)
            if value is not None and not isinstance(value, bool):
                raise BadInputError(name, value, "true, false or null (unknown)")
        found = {name: float(value) for name, value in self.vitals.measured().items()}
        given = {"age_years": self.age_years, "weight_kg": self.weight_kg, **self.numbers}
        for name, value in given.items():
            checked = _checked(name, value)
            if checked is not None:
                found[name] = checked
        _derive(found)
        put(self, "known", MappingProxyType(found))
        for name in ("active", "allergies"):
            listed = getattr(self, name)
            put(self, name, None if listed is None else tuple(listed))

    @classmethod
    def from_mapping(cls, raw: Mapping[str, Any]) -> DrugPatient:
        """Return the patient that one flat mapping describes: fields, numbers, vital signs and conditions by name.

        `active` and `allergies` are lists of names or of tables.

        Raises: UnknownNameError for a name in no list, BadInputError for a value of the wrong kind.
        """
        if not isinstance(raw, Mapping):
            raise BadInputError("patient", raw, "one flat mapping of what is known, {} if nothing is")
        plain = ("age_years", "sex", "weight_kg", "history_complete")
        vocabulary = drug_vocabulary()
        sorts = {
            **dict.fromkeys(VitalSigns.names(), "vitals"),
            **dict.fromkeys(vocabulary.number, "numbers"),
            **dict.fromkeys(vocabulary.condition, "conditions"),
            **dict.fromkeys((*plain, "active", "allergies"), "plain"),
        }
        parts: dict[str, dict[str, Any]] = {"vitals": {}, "numbers": {}, "conditions": {}, "plain": {}}
        for name, value in raw.items():
            if name not in sorts:
                raise UnknownNameError("patient", name, sorts)
            parts[sorts[name]][name] = value
        own = parts["plain"]
        for name, kind in (("active", ActiveDrug), ("allergies", Allergy)):
            if (given := own.get(name)) is not None:
                if isinstance(given, str | Mapping) or not isinstance(given, Iterable):
                    raise BadInputError(name, given, "a list of drugs, empty if there are none, or null (not asked)")
                own[name] = tuple(_listed(kind, name, item) for item in given)
        return cls(
            **own, vitals=VitalSigns(**parts["vitals"]), numbers=parts["numbers"], conditions=parts["conditions"]
        )


def _listed(kind: type[Any], name: str, item: object) -> Any:
    if isinstance(item, kind):
        return item
    if isinstance(item, str):
        if item.strip().casefold() in NOTHING:
            raise BadInputError(name, item, "the name of a drug", "an empty list says that there are none")
        return kind(item)
    if not isinstance(item, Mapping):
        raise BadInputError(name, item, "the name of a drug, or a table with its name in drug")
    allowed = [entry.name for entry in fields(kind) if entry.init]
    for key in item:
        if key not in allowed:
            raise UnknownNameError(name, key, allowed)
    if "drug" not in item:
        raise BadInputError(name, dict(item), 'the name of the drug in "drug"')
    return kind(**item)


def _checked(name: str, value: object) -> float | None:
    known = drug_vocabulary().number
    if name not in known:
        raise UnknownNameError("number", name, known)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInputError(name, value, "a number or null (unknown)")
    if math.isnan(value):
        return None
    row = known[name]
    if not row.low <= value <= row.high:
        raise BadInputError(name, value, f"{row.low:g} to {row.high:g} ({row.text})", "use null if unknown")
    return float(value)


def _derive(found: dict[str, float]) -> None:
    """Add the numbers that follow from others."""
    if "age_years" in found:
        found["age_days"] = round(found["age_years"] * 365.25, 6)
    if "sbp_mmhg" in found and "baseline_sbp_mmhg" in found:
        found["sbp_drop_mmhg"] = found["baseline_sbp_mmhg"] - found["sbp_mmhg"]


DERIVED_FROM: dict[str, tuple[str, ...]] = {
    "age_days": ("age_years",),
    "sbp_drop_mmhg": ("sbp_mmhg", "baseline_sbp_mmhg"),
}
"""Number that follows from others -> those others."""
