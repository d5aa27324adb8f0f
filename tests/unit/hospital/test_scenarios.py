"""Scenarios differ in what matters: in each, the role that it is about costs lives when it stays away."""

from __future__ import annotations

from functools import cache

import pytest

from triagelab.hospital.hospital import begin
from triagelab.hospital.tables import ROLES, scenarios
from triagelab.hospital.views import View
from triagelab.playbook import by_the_book

SEEDS = (0, 1, 2)


@cache
def expected_deaths(name: str, without: tuple[str, ...] = ()) -> float:
    """Return expected deaths by the book, averaged over seeds, when some roles do nothing."""
    total = 0.0
    for seed in SEEDS:
        h = begin(name, 0.5, seed, 20)
        h.mortal = False
        while not h.done:
            h.step({role: by_the_book(View(h, role)) for role in ROLES if role not in without})
        total += h.expected_deaths()
    return total / len(SEEDS)


@pytest.mark.parametrize(
    ("name", "role", "lives"),
    [
        ("equipment_failure", "it_systems", 1.0),
        ("staff_shortage", "hr_rostering", 0.5),
        ("disease_outbreak", "cmo_oversight", 0.3),
        ("mass_casualty", "icu_management", 1.0),
        ("mass_casualty", "pharmacy", 1.0),
        ("mass_casualty", "er_triage", 5.0),
    ],
)
def test_the_role_that_a_scenario_is_about_saves_lives_in_it(name: str, role: str, lives: float) -> None:
    assert expected_deaths(name, (role,)) > expected_deaths(name) + lives


@pytest.mark.parametrize("name", tuple(scenarios()))
def test_doing_nothing_costs_many_lives_against_the_book(name: str) -> None:
    assert expected_deaths(name, ROLES) > 1.5 * expected_deaths(name)
