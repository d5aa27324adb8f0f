"""Overriding and settling do what they say, ask for a reason, and are judged by what comes of them."""

from __future__ import annotations

from hospital_samples import act, adult, do, hospital_of, one, tagged
from triagelab.hospital.hospital import Hospital
from triagelab.hospital.results import BLOCKED, DONE, REFUSED

REASON = "he needs it now, I take it on me"


def blood_before_a_tag() -> Hospital:
    """Return a hospital in which blood for a bleeding patient without a tag was blocked."""
    h = hospital_of(adult("gut-bleed"))
    one(h, "assess", patient="P-001")
    assert one(h, "transfuse", patient="P-001", group="O-", units=2).status == BLOCKED
    return h


def test_an_override_of_what_is_needed_is_right_and_closes_the_duty() -> None:
    h = blood_before_a_tag()
    (block,) = h.blocks.values()
    assert block.review
    assert ("cmo_oversight", "review", block.id) in h.ledger.open
    result = one(h, "override", blocked=block.id, reason=REASON)
    assert (result.status, result.right) == (DONE, True)
    assert h.blood_used == 2
    assert h.blocks == {}
    assert h.ledger.done["cmo_oversight"] == 1
    assert h.ledger.done["pharmacy"] == 0, "the pharmacy is not paid for being overruled"
    assert one(h, "override", blocked=block.id, reason=REASON).status == REFUSED


def test_an_override_asks_for_a_reason() -> None:
    h = blood_before_a_tag()
    (name,) = h.blocks
    result = one(h, "override", blocked=name, reason="because")
    assert result.status == BLOCKED
    assert "unauthorised_override" in result.reason
    assert name in h.blocks


def test_what_must_not_be_overridden_is_not() -> None:
    h = hospital_of(adult("gut-bleed"))
    tagged(h)
    one(h, "transfuse", patient="P-001", group="B+", units=1)
    (name,) = h.blocks
    result = one(h, "override", blocked=name, reason=REASON)
    assert "unauthorised_override" in result.reason
    assert h.blood_used == 0
    assert h.ledger.wrong["cmo_oversight"] == 1
    assert h.blocked_by == {"blood_mismatch": 1, "unauthorised_override": 1}


def test_overriding_a_critical_discharge_is_the_cmos_mistake() -> None:
    h = hospital_of(adult("septic-shock"))
    tagged(h)
    one(h, "discharge", patient="P-001")
    (name,) = h.blocks
    result = one(h, "override", blocked=name, reason=REASON)
    assert (result.status, result.right) == (DONE, False)
    assert h.patients["P-001"].area == "home"
    assert h.ledger.wrong["cmo_oversight"] == 1


def test_an_override_does_not_lift_the_other_rules() -> None:
    h = hospital_of(adult("gut-bleed"))
    one(h, "assess", patient="P-001")
    one(h, "order", patient="P-001", drug="ketorolac", dose=15.0, unit="mg", route="iv")
    (block,) = h.blocks.values()
    assert block.rule == "treatment_before_triage"
    result = one(h, "override", blocked=block.id, reason=REASON)
    assert "medication_without_indication" in result.reason
    assert h.stock["ketorolac"] == 12


def test_a_review_nobody_does_is_missed_and_one_that_no_longer_matters_is_not() -> None:
    h, healed = blood_before_a_tag(), blood_before_a_tag()
    need = healed.patients["P-001"].need("blood")
    assert need is not None
    need.met_at = healed.minute
    for hospital in (h, healed):
        for _ in range(6):
            one(hospital, "message", role="pharmacy", to="er_triage", text="tag him")
    assert (h.blocks, healed.blocks) == ({}, {})
    assert h.ledger.missed["cmo_oversight"] == 1
    assert healed.ledger.missed["cmo_oversight"] == 0


def test_a_conflict_can_be_settled_the_other_way() -> None:
    h = hospital_of(adult("outbreak-fever"))
    tagged(h, "delayed")
    do(h, act("place", patient="P-001", area="isolation"), act("admit", patient="P-001", unit="icu"))
    (name,) = h.conflicts
    assert h.patients["P-001"].area == "icu"
    assert one(h, "resolve", conflict=name, keep="pharmacy").status == REFUSED
    result = one(h, "resolve", conflict=name, keep="er_triage")
    assert (result.status, result.right) == (DONE, True)
    assert h.patients["P-001"].area == "isolation"
    assert h.conflicts == {}
    assert one(h, "resolve", conflict=name, keep="er_triage").status == REFUSED


def test_upholding_the_wrong_side_is_wrong_and_upholding_the_right_one_is_no_merit() -> None:
    h = hospital_of(adult("outbreak-fever"), adult("septic-shock", 1))
    tagged(h, "delayed")
    do(
        h,
        act("place", patient="P-001", area="isolation"),
        act("admit", patient="P-001", unit="icu"),
        act("place", patient="P-002", area="bay"),
        act("admit", patient="P-002", unit="icu"),
    )
    found = {conflict.won.args["patient"]: conflict.id for conflict in h.conflicts.values()}
    before = h.ledger.done["cmo_oversight"]
    assert one(h, "resolve", conflict=found["P-001"], keep="icu_management").right is False
    assert one(h, "resolve", conflict=found["P-002"], keep="icu_management").right is None
    assert h.ledger.done["cmo_oversight"] == before


def test_a_protocol_counts_where_it_is_due_and_a_second_time_it_is_refused() -> None:
    h = hospital_of(*(adult("outbreak-fever", index) for index in range(3)))
    assert one(h, "protocol", name="isolation").right is True
    assert one(h, "protocol", name="isolation").status == REFUSED
    assert one(h, "protocol", name="recall").right is False
