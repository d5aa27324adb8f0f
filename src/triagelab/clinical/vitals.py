"""Vital signs with units, plausible ranges, and conversion at the border."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from triagelab.errors import BadInputError


@dataclass(frozen=True, slots=True)
class VitalRange:
    """What can be read off a living or dying patient; anything outside is a typing error or a code."""

    low: float
    high: float
    unit: str
    label: str


RANGES: dict[str, VitalRange] = {
    "heart_rate_bpm": VitalRange(0, 320, "/min", "HR"),
    "resp_rate_bpm": VitalRange(0, 120, "/min", "RR"),
    "sbp_mmhg": VitalRange(0, 320, "mmHg", "SBP"),
    "dbp_mmhg": VitalRange(0, 220, "mmHg", "DBP"),
    "spo2_pct": VitalRange(0, 100, "%", "SpO2"),
    "temp_c": VitalRange(20.0, 45.0, "C", "T"),
    "pain_score": VitalRange(0, 10, "/10", "pain"),
    "gcs": VitalRange(3, 15, "", "GCS"),
    "glucose_mg_dl": VitalRange(0, 2000, "mg/dL", "glucose"),
}


@dataclass(frozen=True, slots=True)
class VitalSigns:
    """One set of vital signs; `None` means not measured, and is never read as normal or as zero.

    Units: rates per minute, pressures mmHg, saturation percent, temperature Celsius, pain 0-10, glucose mg/dL.
    """

    heart_rate_bpm: float | None = None
    resp_rate_bpm: float | None = None
    sbp_mmhg: float | None = None
    dbp_mmhg: float | None = None
    spo2_pct: float | None = None
    temp_c: float | None = None
    pain_score: float | None = None
    gcs: float | None = None
    glucose_mg_dl: float | None = None

    def __post_init__(self) -> None:
        for name, limits in RANGES.items():
            value = getattr(self, name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise BadInputError(name, value, "a number or null")
            if math.isnan(value):
                object.__setattr__(self, name, None)
            elif not limits.low <= value <= limits.high:
                raise BadInputError(
                    name, value, f"{limits.low:g} to {limits.high:g} {limits.unit}".strip(), "use null if not measured"
                )

    @classmethod
    def names(cls) -> tuple[str, ...]:
        return tuple(field.name for field in fields(cls))

    @classmethod
    def clean(cls, raw: Mapping[str, Any]) -> tuple[VitalSigns, tuple[str, ...]]:
        """Return vital signs from raw numbers, with every implausible one left out and named.

        Missing: None, NaN and absent keys stay None. Returns (vitals, names of the values that were refused).
        """
        kept: dict[str, float] = {}
        refused: list[str] = []
        for name, limits in RANGES.items():
            value = raw.get(name)
            if value is None or (isinstance(value, float) and math.isnan(value)):
                continue
            if limits.low <= float(value) <= limits.high:
                kept[name] = float(value)
            else:
                refused.append(name)
        return cls(**kept), tuple(refused)

    def measured(self) -> dict[str, float]:
        """Return only what was measured."""
        return {name: value for name in self.names() if (value := getattr(self, name)) is not None}

    def with_(self, **changes: float | None) -> VitalSigns:
        return replace(self, **changes)


def fahrenheit_to_celsius(temp_f: float) -> float:
    return (temp_f - 32.0) * 5.0 / 9.0


def temperature_c(value: float) -> float | None:
    """Return Celsius from a number in either scale, None if it is neither (no human temperature is both)."""
    if 20.0 <= value <= 45.0:
        return value
    if 68.0 <= value <= 113.0:
        return round(fahrenheit_to_celsius(value), 2)
    return None
