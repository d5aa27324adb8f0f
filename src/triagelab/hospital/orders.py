"""Drug orders: what physicians and the pharmacy write, and what the drug rules say of them."""

from __future__ import annotations

from functools import lru_cache

from triagelab.clinical.drugs import ActiveDrug, Allergy, DrugOrder, DrugPatient, Review, check
from triagelab.errors import BadInputError
from triagelab.hospital.plan import PatientSpec
from triagelab.hospital.tables import resource_table

PENDING, GIVEN, REJECTED = "pending", "given", "rejected"
MOST_OF_USUAL, LEAST_OF_USUAL = 2.0, 0.4
"""A dose above or below these shares of the usual one is a wrong dose. Assumed."""


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
        return {
            "order": self.id,
            "patient": self.patient,
            "drug": self.drug,
            "dose": self.dose,
            "unit": self.unit,
            "route": self.route,
            "by": self.by,
            "minute": self.placed_min,
        }


def usual_dose(drug: str, age_years: float, weight_kg: float | None) -> float | None:
    """Return the usual dose in the unit of the table; None for a child whose weight is unknown."""
    row = resource_table().drug[drug]
    if age_years >= 14:
        return row.dose
    if weight_kg is None:
        return None
    return min(row.dose, round(row.per_kg * weight_kg, 2))


@lru_cache(maxsize=4096)
def drug_patient(spec: PatientSpec) -> DrugPatient:
    """Return the patient as the drug rules see him, with everything that is true."""
    return DrugPatient.from_mapping(
        {
            "age_years": spec.age_years,
            "sex": spec.sex,
            **({"weight_kg": spec.weight_kg} if spec.weight_known else {}),
            "allergies": [Allergy(drug, reaction) for drug, reaction in spec.allergies],
            "active": [ActiveDrug(str(name)) for name in spec.active],
            **spec.background,
        }
    )


@lru_cache(maxsize=8192)
def review(spec: PatientSpec, drug: str, dose: float, unit: str, route: str) -> Review:
    """Return what the drug rules say of an order for a patient.

    Raises: BadInputError for a drug, dose, unit or route that is none.
    """
    return check(DrugOrder(drug=drug, dose=dose, unit=unit, route=route), drug_patient(spec))


def dose_problem(spec: PatientSpec, drug: str, dose: float, unit: str) -> str | None:
    """Return what is wrong with a dose against the usual one; None is nothing, or nothing that can be told."""
    row = resource_table().drug.get(drug)
    if row is None:
        return None
    usual = usual_dose(drug, spec.age_years, spec.weight_kg)
    if usual is None or unit != row.unit:
        return None
    if dose > MOST_OF_USUAL * usual:
        return f"{dose:g} {unit} is {dose / usual:.1f} times the usual {usual:g} {unit}"
    if dose < LEAST_OF_USUAL * usual:
        return f"{dose:g} {unit} is {dose / usual:.0%} of the usual {usual:g} {unit}"
    return None


def flaw_of(spec: PatientSpec, order: Order) -> str | None:
    """Return the kind of incident an order is for a patient, None for a good one."""
    try:
        found = review(spec, order.drug, order.dose, order.unit, order.route)
    except BadInputError:
        return "wrong_dose"
    if found.verdict == "reject":
        return "contraindicated_order"
    return "wrong_dose" if dose_problem(spec, order.drug, order.dose, order.unit) else None


__all__ = [
    "GIVEN",
    "PENDING",
    "REJECTED",
    "Order",
    "dose_problem",
    "drug_patient",
    "flaw_of",
    "review",
    "usual_dose",
]
