"""What a replay keeps of a hospital at one moment; the hospital stays as it is."""

from __future__ import annotations

from typing import Any

from triagelab.evaluation.crisis_replay import VITALS, NeedNow, PatientCard, PatientNow, Snapshot
from triagelab.hospital.hospital import Hospital
from triagelab.hospital.patient import Patient
from triagelab.hospital.plan import PatientSpec

LONG_H = 12.0
"""Hours on duty from which the board counts a shift as long: the usual length of one."""


def snapshot(h: Hospital) -> Snapshot:
    """Return the hospital as it stands."""
    status = [incident.status for incident in h.incidents.values() if incident.kind is not None]
    return Snapshot(
        minute=h.minute,
        digest=h.digest(),
        patients={name: patient_now(one) for name, one in h.patients.items() if one.area != "coming"},
        beds={area: (len(ids), h.free(area)) for area, ids in h.occupied.items()},
        queue=len(h.queue),
        theatre_queue=len(h.theatre_queue),
        deaths=sum(1 for one in h.patients.values() if one.arrived and not one.alive),
        ventilators=h.free_ventilators,
        blood=dict(h.blood),
        stock=dict(h.stock),
        staff=_staff(h),
        long_shifts=sum(1 for one in h.people if one.hours(h.minute) > LONG_H),
        cover={place: round(value, 3) for place, value in h.cover.items()},
        systems=_systems(h),
        protocols=tuple(sorted(h.protocols)) + (("divert",) if h.diverting else ()),
        caught=status.count("caught"),
        lapsed=status.count("lapsed"),
        open=status.count("open"),
        false_flags=h.false_flags,
    )


def patient_now(patient: Patient) -> PatientNow:
    """Return a patient at the moment up to which his body is worked out."""
    vitals = patient.vitals()
    shown: Any = tuple(vitals[name] for name in VITALS)
    needs = tuple(
        NeedNow(need.kind, round(need.s, 3), need.met_at is not None)
        for need in patient.needs
        if patient.alive and need.onset_min <= patient.at
    )
    return PatientNow(
        area=patient.area,
        tag=patient.tag,
        alive=patient.alive,
        ventilator=patient.ventilator,
        vitals=shown,
        severity=round(patient.worst(), 3),
        needs=needs,
    )


def card(spec: PatientSpec) -> PatientCard:
    """Return what does not change about a patient."""
    return PatientCard(
        id=spec.id,
        text=spec.text,
        age_years=spec.age_years,
        sex=spec.sex,
        arrival_min=spec.arrival_min,
        severity=spec.severity,
        archetype=spec.archetype.id,
    )


def _staff(h: Hospital) -> dict[str, tuple[int, float]]:
    hours: dict[str, list[float]] = {}
    for one in h.people:
        hours.setdefault(one.role, [])
        if one.status == "on":
            hours[one.role].append(one.hours(h.minute))
    return {role: (len(row), round(sum(row) / len(row), 1) if row else 0.0) for role, row in hours.items()}


def _systems(h: Hospital) -> dict[str, str]:
    found = {}
    for name, since in h.systems.items():
        down = "repairing" if name in h.repairing else "paper" if name in h.paper else "down"
        found[name] = "up" if since is None else down
    return found


__all__ = ["card", "patient_now", "snapshot"]
