"""The conditions of the safety constitution: each says why an act breaks its rule, from what staff know.

Missing: what is not known never clears an act. It is held where it can be found out, else it counts against the act.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from triagelab.clinical.blood import RED_CELLS, may_bear_children
from triagelab.clinical.drugs import ingredient
from triagelab.errors import TriageLabError
from triagelab.hospital.acts import Act
from triagelab.hospital.known import at_work, known_facts, known_group, known_weight, open_needs, treats
from triagelab.hospital.orders import review
from triagelab.hospital.patient import Patient
from triagelab.hospital.staff import ICU, strength
from triagelab.hospital.tables import needs, resource_table

if TYPE_CHECKING:
    from triagelab.hospital.constitution import Rule
    from triagelab.hospital.hospital import Hospital

GROWN_YEARS = 14.0
"""Age from which doses are those of adults."""
LONG_SHIFT_H = 16.0
"""Hours on duty above which a shift is over-long."""


class Finding(NamedTuple):
    """Why an act breaks a rule. `hold`: it is not wrong, something has to be found out or to come free first."""

    words: str
    hold: bool = False


class Written(NamedTuple):
    """A drug as it would be given."""

    patient: Patient
    drug: str
    dose: float
    unit: str
    route: str
    ordered: bool


def patient_here(h: Hospital, act: Act) -> Patient | None:
    """Return the patient of an act who lies in the hospital, None where there is none."""
    found = h.here.get(act.args.get("patient", ""))
    return found if found is not None and found.present else None


def written(h: Hospital, act: Act) -> Written | None:
    """Return the drug that an act would give, None for an act that the deed itself refuses."""
    args = act.args
    if act.kind == "order":
        patient = patient_here(h, act)
        try:
            drug = ingredient(args["drug"])
        except TriageLabError:
            return None
        if patient is None or drug not in h.stock:
            return None
        ordered = any(o.patient == patient.id and o.drug == drug and o.status == "pending" for o in h.orders.values())
        return Written(patient, drug, args["dose"], args["unit"], args["route"], ordered)
    order = h.orders.get(args["order"])
    patient = None if order is None else h.here.get(order.patient)
    if order is None or patient is None or order.status != "pending":
        return None
    given = order if act.kind == "approve" else None
    if given is not None:
        return Written(patient, order.drug, order.dose, order.unit, order.route, True)
    return Written(patient, order.drug, args["dose"], args["unit"], args["route"], True)


def critical(h: Hospital, act: Act, rule: Rule) -> Finding | None:
    patient = patient_here(h, act)
    if patient is None:
        return None
    if patient.tag is None or patient.seen is None:
        return Finding("nobody has triaged him, so nobody knows whether he is fit")
    if patient.ventilator or patient.area in rule.names["areas"]:
        return Finding(f"he lies in {patient.area}" if not patient.ventilator else "he is on a ventilator")
    if patient.tag in rule.names["tags"]:
        return Finding(f"he is tagged {patient.tag}")
    grave = [need.kind for need in open_needs(h, patient) if need.kind not in rule.names["needs_aside"]]
    if grave:
        return Finding(f"he is known to need something: {', '.join(grave)}")
    for name, limit in rule.limits.items():
        vital, _, side = name.rpartition("_")
        value = patient.seen[vital]
        if value < limit if side == "least" else value > limit:
            return Finding(f"{vital} {value:g} ({side} {limit:g})")
    return None


def contraindicated(h: Hospital, act: Act, rule: Rule) -> Finding | None:
    drug = written(h, act)
    if drug is None:
        return None
    patient = drug.patient
    try:
        found = review(known_facts(h, patient), drug.drug, drug.dose, drug.unit, drug.route)
    except TriageLabError:
        return None
    if found.verdict == "reject":
        worst = next(one for one in found.violations if one.severity == "block")
        return Finding(f"{drug.drug}, drug rule {worst.rule_id}: {worst.reason}")
    if patient.spec.age_years < GROWN_YEARS and known_weight(patient) is None:
        return Finding(f"{drug.drug} goes by weight and nobody has weighed {patient.id}: assess him first", hold=True)
    unread = any(one.fact == "allergies" and one.severity == "block" for one in found.needs)
    if unread and drug.drug not in rule.names["life_saving"]:
        return Finding(f"{drug.drug}: allergies cannot be read; restore the EHR or go over to paper", hold=True)
    return None


def unstaffed(h: Hospital, act: Act, rule: Rule) -> Finding | None:
    each = resource_table().areas["icu"].nurses
    load, less = each * len(h.occupied["icu"]), 0.0
    if act.kind == "admit":
        patient = patient_here(h, act)
        if act.args["unit"] != "icu" or patient is None or patient.area == "icu":
            return None
        load += each
    else:
        one = h.by_staff.get(act.args["staff"])
        if one is None or one.role != "nurse" or one.area != ICU or one.status != "on" or act.args.get("area") == ICU:
            return None
        if act.kind == "rest" and one.hours(h.minute) >= LONG_SHIFT_H:
            return None
        less = strength(one.hours(h.minute))
    in_icu = [one for one in h.people if one.area == ICU and one.role == "nurse" and one.status == "on"]
    nurses = sum(strength(one.hours(h.minute)) for one in in_icu) - less
    if load > 0 and nurses < rule.limits["least_cover"] * load:
        return Finding(f"{nurses:.1f} nurses would be left in intensive care where {load:.1f} are needed")
    return None


def no_ventilator(h: Hospital, act: Act, rule: Rule) -> Finding | None:
    patient = patient_here(h, act)
    if patient is None or patient.ventilator or patient.area not in ("icu", "resus") or h.free_ventilators > 0:
        return None
    return Finding("no ventilator is free")


def mismatched(h: Hospital, act: Act, rule: Rule) -> Finding | None:
    patient = patient_here(h, act)
    if patient is None:
        return None
    spec, given = patient.spec, act.args["group"]
    group = known_group(h, patient)
    if group is not None:
        fits = RED_CELLS[group]
    else:
        fits = ("O-",) if may_bear_children(spec.age_years, spec.sex) else ("O-", "O+")
    if given in fits:
        return None
    return Finding(f"{given} does not fit group {group or 'unknown'}: give {' or '.join(fits)}")


def may_not_override(h: Hospital, act: Act, rule: Rule) -> Finding | None:
    block = h.blocks.get(act.args["blocked"])
    if block is None:
        return None
    if not block.can_override:
        return Finding(f"{block.rule} is not to be overridden by anybody")
    if len(act.args["reason"].split()) < rule.limits["least_words"]:
        return Finding(f"a reason of at least {rule.limits['least_words']:g} words is asked for")
    return None


def untriaged(h: Hospital, act: Act, rule: Rule) -> Finding | None:
    exempt = rule.names["exempt"]
    if act.kind in ("treat", "transfuse"):
        patient, what = patient_here(h, act), act.args.get("procedure", "transfusion")
    else:
        drug = written(h, act)
        patient, what = (None, "") if drug is None else (drug.patient, drug.drug)
    if patient is None or patient.tag is not None or what in exempt:
        return None
    return Finding(f"{what} can wait for a tag; {patient.id} has none")


def no_bed(h: Hospital, act: Act, rule: Rule) -> Finding | None:
    patient = patient_here(h, act)
    to = "ward" if act.kind == "step_down" else str(act.args.get("area") or act.args.get("unit"))
    if patient is None or patient.area == to or h.free(to) > 0:
        return None
    if act.kind == "place" and patient.area in ("theatre", "icu", "ward"):
        return None
    if act.kind == "step_down" and patient.area != "icu":
        return None
    if patient.area == "theatre" and any(need.kind == "surgery" for need in open_needs(h, patient)):
        return None
    taken = to == "overflow" and act.role == "icu_management" and h.beds[to] > 0
    return Finding(f"no free bed in {to}", hold=taken)


def not_indicated(h: Hospital, act: Act, rule: Rule) -> Finding | None:
    drug = written(h, act)
    if drug is None or drug.ordered:
        return None
    patient = drug.patient
    if any(treats(drug.drug, need) for need in open_needs(h, patient)):
        return None
    shown = {row.shown for row in needs().values() if row.by == "drug" and drug.drug in row.means}
    unclear = not patient.worked_up and (not shown or "workup" in shown)
    unclear = unclear or (patient.seen is None and "vitals" in shown)
    if unclear:
        return Finding(f"nothing is known yet that {drug.drug} would treat: work-up or vital signs first", hold=True)
    return Finding(f"nothing is known of {patient.id} that {drug.drug} would treat")


def repeated(h: Hospital, act: Act, rule: Rule) -> Finding | None:
    if act.kind == "treat":
        patient, name = patient_here(h, act), act.args["procedure"]
        last = None if patient is None else patient.treated.get(name)
        if last is None or h.minute - last >= rule.limits[name]:
            return None
        return Finding(f"{name} was done {h.minute - last:.0f} min ago; not before {rule.limits[name]:g} min")
    drug = written(h, act)
    if drug is None:
        return None
    patient, name = drug.patient, drug.drug
    last = patient.given.get(name)
    interval = 60.0 * resource_table().drug[name].every_h
    if last is not None and h.minute - last < interval - 1e-9:
        return Finding(f"{name} was given {h.minute - last:.0f} min ago; every {interval:.0f} min")
    for need in open_needs(h, patient):
        if treats(name, need):
            other = next((o for o in patient.given if o != name and treats(o, need) and at_work(h, patient, o)), None)
            if other is not None:
                return Finding(f"{other} was given for the same and has had no time to work")
    return None


Condition = Callable[["Hospital", Act, "Rule"], Finding | None]
CONDITIONS: Mapping[str, Condition] = MappingProxyType(
    {
        condition.__name__: condition
        for condition in (
            critical,
            contraindicated,
            unstaffed,
            no_ventilator,
            mismatched,
            may_not_override,
            untriaged,
            no_bed,
            not_indicated,
            repeated,
        )
    }
)
"""Name in the data -> condition."""

__all__ = ["CONDITIONS", "LONG_SHIFT_H", "Condition", "Finding", "patient_here", "written"]
