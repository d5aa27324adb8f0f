"""Conflicts go by the stated rules, are kept with an id, and a budget bounds what a role can do."""

from __future__ import annotations

from hospital_samples import act, adult, do, hospital_of, tagged
from triagelab.hospital.resolve import better, budget
from triagelab.hospital.results import DONE, HELD, REFUSED


def test_the_more_protective_place_wins_and_the_other_is_kept() -> None:
    h = hospital_of(adult("septic-shock"))
    tagged(h)
    placed, admitted = act("place", patient="P-001", area="bay"), act("admit", patient="P-001", unit="icu")
    results = {result.act.kind: result for result in do(h, placed, admitted)}
    assert h.patients["P-001"].area == "icu"
    assert (results["place"].status, results["place"].right) == (HELD, None)
    assert "C-001" in results["place"].reason
    assert h.conflicts["C-001"].to_dict() == {
        "won": {"role": "icu_management", "act": "admit", "patient": "P-001", "unit": "icu"},
        "lost": {"role": "er_triage", "act": "place", "patient": "P-001", "area": "bay"},
        "review": False,
    }


def test_where_the_winner_comes_to_nothing_the_other_is_tried() -> None:
    h = hospital_of(adult("septic-shock"))
    tagged(h)
    h.beds["icu"] = h.census["icu"]
    h.patients["P-001"].area = "waiting"
    results = do(h, act("place", patient="P-001", area="resus"), act("admit", patient="P-001", unit="icu"))
    assert h.conflicts == {}
    assert h.patients["P-001"].area in ("bay", "resus")
    assert {result.status for result in results} <= {DONE, "blocked"}


def test_a_rejected_order_stays_rejected_whatever_the_order_of_the_acts() -> None:
    for turn in (1, -1):
        h = hospital_of(adult("sprain", comfort_drug="acetaminophen"))
        tagged(h)
        h.move(h.patients["P-001"], "bay")
        for _ in range(3):
            h.step({})
        (order,) = h.orders.values()
        acts = [act("approve", order=order.id), act("reject", order=order.id)][::turn]
        do(h, *acts)
        assert order.status == "rejected"
        (conflict,) = h.conflicts.values()
        assert conflict.review, "nothing was wrong with the order"


def test_isolation_that_lost_to_a_bay_is_worth_a_look() -> None:
    h = hospital_of(adult("outbreak-fever"))
    tagged(h, "delayed")
    isolate, resus = act("place", patient="P-001", area="isolation"), act("place", patient="P-001", area="resus")
    assert better(h, resus, isolate)
    assert not better(h, isolate, resus)


def test_acts_beyond_the_budget_wait_and_messages_beyond_it_are_wrong() -> None:
    h = hospital_of(*(adult("cuts-bruises", index) for index in range(4)))
    acts = [act("restock", drug=name, doses=1) for name in list(h.stock)[:9]]
    results = do(h, *acts)
    assert sum(result.status == HELD for result in results) == 9 - budget("pharmacy")
    message = act("message", "pharmacy", to="er_triage", text="hello")
    said = do(h, *[message] * 5)
    assert [result.status for result in said].count(REFUSED) == 3
    assert h.ledger.wrong["pharmacy"] >= 3
