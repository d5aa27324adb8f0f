"""Incidents: what goes wrong, with evidence in somebody's view; caught in time it does no harm.

Every kind has decoys: entries that look alike and are in order. Catching one is either a `flag` or the right act on its
subject (rejecting the order, correcting the record, resting the nurse). A flag on anything else is a false flag.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from triagelab.hospital.care import new_order, placed, take_ventilator
from triagelab.hospital.orders import Order, flaw_of, usual_dose
from triagelab.hospital.patient import Need, Patient
from triagelab.hospital.plan import NeedSpec
from triagelab.hospital.tables import resource_table
from triagelab.seeding import unit

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital

OWNER: Mapping[str, str] = MappingProxyType(
    {
        "contraindicated_order": "pharmacy",
        "wrong_dose": "pharmacy",
        "mislabelled_blood": "pharmacy",
        "missing_allergy": "it_systems",
        "over_long_shift": "hr_rostering",
        "record_mismatch": "it_systems",
        "double_booked_ventilator": "icu_management",
        "unauthorised_override": "cmo_oversight",
        "unsafe_discharge": "er_triage",
    }
)
"""Kind -> the role in whose view the evidence stands."""
LIMIT_MIN = 75.0
"""Minutes until an incident that nobody caught does its harm. Assumed."""
LONG_SHIFT_H = 16.0
"""Hours on duty above which a shift is over-long."""


class Incident:
    """One incident or decoy that is in view. `kind` None is a decoy; `status`: open, caught or lapsed.

    Attributes:
        subject: id that a flag names; `evidence`: what the owner sees.
    """

    __slots__ = ("about", "evidence", "id", "kind", "minute", "role", "status", "subject")

    def __init__(
        self, id: str, kind: str | None, role: str, subject: str, about: str, minute: float, evidence: dict[str, object]
    ) -> None:
        self.id, self.kind, self.role, self.subject, self.about = id, kind, role, subject, about
        self.minute, self.evidence = minute, evidence
        self.status = "open"

    def copy(self) -> Incident:
        new = Incident(self.id, self.kind, self.role, self.subject, self.about, self.minute, self.evidence)
        new.status = self.status
        return new


def _chance(h: Hospital, index: int, *keys: int) -> float:
    return unit(h.plan.noise, 7, index, *keys)


def _pick(h: Hospital, index: int, ids: list[str]) -> str | None:
    return ids[int(_chance(h, index, 1) * len(ids))] if ids else None


def begin_incident(h: Hospital, about: str) -> None:
    """Inject the planned incident: find its subject now; where there is none, try again a step later."""
    spec = h.plan.incidents[int(about)]
    made = _MAKERS[spec.kind](h, spec.index)
    if made is None:
        if h.minute + 15 < h.plan.minutes - 30:
            h.at(h.minute + 15, "incident", about)
        return
    subject, patient, evidence = made
    add(h, spec.kind, OWNER[spec.kind], subject, patient, evidence)
    if spec.kind not in ("contraindicated_order", "wrong_dose"):
        h.at(h.minute + LIMIT_MIN, "harm", subject)


def add(h: Hospital, kind: str | None, role: str, subject: str, about: str, evidence: dict[str, object]) -> None:
    """Put an incident, or with `kind` None a decoy, into the view of a role."""
    h.incidents[subject] = Incident(f"INC-{len(h.incidents) + 1}", kind, role, subject, about, h.minute, evidence)
    if kind is not None:
        h.ledger.owe(role, "catch", subject, h.minute)


def catch(h: Hospital, subject: str, kind: str | None = None) -> bool:
    """Count an open incident as caught; with `kind` only where it is of that kind."""
    found = h.incidents.get(subject)
    if found is None or found.kind is None or found.status != "open" or (kind is not None and found.kind != kind):
        return False
    found.status = "caught"
    h.ledger.close(found.role, "catch", subject)
    h.say(f"{found.kind} caught: {subject}")
    return True


def harm_patient(h: Hospital, patient: Patient, severity: float) -> None:
    """Give a patient a new need: what was done to him."""
    h.settle(patient)
    if not patient.alive:
        return
    spec = NeedSpec("harm", severity, 0.25, 0.8, 0.9, h.minute, None, 0)
    patient.needs.append(Need(spec))
    h.say(f"{patient.id} harmed")
    if patient.present:
        h.ledger.owe("icu_management", "harm", patient.id, h.minute)
    placed(h, patient)


def do_harm(h: Hospital, subject: str) -> None:
    """Let an incident that nobody caught do what it does."""
    found = h.incidents.get(subject)
    if found is None or found.status != "open" or found.kind is None:
        return
    found.status = "lapsed"
    h.ledger.lapse(found.role, "catch", subject)
    h.say(f"{found.kind} not caught: {subject}")
    patient = h.patients.get(found.about)
    if found.kind == "over_long_shift":
        ids = [one.id for one in h.here.values() if one.area not in ("waiting", "theatre")]
        chosen = _pick(h, int(found.id[4:]), ids)
        patient = h.patients[chosen] if chosen else None
    if patient is None or not patient.alive:
        return
    if found.kind == "double_booked_ventilator":
        take_ventilator(h, patient)
    elif found.kind == "unsafe_discharge":
        if patient.present:
            h.move(patient, "home")
    else:
        harm_patient(h, patient, 0.35 if found.kind in ("record_mismatch", "over_long_shift") else 0.5)


Made = tuple[str, str, dict[str, object]] | None


def _treated(h: Hospital) -> list[str]:
    return [one.id for one in h.here.values() if one.area in ("resus", "bay", "icu", "ward", "isolation", "overflow")]


def _bad_order(h: Hospital, index: int, wanted: str) -> Made:
    ids = _treated(h)
    start = int(_chance(h, index, 2) * max(1, len(ids)))
    for place in range(len(ids)):
        patient = h.patients[ids[(start + place) % len(ids)]]
        for drug in ("ketorolac", "levofloxacin", "ceftriaxone", "ondansetron", "acetaminophen", "morphine"):
            usual = usual_dose(drug, patient.spec.age_years, patient.spec.weight_kg)
            row = resource_table().drug[drug]
            if usual is None or drug in patient.given:
                continue
            dose = usual if wanted == "contraindicated_order" else round(usual * (8 if index % 2 else 5), 2)
            trial = Order("", patient.id, drug, dose, row.unit, row.route, "physician", h.minute)
            if flaw_of(patient.spec, trial) == wanted:
                order = new_order(h, patient, drug, dose, row.unit, row.route, "physician")
                return order.id, patient.id, {}
    return None


def _bag(h: Hospital, index: int) -> Made:
    ids = _treated(h) or list(h.here)
    chosen = _pick(h, index, ids)
    if chosen is None:
        return None
    groups = ("O+", "A+", "B+", "AB+")
    label = int(_chance(h, index, 3) * 4)
    bags = [f"B-{h.counter + place + 1:04d}" for place in range(3)]
    h.counter += 3
    wrong = int(_chance(h, index, 4) * 3)
    for place, bag in enumerate(bags):
        evidence: dict[str, object] = {"bag": bag, "label": groups[label], "lab_group": groups[label]}
        if place != wrong:
            add(h, None, "pharmacy", bag, "", evidence)
    return bags[wrong], chosen, {"bag": bags[wrong], "label": groups[label], "lab_group": groups[(label + 1) % 4]}


def _record(h: Hospital, index: int, allergy: bool) -> Made:
    ids = _treated(h) or list(h.here)
    chosen = _pick(h, index, ids)
    if chosen is None:
        return None
    others = [name for name in ids if name != chosen][:1]
    spec = h.patients[chosen].spec
    for name in others:
        other = h.patients[name].spec
        subject = f"R-{name}-{index}"
        same = {"record": subject, "patient": name, "field": "allergies" if allergy else "weight_kg"}
        said = ("PCN" if allergy else round(other.weight_kg), "penicillin" if allergy else round(other.weight_kg + 0.4))
        add(h, None, "it_systems", subject, "", {**same, "chart": said[0], "wristband": said[1]})
    subject = f"R-{chosen}-{index}"
    if allergy:
        evidence = {"field": "allergies", "chart": "none", "wristband": "penicillin"}
    else:
        evidence = {"field": "weight_kg", "chart": round(spec.weight_kg * 2.2), "wristband": round(spec.weight_kg)}
    return subject, chosen, {"record": subject, "patient": chosen, **evidence}


def _long_shift(h: Hospital, index: int) -> Made:
    ids = [one.id for one in h.people if one.status == "on" and one.role in ("nurse", "doctor")]
    ids = [name for name in ids if name not in h.incidents]
    chosen = _pick(h, index, ids)
    if chosen is None:
        return None
    h.by_staff[chosen].on_since = h.minute - 60.0 * (LONG_SHIFT_H + 1.5)
    return chosen, "", {}


def _booking(h: Hospital, index: int) -> Made:
    ids = [one.id for one in h.here.values() if one.ventilator]
    chosen = _pick(h, index, ids)
    other = next((name for name in h.here if name != chosen), None)
    if chosen is None or other is None:
        return None
    subject = f"V-{index + 1:02d}"
    free = f"V-{index + 51:02d}"
    add(h, None, "icu_management", free, "", {"ventilator": free, "booked_for": [other], "last_check": "overdue"})
    return subject, chosen, {"ventilator": subject, "booked_for": [chosen, other], "last_check": "today"}


def _override(h: Hospital, index: int) -> Made:
    ids = _treated(h)
    chosen = _pick(h, index, ids)
    if chosen is None:
        return None
    names = (f"OV-{2 * index + 1:02d}", f"OV-{2 * index + 2:02d}")
    good: dict[str, object] = {"entry": names[0], "patient": chosen, "act": "order", "by": "registrar"}
    add(h, None, "cmo_oversight", names[0], "", {**good, "authorised_by": "chief medical officer"})
    return names[1], chosen, {**good, "entry": names[1], "authorised_by": "none"}


def _discharge(h: Hospital, index: int) -> Made:
    sick = [one.id for one in h.here.values() if one.arrived and one.spec.severity != "mild" and one.worst() > 0.25]
    sick = [name for name in sick if h.patients[name].area in ("waiting", "bay", "overflow", "resus", "isolation")]
    chosen = _pick(h, index, sick)
    if chosen is None:
        return None
    well = next((one.id for one in h.here.values() if one.spec.severity == "mild" and one.area == "waiting"), None)
    if well is not None:
        subject = f"D-{well}"
        add(h, None, "er_triage", subject, "", {"request": subject, "patient": well, "by": "registrar"})
    subject = f"D-{chosen}"
    return subject, chosen, {"request": subject, "patient": chosen, "by": "registrar"}


_MAKERS = {
    "contraindicated_order": lambda h, index: _bad_order(h, index, "contraindicated_order"),
    "wrong_dose": lambda h, index: _bad_order(h, index, "wrong_dose"),
    "mislabelled_blood": _bag,
    "missing_allergy": lambda h, index: _record(h, index, True),
    "record_mismatch": lambda h, index: _record(h, index, False),
    "over_long_shift": _long_shift,
    "double_booked_ventilator": _booking,
    "unauthorised_override": _override,
    "unsafe_discharge": _discharge,
}

__all__ = ["LONG_SHIFT_H", "OWNER", "Incident", "add", "begin_incident", "catch", "do_harm", "harm_patient"]
