"""What is told after the end of an episode of crisis-v1: what everybody had, what was an incident, and who did what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from triagelab.hospital.hospital import Hospital
from triagelab.hospital.incidents import Incident
from triagelab.hospital.patient import Patient


def debrief(h: Hospital, totals: Mapping[str, float]) -> dict[str, Any]:
    """Return the truth as plain JSON values. Only for episodes that have ended.

    Units: minutes since the episode began, below 0 for those who were in hospital before.
    Missing: `died_min` None is alive; `met_min` None was never met; a role's share is None where nothing was due.

    Args:
        totals: the parts of the return.
    """
    patients = [_patient(one) for one in h.patients.values() if one.arrived]
    incidents = [one for one in h.incidents.values() if one.kind is not None]
    planned = h.plan.incidents
    return {
        "scenario": h.plan.scenario,
        "difficulty": h.plan.difficulty,
        "outcome": h.outcome(),
        "expected_deaths": round(sum(one.hazard for one in h.patients.values() if one.arrived), 3),
        "still_coming": sum(1 for one in h.patients.values() if not one.arrived),
        "patients": patients,
        "planned_incidents": len(planned),
        "first_incident": planned[0].kind if planned else "none",
        "incidents": [_incident(one) for one in incidents],
        "caught": sum(1 for one in incidents if one.status == "caught"),
        "false_flags": h.false_flags,
        "shares": dict(h.ledger.share(h.minute)),
        "parts": dict(totals),
    }


def _patient(one: Patient) -> dict[str, Any]:
    return {
        "patient": one.id,
        "had": one.spec.archetype.id,
        "severity": one.spec.severity,
        "arrived_min": one.spec.arrival_min,
        "needs": [
            {"kind": need.kind, "since_min": round(need.onset_min, 1), "met_min": need.met_at, "known": need.known}
            for need in one.needs
        ],
        "area": one.area,
        "tag": one.tag,
        "died_min": one.died_at,
    }


def _incident(one: Incident) -> dict[str, Any]:
    return {"kind": one.kind, "subject": one.subject, "role": one.role, "minute": one.minute, "became": one.status}


__all__ = ["debrief"]
