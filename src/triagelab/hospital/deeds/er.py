"""Acts of emergency triage: tag, look again, place, treat, call a specialist, discharge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triagelab.hospital import care
from triagelab.hospital.acts import Act
from triagelab.hospital.deeds.common import patient_of, work
from triagelab.hospital.incidents import harm_patient
from triagelab.hospital.patient import Patient
from triagelab.hospital.results import Result, done, held, refused
from triagelab.hospital.sight import right_tag

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital

URGENCY = {"immediate": 3, "delayed": 2, "minor": 1, "deceased": 0}
SICK = 0.3
"""Severity above which nobody is sent home safely. Assumed."""


def tag(h: Hospital, act: Act) -> Result:
    """Tag a patient; vital signs are taken with it."""
    patient = patient_of(h, act)
    if isinstance(patient, Result):
        return patient
    busy = work(h, act, "tag")
    if busy:
        return busy
    h.settle(patient)
    right = right_tag(patient)
    given, before = act.args["tag"], patient.tag
    patient.tag, patient.tagged_at = given, h.minute
    care.look_at(h, patient)
    if before is None:
        if given == right:
            owed = h.ledger.close("er_triage", "tag", patient.id)
            _due_after_tag(h, patient)
            return done(act, owed or None)
        h.ledger.lapse("er_triage", "tag", patient.id)
        _due_after_tag(h, patient)
        return done(act, False, f"the scheme says {right}")
    if before == given:
        return done(act, False, "he has that tag")
    return done(act, None if given == right else False, "" if given == right else f"the scheme says {right}")


def _due_after_tag(h: Hospital, patient: Patient) -> None:
    if not patient.alive or patient.area != "waiting":
        return
    if patient.spec.severity == "mild" and not patient.needs:
        h.ledger.owe("er_triage", "discharge", patient.id, h.minute)
    elif patient.need("isolation") is None:
        h.ledger.owe("er_triage", "place", patient.id, h.minute)


def assess(h: Hospital, act: Act) -> Result:
    """Take vital signs again."""
    patient = patient_of(h, act)
    if isinstance(patient, Result):
        return patient
    fresh = patient.seen is not None and h.minute - patient.seen_at < 30
    busy = work(h, act, "assess")
    if busy:
        return busy
    care.look_at(h, patient)
    return done(act, False if fresh else None, "his vital signs were fresh" if fresh else "")


def place(h: Hospital, act: Act) -> Result:
    """Put a patient into an area of the emergency department."""
    patient = patient_of(h, act)
    if isinstance(patient, Result):
        return patient
    area = act.args["area"]
    if patient.area == area:
        return refused(act, f"he is in {area}")
    if patient.area in ("theatre", "icu", "ward"):
        return refused(act, f"he is in {patient.area}; that is for intensive care to decide")
    if h.free(area) < 1:
        return held(act, f"no free bed in {area}")
    busy = work(h, act, "place")
    if busy:
        return busy
    from_waiting = patient.area == "waiting"
    h.move(patient, area)
    if area == "waiting":
        return done(act, False, "back to the waiting room")
    right: bool | None = h.ledger.close("er_triage", "place", patient.id) or None
    infectious = patient.need("isolation") is not None
    if area == "isolation":
        right = bool(infectious)
    elif from_waiting and right is None and patient.spec.severity == "mild":
        right = False
    return done(act, right)


def treat(h: Hospital, act: Act) -> Result:
    """Do a procedure; where it is not what he needs, it only takes time."""
    patient = patient_of(h, act)
    if isinstance(patient, Result):
        return patient
    name = act.args["procedure"]
    busy = work(h, act, name)
    if busy:
        return busy
    if name == "oxygen":
        low = patient.vitals()["spo2_pct"] < 92
        return done(act, None if low else False, "" if low else "his saturation is good")
    for need in patient.needs:
        if need.row.by == "procedure" and name in need.row.means and need.open(h.minute):
            if name == "cpr":
                h.settle(patient)
                need.s = max(0.35, need.s - 0.2)
                return done(act, None, "it buys time until the shock")
            return done(act, care.meet(h, patient, need) or None)
    if name in ("decompress_chest", "defibrillate"):
        harm_patient(h, patient, 0.3)
    return done(act, False, "not what he needs")


def call(h: Hospital, act: Act) -> Result:
    """Ask surgery or intensive care to take a patient."""
    patient = patient_of(h, act)
    if isinstance(patient, Result):
        return patient
    service = act.args["service"]
    if service in patient.called:
        return refused(act, f"{service} was called for him")
    busy = work(h, act, "call")
    if busy:
        return busy
    patient.called |= {service}
    kind = "surgery" if service == "surgery" else "critical_care"
    need = patient.need(kind)
    wanted = need is not None and need.open(h.minute)
    if kind == "surgery":
        if not wanted:
            return done(act, False, "surgeons see nothing to operate on")
        h.theatre_queue[patient.id] = h.minute
        return done(act, h.ledger.close("er_triage", "surgery", patient.id) or None)
    if not wanted or need is None:
        return done(act, False, "intensive care sees no reason")
    need.known = True
    care.owe(h, patient, need)
    return done(act, True)


def discharge(h: Hospital, act: Act) -> Result:
    """Send a patient home. Whoever is sick goes on being sick there, and nobody sees it."""
    patient = patient_of(h, act)
    if isinstance(patient, Result):
        return patient
    busy = work(h, act, "discharge")
    if busy:
        return busy
    h.settle(patient)
    if not patient.alive:
        return refused(act, "he has just died")
    open_needs = [need for need in patient.needs if need.s > 0.1 and need.lethal > 0]
    infectious = patient.need("isolation") is not None or patient.infected
    right: bool | None = h.ledger.close("er_triage", "discharge", patient.id) or None
    if open_needs or infectious or patient.spec.severity == "severe":
        right = False
    h.move(patient, "home")
    return done(act, right, "" if right is not False else "he was not fit to go")


DEEDS = {"tag": tag, "assess": assess, "place": place, "treat": treat, "call": call, "discharge": discharge}
