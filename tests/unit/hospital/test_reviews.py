"""Drug reviews shared by all who are alike to the rules: never another verdict than the rules themselves give."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from triagelab.clinical.drugs import ActiveDrug, Allergy, DrugOrder, DrugPatient, check
from triagelab.hospital.reviews import AGE_LIMITS, Facts, review
from triagelab.hospital.tables import resource_table
from triagelab.seeding import Generator, stream

REACTIONS = ("anaphylaxis", "rash")


def drawn(rng: Generator) -> Facts:
    def some(chance: float) -> bool:
        return bool(rng.random() < chance)

    age = float(rng.integers(0, 95)) if some(0.8) else round(float(rng.uniform(0, 3)), 2)
    allergies = tuple(
        (name, REACTIONS[int(rng.integers(2))]) for name in ("penicillin", "cephalosporin", "morphine") if some(0.2)
    )
    return (
        age,
        "female" if some(0.5) else "male",
        round(float(rng.uniform(3, 110)), 1) if some(0.8) else None,
        allergies if some(0.8) else None,
        (("egfr", float(rng.choice([12.0, 20.0, 45.0, 85.0]))),) if some(0.8) else None,
        tuple(name for name in ("warfarin", "ibuprofen", "lithium") if some(0.2)) if some(0.8) else None,
    )


@pytest.mark.parametrize("drug", list(resource_table().drug))
def test_a_shared_review_is_the_review_of_the_patient_himself(drug: str) -> None:
    row = resource_table().drug[drug]
    rng = stream("test.reviews", 0, drug)
    for _ in range(60):
        facts = drawn(rng)
        age, sex, weight, allergies, numbers, active = facts
        dose = round(row.dose * float(rng.choice([0.1, 0.5, 1.0, 1.5, 3.0, 10.0])), 3)
        patient = DrugPatient(
            age_years=age,
            sex=sex,
            weight_kg=weight,
            numbers=dict(numbers or ()),
            allergies=None if allergies is None else tuple(Allergy(*one) for one in allergies),
            active=None if active is None else tuple(ActiveDrug(name) for name in active),
        )
        own = check(DrugOrder(drug=drug, dose=dose, unit=row.unit, route=row.route), patient)
        shared = review(facts, drug, dose, row.unit, row.route)
        assert shared.verdict == own.verdict
        assert shared.rule_ids == own.rule_ids
        assert {need.fact for need in shared.needs} == {need.fact for need in own.needs}


def test_every_age_that_a_drug_rule_names_is_a_limit() -> None:
    text = (files("triagelab.clinical") / "data" / "drugs.toml").read_text(encoding="utf-8")
    named = {float(found) for found in re.findall(r'"age_years", (?:lt|le|gt|ge|eq) = ([0-9.]+)', text)}
    assert named
    assert named <= set(AGE_LIMITS)
    days = [float(found) for found in re.findall(r'"age_days", (?:lt|le|gt|ge|eq) = ([0-9.]+)', text)]
    assert max(days) / 365.25 < AGE_LIMITS[0]
