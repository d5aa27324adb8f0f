"""Orders are judged by the drug rules and by the usual dose; what cannot be compared is not called wrong."""

from __future__ import annotations

import pytest

from hospital_samples import adult
from triagelab.errors import BadInputError
from triagelab.hospital.hospital import begin
from triagelab.hospital.orders import Order, dose_problem, flaw_of, review, true_facts, usual_dose, wrong_dose
from triagelab.hospital.tables import ROLES
from triagelab.hospital.views import View
from triagelab.playbook import by_the_book


def order(drug: str, dose: float, unit: str = "mg", route: str = "iv") -> Order:
    return Order("O-1", "P-001", drug, dose, unit, route, "physician", 0.0)


@pytest.mark.parametrize(
    ("dose", "unit", "wrong"),
    [
        (2000.0, "mg", False),
        (2.0, "g", False),
        (4000.0, "mg", False),
        (4001.0, "mg", True),
        (20.0, "g", True),
        (2000.0, "mcg", True),
        (799.0, "mg", True),
        (800.0, "mg", False),
        (2000.0, "units", False),
    ],
)
def test_a_dose_is_compared_in_any_unit_of_mass(dose: float, unit: str, wrong: bool) -> None:
    assert (wrong_dose("ceftriaxone", dose, unit, 40.0, 80.0) is not None) == wrong


def test_children_get_a_dose_by_weight_and_none_where_it_is_not_known() -> None:
    assert usual_dose("ceftriaxone", 5.0, 19.0) == 950.0
    assert usual_dose("ceftriaxone", 13.0, 70.0) == 2000.0, "never more than an adult"
    assert usual_dose("ceftriaxone", 5.0, None) is None
    assert wrong_dose("ceftriaxone", 2000.0, "mg", 5.0, None) is None
    assert dose_problem(adult("sprain", age_years=5.0, weight_kg=19.0), "ceftriaxone", 2000.0, "mg") is not None


def test_flaws() -> None:
    healthy, allergic = adult("sprain"), adult("sprain", allergies=(("cephalosporin", "anaphylaxis"),))
    weak = adult("sprain", background={"egfr": 20.0})
    assert flaw_of(healthy, order("ceftriaxone", 2000.0)) is None
    assert flaw_of(allergic, order("ceftriaxone", 2000.0)) == "contraindicated_order"
    assert flaw_of(weak, order("ketorolac", 15.0)) == "contraindicated_order"
    assert flaw_of(healthy, order("ceftriaxone", 200.0)) == "wrong_dose"
    assert flaw_of(healthy, order("ceftriaxone", 2000.0, "parsecs")) == "wrong_dose"
    with pytest.raises(BadInputError):
        review(true_facts(healthy), "ceftriaxone", 2000.0, "parsecs", "iv")


def test_a_copy_of_an_order_goes_its_own_way() -> None:
    first = order("ceftriaxone", 2000.0)
    twin = first.copy()
    twin.status, twin.dose = "given", 1.0
    assert (first.status, first.to_dict()["dose"]) == ("pending", 2000.0)


def test_the_minute_that_is_shown_of_an_order_does_not_tell_whether_it_is_an_incident() -> None:
    ages: dict[bool, set[float]] = {True: set(), False: set()}
    for name in ("equipment_failure", "staff_shortage"):
        for seed in range(4):
            h = begin(name, 1.0, seed, 20)
            seen: set[str] = set()
            while not h.done:
                view = View(h, "pharmacy")
                for shown in view.orders:
                    if str(shown["order"]) not in seen:
                        seen.add(str(shown["order"]))
                        bad = h.orders[str(shown["order"])].flaw is not None
                        ages[bad].add(view.minute - float(str(shown["minute"])))
                h.step({role: by_the_book(View(h, role)) for role in ROLES})
    assert ages == {True: {0.0}, False: {0.0}}
