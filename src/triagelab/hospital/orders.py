"""Drug orders: what physicians and the pharmacy write, and what the drug rules say of them."""

from __future__ import annotations

from triagelab.errors import BadInputError
from triagelab.hospital.plan import STEP_MIN, PatientSpec
from triagelab.hospital.reviews import Facts, drug_patient, review, true_facts
from triagelab.hospital.tables import resource_table

PENDING, GIVEN, REJECTED = "pending", "given", "rejected"
MOST_OF_USUAL, LEAST_OF_USUAL = 2.0, 0.4
"""A dose above or below these shares of the usual one is a wrong dose. Assumed."""
MILLIGRAMS = {"g": 1000.0, "mg": 1.0, "mcg": 0.001}
"""Units of mass that are compared with each other."""


class Order:
    """One order. `by`: physician or pharmacy; `flaw`: the kind of incident it is, None is a good order."""

    __slots__ = ("by", "dose", "drug", "flaw", "id", "patient", "placed_min", "route", "status", "unit")

    def __init__(
        self, id: str, patient: str, drug: str, dose: float, unit: str, route: str, by: str, placed_min: float
    ) -> None:
        self.id, self.patient, self.drug, self.dose, self.unit, self.route = id, patient, drug, dose, unit, route
        self.by, self.placed_min = by, placed_min
        self.status = PENDING
        self.flaw: str | None = None

    def copy(self) -> Order:
        new = Order(self.id, self.patient, self.drug, self.dose, self.unit, self.route, self.by, self.placed_min)
        new.status, new.flaw = self.status, self.flaw
        return new

    def to_dict(self) -> dict[str, object]:
        """Return what the pharmacy sees: the minute is that of the step in which it comes up.

        Orders that are incidents are written at odd minutes, the others when a work-up ends: that is not to be seen.
        """
        return {
            "order": self.id,
            "patient": self.patient,
            "drug": self.drug,
            "dose": self.dose,
            "unit": self.unit,
            "route": self.route,
            "by": self.by,
            "minute": -(-self.placed_min // STEP_MIN) * STEP_MIN,
        }


def usual_dose(drug: str, age_years: float, weight_kg: float | None) -> float | None:
    """Return the usual dose in the unit of the table; None for a child whose weight is unknown."""
    row = resource_table().drug[drug]
    if age_years >= 14:
        return row.dose
    if weight_kg is None:
        return None
    return min(row.dose, round(row.per_kg * weight_kg, 2))


def dose_problem(spec: PatientSpec, drug: str, dose: float, unit: str) -> str | None:
    """Return what is wrong with a dose against the usual one; None is nothing, or nothing that can be told."""
    return wrong_dose(drug, dose, unit, spec.age_years, spec.weight_kg)


def wrong_dose(drug: str, dose: float, unit: str, age_years: float, weight_kg: float | None) -> str | None:
    """Return what is wrong with a dose against the usual one for an age and weight.

    Units: `dose` in `unit`; grams and micrograms are read as milligrams.

    Missing: None where the weight of a child is not known, or the unit cannot be compared.
    """
    row = resource_table().drug.get(drug)
    usual = None if row is None else usual_dose(drug, age_years, weight_kg)
    if row is None or usual is None:
        return None
    if unit != row.unit:
        if unit not in MILLIGRAMS or row.unit not in MILLIGRAMS:
            return None
        dose = dose * MILLIGRAMS[unit] / MILLIGRAMS[row.unit]
    if dose > MOST_OF_USUAL * usual:
        return f"{dose:g} {row.unit} is {dose / usual:.1f} times the usual {usual:g} {row.unit}"
    if dose < LEAST_OF_USUAL * usual:
        return f"{dose:g} {row.unit} is {dose / usual:.1%} of the usual {usual:g} {row.unit}"
    return None


def flaw_of(spec: PatientSpec, order: Order) -> str | None:
    """Return the kind of incident an order is for a patient, None for a good one."""
    try:
        found = review(true_facts(spec), order.drug, order.dose, order.unit, order.route)
    except BadInputError:
        return "wrong_dose"
    if found.verdict == "reject":
        return "contraindicated_order"
    return "wrong_dose" if dose_problem(spec, order.drug, order.dose, order.unit) else None


__all__ = [
    "GIVEN",
    "PENDING",
    "REJECTED",
    "Facts",
    "Order",
    "dose_problem",
    "drug_patient",
    "flaw_of",
    "review",
    "true_facts",
    "usual_dose",
    "wrong_dose",
]
