"""Reviews: the verdict, what is unknown, options, sources, and one clear line for bad input."""

from __future__ import annotations

import pytest

from triagelab.clinical.drug_rules import drug_rules
from triagelab.clinical.drug_vocabulary import drug_vocabulary
from triagelab.clinical.drugs import DrugOptions, DrugOrder, DrugPatient, check, drug_rule
from triagelab.errors import BadInputError, UnknownNameError

TORADOL = {"drug": "Toradol", "dose": 30, "unit": "mg", "route": "iv", "every_h": 6}
FULL = {"history_complete": True, "active": [], "allergies": []}


def needs(found):
    return {need.fact: need.rule_ids for need in found.needs}


def test_every_broken_rule_is_named_with_reason_source_and_override():
    found = check(TORADOL, {"age_years": 70, "egfr": 25, "active": ["warfarin"]})
    assert (found.verdict, found.rule_ids) == ("reject", ("D03b", "D04b", "D27a"))
    first = found.violations[0]
    assert (first.severity, first.verified, first.override_condition) == ("block", True, "none")
    assert "prescribing information" in first.source
    assert first.change.startswith("Acetaminophen")


def test_objects_and_mappings_are_the_same():
    patient = {"age_years": 70, "egfr": 25}
    assert check(DrugOrder(**TORADOL), DrugPatient.from_mapping(patient)) == check(TORADOL, patient)


def test_an_unknown_fact_neither_breaks_nor_clears_a_rule():
    found = check({"drug": "metformin"}, {**FULL})
    assert (found.verdict, found.provisional, found.unknown[0]) == ("approve", True, "egfr")
    assert needs(found) == {"egfr": ("D09a",)}
    assert check({"drug": "metformin"}, {**FULL, "egfr": 80}).provisional is False


def test_hold_asks_before_it_approves():
    assert check({"drug": "metformin"}, FULL, when_unknown="hold").verdict == "modify"
    assert check({"drug": "metformin"}, {**FULL, "egfr": 80}, when_unknown="hold").verdict == "approve"
    # What hangs on a rule that only modifies is no reason to hold.
    morphine = {"drug": "morphine", "route": "po"}
    assert check(morphine, FULL, when_unknown="hold").verdict == "approve"
    assert check(morphine, FULL).provisional is True


def test_unknown_lists_name_what_to_ask():
    found = check({"drug": "linezolid", "route": "iv"}, {"history_complete": True})
    assert needs(found) == {"active": ("D21",), "allergies": ("D31d", "D32b")}
    found = check({"drug": "nitroglycerin"}, {**FULL, "sbp_mmhg": 130, "baseline_sbp_mmhg": 130, "heart_rate_bpm": 80,
                                              "rv_infarct": False, "active": ["Cialis"]})  # fmt: skip
    assert needs(found) == {"last dose of Cialis": ("D01b",)}
    found = check({"drug": "diltiazem", "route": "iv"}, {**FULL, "preexcited_af": False, "active": ["metoprolol"]})
    assert needs(found) == {"route of metoprolol": ("D34",)}
    found = check({"drug": "Keflex"}, {**FULL, "allergies": [{"drug": "PCN", "reaction": "rash"}]})
    assert needs(found) == {"which PCN caused the reaction": ("D31a",)}
    found = check(
        {"drug": "alteplase", "indication": "stroke"}, {**FULL, "active": [{"drug": "Lovenox", "last_dose_h": 5}]}
    )
    assert needs(found)["treatment or preventive dose of Lovenox"] == ("D05h",)


def test_a_condition_waits_for_the_number_that_implies_it():
    found = check({"drug": "sux"}, FULL)
    assert needs(found) == {"hyperkalaemia": ("D08e",), "potassium_mmol_l": ("D08e",)}
    stated = check({"drug": "sux"}, {**FULL, "potassium_mmol_l": 6.5, "hyperkalaemia": False})
    assert stated.rule_ids == ()


def test_what_cannot_be_is_not_asked():
    lisinopril = {"drug": "lisinopril", "route": "po"}
    for patient in ({"sex": "male"}, {"sex": "female", "age_years": 70}, {"sex": "female", "age_years": 5}):
        assert check(lisinopril, {**FULL, **patient}).provisional is False
    assert "pregnant" in needs(check(lisinopril, {**FULL, "sex": "female", "age_years": 30}))
    assert "pregnant" in needs(check(lisinopril, {**FULL}))


def test_provisional_counts_only_what_could_be_stricter():
    found = check({"drug": "Zosyn", "route": "iv"}, {"history_complete": True, "allergies": ["PCN"]})
    assert (found.verdict, found.provisional) == ("modify", True)
    assert needs(found) == {"reaction to PCN": ("D32a",)}
    rejected = check({"drug": "sux"}, {**FULL, "myopathy": True})
    assert (rejected.verdict, rejected.provisional) == ("reject", False)
    assert "potassium_mmol_l" in rejected.unknown


def test_an_excuse_lifts_a_rule_only_when_it_is_known():
    order = {"drug": "methylene blue", "route": "iv"}
    patient = {"active": ["Zoloft"], "allergies": []}
    assert check(order, patient).rule_ids == ("D21",)
    assert check(order, {**patient, "life_threatening_no_alternative": False}).rule_ids == ("D21",)
    assert check(order, {**patient, "life_threatening_no_alternative": True}).rule_ids == ()


def test_orders_of_one_round_meet_each_other():
    both = ("morphine 4 mg IV", "Ativan 1 mg IV")
    assert check(both[0], FULL).rule_ids == ()
    assert check(both[0], FULL, alongside=both[1:]).rule_ids == ("D29",)
    assert check(both[1], {"allergies": []}, alongside=both[:1]).rule_ids == ("D29",)
    unknown = check(both[1], {"allergies": []}, alongside=["Zofran 4 mg IV"])
    assert needs(unknown) == {"active": ("D29",)}
    tylenol = "Tylenol 1 g po q6h"
    assert check(tylenol, FULL, alongside=["acetaminophen 650 mg pr q6h"]).rule_ids == ("D16a",)


def test_drugs_in_one_product_meet_each_other():
    assert check({"drug": "oxycodone and lorazepam"}, FULL).rule_ids == ("D29",)


def test_a_class_in_a_list_counts_for_its_members_only_where_it_must():
    ketorolac = {**TORADOL, "duration_d": 1}
    assert check(ketorolac, {**FULL, "active": ["NSAIDs"]}).rule_ids == ("D03f",)
    found = check({"drug": "clarithromycin"}, {**FULL, "active": ["statins"]})
    assert "which statins" in needs(found)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ({"drug": "heparin", "route": "iv"}, ("heparin_or_thrombolytic",)),
        ({"drug": "fentanyl", "route": "iv"}, ("iv_opioid",)),
        ({"drug": "fentanyl"}, ("iv_opioid",)),
        ({"drug": "oxycodone", "route": "po"}, ()),
        ({"drug": "Lantus", "route": "sc"}, ("insulin",)),
        ({"drug": "propofol", "route": "iv"}, ("moderate_sedation",)),
        ({"drug": "vincristine", "route": "iv"}, ("chemotherapy",)),
    ],
)
def test_double_check(order, expected):
    assert check(order, FULL).double_check == expected


def test_where_sources_disagree_the_reading_is_named():
    assert DrugOptions().dka_potassium == "ada-2009"
    with pytest.raises(UnknownNameError, match="did you mean 'fda'"):
        DrugOptions(metformin="fdaa")
    used = {name for rule in drug_rules().rules for name in rule.options}
    assert used == set(drug_vocabulary().option)


def test_rules_say_where_they_come_from():
    for rule in drug_rules().rules:
        assert rule.reason
        assert rule.change
        assert rule.override_condition
        assert rule.source
    assert drug_rule("D17b").verified is False
    with pytest.raises(UnknownNameError, match="did you mean 'D03a'"):
        drug_rule("D03aa")


@pytest.mark.parametrize(
    ("order", "patient", "message"),
    [
        ({"drug": "MS", "dose": 4, "unit": "mg"}, {}, "error-prone"),
        ({"drug": "toradoll"}, {}, "did you mean"),
        ({"drug": "aspirin"}, {"age_yrs": 4}, "did you mean 'age_years'"),
        ({"drug": "aspirin"}, {"active": ["MSO4"]}, "error-prone"),
    ],
)
def test_bad_input_is_one_line(order, patient, message):
    with pytest.raises(BadInputError, match=message) as caught:
        check(order, patient)
    assert "\n" not in str(caught.value)


def test_unknown_handling_is_a_choice_of_two():
    with pytest.raises(BadInputError, match="list or hold"):
        check({"drug": "aspirin"}, {}, when_unknown="ignore")


@pytest.mark.parametrize(
    ("order", "more"),
    [
        (None, {}),
        (5, {}),
        (["Toradol 30 mg IV"], {}),
        ({"drug": "Toradol", "once": 1}, {}),
        ("Toradol 30 mg IV", {"options": "fda"}),
        ("Toradol 30 mg IV", {"alongside": "Advil 400 mg po"}),
        ("Toradol 30 mg IV", {"alongside": None}),
    ],
)
def test_what_is_no_order_is_refused_in_one_line(order, more):
    with pytest.raises(BadInputError) as caught:
        check(order, {}, **more)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("order", "rule"),
    [
        ("KCl 20 mEq IO push", "D15d"),
        ("KCl 20 mEq IV bolus", "D15d"),
        ("ondansetron 24 mg intraosseous", "D11a"),
        ("epinephrine 1 mg IO push 1 mg/mL", "D30e"),
        ("Tylenol 5 gm PO once", "D16a"),
    ],
)
def test_other_ways_to_write_a_route_or_unit(order, rule):
    assert rule in check(order, {"age_years": 40}).rule_ids


def test_an_opioid_into_bone_asks_for_a_second_check():
    assert check("fentanyl 100 mcg IO", {"age_years": 40}).double_check == ("iv_opioid",)
    assert check("oxycodone 5 mg PO", {"age_years": 40}).double_check == ()
