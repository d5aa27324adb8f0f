"""Drug names: brands, salts, doses around the name, combinations, error-prone short forms, unknown names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triagelab.clinical.drug_names import drug_table, ingredient, ingredients, known_names, resolve_any, tags
from triagelab.errors import BadInputError, UnknownNameError


def test_table_is_large_and_every_ingredient_answers_to_its_own_names():
    table = drug_table()
    assert len(table.ingredient) >= 250
    assert len(known_names()) > 1000
    for name, row in table.ingredient.items():
        assert all(ingredients(text) == (name,) for text in (name, *row.brands, *row.aliases)), name
    for name, row in table.combination.items():
        assert all(ingredients(text) == row.of for text in (name, *row.brands, *row.aliases)), name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tylenol 500mg PO", "acetaminophen"),
        ("tylenol500mg", "acetaminophen"),
        ("ASA", "aspirin"),
        ("norepi", "norepinephrine"),
        ("metoprolol succinate ER 50 mg po daily", "metoprolol"),
        ("METOPROLOL TARTRATE", "metoprolol"),
        ("morphine sulfate 4 mg IV", "morphine"),
        ("MS Contin", "morphine"),
        ("phenytoin sodium 1 g iv over 20 min", "phenytoin"),
        ("potassium chloride 20 mEq", "potassium chloride"),
        ("KCl 40 mEq PO", "potassium chloride"),
        ("calcium gluconate 1g IV", "calcium gluconate"),
        ("6-MP", "mercaptopurine"),
        ("5-FU", "fluorouracil"),
        ("vitamin B12 1000 mcg", "cyanocobalamin"),
        ("penicillin G potassium 2 million units IV", "penicillin g"),
        ("3% saline 250 mL", "sodium chloride 3%"),
        ("0.9% NaCl 1 L bolus", "sodium chloride 0.9%"),
        ("ketorolac 30 mg IV q6h x 5 days", "ketorolac"),
        ("fentanyl patch 25 mcg/hr", "fentanyl"),
        ("Lantus 10u", "insulin glargine"),
        ("  Toprol-XL®  ", "metoprolol"),
        ("dexamethasone sodium phosphate", "dexamethasone"),
        ("sildenafil citrate", "sildenafil"),
    ],
)
def test_one_ingredient(text, expected):
    assert ingredient(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Zosyn 3.375 g IV", ("piperacillin", "tazobactam")),
        ("pip/tazo", ("piperacillin", "tazobactam")),
        ("Percocet 5/325", ("oxycodone", "acetaminophen")),
        ("Tylenol #3", ("codeine", "acetaminophen")),
        ("hydrocodone-acetaminophen 5-325", ("hydrocodone", "acetaminophen")),
        ("amoxicillin/clavulanate 875 mg", ("amoxicillin", "clavulanate")),
        ("lidocaine 1% with epinephrine", ("lidocaine", "epinephrine")),
        ("Bactrim DS", ("trimethoprim", "sulfamethoxazole")),
        ("Humulin 70/30", ("insulin nph", "insulin regular")),
        ("aspirin and warfarin", ("aspirin", "warfarin")),
    ],
)
def test_combination(text, expected):
    assert ingredients(text) == expected
    with pytest.raises(BadInputError, match="it holds"):
        ingredient(text)


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("MS", ("morphine", "magnesium sulfate")),
        ("MSO4 4 mg IV", ("morphine", "magnesium sulfate")),
        ("MgSO4 2 g", ("magnesium sulfate", "morphine")),
        ("hct 25mg", ("hydrocortisone", "hydrochlorothiazide")),
        ("IV vanc", ("vancomycin", "ertapenem")),
        ("nitro", ("nitroglycerin", "nitroprusside")),
        ("sodium chloride", ("sodium chloride 0.9%", "sodium chloride 3%")),
        ("potassium", ("potassium chloride", "potassium phosphate")),
    ],
)
def test_error_prone_short_form_lists_the_choices(text, choices):
    with pytest.raises(BadInputError, match="error-prone") as caught:
        ingredients(text)
    assert not isinstance(caught.value, UnknownNameError)
    assert all(choice in str(caught.value) for choice in choices)


@pytest.mark.parametrize(("text", "near"), [("lisinoprill", "lisinopril"), ("warfrin 5 mg", "warfarin")])
def test_unknown_name_answers_with_the_nearest_and_never_guesses(text, near):
    with pytest.raises(UnknownNameError, match=f"did you mean '{near}'"):
        ingredients(text)


@pytest.mark.parametrize(
    "text", ["", "   ", "aspirin warfarin 5 mg", "500 mg", "PO", "x" * 1000, "warfarin and lisinoprill"]
)
def test_refused(text):
    with pytest.raises(BadInputError):
        ingredients(text)


def test_class_instead_of_a_drug():
    with pytest.raises(BadInputError, match="one drug of that class: penicillin g"):
        ingredients("PCN")
    assert resolve_any("PCN") == ("penicillin",)
    assert resolve_any("sulfa drugs") == ("sulfonamide_antibiotic",)
    assert resolve_any("Bactrim") == ("trimethoprim", "sulfamethoxazole")


def test_tags_climb_to_every_class_above():
    assert tags("amoxicillin") == {"amoxicillin", "aminopenicillin", "penicillin", "beta_lactam"}
    assert "anticoagulant" in tags("enoxaparin")
    assert "thiopurine" in tags("mercaptopurine")
    with pytest.raises(UnknownNameError):
        tags("amoxicilline")


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_any_text_gives_a_drug_or_one_clear_line(text):
    try:
        said = " ".join(ingredients(text))
    except BadInputError as error:
        said = str(error)
    assert said
    assert "\n" not in said
