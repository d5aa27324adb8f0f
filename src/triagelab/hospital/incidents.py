"""Incidents: what goes wrong, with evidence in somebody's view; caught in time it does no harm.

Every kind has decoys: entries that look alike and are in order. Catching one is either a `flag` or the right act on its
subject (rejecting the order, correcting the record, resting the nurse). A flag on anything else is a false flag.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from triagelab.hospital.care import placed, take_ventilator
from triagelab.hospital.evidence import MAKERS, beds_with_ventilators, chance, in_care
from triagelab.hospital.halves import PARTNER, is_split, split_rows
from triagelab.hospital.orders import GIVEN, PENDING, REJECTED
from triagelab.hospital.patient import Need, Patient
from triagelab.hospital.plan import IncidentSpec, NeedSpec

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
HARM: Mapping[str, float] = MappingProxyType(
    {
        "contraindicated_order": 0.55,
        "wrong_dose": 0.55,
        "mislabelled_blood": 0.8,
        "missing_allergy": 0.5,
        "record_mismatch": 0.35,
        "over_long_shift": 0.35,
        "unauthorised_override": 0.5,
        "double_booked_ventilator": 0.5,
    }
)
"""Kind -> severity of the harm that it does where nobody catches it. Assumed."""


class Incident:
    """One incident or decoy that is in view. `kind` None is a decoy; `status`: open, caught or lapsed.

    Attributes:
        subject: id that a flag names; `evidence`: what the owner sees.
        partner: the role that sees the other half of the evidence, `other`; None where the owner sees everything.
    """

    __slots__ = ("about", "evidence", "id", "kind", "minute", "other", "partner", "role", "status", "subject")

    def __init__(
        self, id: str, kind: str | None, role: str, subject: str, about: str, minute: float, evidence: dict[str, object]
    ) -> None:
        self.id, self.kind, self.role, self.subject, self.about = id, kind, role, subject, about
        self.minute, self.evidence = minute, evidence
        self.status = "open"
        self.partner: str | None = None
        self.other: dict[str, object] = {}

    def copy(self) -> Incident:
        new = Incident(self.id, self.kind, self.role, self.subject, self.about, self.minute, self.evidence)
        new.status, new.partner, new.other = self.status, self.partner, self.other
        return new

    def shown_to(self, role: str) -> dict[str, object]:
        """Return what a role sees of it; empty is nothing."""
        if self.status != "open":
            return {}
        return self.evidence if role == self.role else self.other if role == self.partner else {}


def begin_incident(h: Hospital, about: str) -> None:
    """Inject the planned incident: find its subject now; where there is none, try again a step later."""
    spec = h.plan.incidents[int(about)]
    if is_split(h, spec.kind, spec.index) and _begin_split(h, spec):
        return
    made = MAKERS[spec.kind](h, spec.index)
    if made is None:
        if h.minute + 15 < h.plan.minutes - 30:
            h.at(h.minute + 15, "incident", about)
        return
    for subject, evidence in made.decoys:
        add(h, None, OWNER[spec.kind], subject, "", evidence)
    add(h, spec.kind, OWNER[spec.kind], made.subject, made.patient, made.evidence)
    h.at(h.minute + LIMIT_MIN, "harm", made.subject)


def _begin_split(h: Hospital, spec: IncidentSpec) -> bool:
    """Inject an incident whose halves two roles see; False where there are too few patients for its decoys.

    Neither role owes it, for neither can see it alone; whoever flags it is credited.
    """
    ids = beds_with_ventilators(h) if spec.kind == "double_booked_ventilator" else in_care(h)
    rows = split_rows(h, spec.kind, spec.index, ids)
    if rows is None:
        return False
    halves, wrong, patient = rows
    for place, (subject, evidence, other) in enumerate(halves):
        kind, about = (spec.kind, patient) if place == wrong else (None, "")
        found = Incident(f"INC-{len(h.incidents) + 1}", kind, OWNER[spec.kind], subject, about, h.minute, evidence)
        found.partner, found.other = PARTNER[spec.kind], other
        h.incidents[subject] = found
    h.at(h.minute + LIMIT_MIN, "harm", halves[wrong][0])
    return True


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
    if found.partner is not None and h.ledger.acting in (found.role, found.partner):
        h.ledger.owe(h.ledger.acting, "catch", subject, h.minute)
        h.ledger.close(h.ledger.acting, "catch", subject)
    h.ledger.close(found.role, "catch", subject)
    h.say(f"{found.kind} caught: {subject}")
    return True


def lapse(h: Hospital, subject: str) -> bool:
    """Count an open incident as not caught; True where there was one."""
    found = h.incidents.get(subject)
    if found is None or found.kind is None or found.status != "open":
        return False
    found.status = "lapsed"
    h.ledger.lapse(found.role, "catch", subject)
    h.say(f"{found.kind} not caught: {subject}")
    return True


def clear(h: Hospital, subject: str, role: str) -> None:
    """Take a decoy out of view that somebody who sees it had looked into: it was in order."""
    found = h.incidents.get(subject)
    if found is not None and found.kind is None and found.shown_to(role):
        found.status = "void"


def withdraw(h: Hospital, subject: str) -> None:
    """Take an incident out whose patient is gone before anybody could be expected to catch it."""
    found = h.incidents.get(subject)
    if found is not None and found.kind is not None and found.status == "open":
        found.status = "void"
        h.ledger.drop(found.role, "catch", subject)


def detection(h: Hospital) -> dict[str, int | float | None]:
    """Return how well incidents were detected: counts, precision, recall and their harmonic mean.

    Missing: `precision` None where nothing was flagged, `recall` None where nothing was injected, `f1` None where one
    of them is. An incident whose patient died or left before it was caught does not count.
    """
    status = [one.status for one in h.incidents.values() if one.kind is not None and one.status != "void"]
    caught, injected = status.count("caught"), len(status)
    flagged = caught + h.false_flags
    precision = caught / flagged if flagged else None
    recall = caught / injected if injected else None
    f1: float | None = None
    if precision is not None and recall is not None:
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {
        "caught": caught,
        "injected": injected,
        "flags": flagged,
        "false_flags": h.false_flags,
        "precision": precision,
        "recall": recall,
        "f1": f1,
    }


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
    """Let an incident that nobody caught do what it does; whoever is gone by then takes it with him."""
    found = h.incidents.get(subject)
    if found is None or found.status != "open" or found.kind is None:
        return
    patient = h.patients.get(found.about)
    if patient is not None and not patient.present:
        withdraw(h, subject)
        return
    lapse(h, subject)
    order = h.orders.get(subject)
    if order is not None:
        if order.status != PENDING or h.stock.get(order.drug, 0) < 1:
            order.status = REJECTED
            return
        order.status = GIVEN
        h.stock[order.drug] -= 1
    if found.kind == "over_long_shift":
        ids = [one.id for one in h.here.values() if one.area not in ("waiting", "theatre")]
        patient = h.patients[ids[int(chance(h, int(found.id[4:]), 1) * len(ids))]] if ids else None
    if patient is None or not patient.present:
        return
    if found.kind == "double_booked_ventilator" and patient.ventilator:
        take_ventilator(h, patient)
    elif found.kind == "unsafe_discharge":
        h.move(patient, "home")
    else:
        if order is not None:
            patient.given[order.drug] = h.minute
        harm_patient(h, patient, HARM[found.kind])


__all__ = [
    "LONG_SHIFT_H",
    "OWNER",
    "Incident",
    "add",
    "begin_incident",
    "catch",
    "clear",
    "detection",
    "do_harm",
    "harm_patient",
    "lapse",
    "withdraw",
]
