"""What may be shown of a patient: to an agent, in a prompt, in an observation. No field of the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from triagelab.clinical.vitals import VitalSigns
from triagelab.errors import BadInputError

SEXES = ("female", "male")
ARRIVALS = ("ambulance", "walk_in", "helicopter", "police", "transfer")


@dataclass(frozen=True)
class Presentation:
    """One patient at the triage desk.

    Missing: every None is "not recorded". An unmeasured vital sign is None inside `vitals`.

    Attributes:
        case_id: stable id, unique within its dataset.
        narrative: the triage note. For tabular sources it is rendered from pre-triage columns only.
        chief_complaint: the complaint alone, where the source keeps it apart.
        structured: other pre-triage fields by name (reason-for-visit codes, injury, chronic disease flags).
        credentialed: the source forbids sending the case to a remote endpoint.
    """

    case_id: str
    narrative: str
    age_years: float | None = None
    sex: str | None = None
    arrival: str | None = None
    chief_complaint: str | None = None
    vitals: VitalSigns = field(default_factory=VitalSigns)
    history: tuple[str, ...] = ()
    structured: Mapping[str, str | float | None] = field(default_factory=dict)
    credentialed: bool = False

    def __post_init__(self) -> None:
        if self.sex is not None and self.sex not in SEXES:
            raise BadInputError("sex", self.sex, "female, male or null")
        if self.arrival is not None and self.arrival not in ARRIVALS:
            raise BadInputError("arrival", self.arrival, ", ".join(ARRIVALS) + " or null")
        if self.age_years is not None and not 0 <= self.age_years <= 125:
            raise BadInputError("age_years", self.age_years, "0 to 125, or null")
        object.__setattr__(self, "structured", MappingProxyType(dict(self.structured)))
        object.__setattr__(self, "history", tuple(self.history))

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (self.to_dict(),))

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; unmeasured vitals are left out."""
        return {
            "case_id": self.case_id,
            "narrative": self.narrative,
            "age_years": self.age_years,
            "sex": self.sex,
            "arrival": self.arrival,
            "chief_complaint": self.chief_complaint,
            "vitals": self.vitals.measured(),
            "history": list(self.history),
            "structured": dict(self.structured),
            "credentialed": self.credentialed,
        }

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Presentation:
        return cls(
            **{
                **raw,
                "vitals": VitalSigns(**raw.get("vitals", {})),
                "history": tuple(raw.get("history", ())),
            }
        )


def _rebuild(raw: dict[str, Any]) -> Presentation:
    return Presentation.from_dict(raw)
