"""What holds for a patient from moment to moment: what is known of his needs, what is met, where he lies, and death."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triagelab.hospital.orders import PENDING, Order, flaw_of
from triagelab.hospital.patient import Need, Patient
from triagelab.hospital.plan import STEP_MIN
from triagelab.hospital.tables import resource_table

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital

CARE = ("resus", "bay", "isolation", "overflow", "icu", "ward")
"""Areas where doctors work patients up."""


def look_at(h: Hospital, patient: Patient) -> None:
    """Take vital signs and notice what they show."""
    h.settle(patient)
    patient.seen, patient.seen_at = patient.vitals(), h.minute
    reveal(h, patient, measured=True)


def reveal(h: Hospital, patient: Patient, measured: bool = False) -> None:
    """Let staff know of needs that can be known now."""
    now = h.minute
    for need in patient.needs:
        if need.known or need.onset_min > now:
            continue
        shown = need.row.shown
        if shown == "never":
            continue
        if shown == "sight" or (shown == "vitals" and measured) or (patient.worked_up and (need.s > 0.3 or measured)):
            need.known = True


def owe(h: Hospital, patient: Patient, need: Need) -> None:
    """Let the role that owns an open need owe it from now on, known or not; nobody owes what nobody can meet."""
    if need.open(h.minute) and patient.present and need.row.shown != "never":
        h.ledger.owe(need.row.owner, need.kind, patient.id, h.minute, need.row.window_min + STEP_MIN)


def watch(h: Hospital, patient: Patient) -> None:
    """See to it that every need of a patient is owed from the moment it begins."""
    for need in patient.needs:
        if need.onset_min <= h.minute:
            owe(h, patient, need)
        else:
            h.at(need.onset_min, "need", patient.id)


def meet(h: Hospital, patient: Patient, need: Need) -> bool:
    """Begin to meet a need; True where somebody owed it."""
    h.settle(patient)
    if need.met_at is not None or not patient.alive:
        return False
    need.met_at = h.minute
    if patient.first_treated is None and need.row.by != "place":
        patient.first_treated = h.minute
    return h.ledger.close(need.row.owner, need.kind, patient.id)


def unmeet(h: Hospital, patient: Patient, need: Need) -> None:
    """Stop meeting a need that lasts."""
    if need.met_at is None:
        return
    h.settle(patient)
    need.met_at = None
    owe(h, patient, need)


def placed(h: Hospital, patient: Patient) -> None:
    """Let places begin and end to meet what they meet; take the ventilator from whoever leaves it."""
    area = patient.area
    if patient.ventilator and area not in ("icu", "resus", "theatre"):
        take_ventilator(h, patient)
    for need in patient.needs:
        if need.row.by == "place":
            if area == "theatre" or area in need.row.means:
                if need.onset_min <= h.minute:
                    meet(h, patient, need)
            else:
                unmeet(h, patient, need)
        elif need.row.by == "ventilator":
            if area == "theatre" or patient.ventilator:
                meet(h, patient, need)
            elif need.met_at is not None:
                unmeet(h, patient, need)
    if area in CARE:
        if patient.placed_at is None:
            patient.placed_at = h.minute
        if not patient.worked_up:
            h.queue.setdefault(patient.id, h.minute)
        if (h.systems["monitors"] is None or "monitors" in h.paper) and resource_table().areas[area].monitored:
            look_at(h, patient)
    else:
        h.queue.pop(patient.id, None)
    if not patient.present:
        forget(h, patient)


def take_ventilator(h: Hospital, patient: Patient) -> None:
    """Take a patient off his ventilator."""
    patient.ventilator = False
    need = patient.need("ventilation")
    if need is not None:
        unmeet(h, patient, need)


def forget(h: Hospital, patient: Patient) -> None:
    """Close what was owed for somebody who is gone: the dead were missed, the others are no longer due."""
    name = patient.id
    h.queue.pop(name, None)
    h.theatre_queue.pop(name, None)
    for role, what, about in [duty for duty in h.ledger.open if duty[2] == name]:
        if patient.alive or patient.spec.severity == "expectant":
            h.ledger.drop(role, what, about)
        else:
            h.ledger.lapse(role, what, about)


def die(h: Hospital, patient: Patient) -> None:
    """Find a patient dead."""
    patient.alive = False
    patient.died_at = h.minute
    patient.ventilator = False
    if patient.area in h.occupied:
        h.occupied[patient.area].pop(patient.id, None)
    h.here.pop(patient.id, None)
    patient.area = "morgue"
    h.say(f"{patient.id} dies")
    forget(h, patient)
    for order in h.orders.values():
        if order.patient == patient.id and order.status == PENDING:
            order.status = "void"
            h.ledger.drop("pharmacy", "review", order.id)


def new_order(h: Hospital, patient: Patient, drug: str, dose: float, unit: str, route: str, by: str) -> Order:
    """Write an order; a physician's waits for the pharmacy."""
    order = Order(f"O-{len(h.orders) + 1:04d}", patient.id, drug, dose, unit, route, by, h.minute)
    order.flaw = flaw_of(patient.spec, order)
    h.orders[order.id] = order
    if by == "physician" and order.flaw is None:
        h.ledger.owe("pharmacy", "review", order.id, h.minute)
    return order
