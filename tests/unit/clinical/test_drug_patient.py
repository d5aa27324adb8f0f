"""Patients of the drug rules: what is refused, what is unknown, what follows."""

from __future__ import annotations

import pytest

from triagelab.clinical.drug_patient import ActiveDrug, Allergy, DrugPatient
from triagelab.clinical.vitals import VitalSigns
from triagelab.errors import BadInputError, UnknownNameError


def test_flat_mapping_and_fields_are_the_same_patient():
    flat = DrugPatient.from_mapping(
        {"age_years": 40, "sbp_mmhg": 95, "egfr": 50, "burn": True, "active": ["ASA"], "allergies": [{"drug": "PCN"}]}
    )
    made = DrugPatient(
        age_years=40,
        vitals=VitalSigns(sbp_mmhg=95),
        numbers={"egfr": 50},
        conditions={"burn": True},
        active=(ActiveDrug("ASA"),),
        allergies=(Allergy("PCN"),),
    )
    assert flat == made
    assert flat.known == made.known


def test_derived_numbers():
    known = DrugPatient.from_mapping({"age_years": 28 / 365.25, "sbp_mmhg": 100, "baseline_sbp_mmhg": 131}).known
    assert (known["age_days"], known["sbp_drop_mmhg"]) == (28.0, 31.0)
    assert "sbp_drop_mmhg" not in DrugPatient.from_mapping({"sbp_mmhg": 100}).known


def test_nan_and_null_are_unknown():
    found = DrugPatient.from_mapping({"age_years": float("nan"), "egfr": None, "burn": None})
    assert dict(found.known) == {}
    assert (found.active, found.allergies) == (None, None)


@pytest.mark.parametrize(
    ("reaction", "grade"), [("anaphylaxis", "severe"), ("hives", "mild"), ("nausea", "intolerance"), (None, "unstated")]
)
def test_reaction_sets_the_grade(reaction, grade):
    assert Allergy("PCN", reaction).grade == grade
    assert Allergy("PCN", reaction, grade="severe").grade == "severe"


@pytest.mark.parametrize(
    "raw",
    [
        {"age_years": 200},
        {"age_years": "40"},
        {"weight_kg": 0},
        {"egfr": -1},
        {"egfr": True},
        {"potassium_mmol_l": 41},
        {"burn": "yes"},
        {"sex": "f"},
        {"active": ["unobtainium"]},
        {"active": "warfarin"},
        {"active": {"warfarin": 1}},
        {"active": 5},
        {"history_complete": "no"},
        None,
        ["warfarin"],
        {"active": [5]},
        {"active": [{"last_dose_h": 4}]},
        {"active": [{"drug": "ASA", "last_dose_h": -4}]},
        {"active": [{"drug": "ASA", "last_dose": 4}]},
        {"allergies": [{"drug": "PCN", "reaction": "bad"}]},
        {"allergies": [{"drug": "PCN", "grade": "huge"}]},
        {"allergies": [{"drug": "MS"}]},
    ],
)
def test_refused(raw):
    with pytest.raises(BadInputError):
        DrugPatient.from_mapping(raw)


def test_unknown_name_answers_with_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'potassium_mmol_l'"):
        DrugPatient.from_mapping({"potassium_mmol": 4})
    with pytest.raises(UnknownNameError, match="did you mean 'burn'"):
        DrugPatient(conditions={"burns": True})
    with pytest.raises(UnknownNameError, match="did you mean 'egfr'"):
        DrugPatient(numbers={"egf": 5})


@pytest.mark.parametrize("text", ["NKDA", "none", "No known allergies "])
def test_nothing_written_into_a_list_is_an_empty_list(text):
    with pytest.raises(BadInputError, match="an empty list says that there are none"):
        DrugPatient.from_mapping({"allergies": [text]})
