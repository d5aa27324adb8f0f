"""Acts of the pharmacy: order, approve, modify, reject, transfuse, restock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triagelab.clinical.blood import RED_CELLS, may_bear_children
from triagelab.clinical.drugs import DrugOrder, ingredient
from triagelab.errors import TriageLabError
from triagelab.hospital.acts import Act
from triagelab.hospital.deeds.common import patient_of, work
from triagelab.hospital.incidents import catch, harm_patient, lapse
from triagelab.hospital.orders import GIVEN, PENDING, REJECTED, Order, flaw_of
from triagelab.hospital.patient import Patient
from triagelab.hospital.results import Result, done, held, refused
from triagelab.hospital.tables import resource_table

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital


def give(h: Hospital, act: Act, patient: Patient, order: Order) -> Result:
    """Give what is ordered: it needs stock and hands, works after a while, and harms where it should not be given."""
    row = resource_table().drug[order.drug]
    if h.stock.get(order.drug, 0) < 1:
        return held(act, f"no {order.drug} in stock")
    busy = work(h, act, "give_drug")
    if busy:
        return busy
    last = patient.given.get(order.drug)
    h.stock[order.drug] -= 1
    patient.given[order.drug] = h.minute
    order.status = GIVEN
    _close_review(h, order)
    flaw = flaw_of(patient.spec, order)
    wanted = [
        need
        for need in patient.needs
        if need.row.by == "drug"
        and need.open(h.minute)
        and order.drug in ((need.drug,) if need.drug else need.row.means)
    ]
    if flaw is not None:
        lapse(h, order.id)
        harm_patient(h, patient, 0.55)
        return done(act, False, f"{flaw}: it harms him")
    if wanted:
        h.at(h.minute + row.onset_min, "drug_works", f"{patient.id}|{order.drug}")
        owed = any(h.ledger.close("pharmacy", need.kind, patient.id) for need in wanted)
        if patient.first_treated is None:
            patient.first_treated = h.minute
        return done(act, True if owed else None)
    if last is not None and h.minute - last < 60 * row.every_h:
        harm_patient(h, patient, 0.3)
        return done(act, False, f"given {h.minute - last:.0f} min ago; every {row.every_h:g} h")
    if order.by == "physician" or order.drug == patient.spec.comfort_drug:
        return done(act, True if order.by == "physician" else None)
    return done(act, False, "he does not need it")


def _close_review(h: Hospital, order: Order) -> None:
    h.ledger.drop("pharmacy", "review", order.id)


def order(h: Hospital, act: Act) -> Result:
    """Order a drug and have it given."""
    patient = patient_of(h, act)
    if isinstance(patient, Result):
        return patient
    args = act.args
    try:
        name = ingredient(args["drug"])
        found = Order(
            f"O-{len(h.orders) + 1:04d}",
            patient.id,
            name,
            args["dose"],
            args["unit"],
            args["route"],
            "pharmacy",
            h.minute,
        )
        known = resource_table().drug.get(name)
        if known is None:
            return refused(act, f"{name} is not in the formulary")
        _check_written(args["dose"], args["unit"], args["route"])
    except TriageLabError as error:
        return refused(act, str(error))
    result = give(h, act, patient, found)
    if found.status == GIVEN:
        h.orders[found.id] = found
        for other in h.orders.values():
            if other.patient == patient.id and other.drug == name and other.status == PENDING and other.flaw is None:
                other.status = "void"
                _close_review(h, other)
    return result


def _check_written(dose: float, unit: str, route: str) -> None:
    DrugOrder(drug="acetaminophen", dose=dose, unit=unit, route=route)


def _pending(h: Hospital, act: Act) -> tuple[Order, Patient] | Result:
    found = h.orders.get(act.args["order"])
    if found is None:
        return refused(act, f"no order {act.args['order'][:20]!r}")
    if found.status != PENDING:
        return refused(act, f"{found.id} is {found.status}")
    patient = h.patients[found.patient]
    if not patient.present:
        found.status = "void"
        _close_review(h, found)
        return refused(act, f"{patient.id} is no longer here")
    return found, patient


def approve(h: Hospital, act: Act) -> Result:
    """Let a physician's order be given as it stands."""
    found = _pending(h, act)
    return found if isinstance(found, Result) else give(h, act, found[1], found[0])


def modify(h: Hospital, act: Act) -> Result:
    """Change dose and route of a physician's order and let it be given."""
    found = _pending(h, act)
    if isinstance(found, Result):
        return found
    order_, patient = found
    try:
        _check_written(act.args["dose"], act.args["unit"], act.args["route"])
    except TriageLabError as error:
        return refused(act, str(error))
    flaw = order_.flaw
    trial = order_.copy()
    trial.dose, trial.unit, trial.route = act.args["dose"], act.args["unit"], act.args["route"]
    if flaw_of(patient.spec, trial) is None and flaw is not None:
        catch(h, order_.id)
        order_.dose, order_.unit, order_.route, order_.flaw = trial.dose, trial.unit, trial.route, None
        result = give(h, act, patient, order_)
        return done(act, True, "mended") if result.status == "done" else result
    if flaw is None:
        return refused(act, "nothing is wrong with the order")
    return refused(act, "the changed order is not right either")


def reject(h: Hospital, act: Act) -> Result:
    """Stop a physician's order."""
    found = _pending(h, act)
    if isinstance(found, Result):
        return found
    order_, _ = found
    order_.status = REJECTED
    _close_review(h, order_)
    if order_.flaw is not None:
        catch(h, order_.id)
        return done(act, True, f"{order_.flaw}: stopped")
    h.flags += 1
    h.false_flags += 1
    return done(act, False, "nothing was wrong with the order")


def red_cells_fit(patient: Patient, group: str) -> bool:
    """Return whether red cells do no harm: ABO always counts, Rh(D) where it is known or may harm a child."""
    spec = patient.spec
    if group in RED_CELLS[spec.group]:
        return True
    emergency = not spec.group_known and not may_bear_children(spec.age_years, spec.sex)
    return emergency and group == "O+"


def transfuse(h: Hospital, act: Act) -> Result:
    """Give red cells: the group has to fit, and the units have to be there."""
    patient = patient_of(h, act)
    if isinstance(patient, Result):
        return patient
    group, units = act.args["group"], act.args["units"]
    if h.systems["blood_bank"] is not None and "blood_bank" not in h.paper and not group.startswith("O"):
        return held(act, "the blood bank's computer is down: only group O without it")
    if h.blood[group] < units:
        return held(act, f"{h.blood[group]} units of {group} in stock")
    busy = work(h, act, "transfuse")
    if busy:
        return busy
    h.blood[group] -= units
    h.blood_used += units
    if not red_cells_fit(patient, group):
        harm_patient(h, patient, 0.8)
        return done(act, False, "the group does not fit: a haemolytic reaction")
    need = patient.need("blood")
    if need is None or not need.open(h.minute) or need.units <= 0:
        return done(act, False, "he does not need it")
    need.units -= units
    if need.units <= 0:
        h.at(h.minute + 20.0, "transfused", patient.id)
        return done(act, h.ledger.close("pharmacy", "blood", patient.id) or None)
    return done(act, None, f"{need.units} more units are needed")


def restock(h: Hospital, act: Act) -> Result:
    """Send for doses of a drug."""
    name = act.args["drug"]
    if name not in h.stock:
        return refused(act, f"{name[:30]!r} is not in the formulary")
    if name in h.restocking:
        return refused(act, f"{name} is on its way")
    low = h.stock[name] <= 3
    h.restocking[name] = min(act.args["doses"], resource_table().drugs.restock_max)
    h.at(h.minute + resource_table().drugs.restock_min, "restocked", name)
    return done(act, None if low else False, "" if low else f"{h.stock[name]} doses in stock")


DEEDS = {
    "order": order,
    "approve": approve,
    "modify": modify,
    "reject": reject,
    "transfuse": transfuse,
    "restock": restock,
}
