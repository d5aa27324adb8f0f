"""Written orders: every part read, nothing read twice, nothing dropped in silence."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triagelab.clinical.drug_order import DrugOrder
from triagelab.clinical.drug_text import parse_order
from triagelab.clinical.drugs import check
from triagelab.errors import BadInputError, UnknownNameError


@pytest.mark.parametrize(
    ("text", "ingredients", "expected"),
    [
        (
            "ketorolac 30 mg IV q6h x 5 days",
            ("ketorolac",),
            {"dose": 30, "unit": "mg", "route": "iv", "every_h": 6, "duration_d": 5},
        ),
        ("Tylenol 500mg PO tid", ("acetaminophen",), {"dose": 500, "unit": "mg", "route": "po", "times_per_day": 3}),
        ("tylenol500mg", ("acetaminophen",), {"dose": 500, "unit": "mg"}),
        ("alteplase 0.9 mg/kg IV", ("alteplase",), {"dose": 0.9, "unit": "mg/kg", "route": "iv"}),
        (
            "KCl 20 mEq IVPB over 2 hours",
            ("potassium chloride",),
            {"dose": 20, "unit": "meq", "route": "iv", "push": False, "infusion_min": 120},
        ),
        ("KCl 20 mEq/100 mL IV over 2 h", ("potassium chloride",), {"dose": 20, "unit": "meq", "infusion_min": 120}),
        ("vancomycin 1 g in 250 mL NS IV over 60 min", ("vancomycin",), {"dose": 1, "unit": "g", "infusion_min": 60}),
        ("lidocaine 2 g/500 mL IV at 1 mg/min", ("lidocaine",), {"dose": None, "rate": 1, "concentration": 4.0}),
        ("heparin 25000 units/250 mL iv at 18 units/kg/h", ("heparin",), {"dose": None, "rate": 18}),
        ("percocet 5 mg/325 mg 1 tab", ("oxycodone", "acetaminophen"), {"dose": None}),
        ("Rocephin 1 gm IM", ("ceftriaxone",), {"dose": 1, "unit": "gm", "route": "im"}),
        ("morphine 4 mgs slow IV push", ("morphine",), {"dose": 4, "route": "iv", "push": True}),
        ("KCl 10 mEq/h IV", ("potassium chloride",), {"rate": 10, "rate_unit": "meq/h", "route": "iv"}),
        (
            "norepinephrine 0.1 mcg/kg/min iv infusion",
            ("norepinephrine",),
            {"rate": 0.1, "rate_unit": "mcg/kg/min", "push": False},
        ),
        ("epinephrine 0.3 mg IV push 1 mg/mL", ("epinephrine",), {"dose": 0.3, "push": True, "concentration": 1.0}),
        ("epinephrine 1:10,000 1 mg IVP", ("epinephrine",), {"dose": 1, "push": True, "concentration": 0.1}),
        (
            "lidocaine 1% 20 mL infiltration",
            ("lidocaine",),
            {"dose": 20, "unit": "ml", "concentration": 10.0, "route": "infiltration"},
        ),
        ("3% saline 250 mL IV over 20 min", ("sodium chloride 3%",), {"dose": 250, "infusion_min": 20}),
        ("fentanyl patch 25 mcg/hr", ("fentanyl",), {"rate": 25, "rate_unit": "mcg/h", "route": "transdermal"}),
        ("heparin 5,000 units subq q8h", ("heparin",), {"dose": 5000, "unit": "units", "route": "sc", "every_h": 8}),
        ("penicillin G 2 million units IM once", ("penicillin g",), {"dose": 2e6, "unit": "units", "once": True}),
        ("methotrexate 15 mg po weekly", ("methotrexate",), {"dose": 15, "every_h": 168}),
        ("Percocet 5/325 po q4-6h prn", ("oxycodone", "acetaminophen"), {"dose": None, "every_h": 4}),
        ("6-MP 50 mg po daily", ("mercaptopurine",), {"dose": 50, "every_h": 24}),
        ("Lantus 10u sc qhs", ("insulin glargine",), {"dose": 10, "unit": "units", "every_h": 24}),
        ("vancomycin 1 g iv every 12 hours", ("vancomycin",), {"dose": 1, "unit": "g", "every_h": 12}),
        ("Norco 5/325 1 tab po q6h prn pain", ("hydrocodone", "acetaminophen"), {"dose": None, "every_h": 6}),
        ("ativan 1-2 mg iv prn", ("lorazepam",), {"dose": 2, "unit": "mg"}),
        ("augmentin 875-125 mg po bid", ("amoxicillin", "clavulanate"), {"dose": None, "times_per_day": 2}),
        ("D.H.E. 45 1 mg im", ("dihydroergotamine",), {"dose": 1}),
        ("lisinopril 10mg qday for pain", ("lisinopril",), {"dose": 10, "every_h": 24}),
        ("metoprolol succinate ER 50 mg daily", ("metoprolol",), {"dose": 50, "every_h": 24, "route": None}),
    ],
)
def test_written_order(text, ingredients, expected):
    found = parse_order(text)
    assert found.resolved.ingredients == ingredients
    assert {name: getattr(found, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("aspirin 81 mg or 325 mg po", "one dose"),
        ("KCl 20 mEq/100 mL 40 mEq IV", "one dose"),
        ("ketorolac 300mg/70kg iv", "a dose such as"),
        ("morphine 10 mg/5 mL po", "a dose such as"),  # the strength of a syrup is no dose
        ("ondansetron 4 mg iv im", "one route"),
        ("ibuprofen 400 mg q6h q8h", "one frequency"),
        ("MSO4 4 mg IV", "error-prone"),
        ("30 mg IV", "name of a drug|allowed"),
        ("", "one written order"),
        ("Tylenol 650 PR", "unit for every number"),
        ("K 40 mEq po", "error-prone"),
        ("toradoll 30 mg iv", "did you mean"),
        ("vincristine 2 mg IT", "did you mean 'vincristine'"),
        ("aspirin 325 mg and then something else", "did you mean|allowed"),
    ],
)
def test_refused(text, message):
    with pytest.raises(BadInputError, match=message):
        parse_order(text)


def test_more_than_the_text_can_say():
    found = parse_order("alteplase 63 mg iv", indication="stroke", bolus=6.3)
    assert found == DrugOrder("alteplase", dose=63, unit="mg", route="iv", indication="stroke", bolus=6.3)
    with pytest.raises(UnknownNameError):
        parse_order("alteplase 63 mg iv", indication="strok")


def test_a_review_reads_written_orders():
    found = check("Toradol 30 mg IV q6h", {"age_years": 70, "egfr": 25, "active": ["warfarin"]})
    assert found.rule_ids == ("D03b", "D04b", "D27a")


WORDS = [
    "aspirin",
    "5",
    "mg",
    "/",
    "kg",
    "iv",
    "q6h",
    "x",
    "3",
    "days",
    "%",
    "1:1000",
    "over",
    "min",
    ",",
    ".",
    "IT",
    "bid",
]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=9))
def test_any_text_gives_an_order_or_one_clear_line(words):
    try:
        said = parse_order(" ".join(words)).drug
    except BadInputError as error:
        said = str(error)
    assert said
    assert "\n" not in said
