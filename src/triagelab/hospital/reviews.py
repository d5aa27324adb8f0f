"""What the drug rules say of an order for what is known of a patient, worked out once for all who are alike to them."""

from __future__ import annotations

from bisect import bisect_right
from functools import cache, lru_cache

from triagelab.clinical.drugs import ActiveDrug, Allergy, DrugOrder, DrugPatient, Review, check
from triagelab.clinical.vitals import VitalSigns
from triagelab.hospital.plan import PatientSpec

Facts = tuple[
    float,
    str,
    float | None,
    tuple[tuple[str, str], ...] | None,
    tuple[tuple[str, float], ...] | None,
    tuple[str, ...] | None,
]
"""What the drug rules ask of a patient: age in years, sex, weight in kg, (allergen, reaction), numbers by name, drugs
taken. None is not known."""
AGE_LIMITS: tuple[float, ...] = (2.0, 10.0, 12.0, 13.0, 18.0, 60.0, 65.0)
"""Ages in years with which some drug rule compares; between two of them all ages are alike. Younger ones, which rules
count in days, are each for themselves. A test holds this against data/drugs.toml."""
_NO_VITALS = VitalSigns()


@lru_cache(maxsize=8192)
def true_facts(spec: PatientSpec) -> Facts:
    """Return everything that is true of a patient and that the drug rules ask for."""
    weight = spec.weight_kg if spec.weight_known else None
    return spec.age_years, spec.sex, weight, spec.allergies, tuple(spec.background.items()), spec.active


@lru_cache(maxsize=16384)
def review(facts: Facts, drug: str, dose: float, unit: str, route: str) -> Review:
    """Return what the drug rules say of an order for a patient of whom so much is known.

    Weight and numbers are left out at first: where no rule hangs on them then, they change nothing.

    Raises: BadInputError for a drug, dose, unit or route that is none.
    """
    age_years, sex, weight_kg, allergies, numbers, active = facts
    alike = _alike(age_years)
    found = _review((alike, sex, None, allergies, None, active), drug, dose, unit, route)
    if not dict(numbers or ()).keys().isdisjoint(found.unknown):
        found = _review((alike, sex, None, allergies, numbers, active), drug, dose, unit, route)
    if weight_kg is None or "weight_kg" not in found.unknown:
        return found
    return _review((alike, sex, weight_kg, allergies, numbers, active), drug, dose, unit, route)


def _alike(age_years: float) -> float:
    """Return an age that every drug rule takes for the same."""
    place = bisect_right(AGE_LIMITS, age_years)
    if place == 0 or AGE_LIMITS[place - 1] == age_years:
        return age_years
    return AGE_LIMITS[place - 1] + 0.5


@lru_cache(maxsize=16384)
def _review(facts: Facts, drug: str, dose: float, unit: str, route: str) -> Review:
    return check(_order(drug, dose, unit, route), drug_patient(facts))


@lru_cache(maxsize=8192)
def drug_patient(facts: Facts) -> DrugPatient:
    """Return the patient as the drug rules see him, from facts."""
    age_years, sex, weight_kg, allergies, numbers, active = facts
    return DrugPatient(
        age_years=age_years,
        sex=sex,
        weight_kg=weight_kg,
        vitals=_NO_VITALS,
        numbers=dict(numbers or ()),
        active=None if active is None else tuple(_taken(name) for name in active),
        allergies=None if allergies is None else tuple(_allergy(drug, reaction) for drug, reaction in allergies),
    )


@cache
def _taken(name: str) -> ActiveDrug:
    return ActiveDrug(name)


@cache
def _allergy(drug: str, reaction: str) -> Allergy:
    return Allergy(drug, reaction)


@lru_cache(maxsize=4096)
def _order(drug: str, dose: float, unit: str, route: str) -> DrugOrder:
    return DrugOrder(drug=drug, dose=dose, unit=unit, route=route)


__all__ = ["AGE_LIMITS", "Facts", "drug_patient", "review", "true_facts"]
