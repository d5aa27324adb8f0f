"""What happens by itself: arrivals, work-ups, drugs that begin to work, operations that end, failures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from triagelab.hospital.ambulances import ride, sent_on
from triagelab.hospital.care import look_at, meet, new_order, owe, reveal, take_ventilator, watch
from triagelab.hospital.incidents import begin_incident, do_harm
from triagelab.hospital.orders import PENDING, Order, flaw_of, usual_dose
from triagelab.hospital.patient import Patient
from triagelab.hospital.plan import STEP_MIN
from triagelab.hospital.shifts import end_shifts
from triagelab.hospital.tables import resource_table

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital

SHORT = 0.85
"""Cover below which nursing is short and somebody owes more people. Assumed."""


def lie_in(h: Hospital, patient: Patient) -> None:
    """Put somebody to bed who was in hospital before the episode began."""
    patient.arrived, patient.at = True, 0.0
    patient.tag, patient.tagged_at = "delayed", 0.0
    patient.worked_up = True
    h.here[patient.id] = patient
    patient.area = "icu"
    h.occupied["icu"][patient.id] = None
    for need in patient.needs:
        need.known, need.met_at, need.onset_min = True, 0.0, 0.0
        if need.row.by == "ventilator":
            patient.ventilator = True
    look_at(h, patient)
    if not patient.needs:
        h.ledger.owe("icu_management", "step_down", patient.id, 0.0)


def arrive(h: Hospital, about: str) -> None:
    """Bring a patient to the door, by ambulance unless he walks; while diverting, some are taken elsewhere."""
    patient = h.patients[about]
    if not ride(h, patient):
        return
    if sent_on(h, patient):
        patient.arrived, patient.area = True, "diverted"
        h.at(h.minute + resource_table().ambulances.diverted_min, "elsewhere", about)
        h.say(f"{about} diverted")
        return
    patient.arrived, patient.area = True, "waiting"
    h.here[about] = patient
    h.occupied["waiting"][about] = None
    h.ledger.owe("er_triage", "tag", about, h.minute)
    h.say(f"{about} arrives: {patient.spec.text}")
    h.settle(patient)
    if patient.alive:
        watch(h, patient)
        reveal(h, patient)


def elsewhere(h: Hospital, about: str) -> None:
    """Let the hospital to which a patient was diverted meet his needs: the way there is what it costs him."""
    patient = h.patients[about]
    h.settle(patient)
    for need in patient.needs:
        need.met_at = h.minute


def need_begins(h: Hospital, about: str) -> None:
    """Let what begins now be owed."""
    patient = h.patients[about]
    if patient.present:
        for need in patient.needs:
            owe(h, patient, need)


def work_up(h: Hospital, about: str) -> None:
    """End a doctor's work-up: hidden needs come to light and orders are written."""
    patient = h.patients[about]
    if not patient.present:
        return
    patient.worked_up = True
    look_at(h, patient)
    if not patient.alive:
        return
    for need in patient.needs:
        if need.row.by == "drug" and need.known and need.met_at is None:
            _physician_order(h, patient, need.drug or need.row.means[0])
    if patient.spec.comfort_drug and patient.spec.comfort_drug not in patient.given:
        _physician_order(h, patient, patient.spec.comfort_drug)
    has_bed = patient.area in ("icu", "ward", "overflow", "theatre")
    if not has_bed and patient.spec.severity != "mild" and patient.need("isolation") is None:
        h.ledger.owe("icu_management", "admit", patient.id, h.minute)


def _physician_order(h: Hospital, patient: Patient, drug: str) -> None:
    if any(o.patient == patient.id and o.drug == drug and o.status == PENDING for o in h.orders.values()):
        return
    spec = patient.spec
    row = resource_table().drug[drug]
    dose = usual_dose(drug, spec.age_years, spec.weight_kg) or row.dose
    trial = Order("", patient.id, drug, dose, row.unit, row.route, "physician", h.minute)
    if flaw_of(spec, trial) is None:
        new_order(h, patient, drug, dose, row.unit, row.route, "physician")


def drug_works(h: Hospital, about: str) -> None:
    """Let a drug that was given begin to work."""
    name, drug = about.split("|")
    patient = h.patients[name]
    if not patient.alive:
        return
    for need in patient.needs:
        works = drug == need.drug or (need.drug is None and drug in need.row.means)
        if works and need.row.by == "drug" and need.open(h.minute):
            meet(h, patient, need)


def transfused(h: Hospital, about: str) -> None:
    patient = h.patients[about]
    need = patient.need("blood")
    if patient.alive and need is not None and need.met_at is None and need.units <= 0:
        meet(h, patient, need)


def operated(h: Hospital, about: str) -> None:
    """Let the operation have stopped what it is for; the patient stays in theatre until he has a bed."""
    patient = h.patients[about]
    need = patient.need("surgery")
    if patient.alive and patient.area == "theatre" and need is not None:
        meet(h, patient, need)


def surgery_over(h: Hospital, about: str) -> None:
    patient = h.patients[about]
    if patient.alive and patient.area == "theatre":
        h.ledger.owe("icu_management", "admit", about, h.minute)
        h.say(f"{about} out of surgery, needs a bed")


def fail(h: Hospital, about: str) -> None:
    """Let a system fail."""
    failure = h.plan.failures[int(about)]
    h.systems[failure.system] = h.minute
    h.ledger.owe("it_systems", "restore", failure.system, h.minute)
    h.say(f"{failure.system} fails")
    if failure.lost:
        h.ventilators_lost = min(failure.lost, h.ventilators)
        on = [patient for patient in h.here.values() if patient.ventilator]
        for patient in on[: max(0, len(on) - (h.ventilators - h.ventilators_lost))]:
            take_ventilator(h, patient)
            h.say(f"{patient.id} loses the ventilator")


def restored(h: Hospital, about: str) -> None:
    h.systems[about] = None
    h.repairing -= {about}
    h.paper -= {about}
    if about == "ventilators":
        h.ventilators_lost = 0
    h.ledger.drop("it_systems", "restore", about)
    h.say(f"{about} works again")


def staff_comes(h: Hospital, about: str) -> None:
    one = h.by_staff[about]
    one.status, one.on_since = "on", h.minute


def restocked(h: Hospital, about: str) -> None:
    h.stock[about] = h.stock.get(about, 0) + h.restocking.pop(about, 0)


def blood_comes(h: Hospital, about: str) -> None:
    """Bring red cells after the protocol for massive transfusion."""
    h.blood["O+"] += 8
    h.blood["O-"] += 4
    h.say("12 units of group O red cells arrive")


def look_around(h: Hospital) -> None:
    """Start what can start at the head of a step and see what has become due."""
    end_shifts(h)
    _start_surgery(h)
    _start_work_ups(h)
    watched = h.systems["monitors"] is None or "monitors" in h.paper
    areas = resource_table().areas
    for patient in list(h.here.values()):
        for need in patient.needs:
            if need.known and (need.met_at is not None or need.row.by != "place"):
                continue
            reveal(h, patient, measured=areas[patient.area].monitored and watched)
            held = patient.area == "theatre" or patient.area in need.row.means
            if held and need.row.by == "place" and need.open(h.minute):
                meet(h, patient, need)
    _duties(h)


def _start_work_ups(h: Hospital) -> None:
    if not h.queue:
        return
    capacity = max(1, int(h.shift.doctors * STEP_MIN / resource_table().work_min["workup"]))
    rank = {"immediate": 0, "delayed": 1, "minor": 3, None: 2}
    order = sorted(h.queue, key=lambda name: (rank.get(h.patients[name].tag, 3), h.queue[name]))
    slow = sum(h.systems[name] is not None and name not in h.paper for name in ("ehr", "lab"))
    for name in order[:capacity]:
        h.queue.pop(name)
        h.at(h.minute + resource_table().times.workup_min * (1 + 0.7 * slow), "work_up", name)


def _start_surgery(h: Hospital) -> None:
    if not h.theatre_queue:
        return
    teams = min(h.beds["theatre"], h.shift.surgeons, h.shift.anaesthetists) - len(h.occupied["theatre"])
    rank = {"immediate": 0, "delayed": 1}
    order = sorted(h.theatre_queue, key=lambda name: (rank.get(h.patients[name].tag or "", 2), h.theatre_queue[name]))
    for name in order[: max(0, teams)]:
        h.theatre_queue.pop(name)
        patient = h.patients[name]
        if not patient.present:
            continue
        h.move(patient, "theatre")
        if patient.alive:
            length = resource_table().times.surgery_min
            h.at(h.minute + length / 3, "operated", name)
            h.at(h.minute + length, "surgery_over", name)
            h.say(f"{name} goes to theatre")


def _duties(h: Hospital) -> None:
    ledger, now = h.ledger, h.minute
    short = min(h.cover.values())
    callable_now = short < SHORT and _nurses_at_home(h)
    for place, cover in h.cover.items():
        if cover < SHORT and callable_now:
            ledger.owe("hr_rostering", "cover", place, now)
        else:
            ledger.drop("hr_rostering", "cover", place)
    beds = h.beds["resus"] + h.beds["bay"]
    busy = len(h.occupied["resus"]) + len(h.occupied["bay"]) + len(h.occupied["waiting"])
    due = {
        "surge": busy > 0.8 * beds,
        "isolation": _infectious(h) >= 2,
        "massive_transfusion": h.blood["O-"] + h.blood["O+"] < 8,
        "recall": short < 0.7,
    }
    for name, is_due in due.items():
        if is_due and name not in h.protocols:
            ledger.owe("cmo_oversight", "protocol", name, now)
        elif not is_due:
            ledger.drop("cmo_oversight", "protocol", name)


def _nurses_at_home(h: Hospital) -> bool:
    """Return whether there are nurses to call in, and none is on the way."""
    status = {one.status for one in h.people if one.role == "nurse"}
    return "home" in status and "coming" not in status


def _infectious(h: Hospital) -> int:
    found = 0
    for one in h.here.values():
        for need in one.needs:
            if need.kind == "isolation":
                found += 1
                break
    return found


HANDLERS: dict[str, Callable[[Hospital, str], None]] = {
    "arrival": arrive,
    "need": need_begins,
    "elsewhere": elsewhere,
    "work_up": work_up,
    "drug_works": drug_works,
    "transfused": transfused,
    "operated": operated,
    "surgery_over": surgery_over,
    "failure": fail,
    "restored": restored,
    "staff": staff_comes,
    "restocked": restocked,
    "blood": blood_comes,
    "incident": begin_incident,
    "harm": do_harm,
}
