"""What the pharmacy of the clairvoyant play could do now: the right drug and blood for every open need, and reviews."""

from __future__ import annotations

from triagelab.clinical.blood import choose_red_cells
from triagelab.evaluation.crisis.clairvoyant_sight import Option, Sight
from triagelab.hospital.acts import Act
from triagelab.hospital.orders import PENDING, Order, flaw_of, usual_dose
from triagelab.hospital.patient import Need, Patient
from triagelab.hospital.tables import resource_table

ROLE = "pharmacy"


def orders(sight: Sight) -> list[Option]:
    """Return orders and transfusions for open needs; an order of a physician for the same drug is approved instead."""
    h, minutes = sight.h, resource_table().work_min
    stock, blood = dict(h.stock), dict(h.blood)
    found: list[Option] = []
    for patient in sorted(h.here.values(), key=lambda one: one.spec.frailty - one.hazard):
        for need in patient.needs:
            if need.row.owner != ROLE or not need.open(h.minute) or not _indicated(patient, need):
                continue
            worth = sight.cost(patient, need) + sight.owed(ROLE, need.kind, patient.spec.id)
            if need.row.by == "drug":
                act, takes = _drug(sight, patient, need, stock), minutes["give_drug"]
            else:
                act, takes = _blood(sight, patient, need, blood), minutes["transfuse"]
            if act is not None:
                found.append(Option(worth, act, takes, patient.spec.id))
    return found


def _indicated(patient: Patient, need: Need) -> bool:
    """Return whether staff know of a need, or will when he is tagged in this step: drugs are held before that."""
    return need.known or (need.row.shown == "vitals" and patient.tag is None)


def _drug(sight: Sight, patient: Patient, need: Need, stock: dict[str, int]) -> Act | None:
    """Return the order that meets a need; None where one works already or none can be given."""
    h, spec = sight.h, patient.spec
    names = (need.drug,) if need.drug else need.row.means
    if any(name in patient.given and h.minute - patient.given[name] < 60.0 for name in names):
        return None
    for name in names:
        row = resource_table().drug[name]
        dose = usual_dose(name, spec.age_years, spec.weight_kg) or row.dose
        if stock.get(name, 0) < 1:
            continue
        if flaw_of(spec, Order("", spec.id, name, dose, row.unit, row.route, ROLE, h.minute)) is not None:
            continue
        act = _standing(sight, patient, name) or Act(
            ROLE, "order", {"patient": spec.id, "drug": name, "dose": dose, "unit": row.unit, "route": row.route}
        )
        if not sight.may(act):
            continue
        stock[name] -= 1
        return act
    return None


def _standing(sight: Sight, patient: Patient, drug: str) -> Act | None:
    for order in sight.h.orders.values():
        if order.status == PENDING and order.flaw is None and (order.patient, order.drug) == (patient.spec.id, drug):
            return Act(ROLE, "approve", {"order": order.id})
    return None


def _blood(sight: Sight, patient: Patient, need: Need, blood: dict[str, int]) -> Act | None:
    spec = patient.spec
    readable = sight.h.systems["ehr"] is None or "ehr" in sight.h.paper
    known = spec.group if spec.group_known and readable else None
    usable = blood
    if sight.h.systems["blood_bank"] is not None and "blood_bank" not in sight.h.paper:
        usable = {group: units for group, units in blood.items() if group.startswith("O")}
    group = choose_red_cells(known, spec.age_years, spec.sex, usable).donor
    if group is None or need.units <= 0:
        return None
    units = min(need.units, blood[group], 6)
    act = Act(ROLE, "transfuse", {"patient": spec.id, "group": group, "units": units})
    if not sight.may(act):
        return None
    blood[group] -= units
    return act


def pending(sight: Sight) -> list[Option]:
    """Return reviews of physicians' orders: flawed ones are rejected, good ones approved; and what is running out."""
    h = sight.h
    minutes = resource_table().work_min["give_drug"]
    found: list[Option] = []
    meant = {(name, drug) for name, drug in _wanted(sight)}
    for order in h.orders.values():
        if order.status != PENDING or order.patient not in h.here or (order.patient, order.drug) in meant:
            continue
        if order.flaw is not None:
            found.append(Option(1.0, Act(ROLE, "reject", {"order": order.id}), 0.0, ""))
        elif h.stock.get(order.drug, 0) > 0 and not _too_soon(sight, order):
            act = Act(ROLE, "approve", {"order": order.id})
            found.append(Option(sight.owed(ROLE, "review", order.id), act, minutes, order.patient))
    for item in h.incidents.values():
        if item.kind is not None and item.status == "open" and item.role == ROLE and item.subject not in h.orders:
            act = Act(ROLE, "flag", {"incident": item.kind, "subject": item.subject})
            found.append(Option(1.0, act, 0.0, ""))
    for drug, left in h.stock.items():
        if left <= 3 and drug not in h.restocking and sight.hours > 1.25:
            found.append(Option(0.03, Act(ROLE, "restock", {"drug": drug, "doses": 20}), 0.0, ""))
    return [option for option in found if sight.may(option.act)]


def _too_soon(sight: Sight, order: Order) -> bool:
    last = sight.h.patients[order.patient].given.get(order.drug)
    return last is not None and sight.h.minute - last < 60.0 * resource_table().drug[order.drug].every_h


def _wanted(sight: Sight) -> list[tuple[str, str]]:
    """Return (patient, drug) of good orders that meet an open need: `orders` sees to those."""
    return [
        (patient.spec.id, drug)
        for patient in sight.h.here.values()
        for need in patient.needs
        if need.row.by == "drug" and need.open(sight.h.minute)
        for drug in ((need.drug,) if need.drug else need.row.means)
        if drug not in patient.given
        and not any(
            order.flaw is not None and (order.patient, order.drug) == (patient.spec.id, drug)
            for order in sight.h.orders.values()
            if order.status == PENDING
        )
    ]


__all__ = ["orders", "pending"]
