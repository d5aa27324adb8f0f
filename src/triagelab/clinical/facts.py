"""What the engine is told about a patient: three-valued facts over one vocabulary (data/facts.toml)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ConfigDict

from triagelab.clinical.vitals import VitalSigns
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.files import read_toml

RESOURCE_TYPES: tuple[str, ...] = (
    "res_labs",
    "res_ecg_or_xray",
    "res_ct_mri_us",
    "res_iv_fluids",
    "res_parenteral_or_neb_med",
    "res_consult",
    "res_simple_procedure",
    "res_complex_procedure",
)
"""Resource types of decision point C; a complex procedure counts two, every other type one."""

NUMBERS: tuple[str, ...] = ("age_years", "pregnancy_weeks", *VitalSigns.names())


class FactSpec(BaseModel):
    """One line of the vocabulary."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    group: str
    text: str


@cache
def vocabulary() -> Mapping[str, FactSpec]:
    """Return every yes/no/unknown fact the engine, generator and extractor share: id -> group and wording."""
    source = resources.files("triagelab.clinical") / "data" / "facts.toml"
    raw = read_toml(str(source))
    return MappingProxyType(
        {name: FactSpec(group=group, text=text) for group, members in raw.items() for name, text in members.items()}
    )


@dataclass(frozen=True)
class Facts:
    """One patient as the engine sees it.

    Missing: a fact that is absent or None is unknown; it is never read as "no". NaN becomes unknown.

    Attributes:
        age_years: age in years, fractions for infants (10 days is 10 / 365.25).
        vitals: vital signs now.
        flags: fact id -> True, False or None (unknown); ids from `vocabulary()`.
        pregnancy_weeks: gestation in weeks where pregnant.
    """

    age_years: float | None = None
    vitals: VitalSigns = field(default_factory=VitalSigns)
    flags: Mapping[str, bool | None] = field(default_factory=dict)
    pregnancy_weeks: float | None = None

    def __post_init__(self) -> None:
        known = vocabulary()
        for name, value in self.flags.items():
            if name not in known:
                raise UnknownNameError("fact", name, known)
            if value is not None and not isinstance(value, bool):
                raise BadInputError(name, value, "true, false or null (unknown)")
        for name, low, high in (("age_years", 0.0, 125.0), ("pregnancy_weeks", 0.0, 45.0)):
            value = getattr(self, name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise BadInputError(name, value, f"a number from {low:g} to {high:g}, or null")
            if math.isnan(value):
                object.__setattr__(self, name, None)
            elif not low <= value <= high:
                raise BadInputError(name, value, f"{low:g} to {high:g}", "use null if unknown")
        object.__setattr__(self, "flags", MappingProxyType(dict(self.flags)))

    def __reduce__(self) -> tuple[Any, ...]:
        return (Facts, (self.age_years, self.vitals, dict(self.flags), self.pregnancy_weeks))

    def __getitem__(self, name: str) -> bool | None:
        """Return the value of one fact: True, False, or None for unknown."""
        if name not in vocabulary():
            raise UnknownNameError("fact", name, vocabulary())
        return self.flags.get(name)

    @classmethod
    def from_mapping(cls, raw: Mapping[str, Any]) -> Facts:
        """Build facts from one flat mapping: ages and vital signs by name, everything else a yes/no/unknown fact.

        Raises: UnknownNameError for a name in no list, BadInputError for a value of the wrong kind.
        """
        vitals = {name: raw[name] for name in VitalSigns.names() if name in raw}
        rest = {name: value for name, value in raw.items() if name not in NUMBERS}
        known = set(vocabulary()) | set(NUMBERS)
        for name in rest:
            if name not in known:
                raise UnknownNameError("fact", name, known)
        return cls(
            age_years=raw.get("age_years"),
            vitals=VitalSigns(**vitals),
            flags=rest,
            pregnancy_weeks=raw.get("pregnancy_weeks"),
        )

    def to_mapping(self) -> dict[str, Any]:
        """Return the flat mapping that `from_mapping` reads; unknown flags are left out."""
        flat: dict[str, Any] = {name: value for name, value in self.flags.items() if value is not None}
        flat.update(self.vitals.measured())
        for name in ("age_years", "pregnancy_weeks"):
            if getattr(self, name) is not None:
                flat[name] = getattr(self, name)
        return flat
