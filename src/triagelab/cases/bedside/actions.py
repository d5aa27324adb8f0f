"""What an agent can do at the bedside, as one typed action; every name comes from a closed list."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator, model_validator

from triagelab.errors import BadInputError, UnknownNameError

Kind = Literal["ask", "measure", "examine", "test", "more_info", "reassess", "intervene", "commit"]
Pathway = Literal["resuscitation", "emergency", "urgent", "primary_care"]
Pattern = Literal[
    "airway_obstruction",
    "allergic_reaction",
    "breathing_failure",
    "lung_problem",
    "blood_clot",
    "cardiac_arrest",
    "heart_attack",
    "heart_failure",
    "heart_rhythm",
    "faint_or_dizziness",
    "aortic_emergency",
    "stroke",
    "seizure",
    "altered_mind",
    "headache",
    "head_injury",
    "spinal_emergency",
    "sepsis",
    "infection",
    "bleeding",
    "major_trauma",
    "limb_emergency",
    "minor_injury",
    "burn",
    "muscle_or_back_pain",
    "surgical_abdomen",
    "belly_problem",
    "swallowed_object",
    "urinary_problem",
    "pregnancy_emergency",
    "diabetic_emergency",
    "metabolic_problem",
    "poisoning",
    "blood_exposure",
    "mental_health_crisis",
    "violence_or_abuse",
    "eye_or_ear_problem",
    "pain_crisis",
    "minor_illness",
    "administrative",
]

TOPICS = (
    "story",
    "pain",
    "chest_and_breathing",
    "belly_and_bowels",
    "head_and_nerves",
    "bleeding",
    "fever_and_infection",
    "pregnancy",
    "substances",
    "mood_and_safety",
    "past_illness",
    "medicines_and_allergies",
    "injury",
)
"""What history can be asked about."""
VITALS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "heart_rate": ("heart_rate_bpm",),
        "resp_rate": ("resp_rate_bpm",),
        "blood_pressure": ("sbp_mmhg", "dbp_mmhg"),
        "spo2": ("spo2_pct",),
        "temperature": ("temp_c",),
        "pain_score": ("pain_score",),
        "gcs": ("gcs",),
    }
)
"""What can be measured -> the vital signs that it gives."""
REGIONS = (
    "airway",
    "chest",
    "circulation",
    "abdomen",
    "nerves",
    "mind",
    "head_and_face",
    "limbs",
    "skin",
    "pelvis",
    "back",
)
"""What can be examined."""
TESTS = ("glucose", "ecg", "urine", "pregnancy_test", "ketones", "blood_gas", "ultrasound")
"""Point-of-care tests."""
INTERVENTIONS = (
    "open_airway",
    "ventilate",
    "oxygen",
    "chest_compressions",
    "defibrillate",
    "pace_or_cardiovert",
    "decompress_chest",
    "control_bleeding",
    "fluids",
    "blood",
    "epinephrine",
    "glucose",
    "naloxone",
    "stop_seizure",
    "cool_or_warm",
)
"""Immediate interventions."""
PATHWAYS: tuple[str, ...] = get_args(Pathway)
PATTERNS: tuple[str, ...] = get_args(Pattern)
TARGETS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ask": TOPICS,
        "measure": tuple(VITALS),
        "examine": REGIONS,
        "test": TESTS,
        "intervene": INTERVENTIONS,
    }
)
"""Kinds of action that need a target -> the targets."""
_ONE_OBJECT = 'one JSON object such as {"kind": "measure", "target": "spo2"}'
LONGEST = 2_000
"""Characters of the longest action that is read from text."""


class BedsideAction(BaseModel):
    """One action.

    Attributes:
        kind: what is done.
        target: topic, vital sign, region, test or intervention; only for the kinds of `TARGETS`.
        level, pathway, pattern: the answer; only for `commit`, which needs all three.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Kind
    target: str | None = None
    level: Literal[1, 2, 3, 4, 5] | None = None
    pathway: Pathway | None = None
    pattern: Pattern | None = None

    @field_validator("level", mode="before")
    @classmethod
    def _no_truth_value(cls, value: object) -> object:
        # Python takes true for 1 and 2.0 for 2; an answer that says so was not meant as a level.
        if isinstance(value, bool | float):
            raise ValueError("a whole number from 1 to 5")
        return value

    @model_validator(mode="after")
    def _whole(self) -> BedsideAction:
        targets = TARGETS.get(self.kind)
        if targets is None and self.target is not None:
            raise ValueError(f"target: {self.kind} takes none")
        if targets is not None and self.target not in targets:
            raise ValueError(str(UnknownNameError(f"target of {self.kind}", self.target, targets)))
        answer = (self.level, self.pathway, self.pattern)
        if self.kind == "commit" and None in answer:
            raise ValueError("commit: needs level (1-5), pathway and pattern")
        if self.kind != "commit" and answer != (None, None, None):
            raise ValueError(f"level, pathway and pattern: only with commit, not with {self.kind}")
        return self

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values without what is not set."""
        return self.model_dump(exclude_none=True)

    def label(self) -> str:
        """Return the action in short: `measure(spo2)`, `commit(2,emergency,stroke)`."""
        if self.kind == "commit":
            return f"commit({self.level},{self.pathway},{self.pattern})"
        return f"{self.kind}({self.target})" if self.target else self.kind


def read_action(raw: Mapping[str, Any] | str) -> BedsideAction:
    """Return the action that a mapping, or its JSON text, stands for.

    Raises: BadInputError with the field, the value and what is allowed.
    """
    if isinstance(raw, str):
        if len(raw) > LONGEST:
            raise BadInputError("action", f"{len(raw)} characters", f"at most {LONGEST} characters of JSON")
        try:
            raw = json.loads(raw)
        except (ValueError, RecursionError):
            raise BadInputError("action", raw, _ONE_OBJECT) from None
    if not isinstance(raw, Mapping):
        raise BadInputError("action", raw, _ONE_OBJECT)
    try:
        return BedsideAction.model_validate(dict(raw))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(["action", *(str(part) for part in first["loc"])])
        value = raw if first["type"] == "value_error" else first.get("input")
        raise BadInputError(field, value, first["msg"].removeprefix("Value error, ")) from None


__all__ = [
    "INTERVENTIONS",
    "PATHWAYS",
    "PATTERNS",
    "REGIONS",
    "TARGETS",
    "TESTS",
    "TOPICS",
    "VITALS",
    "BedsideAction",
    "Kind",
    "read_action",
]
