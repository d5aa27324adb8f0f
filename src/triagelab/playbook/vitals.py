"""What vital signs in a chart say to somebody who goes by the book: out of range, or failing."""

from __future__ import annotations

from triagelab.hospital.views import Chart

ADULT = ((50, 100), (10, 22), 100)
CHILD = ((70, 130), (15, 30), 80)
"""Heart rate and breaths a minute at which nobody worries, and the lowest such systolic pressure in mmHg; those of a
child under 14. Rounded textbook ranges."""
CHILD_UNTIL_YEARS = 14.0


def abnormal(one: Chart) -> bool:
    """Return whether a vital sign that was measured is out of range; False where none was."""
    vitals = one["vitals"]
    if vitals is None:
        return False
    heart, breath, pressure = CHILD if one["age_years"] < CHILD_UNTIL_YEARS else ADULT
    return not (
        vitals["gcs"] == 15
        and vitals["spo2_pct"] >= 94
        and heart[0] <= vitals["heart_rate_bpm"] <= heart[1]
        and breath[0] <= vitals["resp_rate_bpm"] <= breath[1]
        and vitals["sbp_mmhg"] >= pressure
        and 35.0 <= vitals["temp_c"] <= 38.2
    )


def failing(one: Chart) -> bool:
    """Return whether consciousness or pressure has gone so far that START makes him an immediate patient."""
    vitals = one["vitals"]
    return vitals is not None and (vitals["gcs"] < 14 or vitals["sbp_mmhg"] < 80)


__all__ = ["abnormal", "failing"]
