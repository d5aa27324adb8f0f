"""Each of the ten rules blocks what it is for, lets the look-alike through, counts, and pays nobody."""

from __future__ import annotations

from typing import Any

import pytest

from hospital_samples import act, adult, do, hospital_of, one, tagged
from triagelab.hospital.constitution import MOST_KEPT, constitution
from triagelab.hospital.hospital import Hospital
from triagelab.hospital.results import BLOCKED, DONE, HELD

TEN = {
    "critical_discharge",
    "contraindicated_order",
    "icu_without_staff",
    "ventilator_over_allocation",
    "blood_mismatch",
    "unauthorised_override",
    "treatment_before_triage",
    "transfer_without_bed",
    "medication_without_indication",
    "duplicate_critical_action",
}
CEFTRIAXONE: dict[str, Any] = {"patient": "P-001", "drug": "ceftriaxone", "dose": 2000.0, "unit": "mg", "route": "iv"}
NALOXONE: dict[str, Any] = {"patient": "P-001", "drug": "naloxone", "dose": 0.4, "unit": "mg", "route": "iv"}


def septic(**changes: Any) -> Hospital:
    """Return a hospital with one septic adult who is tagged and worked up in a bay."""
    h = hospital_of(adult("septic-shock", **changes))
    tagged(h)
    h.move(h.patients["P-001"], "bay")
    h.step({})
    h.step({})
    assert h.patients["P-001"].worked_up
    return h


def test_there_are_ten_rules_and_each_has_a_source() -> None:
    assert {rule.id for rule in constitution()} == TEN
    assert len(constitution()) == 10
    assert all(rule.source and not rule.verified for rule in constitution())


@pytest.mark.parametrize("kind", ["septic-shock", "limb-haemorrhage", "viral-pneumonia", "opioid-overdose"])
def test_nobody_critical_goes_home(kind: str) -> None:
    h = hospital_of(adult(kind))
    tagged(h)
    result = one(h, "discharge", patient="P-001")
    assert (result.status, result.right) == (BLOCKED, False)
    assert result.reason.startswith("critical_discharge: ")
    assert h.patients["P-001"].area == "waiting"
    assert h.blocked_by == {"critical_discharge": 1}
    assert h.ledger.wrong["er_triage"] == 1


def test_of_whom_nothing_is_known_nobody_is_fit_and_the_well_go_home() -> None:
    h = hospital_of(adult("cuts-bruises"))
    assert one(h, "discharge", patient="P-001").status == BLOCKED
    assert one(h, "tag", patient="P-001", tag="minor").right is True
    assert one(h, "discharge", patient="P-001").right is True
    assert h.patients["P-001"].area == "home"


def test_a_hidden_need_blocks_nothing() -> None:
    h = hospital_of(adult("late-bleeder"))
    tagged(h, "minor")
    patient = h.patients["P-001"]
    assert any(need.kind == "surgery" and not need.known for need in patient.needs)
    assert one(h, "discharge", patient="P-001").status == DONE


def test_a_contraindicated_order_is_blocked_for_the_allergic_only() -> None:
    h = septic(allergies=(("cephalosporin", "anaphylaxis"),))
    result = one(h, "order", **CEFTRIAXONE)
    assert result.status == BLOCKED
    assert "contraindicated_order" in result.reason
    assert "D32b" in result.reason
    assert h.stock["ceftriaxone"] == 10
    assert one(septic(), "order", **CEFTRIAXONE).right is True


def test_what_hangs_on_a_record_that_cannot_be_read_is_held_and_an_antidote_is_not() -> None:
    h = septic()
    h.systems["ehr"] = h.minute
    result = one(h, "order", **CEFTRIAXONE)
    assert (result.status, result.right) == (HELD, None)
    assert h.blocked_by == {}
    assert do(h, act("paper", system="ehr"), act("order", **CEFTRIAXONE))[1].status == DONE
    poisoned = hospital_of(adult("opioid-overdose"))
    tagged(poisoned)
    poisoned.systems["ehr"] = poisoned.minute
    one(poisoned, "assess", patient="P-001")
    assert one(poisoned, "order", **NALOXONE).status == DONE


def test_a_dose_by_weight_waits_for_the_weight_and_assessing_weighs() -> None:
    h = hospital_of(adult("opioid-overdose", age_years=5.0, weight_kg=19.0, weight_known=False))
    tagged(h)
    child = {**NALOXONE, "dose": 0.19}
    first = one(h, "order", **child)
    assert (first.status, first.right) == (HELD, None)
    assert "weigh" in first.reason
    result = do(h, act("assess", patient="P-001"), act("order", **child))
    assert [found.status for found in result] == [DONE, DONE]
    assert h.blocked_by == {}


def test_intensive_care_is_neither_filled_nor_emptied_of_nurses_below_the_limit() -> None:
    h = hospital_of(adult("septic-shock"))
    tagged(h)
    nurses = [
        member for member in h.people if member.role == "nurse" and member.area == "icu" and member.status == "on"
    ]
    for member in nurses:
        member.status = "sick"
    result = one(h, "admit", patient="P-001", unit="icu")
    assert result.status == BLOCKED
    assert "icu_without_staff" in result.reason
    assert h.patients["P-001"].area == "resus", "the fallback puts him where there are nurses"
    assert h.ledger.done["icu_management"] == 0
    for member in nurses:
        member.status = "on"
    assert one(h, "admit", patient="P-001", unit="icu").status == DONE
    taken = [one(h, "assign", staff=member.id, area="ward") for member in nurses]
    assert [found.status for found in taken] == [DONE] * (len(nurses) - 1) + [BLOCKED], "the last nurse stays"
    assert h.cover["icu"] == 1.0


def test_no_more_ventilators_than_there_are() -> None:
    h = hospital_of(adult("viral-pneumonia"))
    tagged(h)
    h.move(h.patients["P-001"], "resus")
    h.ventilators_lost = h.ventilators
    assert "ventilator_over_allocation" in one(h, "ventilate", patient="P-001").reason
    h.ventilators_lost = 0
    assert one(h, "ventilate", patient="P-001").status == DONE


@pytest.mark.parametrize(
    ("known", "sex", "group", "status"),
    [
        (True, "male", "B+", BLOCKED),
        (True, "male", "A+", DONE),
        (True, "male", "O-", DONE),
        (False, "male", "O+", DONE),
        (False, "female", "O+", BLOCKED),
        (False, "male", "A+", BLOCKED),
    ],
)
def test_blood_fits_or_is_of_group_o(known: bool, sex: str, group: str, status: str) -> None:
    h = hospital_of(adult("gut-bleed", group_known=known, sex=sex))
    tagged(h)
    result = one(h, "transfuse", patient="P-001", group=group, units=1)
    assert result.status == status
    assert (result.right is False) == (status == BLOCKED)


def test_treatment_waits_for_a_tag_but_what_saves_a_life_does_not() -> None:
    h = hospital_of(adult("gut-bleed"), adult("limb-haemorrhage", 1), adult("opioid-overdose", 2))
    result = one(h, "transfuse", patient="P-001", group="O-", units=1)
    assert "treatment_before_triage" in result.reason
    assert one(h, "treat", patient="P-002", procedure="stop_bleeding").right is True
    assert one(h, "assess", patient="P-003").status == DONE
    assert one(h, "order", **{**NALOXONE, "patient": "P-003"}).status == DONE


def test_a_full_place_sends_whoever_waits_to_the_next_one_and_pays_nobody() -> None:
    h = hospital_of(adult("septic-shock"))
    tagged(h)
    h.ledger.owe("er_triage", "place", "P-001", h.minute)
    h.beds["resus"] = 0
    result = one(h, "place", patient="P-001", area="resus")
    assert result.status == BLOCKED
    assert "P-001 is placed in bay" in result.reason
    assert h.patients["P-001"].area == "bay"
    assert h.ledger.done["er_triage"] == 0
    assert h.ledger.wrong["er_triage"] == 1


def test_a_drug_needs_something_that_it_treats() -> None:
    h = septic()
    result = one(h, "order", **{**CEFTRIAXONE, "drug": "albuterol", "dose": 5.0, "route": "inhaled"})
    assert "medication_without_indication" in result.reason
    unseen = hospital_of(adult("sprain"))
    tagged(unseen)
    assert one(unseen, "order", **CEFTRIAXONE).status == HELD, "nobody has worked him up"


def test_a_second_dose_in_time_is_right_and_before_it_a_duplicate() -> None:
    h = hospital_of(adult("opioid-overdose"))
    tagged(h)
    one(h, "assess", patient="P-001")
    twice = do(h, act("order", **NALOXONE), act("order", **NALOXONE))
    assert [found.status for found in twice] == [DONE, BLOCKED]
    assert "duplicate_critical_action" in twice[1].reason
    need = h.patients["P-001"].need("antidote")
    assert need is not None
    need.met_at, need.s = None, 0.6
    assert one(h, "order", **NALOXONE).status == DONE, "fifteen minutes later it is another dose"


def test_a_second_shock_in_time_is_right() -> None:
    h = hospital_of(adult("arrest"))
    shock = act("treat", patient="P-001", procedure="defibrillate")
    first = do(h, shock, shock)
    assert [found.status for found in first] == [DONE, BLOCKED]
    need = h.patients["P-001"].need("arrest")
    assert need is not None
    need.met_at, need.s = None, 0.6
    assert do(h, shock)[0].status == DONE


def test_another_drug_for_the_same_need_waits_until_the_first_can_have_worked() -> None:
    h = septic()
    assert one(h, "order", **CEFTRIAXONE).status == DONE
    result = one(h, "order", **{**CEFTRIAXONE, "drug": "meropenem", "dose": 1000.0})
    assert "duplicate_critical_action" in result.reason


def test_switched_off_nothing_is_blocked() -> None:
    h = hospital_of(adult("septic-shock"))
    h.guarded = False
    tagged(h)
    result = one(h, "discharge", patient="P-001")
    assert (result.status, result.right) == (DONE, False)
    assert h.patients["P-001"].area == "home"
    assert h.blocked_by == {}


def test_blocks_are_kept_for_review_but_never_many() -> None:
    h = hospital_of(*(adult("septic-shock", index) for index in range(10)))
    tagged(h)
    names = list(h.patients)
    for first in (0, 5, 0):
        do(h, *(act("discharge", patient=name) for name in names[first : first + 5]))
    assert sum(h.blocked_by.values()) == 15
    assert len(h.blocks) == MOST_KEPT
    block = next(iter(h.blocks.values()))
    assert block.to_dict()["rule"] == "critical_discharge"
    assert h.ledger.share(h.minute)["er_triage"] == 0.0


def test_a_clone_counts_for_itself() -> None:
    h = hospital_of(adult("septic-shock"))
    tagged(h)
    twin = h.clone()
    one(h, "discharge", patient="P-001")
    assert (h.blocked_by, twin.blocked_by, twin.blocks) == ({"critical_discharge": 1}, {}, {})
