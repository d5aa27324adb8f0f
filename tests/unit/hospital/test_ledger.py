"""Nobody's share grows by repeating, undoing, waiting for the world, or keeping busy."""

from __future__ import annotations

import pytest

from hospital_samples import act, adult, do, hospital_of, one, tagged
from triagelab.hospital.acts import Act
from triagelab.hospital.hospital import Hospital
from triagelab.hospital.ledger import AGAIN_MIN, WINDOW_MIN, Ledger


def ledger(acting: str | None = "er_triage") -> Ledger:
    found = Ledger()
    found.acting = acting
    return found


def test_a_duty_counts_once_however_often_it_opens() -> None:
    book = ledger()
    for minute in range(5):
        book.owe("er_triage", "observation", "P-001", 100.0 * minute)
        assert book.close("er_triage", "observation", "P-001") is (minute == 0)
    assert book.done["er_triage"] == 1
    assert book.open == {}


def test_what_the_world_opens_again_counts_again_after_a_while() -> None:
    book = ledger("it_systems")
    counted = []
    for since in (0.0, AGAIN_MIN / 2, AGAIN_MIN, 2 * AGAIN_MIN):
        book.owe("it_systems", "restore", "ehr", since)
        counted.append(book.close("it_systems", "restore", "ehr"))
    assert counted == [True, False, True, True]


@pytest.mark.parametrize("acting", [None, "pharmacy"])
def test_what_happens_by_itself_or_through_others_is_nobodys_merit(acting: str | None) -> None:
    book = ledger(acting)
    book.owe("er_triage", "place", "P-001", 0.0)
    assert not book.close("er_triage", "place", "P-001")
    assert book.done["er_triage"] == 0
    assert book.open == {}


def test_shares_count_what_is_overdue_and_missed() -> None:
    book = ledger()
    assert book.share(0.0) == dict.fromkeys(book.done)
    book.owe("er_triage", "tag", "P-001", 0.0, 30.0)
    assert book.share(10.0)["er_triage"] is None
    assert book.share(30.0)["er_triage"] == 0.0
    book.close("er_triage", "tag", "P-001")
    book.owe("er_triage", "tag", "P-002", 0.0)
    book.lapse("er_triage", "tag", "P-002")
    assert book.share(30.0)["er_triage"] == 0.5
    book.owe("er_triage", "tag", "P-003", 0.0)
    book.drop("er_triage", "tag", "P-003")
    assert book.share(300.0)["er_triage"] == 0.5


def test_what_is_done_late_is_missed() -> None:
    book = ledger()
    book.owe("er_triage", "tag", "P-001", 0.0)
    book.minute = WINDOW_MIN + 1.0
    assert not book.close("er_triage", "tag", "P-001")
    assert (book.done["er_triage"], book.missed["er_triage"]) == (0, 1)


def test_a_copy_goes_its_own_way() -> None:
    book = ledger()
    book.owe("er_triage", "tag", "P-001", 0.0)
    twin = book.copy()
    twin.acting = "er_triage"
    assert twin.close("er_triage", "tag", "P-001")
    assert ("er_triage", "tag", "P-001") in book.open
    assert book.done["er_triage"] == 0


def busy(h: Hospital, role: str, turns: list[list[Act]]) -> tuple[int, int]:
    """Play turns over and over; return what the role did right and wrong after the first round."""
    for acts in turns:
        do(h, *acts)
    right, wrong = h.ledger.done[role], h.ledger.wrong[role]
    for _ in range(6):
        for acts in turns:
            do(h, *acts)
    return h.ledger.done[role] - right, h.ledger.wrong[role] - wrong


def sick() -> Hospital:
    h = hospital_of(adult("septic-shock"), adult("sprain", 1))
    tagged(h, "delayed")
    return h


LOOPS = {
    "place to and fro": (
        "er_triage",
        [[act("place", patient="P-001", area="bay")], [act("place", patient="P-001", area="waiting")]],
    ),
    "bay and resus": (
        "er_triage",
        [[act("place", patient="P-001", area="bay")], [act("place", patient="P-001", area="resus")]],
    ),
    "assess": ("er_triage", [[act("assess", patient="P-001")]]),
    "oxygen": ("er_triage", [[act("treat", patient="P-001", procedure="oxygen")]]),
    "tags": (
        "er_triage",
        [[act("tag", patient="P-002", tag="minor")], [act("tag", patient="P-002", tag="immediate")]],
    ),
    "admit and step down": (
        "icu_management",
        [[act("admit", patient="P-001", unit="icu")], [act("step_down", patient="P-001")]],
    ),
    "ventilate and wean": (
        "icu_management",
        [[act("ventilate", patient="P-001")], [act("wean", patient="P-001")]],
    ),
    "overflow": ("icu_management", [[act("open_overflow", beds=1)]]),
    "assign to and fro": (
        "hr_rostering",
        [[act("assign", staff="S-001", area="icu")], [act("assign", staff="S-001", area="ed")]],
    ),
    "call everybody": ("hr_rostering", [[act("call_in", staff_role="nurse", count=1)]]),
    "restock": ("pharmacy", [[act("restock", drug="insulin", doses=1)]]),
    "divert on and off": ("cmo_oversight", [[act("divert", on=True)], [act("divert", on=False)]]),
    "paper": ("it_systems", [[act("paper", system="ehr")]]),
    "restore": ("it_systems", [[act("restore", system="ehr")]]),
    "messages": ("cmo_oversight", [[act("message", "cmo_oversight", to="pharmacy", text="well done")]]),
}


@pytest.mark.parametrize("name", list(LOOPS))
def test_no_loop_pays(name: str) -> None:
    role, turns = LOOPS[name]
    assert busy(sick(), role, turns)[0] == 0


def test_loops_that_undo_cost() -> None:
    role, turns = LOOPS["place to and fro"]
    assert busy(sick(), role, turns)[1] >= 6


def test_moving_nurses_about_in_one_step_is_judged_after_each_move() -> None:
    h = hospital_of(*(adult("septic-shock", index) for index in range(8)))
    for patient in h.patients.values():
        h.move(patient, "icu")
    h.step({})
    nurses = [member.id for member in h.people if member.role == "nurse" and member.area == "icu"][:6]
    results = do(h, *(act("assign", staff=name, area="ward") for name in nurses))
    assert all(result.right is not True for result in results)
    assert any(result.right is False for result in results)


def test_doing_nothing_is_worth_nothing() -> None:
    h = sick()
    while not h.done:
        h.step({})
    assert {value for value in h.ledger.share(h.minute).values() if value is not None} == {0.0}
    assert one(sick(), "message", role="pharmacy", to="er_triage", text="hello").right is None
