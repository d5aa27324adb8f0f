"""What vital signs in a chart say to somebody who goes by the book: out of range, or failing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from triagelab.hospital.views import Chart

Limits = Mapping[str, tuple[float, float]]
ADULT: Limits = MappingProxyType(
    {
        "heart_rate_bpm": (50, 100),
        "resp_rate_bpm": (10, 22),
        "spo2_pct": (94, 100),
        "sbp_mmhg": (100, 220),
        "temp_c": (35.0, 38.2),
        "gcs": (15, 15),
    }
)
CHILD: Limits = MappingProxyType(
    {**ADULT, "heart_rate_bpm": (70, 130), "resp_rate_bpm": (15, 30), "sbp_mmhg": (80, 220)}
)
"""Lowest and highest value at which nobody worries; those of a child under 14. Rounded textbook ranges."""
CHILD_UNTIL_YEARS = 14.0


def abnormal(one: Chart) -> bool:
    """Return whether a vital sign that was measured is out of range; False where none was."""
    vitals = one["vitals"]
    if vitals is None:
        return False
    limits = CHILD if one["age_years"] < CHILD_UNTIL_YEARS else ADULT
    return any(not low <= vitals[name] <= high for name, (low, high) in limits.items())


def failing(one: Chart) -> bool:
    """Return whether consciousness or pressure has gone so far that START makes him an immediate patient."""
    vitals = one["vitals"]
    return vitals is not None and (vitals["gcs"] < 14 or vitals["sbp_mmhg"] < 80)


__all__ = ["abnormal", "failing"]
