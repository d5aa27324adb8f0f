"""What staff know of one patient, as plain data that is built again only when something in it has changed."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from triagelab.hospital.known import FIT
from triagelab.hospital.patient import Patient
from triagelab.hospital.plan import PatientSpec
from triagelab.hospital.sight import casualty_facts

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital

Chart = dict[str, Any]


@lru_cache(maxsize=4096)
def _identity(spec: PatientSpec) -> tuple[Chart, Chart]:
    """Return what never changes in a chart: whoever looks can tell the first, the second stands in the record."""
    seen: Chart = {
        "patient": spec.id,
        "complaint": spec.text,
        "age_years": spec.age_years,
        "sex": spec.sex,
        "weight_kg": spec.weight_kg if spec.weight_known else None,
    }
    record: Chart = {
        "allergies": tuple(f"{drug}: {reaction}" for drug, reaction in spec.allergies),
        "history": {**spec.background, "active": spec.active},
        "group": spec.group if spec.group_known else None,
    }
    return seen, record


def chart(h: Hospital, patient: Patient) -> Chart:
    """Return what staff know of a patient. Units: minutes since the episode began; vital signs as named.

    It is built again only when something in it has changed, and shared by all roles: to be read, not written.

    `fit`: support that he gets and could do without, as the daily round tells.

    Missing: `vitals` None were never taken; `allergies` and `history` None where the record cannot be read;
    `weight_kg`, `group` and `tag` None are unknown or not given.
    """
    readable = h.systems["ehr"] is None or "ehr" in h.paper
    if patient.tag is None:
        found = _chart(patient, readable)
        patient.settle(h.minute)
        found["sight"] = casualty_facts(patient)
        return found
    state = [
        patient.seen,
        patient.seen_at,
        patient.area,
        patient.tag,
        patient.placed_at,
        patient.moved_at,
        patient.worked_up,
        patient.ventilator,
        patient.called,
        patient.weighed,
        readable,
    ]
    if patient.given:
        state += patient.given.values()
    for need in patient.needs:
        if need.known:
            if need.met_at is None:
                state += (need.kind, need.units)
            else:
                state += (need.kind, -1, need.s <= FIT)
    name = patient.spec.id
    last = h.charts.get(name)
    if last is not None and last[0] == state:
        return last[1]
    found = _chart(patient, readable)
    h.charts[name] = (state, found)
    return found


def _chart(patient: Patient, readable: bool) -> Chart:
    spec = patient.spec
    seen, record = _identity(spec)
    found = seen.copy()
    given, called = patient.given, patient.called
    needs: list[str] = []
    met: list[str] = []
    fit: list[str] = []
    for need in patient.needs:
        if need.known:
            if need.met_at is not None:
                met.append(need.kind)
                if need.s <= FIT and need.row.lasting and need.row.owner == "icu_management":
                    fit.append(need.kind)
                continue
            needs.append(need.kind)
            if need.drug is not None:
                found["antidotes"] = [*found.get("antidotes", ()), need.drug]
            if need.units > 0:
                found["units_needed"] = need.units
    if readable:
        history = record["history"]
        found["allergies"] = list(record["allergies"])
        found["history"] = {**history, "active": list(history["active"])}
        found["group"] = record["group"]
    else:
        found["allergies"] = found["history"] = found["group"] = None
    if found["weight_kg"] is None and (patient.weighed or patient.worked_up):
        found["weight_kg"] = spec.weight_kg
    found |= {
        "area": patient.area,
        "tag": patient.tag,
        "since_min": spec.arrival_min if patient.placed_at is None else patient.placed_at,
        "area_since_min": patient.moved_at,
        "vitals": None if patient.seen is None else patient.seen.copy(),
        "vitals_min": patient.seen_at,
        "needs": needs,
        "met": met,
        "fit": fit,
        "called": sorted(called) if called else [],
        "ventilator": patient.ventilator,
        "worked_up": patient.worked_up,
        "given": sorted(given) if given else [],
    }
    if given:
        found["given_min"] = given.copy()
    return found


__all__ = ["Chart", "chart"]
