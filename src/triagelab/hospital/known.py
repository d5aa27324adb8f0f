"""What staff know of a patient: the facts that a rule may use. Nothing here looks at what has not come to light."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from triagelab.errors import TriageLabError
from triagelab.hospital.orders import Facts, Order, review, wrong_dose
from triagelab.hospital.patient import Need, Patient
from triagelab.hospital.tables import resource_table

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital

USUAL: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "heart_rate_bpm": (50, 100),
        "resp_rate_bpm": (10, 22),
        "spo2_pct": (94, 100),
        "sbp_mmhg": (100, 180),
        "temp_c": (35.5, 38.2),
        "gcs": (15, 15),
    }
)
"""Vital signs at which an adult looks well. Assumed, near the zero points of NEWS2."""
FIT = 0.12
"""Severity at or below which support can be taken away; the daily round tells. Assumed."""


def record_readable(h: Hospital) -> bool:
    """Return whether records can be read, on a screen or on paper."""
    return h.systems["ehr"] is None or "ehr" in h.paper


def known_weight(patient: Patient) -> float | None:
    """Return the weight in kg; None is not known. Who was weighed or worked up has a known weight."""
    spec = patient.spec
    return spec.weight_kg if spec.weight_known or patient.worked_up or patient.weighed else None


def known_group(h: Hospital, patient: Patient) -> str | None:
    """Return the blood group; None is not known."""
    return patient.spec.group if patient.spec.group_known and record_readable(h) else None


def known_facts(h: Hospital, patient: Patient) -> Facts:
    """Return what the drug rules can be told; None in it is not known."""
    spec, readable = patient.spec, record_readable(h)
    return (
        spec.age_years,
        spec.sex,
        known_weight(patient),
        spec.allergies if readable else None,
        tuple(spec.background.items()) if readable else None,
        spec.active if readable else None,
    )


def known_flaw(h: Hospital, order: Order) -> str | None:
    """Return what is wrong with an order by what is known, None for an order in which nothing wrong can be seen."""
    patient = h.patients[order.patient]
    try:
        found = review(known_facts(h, patient), order.drug, order.dose, order.unit, order.route)
    except TriageLabError:
        return "wrong_dose"
    if found.verdict == "reject":
        return "contraindicated_order"
    wrong = wrong_dose(order.drug, order.dose, order.unit, patient.spec.age_years, known_weight(patient))
    return None if wrong is None else "wrong_dose"


def open_needs(h: Hospital, patient: Patient) -> list[Need]:
    """Return needs that staff know of and that nothing meets."""
    return [need for need in patient.needs if need.known and need.open(h.minute)]


def treats(drug: str, need: Need) -> bool:
    """Return whether a drug is one that meets a need."""
    if need.row.by != "drug":
        return False
    return drug == need.drug if need.drug is not None else drug in need.row.means


def at_work(h: Hospital, patient: Patient, drug: str) -> bool:
    """Return whether a drug was given so lately that it cannot have worked yet."""
    last = patient.given.get(drug)
    return last is not None and h.minute - last < resource_table().drug[drug].onset_min + 15.0


def looks_well(patient: Patient) -> bool:
    """Return whether the vital signs that were taken last lie in the usual ranges; False where none were taken."""
    seen = patient.seen
    return seen is not None and all(low <= seen[name] <= high for name, (low, high) in USUAL.items())


__all__ = [
    "FIT",
    "USUAL",
    "at_work",
    "known_facts",
    "known_flaw",
    "known_group",
    "known_weight",
    "looks_well",
    "open_needs",
    "record_readable",
    "treats",
]
