"""One seed is one episode; two branches with the same acts are one; and a branch shares nothing that changes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triagelab.hospital.hospital import Hospital, begin
from triagelab.hospital.tables import ROLES, scenarios
from triagelab.hospital.views import View
from triagelab.playbook import by_the_book

NAMES = tuple(scenarios())


def book(h: Hospital) -> dict[str, Any]:
    return {role: by_the_book(View(h, role)) for role in ROLES}


def wild(h: Hospital, salt: int) -> dict[str, Any]:
    """Return acts that move, treat, order and call in nearly everybody, the same for one salt."""
    ids = list(h.here)
    turned = ids[salt % max(1, len(ids)) :] + ids[: salt % max(1, len(ids))]
    areas = ("resus", "bay", "isolation", "waiting")
    return {
        "er_triage": [{"act": "tag", "patient": name, "tag": "immediate"} for name in turned[:4]]
        + [{"act": "place", "patient": name, "area": areas[(salt + n) % 4]} for n, name in enumerate(turned[:8])],
        "icu_management": [{"act": "ventilate", "patient": name} for name in turned[:4]]
        + [{"act": "open_overflow", "beds": 4}],
        "pharmacy": [
            {"act": "order", "patient": name, "drug": "morphine", "dose": 4, "unit": "mg", "route": "iv"}
            for name in turned[:4]
        ]
        + [{"act": "transfuse", "patient": name, "group": "O-", "units": 1} for name in turned[:2]],
        "hr_rostering": [{"act": "call_in", "staff_role": "nurse", "count": 3}],
        "it_systems": [{"act": "restore", "system": "ehr"}, {"act": "paper", "system": "lab"}],
        "cmo_oversight": [{"act": "divert", "on": bool(salt % 2)}, {"act": "protocol", "name": "recall"}],
    }


def played(name: str, seed: int, steps: int = 20) -> list[str]:
    h = begin(name, 0.5, seed, steps)
    found = [h.digest()]
    while not h.done:
        h.step(book(h))
        found.append(h.digest())
    return found


@pytest.mark.parametrize("name", NAMES)
def test_one_seed_is_one_episode(name: str) -> None:
    first = played(name, 7)
    assert first == played(name, 7)
    assert len(set(first)) == len(first)
    assert first[0] != played(name, 8, 20)[0]


@given(
    name=st.sampled_from(NAMES),
    seed=st.integers(0, 30),
    at=st.integers(0, 12),
    salt=st.integers(0, 1000),
    steps=st.integers(1, 6),
)
@settings(max_examples=20, deadline=None)
def test_stepping_a_branch_leaves_the_original_as_it_is(name: str, seed: int, at: int, salt: int, steps: int) -> None:
    h = begin(name, 0.5, seed, 20)
    for _ in range(at):
        h.step(book(h))
    before = h.digest()
    branch = h.clone()
    assert branch.digest() == before
    for turn in range(steps):
        branch.step(wild(branch, salt + turn))
        for role in ROLES:
            View(branch, role).to_dict()
    assert branch.digest() != before
    assert h.digest() == before


@given(name=st.sampled_from(NAMES), seed=st.integers(0, 30), at=st.integers(0, 10), salt=st.integers(0, 1000))
@settings(max_examples=12, deadline=None)
def test_two_branches_with_the_same_acts_are_the_same(name: str, seed: int, at: int, salt: int) -> None:
    h = begin(name, 0.5, seed, 20)
    for _ in range(at):
        h.step(book(h))
    one, other = h.clone(), h.clone()
    for turn in range(5):
        for branch in (one, other):
            branch.step(wild(branch, salt + turn))
        assert one.digest() == other.digest()
        h.step(wild(h, salt + turn))
        assert h.digest() == one.digest()


def test_looking_changes_nothing() -> None:
    h = begin("combined_surge", 0.5, 0, 20)
    for _ in range(6):
        h.step(book(h))
    twin = h.clone()
    for role in ROLES:
        View(h, role).to_dict()
    h.step({})
    twin.step({})
    assert h.outcome() == twin.outcome()
    assert [one.hazard for one in h.patients.values()] == pytest.approx([one.hazard for one in twin.patients.values()])


def test_every_part_of_the_state_tells() -> None:
    h = begin("combined_surge", 0.5, 0, 20)
    for _ in range(8):
        h.step(book(h))
    before = h.digest()
    someone = next(iter(h.here.values()))

    def differs(branch: Hospital) -> bool:
        return branch.digest() != before

    for change in (
        lambda b: (
            b.patients[someone.id].needs[0].__setattr__("s", 0.123) if someone.needs else b.blood.update({"O-": 99})
        ),
        lambda b: b.patients[someone.id].given.update({"morphine": 1.0}),
        lambda b: b.blood.update({"O-": b.blood["O-"] + 1}),
        lambda b: b.stock.update({"naloxone": 99}),
        lambda b: setattr(b.people[0], "on_since", -1.5),
        lambda b: setattr(b.people[0], "exposure", 0.5),
        lambda b: b.ambulances.__setitem__(0, 1e6),
        lambda b: b.ledger.owe("er_triage", "tag", "P-999", 0.0),
        lambda b: b.at(500.0, "staff", "S-001"),
    ):
        branch = h.clone()
        change(branch)
        assert differs(branch)
        assert h.digest() == before
