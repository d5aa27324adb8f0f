"""Keys of states: one short text both ways, the same hospital every time, and nobody's branch touches another's."""

from __future__ import annotations

import pytest

from triagelab.errors import BadInputError, UnknownNameError
from triagelab.hospital.tables import ROLES
from triagelab.hospital.views import View
from triagelab.playbook import by_the_book
from triagelab.rewards.crisis.sample import draw_states
from triagelab.rewards.crisis.states import BEHAVIOURS, StateKey, snapshot, state_at

KEY = StateKey("mass_casualty", 0.35, 7, 20, 5, "er_triage", "mix")


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_a_key_is_one_text_both_ways(behaviour: str) -> None:
    key = StateKey("combined_surge", 1 / 3, 123, 50, 0, "pharmacy", behaviour)
    assert StateKey.parse(key.text) == key
    assert len(key.text) < 100


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("mass_casualtie:0.5:1:20:3:pharmacy:mix", "mass_casualty"),
        ("mass_casualty:0.5:1:20:3:farmacy:mix", "pharmacy"),
        ("mass_casualty:0.5:1:20:3:pharmacy:mixed", "mix"),
        ("mass_casualty:nan:1:20:3:pharmacy:mix", "0 to 1"),
        ("mass_casualty:0.5:-1:20:3:pharmacy:mix", "2147483647"),
        ("mass_casualty:0.5:1:20:20:pharmacy:mix", "0 to 19"),
        ("mass_casualty:0.5:1:100000:3:pharmacy:mix", "200"),
        ("mass_casualty:0.5:1:20", "scenario:difficulty"),
        ("mass_casualty:0.5:1:twenty:3:pharmacy:mix", "scenario:difficulty"),
        ("", "scenario:difficulty"),
    ],
)
def test_a_wrong_key_says_what_is_wrong(text: str, hint: str) -> None:
    with pytest.raises(BadInputError, match=hint):
        StateKey.parse(text)


def test_an_unknown_name_is_an_unknown_name() -> None:
    with pytest.raises(UnknownNameError):
        StateKey("mass_casualty", 0.5, 1, 20, 3, "nurse", "mix")


def test_branches_are_equal_and_independent() -> None:
    one, two = state_at(KEY), state_at(KEY)
    before = View(two, "er_triage").to_dict()
    for _ in range(3):
        one.step({role: by_the_book(View(one, role)) for role in ROLES})
    assert View(two, "er_triage").to_dict() == before
    assert View(state_at(KEY), "er_triage").to_dict() == before
    assert snapshot(KEY).steps_done == KEY.step


def test_behaviours_lead_to_different_states() -> None:
    seen = {
        behaviour: state_at(StateKey("mass_casualty", 0.5, 7, 20, 8, "er_triage", behaviour)).outcome()["survival"]
        for behaviour in BEHAVIOURS
    }
    assert seen["nothing"] < seen["book"]
    untagged = [
        sum(chart["tag"] is None for chart in View(state_at(KEY), "er_triage").patients)
        for KEY in (StateKey("mass_casualty", 0.5, 7, 20, 8, "er_triage", name) for name in ("idle", "book"))
    ]
    assert untagged[0] > untagged[1]


def test_drawn_states_leave_something_to_do_and_are_the_same_again() -> None:
    keys = draw_states(12, 3)
    assert keys == draw_states(12, 3)
    assert {key.role for key in keys} == set(ROLES)
    assert all(by_the_book(View(snapshot(key), key.role)) for key in keys)
    assert keys != draw_states(12, 4)
