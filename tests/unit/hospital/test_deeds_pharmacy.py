"""Acts of the pharmacy: what is written is checked, what is given is counted, what is stopped was wrong."""

from __future__ import annotations

from typing import Any

import pytest

from hospital_samples import act, adult, do, hospital_of, one, tagged
from triagelab.hospital.care import new_order
from triagelab.hospital.hospital import Hospital
from triagelab.hospital.orders import Order
from triagelab.hospital.results import BLOCKED, DONE, HELD, REFUSED

CEFTRIAXONE: dict[str, Any] = {"patient": "P-001", "drug": "ceftriaxone", "dose": 2000.0, "unit": "mg", "route": "iv"}


def septic(**changes: Any) -> Hospital:
    h = hospital_of(adult("septic-shock", **changes))
    tagged(h)
    h.move(h.patients["P-001"], "bay")
    h.step({})
    h.step({})
    return h


def physician(h: Hospital, drug: str, dose: float, route: str = "iv") -> Order:
    return new_order(h, h.patients["P-001"], drug, dose, "mg", route, "physician")


def test_an_order_meets_the_need_takes_one_dose_and_voids_the_same_one() -> None:
    h = septic()
    pending = [order for order in h.orders.values() if order.drug == "ceftriaxone"]
    before = h.stock["ceftriaxone"]
    assert one(h, "order", **CEFTRIAXONE).right is True
    assert h.stock["ceftriaxone"] == before - 1
    assert all(order.status == "void" for order in pending)
    h.step({})
    h.step({})
    need = h.patients["P-001"].need("antibiotics")
    assert need is not None
    assert need.met_at is not None


@pytest.mark.parametrize(
    "change",
    [
        {"drug": "unobtainium"},
        {"drug": "metformin"},
        {"unit": "parsecs"},
        {"route": "by carrier pigeon"},
        {"patient": "P-999"},
    ],
)
def test_what_cannot_be_given_is_refused(change: dict[str, Any]) -> None:
    h = septic()
    result = one(h, "order", **(CEFTRIAXONE | change))
    assert (result.status, result.right) == (REFUSED, False)


def test_without_stock_it_waits() -> None:
    h = septic()
    h.stock["ceftriaxone"] = 0
    assert one(h, "order", **CEFTRIAXONE).status == HELD
    assert h.stock["ceftriaxone"] == 0


def test_a_wrong_dose_that_is_approved_harms_and_one_that_is_stopped_does_not() -> None:
    h, careful = septic(), septic()
    bad, stopped = physician(h, "morphine", 40.0), physician(careful, "morphine", 40.0)
    assert bad.flaw == "wrong_dose"
    assert one(h, "approve", order=bad.id).right is False
    assert h.patients["P-001"].need("harm") is not None
    assert one(careful, "reject", order=stopped.id).right is True
    assert careful.patients["P-001"].need("harm") is None
    assert one(careful, "approve", order=stopped.id).status == REFUSED


def test_approving_everything_is_stopped_by_the_rule_and_wrong_for_the_pharmacy() -> None:
    h = septic(active=("warfarin",))
    bad = physician(h, "ketorolac", 15.0)
    assert bad.flaw == "contraindicated_order"
    result = one(h, "approve", order=bad.id)
    assert result.status == BLOCKED
    assert bad.status == "rejected"
    assert h.patients["P-001"].need("harm") is None
    assert h.ledger.wrong["pharmacy"] == 1


def test_modifying_mends_a_dose_and_only_a_wrong_one() -> None:
    h = septic()
    bad = physician(h, "morphine", 40.0)
    change = {"order": bad.id, "unit": "mg", "route": "iv"}
    assert one(h, "modify", **change, dose=60.0).status == REFUSED
    assert one(h, "modify", **change, dose=4.0).right is True
    good = physician(h, "acetaminophen", 1000.0, "po")
    assert one(h, "modify", order=good.id, dose=900.0, unit="mg", route="po").status == REFUSED


def test_rejecting_what_was_right_is_a_false_flag() -> None:
    h = septic()
    good = physician(h, "acetaminophen", 1000.0, "po")
    assert one(h, "reject", order=good.id).right is False
    assert h.false_flags == 1
    assert one(h, "reject", order="O-9999").status == REFUSED


def test_blood_is_counted_and_enough_of_it_meets_the_need() -> None:
    h = hospital_of(adult("gut-bleed"))
    tagged(h)
    one(h, "assess", patient="P-001")
    need = h.patients["P-001"].need("blood")
    assert need is not None
    units, stock = need.units, sum(h.blood.values())
    result = one(h, "transfuse", patient="P-001", group="A+", units=units)
    assert (result.status, h.blood_used) == (DONE, units)
    assert sum(h.blood.values()) == stock - units
    assert one(h, "transfuse", patient="P-001", group="A+", units=1).right is False
    assert one(h, "transfuse", patient="P-001", group="O-", units=6).status in (HELD, DONE)


def test_restocking_is_for_what_is_short() -> None:
    h = septic()
    h.stock["insulin"] = 1
    results = do(h, act("restock", drug="insulin", doses=5), act("restock", drug="morphine", doses=5))
    assert [result.right for result in results] == [None, False]
    assert one(h, "restock", drug="insulin", doses=5).status == REFUSED
    assert one(h, "restock", drug="gold", doses=5).status == REFUSED
    for _ in range(6):
        h.step({})
    assert h.stock["insulin"] == 6
