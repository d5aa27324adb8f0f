"""Orders: units, routes, concentrations, and the numbers that follow from them."""

from __future__ import annotations

import pytest

from triagelab.clinical.drug_order import DrugOrder
from triagelab.clinical.drug_units import parse_concentration, parse_route, parse_unit, tidy
from triagelab.errors import BadInputError, UnknownNameError


def amounts(weight=None, **order):
    made = DrugOrder(**order)
    return made.amounts(made.resolved.ingredients[0], weight)


@pytest.mark.parametrize(
    "order",
    [
        {"dose": 0.5, "unit": "g"},
        {"dose": 500, "unit": "mg"},
        {"dose": 500_000, "unit": "mcg"},
        {"dose": 500_000, "unit": "µg"},
        {"dose": 500_000_000, "unit": "ng"},
        {"dose": 50, "unit": "mL", "concentration": "10 mg/mL"},
        {"dose": 50, "unit": "mL", "concentration": "1%"},
        {"dose": 0.05, "unit": "L", "concentration": 10},
        {"dose": 5, "unit": "mg/kg"},
        {"dose": 5000, "unit": "mcg/kg"},
    ],
)
def test_the_same_dose_in_any_unit(order):
    found, _ = amounts(100, drug="lidocaine", **order)
    assert (found["dose_mg"], found["dose_mg_kg"]) == (500.0, 5.0)


@pytest.mark.parametrize(
    "order",
    [
        {"rate": 7, "rate_unit": "mg/min"},
        {"rate": 420, "rate_unit": "mg/h"},
        {"rate": 0.1, "rate_unit": "mg/kg/min"},
        {"rate": 100, "rate_unit": "mcg/kg/min"},
        {"rate": 42, "rate_unit": "mL/h", "concentration": 10},
        {"dose": 140, "unit": "mg", "infusion_min": 20},
        {"dose": 2, "unit": "mg/kg", "infusion_min": 20},
    ],
)
def test_the_same_rate_in_any_unit(order):
    found, _ = amounts(70, drug="phenytoin", **order)
    assert (found["rate_mg_min"], found["rate_mg_kg_min"]) == (7.0, 0.1)


def test_a_day_holds_the_doses_of_a_day():
    for often in ({"every_h": 6}, {"times_per_day": 4}):
        found, _ = amounts(50, drug="Toradol", dose=30, unit="mg", **often)
        assert (found["daily_mg"], found["daily_mg_kg"], found["interval_h"]) == (120.0, 2.4, 6.0)
    assert amounts(drug="Toradol", dose=30, unit="mg", once=True)[0]["daily_mg"] == 30.0
    assert amounts(drug="heparin", rate=1, rate_unit="mg/min")[0]["daily_mg"] == 1440.0


def test_milliequivalents():
    assert amounts(drug="KCl", dose=20, unit="mmol", infusion_min=60)[0]["rate_meq_h"] == 20.0
    assert amounts(drug="KCl", rate=20, rate_unit="mEq/h")[0]["rate_meq_h"] == 20.0
    found, waits = amounts(drug="K-Phos", rate=15, rate_unit="mmol/h")
    assert "rate_meq_h" not in found
    assert waits["rate_meq_h"] == ("rate in meq",)


def test_what_is_missing_is_named():
    found, waits = amounts(drug="alteplase", dose=63, unit="mg")
    assert found["dose_mg"] == 63.0
    assert (waits["dose_mg_kg"], waits["daily_mg"], waits["rate_mg_min"]) == (("weight_kg",), ("every_h",), ("rate",))
    assert (waits["bolus_share"], waits["concentration_mg_ml"]) == (("bolus",), ("concentration",))
    assert amounts(drug="lidocaine", dose=10, unit="mL")[1]["dose_mg"] == ("concentration",)
    assert amounts(drug="heparin", dose=10, unit="units")[1]["dose_mg"] == ("dose in mg",)


def test_a_dose_of_a_combination_speaks_of_one_ingredient():
    order = DrugOrder("Percocet", dose=650, unit="mg", every_h=6)
    assert order.amounts("acetaminophen", None)[1]["dose_mg"] == ("dose of acetaminophen",)
    order = DrugOrder("Percocet", dose=650, unit="mg", every_h=6, dose_of="Tylenol")
    assert order.amounts("acetaminophen", None)[0]["daily_mg"] == 2600.0
    assert "dose_mg" not in order.amounts("oxycodone", None)[0]
    assert DrugOrder("Augmentin", dose=875, unit="mg").amounts("amoxicillin", None)[0]["dose_mg"] == 875.0


@pytest.mark.parametrize(
    ("text", "route"),
    [("IV push", "iv"), ("IVPB", "iv"), ("SubQ", "sc"), ("Oral", "po"), ("neb", "inhaled"), ("intrathecal", "it")],
)
def test_routes(text, route):
    assert parse_route(text) == route


def test_push_and_pump():
    assert DrugOrder("KCl", route="IV push").push is True
    assert DrugOrder("KCl", route="ivpb").push is False
    assert DrugOrder("KCl", route="iv").push is None


@pytest.mark.parametrize(
    ("text", "mg_ml"), [("1%", 10), ("1:1000", 1), ("1:10,000", 0.1), ("2 mg/mL", 2), ("50 mcg/ml", 0.05), (3, 3)]
)
def test_concentrations(text, mg_ml):
    assert parse_concentration(text) == mg_ml


@pytest.mark.parametrize(
    "order",
    [
        {"drug": None},
        {"drug": ["aspirin"]},
        {"drug": "aspirin", "dose": 0, "unit": "mg"},
        {"drug": "aspirin", "dose": -1, "unit": "mg"},
        {"drug": "aspirin", "dose": float("nan"), "unit": "mg"},
        {"drug": "aspirin", "dose": True, "unit": "mg"},
        {"drug": "aspirin", "dose": "81", "unit": "mg"},
        {"drug": "aspirin", "dose": 81},
        {"drug": "aspirin", "unit": "mg"},
        {"drug": "aspirin", "dose": 81, "unit": "mg/h"},
        {"drug": "aspirin", "dose": 81, "unit": "grains"},
        {"drug": "aspirin", "dose": 81, "unit": ["mg"]},
        {"drug": "aspirin", "rate": 5, "rate_unit": "mg"},
        {"drug": "aspirin", "rate": 5, "rate_unit": "mg/min/kg/h"},
        {"drug": "aspirin", "route": "by carrier pigeon"},
        {"drug": "aspirin", "every_h": 6, "times_per_day": 4},
        {"drug": "aspirin", "concentration": "strong"},
        {"drug": "aspirin", "indication": "hearsay"},
        {"drug": "aspirin", "dose_of": "warfarin"},
        {"drug": "aspirin", "push": "yes"},
    ],
)
def test_refused(order):
    with pytest.raises(BadInputError):
        DrugOrder(**order)


def test_unknown_key_answers_with_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'route'"):
        DrugOrder.from_mapping({"drug": "aspirin", "rout": "po"})
    with pytest.raises(BadInputError, match="the name of the drug"):
        DrugOrder.from_mapping({"dose": 5})


def test_unit_parts():
    unit = parse_unit("mcg/kg/min", "rate_unit")
    assert (unit.base, unit.factor, unit.per_kg, unit.minutes) == ("mg", 1e-3, True, 1.0)
    assert tidy(74.7 / 83) == 0.9
    assert tidy(0.0) == 0.0
