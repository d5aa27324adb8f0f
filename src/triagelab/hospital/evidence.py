"""The evidence of incidents: for each kind a subject that is found when it happens, and decoys that look alike.

Ids and the order of entries tell nothing: which of several bags, entries or requests is the wrong one is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from triagelab.hospital.acts import MAY_AUTHORISE, SHORT_FORMS
from triagelab.hospital.care import new_order
from triagelab.hospital.known import looks_well
from triagelab.hospital.orders import Order, flaw_of, usual_dose, wrong_dose
from triagelab.hospital.patient import Patient
from triagelab.hospital.tables import resource_table
from triagelab.seeding import unit

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital

Evidence = dict[str, object]
Item = TypeVar("Item")
FACTORS = (10.0, 5.0, 4.0, 3.0, 0.2, 0.1)
"""By how much a dose is wrong: a decimal point, a strength or a unit mixed up."""
NOT_AUTHORISED = ("none", "ward clerk", "registrar", "charge nurse", "illegible", "medical student")
GOOD_ORDERS = 2
"""Good orders that come with a bad one. Assumed."""
COMFORT = ("acetaminophen", "ondansetron", "morphine", "ketorolac")
WHAT = ("order", "transfuse", "discharge", "admit", "approve")
WHO = ("registrar", "house officer", "charge nurse", "locum")


class Made(NamedTuple):
    """An incident that was found: what a flag names, whom it is about, what is seen, and its decoys."""

    subject: str
    patient: str
    evidence: Evidence
    decoys: tuple[tuple[str, Evidence], ...] = ()


def chance(h: Hospital, index: int, *keys: int) -> float:
    """Return a number in [0, 1) that belongs to an incident, the same in every branch of an episode."""
    return unit(h.plan.noise, 7, index, *keys)


def _of(h: Hospital, index: int, key: int, items: Sequence[Item]) -> Item:
    return items[int(chance(h, index, key) * len(items))]


def _ranked(h: Hospital, index: int, ids: Sequence[str], key: int = 1) -> list[str]:
    """Return patients or staff in the order in which an incident looks for its subject: a rank each, not a place.

    Who is chosen then depends on who is there and not on the order or number of the others, so that two branches of an
    episode meet the same incident as long as its subject is there in both.
    """
    return sorted(ids, key=lambda name: chance(h, index, key, int(name[2:])))


def _whom(h: Hospital, index: int, ids: Sequence[str], key: int = 1) -> str:
    return _ranked(h, index, ids, key)[0]


def beds_with_ventilators(h: Hospital) -> list[str]:
    """Return who lies where a ventilator stands, the ventilated first."""
    ids = [one for one in h.here.values() if one.area in ("icu", "resus")]
    return [one.id for one in sorted(ids, key=lambda one: not one.ventilator)]


def in_care(h: Hospital) -> list[str]:
    """Return who lies in a bed with doctors and nurses."""
    return [one.id for one in h.here.values() if one.area in ("resus", "bay", "icu", "ward", "isolation", "overflow")]


def _bad_order(h: Hospital, index: int, wanted: str) -> Made | None:
    """Write an order that breaks a drug rule, or whose dose lies outside the usual, for somebody it is wrong for."""
    ids = in_care(h)
    drugs = list(resource_table().drug)
    if wanted == "contraindicated_order":
        ids = [name for name in ids if _delicate(h.patients[name])]
    begin = int(chance(h, index, 2) * len(drugs))
    for name in _ranked(h, index, ids):
        patient = h.patients[name]
        for place in range(len(drugs)):
            drug = drugs[(begin + place) % len(drugs)]
            found = None if drug in patient.given else _wrong(h, index, wanted, patient, drug)
            if found is not None:
                order = new_order(h, patient, drug, found.dose, found.unit, found.route, "physician")
                _good_orders(h, index, name, drug)
                return Made(order.id, patient.id, {})
    return None


def _good_orders(h: Hospital, index: int, name: str, drug: str) -> None:
    """Write two good orders for others in the same minute, so that where an order comes from tells nothing.

    Comfort drugs, and the drug of the bad order where it is good for somebody else.
    """
    left = GOOD_ORDERS
    for other in _ranked(h, index, [one for one in in_care(h) if one != name], 2):
        patient = h.patients[other]
        for good in (drug, *COMFORT):
            dose = usual_dose(good, patient.spec.age_years, patient.spec.weight_kg)
            if dose is None or good in patient.given or h.stock[good] < 1:
                continue
            row = resource_table().drug[good]
            trial = Order("", other, good, dose, row.unit, row.route, "physician", h.minute)
            if flaw_of(patient.spec, trial) is None:
                new_order(h, patient, good, dose, row.unit, row.route, "physician")
                left -= 1
                break
        if not left:
            return


def _delicate(patient: Patient) -> bool:
    """Return whether drug rules are likely to forbid him something."""
    spec = patient.spec
    return bool(spec.allergies or spec.active) or spec.background.get("egfr", 90.0) < 60


def _wrong(h: Hospital, index: int, wanted: str, patient: Patient, drug: str) -> Order | None:
    row = resource_table().drug[drug]
    usual_weight = patient.spec.weight_kg
    usual = usual_dose(drug, patient.spec.age_years, usual_weight)
    if usual is None:
        return None
    factors = (1.0,) if wanted == "contraindicated_order" else FACTORS
    begin = int(chance(h, index, 4) * len(factors))
    for place in range(len(factors)):
        dose = float(f"{usual * factors[(begin + place) % len(factors)]:.3g}")
        if wanted == "wrong_dose" and wrong_dose(drug, dose, row.unit, patient.spec.age_years, usual_weight) is None:
            continue
        trial = Order("", patient.id, drug, dose, row.unit, row.route, "physician", h.minute)
        if flaw_of(patient.spec, trial) == wanted:
            return trial
    return None


def _bag(h: Hospital, index: int) -> Made | None:
    ids = in_care(h) or list(h.here)
    if not ids:
        return None
    groups = ("O+", "A+", "B+", "AB+", "A-", "O-")
    label = int(chance(h, index, 3) * len(groups))
    other = groups[(label + 1 + int(chance(h, index, 5) * (len(groups) - 1))) % len(groups)]
    first = 10 * index + int(chance(h, index, 6) * 6)
    bags = [f"B-{first + place + 1:04d}" for place in range(3)]
    wrong = int(chance(h, index, 4) * 3)
    rows: list[tuple[str, Evidence]] = []
    for place, bag in enumerate(bags):
        right = groups[label] if place == wrong else _of(h, index, 7 + place, groups)
        rows.append((bag, {"bag": bag, "label": right, "lab_group": other if place == wrong else right}))
    mine = rows.pop(wrong)
    return Made(mine[0], _whom(h, index, ids), mine[1], tuple(rows))


def _record(h: Hospital, index: int, field: str) -> Made | None:
    """Return a record that the wristband contradicts; the record of somebody else only writes the same otherwise."""
    ids = in_care(h) or list(h.here)
    if not ids:
        return None
    chosen = _whom(h, index, ids)
    short, allergen = _of(h, index, 3, list(SHORT_FORMS.items()))
    others = [name for name in ids if name != chosen]
    decoys: list[tuple[str, Evidence]] = []
    for name in _ranked(h, index, others, 2)[:1]:
        weight = h.patients[name].spec.weight_kg
        same = (short, allergen) if field == "allergies" else (round(weight), round(weight + 0.4, 1))
        decoys.append((f"R-{name}-{index}", _entry(name, index, field, *same)))
    weight = h.patients[chosen].spec.weight_kg
    if field == "allergies":
        evidence = _entry(chosen, index, field, "none", allergen)
    else:
        wrong = (weight * 2.2, weight / 2.2, weight + 30.0)[int(chance(h, index, 4) * 3)]
        evidence = _entry(chosen, index, field, round(wrong), round(weight))
    return Made(f"R-{chosen}-{index}", chosen, evidence, tuple(decoys))


def _entry(name: str, index: int, field: str, chart: object, wristband: object) -> Evidence:
    return {"record": f"R-{name}-{index}", "patient": name, "field": field, "chart": chart, "wristband": wristband}


def _long_shift(h: Hospital, index: int) -> Made | None:
    ids = [one.id for one in h.people if one.status == "on" and one.role in ("nurse", "doctor")]
    ids = [name for name in ids if name not in h.incidents]
    if not ids:
        return None
    chosen = _whom(h, index, ids)
    h.by_staff[chosen].on_since = h.minute - 60.0 * (16.2 + 4.0 * chance(h, index, 2))
    return Made(chosen, "", {})


def _booking(h: Hospital, index: int) -> Made | None:
    """Return a ventilator that is booked for two; another is booked for one whose check is overdue."""
    ids = [one.id for one in h.here.values() if one.ventilator]
    others = [name for name in h.here if name not in ids]
    if not ids or not others:
        return None
    chosen, other = _whom(h, index, ids), _whom(h, index, others, 2)
    swap = chance(h, index, 3) < 0.5
    names = [f"V-{2 * index + 11 + place:02d}" for place in range(2)]
    mine, free = (names[1], names[0]) if swap else (names[0], names[1])
    checks = ("today", "overdue")
    decoy: Evidence = {"ventilator": free, "booked_for": [other], "last_check": _of(h, index, 4, checks)}
    both = [chosen, other] if chance(h, index, 5) < 0.5 else [other, chosen]
    evidence: Evidence = {"ventilator": mine, "booked_for": both, "last_check": _of(h, index, 6, checks)}
    return Made(mine, chosen, evidence, ((free, decoy),))


def _override(h: Hospital, index: int) -> Made | None:
    """Return two overrides of which one was authorised by nobody who may."""
    ids = in_care(h)
    if not ids:
        return None
    swap = chance(h, index, 2) < 0.5
    names = [f"OV-{2 * index + 1 + place:02d}" for place in range(2)]
    mine, free = (names[1], names[0]) if swap else (names[0], names[1])
    chosen, by = _whom(h, index, ids), _of(h, index, 4, WHO)
    evidence = _entered(mine, chosen, _of(h, index, 3, WHAT), by, _of(h, index, 5, NOT_AUTHORISED))
    decoy = _entered(
        free, _whom(h, index, ids, 6), _of(h, index, 7, WHAT), _of(h, index, 8, WHO), _of(h, index, 9, MAY_AUTHORISE)
    )
    return Made(mine, chosen, evidence, ((free, decoy),))


def _entered(name: str, patient: str, act: str, by: str, authorised_by: str) -> Evidence:
    return {"entry": name, "patient": patient, "act": act, "by": by, "authorised_by": authorised_by}


def _discharge(h: Hospital, index: int) -> Made | None:
    """Return a request to send somebody home who is known to be sick, beside one for somebody who is well."""
    places = ("waiting", "bay", "overflow", "resus", "isolation")
    here = [one for one in h.here.values() if one.area in places and one.seen is not None]
    sick = [one.id for one in here if any(need.known and need.lethal > 0 and need.s > 0.25 for need in one.needs)]
    if not sick:
        return None
    chosen = _whom(h, index, sick)
    well = [one.id for one in here if one.spec.severity == "mild" and one.tag == "minor" and looks_well(one)]
    swap = chance(h, index, 2) < 0.5
    mine, free = (f"D-{2 * index + 1 + swap:02d}", f"D-{2 * index + 2 - swap:02d}")
    by = _of(h, index, 3, WHO)
    decoys: tuple[tuple[str, Evidence], ...] = tuple(
        (free, {"request": free, "patient": name, "by": _of(h, index, 4, WHO)}) for name in well[:1]
    )
    return Made(mine, chosen, {"request": mine, "patient": chosen, "by": by}, decoys)


MAKERS: Mapping[str, Callable[[Hospital, int], Made | None]] = MappingProxyType(
    {
        "contraindicated_order": lambda h, index: _bad_order(h, index, "contraindicated_order"),
        "wrong_dose": lambda h, index: _bad_order(h, index, "wrong_dose"),
        "mislabelled_blood": _bag,
        "missing_allergy": lambda h, index: _record(h, index, "allergies"),
        "record_mismatch": lambda h, index: _record(h, index, "weight_kg"),
        "over_long_shift": _long_shift,
        "double_booked_ventilator": _booking,
        "unauthorised_override": _override,
        "unsafe_discharge": _discharge,
    }
)
"""Kind -> how it is made; None where there is no subject for it now."""

__all__ = ["MAKERS", "Evidence", "Made", "beds_with_ventilators", "chance", "in_care"]
