"""A small hospital for tests: the patients one asks for, no incidents, no failures, nobody dies of bad luck."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from triagelab.hospital.acts import Act
from triagelab.hospital.hospital import Hospital
from triagelab.hospital.plan import IncidentSpec, build_plan
from triagelab.hospital.results import Result
from triagelab.hospital.specs import PatientSpec, draw_patient
from triagelab.hospital.tables import archetypes

ROLE_OF = {
    "override": "cmo_oversight",
    "resolve": "cmo_oversight",
    "protocol": "cmo_oversight",
    "divert": "cmo_oversight",
    "restore": "it_systems",
    "paper": "it_systems",
    "correct": "it_systems",
    "call_in": "hr_rostering",
    "assign": "hr_rostering",
    "rest": "hr_rostering",
    "admit": "icu_management",
    "ventilate": "icu_management",
    "wean": "icu_management",
    "step_down": "icu_management",
    "open_overflow": "icu_management",
    "order": "pharmacy",
    "approve": "pharmacy",
    "modify": "pharmacy",
    "reject": "pharmacy",
    "transfuse": "pharmacy",
    "restock": "pharmacy",
}


def adult(kind: str, index: int = 0, **changes: Any) -> PatientSpec:
    """Return a healthy-history adult with the illness of an archetype, who comes in minute 1."""
    spec = draw_patient(archetypes()[kind], 1.0, "test", 3, index)
    plain: dict[str, Any] = {
        "id": f"P-{index + 1:03d}",
        "index": index,
        "age_years": 40.0,
        "sex": "male",
        "weight_kg": 80.0,
        "weight_known": True,
        "group": "A+",
        "group_known": True,
        "allergies": (),
        "background": {"egfr": 90.0},
        "active": (),
        "comfort_drug": None,
        "frailty": 1e9,
    }
    return replace(spec, **(plain | changes))


def hospital_of(*specs: PatientSpec, incidents: tuple[IncidentSpec, ...] = (), steps: int = 50) -> Hospital:
    """Return a hospital with these patients at the door."""
    plan = replace(
        build_plan("mass_casualty", 0.5, 1, steps),
        patients=specs,
        incidents=incidents,
        failures=(),
        transmission=0.0,
        staff_absent=0.0,
        hours_on=0.0,
    )
    h = Hospital(plan)
    h.step({})
    return h


def act(kind: str, role: str | None = None, **args: Any) -> Act:
    """Return an act of the role that has it."""
    return Act(role or ROLE_OF.get(kind, "er_triage"), kind, args)


def do(h: Hospital, *acts: Act) -> list[Result]:
    """Let one step pass with these acts; return what became of each that was read."""
    by_role: dict[str, list[Act]] = {}
    for one in acts:
        by_role.setdefault(one.role, []).append(one)
    return list(h.step(by_role).results)


def one(h: Hospital, kind: str, role: str | None = None, **args: Any) -> Result:
    """Let one step pass with one act; return what became of it."""
    return do(h, act(kind, role, **args))[0]


def tagged(h: Hospital, tag: str = "immediate") -> None:
    """Give everybody who is here a tag, without an act."""
    for patient in h.here.values():
        patient.tag, patient.tagged_at = tag, h.minute
        patient.seen, patient.seen_at = patient.vitals(), h.minute
