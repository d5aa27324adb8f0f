"""Ambulances: whoever cannot walk waits for one at the roadside, and every ride keeps one busy for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triagelab.hospital.patient import Patient
from triagelab.hospital.tables import resource_table

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital


def sent_on(h: Hospital, patient: Patient) -> bool:
    """Return whether he goes to another hospital: while diverting, who comes by ambulance and can stand the way.

    Other hospitals take so many and no more.
    """
    if not h.diverting or patient.spec.walks or patient.spec.severity not in ("moderate", "mild"):
        return False
    return sum(one.area == "diverted" for one in h.patients.values()) < resource_table().ambulances.elsewhere


def ride(h: Hospital, patient: Patient) -> bool:
    """Take an ambulance; False where all are out: then he waits, getting worse, and the next one that is free comes.

    A ride to another hospital takes longer, so diversion leaves fewer ambulances for those who still come here.
    """
    if patient.spec.walks:
        return True
    fleet = h.ambulances
    first = min(range(len(fleet)), key=fleet.__getitem__)
    if fleet[first] > h.minute:
        h.at(fleet[first], "arrival", patient.spec.id)
        return False
    row = resource_table().ambulances
    fleet[first] = h.minute + (row.diverted_min if sent_on(h, patient) else row.turnaround_min)
    return True


def free_ambulances(h: Hospital) -> int:
    """Return how many are free now."""
    return sum(until <= h.minute for until in h.ambulances)


__all__ = ["free_ambulances", "ride", "sent_on"]
