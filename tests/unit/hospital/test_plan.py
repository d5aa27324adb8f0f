"""Plans: the same for one seed, nested by difficulty, and a superposition of other scenarios' own patients."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from triagelab.errors import BadInputError, UnknownNameError
from triagelab.hospital.hospital import begin
from triagelab.hospital.plan import STEP_MIN, Plan, build_plan
from triagelab.hospital.specs import PatientSpec
from triagelab.hospital.tables import scenario, scenarios

NAMES = tuple(scenarios())


def bare(spec: PatientSpec) -> tuple[object, ...]:
    """Return everything of a patient but his number in the queue."""
    same = replace(spec, id="", index=-1)
    return tuple(repr(getattr(same, name)) for name in PatientSpec.__slots__)


def arrivals(plan: Plan) -> set[tuple[object, ...]]:
    return {bare(spec) for spec in plan.patients if spec.arrival_min >= 0}


@pytest.mark.parametrize("name", NAMES)
def test_one_seed_is_one_plan_and_another_is_another(name: str) -> None:
    build_plan.cache_clear()
    first = build_plan(name, 0.5, 3, 20)
    build_plan.cache_clear()
    again = build_plan(name, 0.5, 3, 20)
    assert first is not again
    assert [bare(one) for one in first.patients] == [bare(one) for one in again.patients]
    assert (first.failures, first.incidents, first.noise) == (again.failures, again.incidents, again.noise)
    assert arrivals(first).isdisjoint(arrivals(build_plan(name, 0.5, 4, 20)))


@pytest.mark.parametrize("name", NAMES)
def test_a_harder_episode_has_everybody_of_an_easier_one_and_more(name: str) -> None:
    levels = [arrivals(build_plan(name, level, 5, 20)) for level in (0.0, 0.3, 0.7, 1.0)]
    assert all(easier < harder for easier, harder in itertools.pairwise(levels))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_combined_surge_is_made_of_the_patients_of_its_parts(seed: int) -> None:
    whole = build_plan("combined_surge", 0.6, seed, 20)
    parts = {part: arrivals(build_plan(part, 0.6, seed, 20)) for part in scenario("combined_surge").superpose}
    assert arrivals(whole) <= set().union(*parts.values())
    assert all(arrivals(whole) & part for part in parts.values())


def test_each_part_gives_its_share() -> None:
    taken, there = Counter[str](), Counter[str]()
    for seed in range(30):
        plan = build_plan("combined_surge", 0.5, seed, 20)
        taken.update(spec.origin for spec in plan.patients if spec.arrival_min >= 0)
        for part in scenario("combined_surge").superpose:
            there[part] += len(arrivals(build_plan(part, 0.5, seed, 20)))
    for part, share in scenario("combined_surge").superpose.items():
        error = math.sqrt(share * (1 - share) / there[part])
        assert abs(taken[part] / there[part] - share) < 4 * error


def test_the_combined_surge_has_what_its_parts_bring() -> None:
    plan = build_plan("combined_surge", 0.5, 0, 20)
    assert {failure.system for failure in plan.failures} == set(scenario("equipment_failure").failures)
    assert plan.transmission > 0
    assert plan.staff_absent > 0.1


@pytest.mark.parametrize("name", NAMES)
def test_do_nothing_costs_more_lives_the_harder_it_is(name: str) -> None:
    """Expected deaths, averaged over seeds, rise with difficulty."""
    means = []
    for level in (0.0, 0.5, 1.0):
        total = 0.0
        for seed in range(3):
            h = begin(name, level, seed, 20)
            h.mortal = False
            while not h.done:
                h.step({})
            total += h.expected_deaths()
        means.append(total / 3)
    assert means[0] + 1 < means[1] < means[2] - 1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("steps", [20, 50])
def test_patients_come_in_order_within_the_spread(name: str, steps: int) -> None:
    plan = build_plan(name, 0.5, 1, steps)
    times = [spec.arrival_min for spec in plan.patients if spec.arrival_min >= 0]
    assert times == sorted(times)
    assert max(times) < 0.6 * plan.minutes
    assert plan.minutes == steps * STEP_MIN
    assert [spec.id for spec in plan.patients] == [f"P-{place + 1:03d}" for place in range(len(plan.patients))]
    assert all(0 <= failure.at_min < plan.minutes for failure in plan.failures)
    assert all(0 < incident.at_min < plan.minutes for incident in plan.incidents)


def test_a_long_episode_has_more_patients_than_a_short_one() -> None:
    assert len(build_plan("mass_casualty", 0.5, 0, 50).patients) > len(build_plan("mass_casualty", 0.5, 0, 20).patients)


def test_bodies_are_bodies() -> None:
    children = 0
    for seed in range(10):
        for spec in build_plan("staff_shortage", 1.0, seed, 20).patients:
            children += spec.age_years < 14
            assert 10 <= spec.weight_kg <= 160
            assert 2 <= spec.age_years <= 88
            assert spec.frailty > 0
            assert spec.resistance > 0
            assert all(math.isfinite(value) for value in spec.vitals.values())
            assert all(need.onset_min >= spec.arrival_min for need in spec.needs)
    assert 10 < children < 120


@pytest.mark.parametrize("difficulty", [-0.1, 1.1, math.nan, True, "hard", None])
def test_a_difficulty_that_is_none_is_refused(difficulty: Any) -> None:
    with pytest.raises(BadInputError):
        build_plan("mass_casualty", difficulty, 0, 20)


@pytest.mark.parametrize(("seed", "steps"), [(-1, 20), (True, 20), (0, 3), (0, 201), (0, 20.5)])
def test_a_seed_or_length_that_is_none_is_refused(seed: int, steps: int) -> None:
    with pytest.raises(BadInputError):
        build_plan("mass_casualty", 0.5, seed, steps)


def test_an_unknown_scenario_is_refused() -> None:
    with pytest.raises(UnknownNameError):
        build_plan("alien_invasion")
