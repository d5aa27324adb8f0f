"""Acts of intensive-care management: admit, ventilate, wean, step down, open overflow beds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triagelab.hospital import care
from triagelab.hospital.acts import Act
from triagelab.hospital.deeds.common import patient_of
from triagelab.hospital.known import FIT
from triagelab.hospital.patient import Need, Patient
from triagelab.hospital.results import Result, done, held, refused
from triagelab.hospital.tables import resource_table

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital

ROLE = "icu_management"
SUPPORT = ("critical_care", "ventilation", "harm")
"""Needs that intensive care is for."""


def admit(h: Hospital, act: Act) -> Result:
    """Give a patient a bed in intensive care, on the ward or in the overflow area."""
    patient = patient_of(h, act)
    if isinstance(patient, Result):
        return patient
    unit = act.args["unit"]
    if patient.area == unit:
        return refused(act, f"he is in {unit}")
    if patient.area == "theatre" and any(n.row.by == "theatre" and n.met_at is None for n in patient.needs):
        return refused(act, "he is being operated on")
    if h.free(unit) < 1:
        return held(act, f"no free bed in {unit}")
    before = h.ledger.done[ROLE]
    support = _support(patient)
    from_icu = patient.area == "icu"
    h.move(patient, unit)
    h.ledger.close(ROLE, "admit", patient.id)
    right = h.ledger.done[ROLE] > before or None
    if unit == "icu":
        needed = patient.tag == "immediate" or any(need.kind in SUPPORT and need.known for need in patient.needs)
        return done(act, right if needed else False, "" if needed else "he needs no intensive care")
    if support:
        return done(act, False, "he needs intensive care")
    return done(act, False if from_icu and unit == "overflow" else right)


def _support(patient: Patient) -> list[Need]:
    """Return needs of intensive care that staff know of and that are not over."""
    return [need for need in patient.needs if need.kind in SUPPORT and need.known and need.s > FIT]


def ventilate(h: Hospital, act: Act) -> Result:
    """Put a patient on a ventilator; he has to lie in intensive care or in resus."""
    patient = patient_of(h, act)
    if isinstance(patient, Result):
        return patient
    if patient.ventilator:
        return refused(act, "he is on a ventilator")
    if patient.area not in ("icu", "resus"):
        return refused(act, f"no ventilator in {patient.area}; move him to icu or resus first")
    if h.free_ventilators < 1:
        return held(act, "no free ventilator")
    patient.ventilator = True
    need = patient.need("ventilation")
    if need is None or need.onset_min > h.minute or (not need.known and need.s <= FIT):
        return done(act, False, "he breathes well enough")
    return done(act, care.meet(h, patient, need) or None)


def wean(h: Hospital, act: Act) -> Result:
    """Take a patient off his ventilator."""
    patient = patient_of(h, act)
    if isinstance(patient, Result):
        return patient
    if not patient.ventilator:
        return refused(act, "he is on no ventilator")
    h.settle(patient)
    need = patient.need("ventilation")
    fit = need is None or need.s <= FIT
    patient.ventilator = False
    if need is not None:
        if fit:
            patient.needs.remove(need)
        else:
            care.unmeet(h, patient, need)
    if need is None:
        return done(act, None, "he did not need it")
    return done(act, fit or False, "" if fit else "he still needs it")


def step_down(h: Hospital, act: Act) -> Result:
    """Move a patient from intensive care to the ward."""
    patient = patient_of(h, act)
    if isinstance(patient, Result):
        return patient
    if patient.area != "icu":
        return refused(act, "he is not in intensive care")
    if h.free("ward") < 1:
        return held(act, "no free bed on the ward")
    h.settle(patient)
    support = _support(patient)
    h.move(patient, "ward")
    owed = h.ledger.close(ROLE, "step_down", patient.id)
    if support:
        return done(act, False, "he still needs intensive care")
    for need in list(patient.needs):
        if need.kind == "critical_care":
            patient.needs.remove(need)
            h.ledger.drop(ROLE, "critical_care", patient.id)
    return done(act, True if owed else None)


def open_overflow(h: Hospital, act: Act) -> Result:
    """Open overflow beds; every one takes nursing."""
    times = resource_table().times
    room = times.overflow_most - h.beds["overflow"]
    if room < 1:
        return refused(act, f"all {times.overflow_most} overflow beds are open")
    crowded = h.free("bay") < 2
    h.beds["overflow"] += min(act.args["beds"], room)
    return done(act, None if crowded else False, "" if crowded else "there are free bays")


DEEDS = {"admit": admit, "ventilate": ventilate, "wean": wean, "step_down": step_down, "open_overflow": open_overflow}
