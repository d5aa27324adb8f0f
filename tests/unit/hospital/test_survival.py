"""The table of survival by severity and delay has the shape that the simulator promises."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import pytest

from triagelab.errors import BadInputError
from triagelab.hospital.hospital import begin
from triagelab.hospital.patient import Patient
from triagelab.hospital.survival import DELAYS, as_markdown, chance_alive, survival_table
from triagelab.hospital.tables import archetypes

ROWS = survival_table(draws=120)
MEAN = {row.severity: dict(zip(DELAYS, row.alive, strict=True)) for row in ROWS if row.archetype == "all"}


def test_the_severe_mostly_die_untreated_and_mostly_live_when_treated_at_once() -> None:
    assert MEAN["severe"][None] <= 0.25
    assert MEAN["severe"][15.0] >= 0.85


def test_every_archetype_loses_by_every_delay() -> None:
    for row in ROWS:
        assert all(later <= earlier + 1e-12 for earlier, later in zip(row.alive, row.alive[1:], strict=False)), row
    severe = list(MEAN["severe"].values())
    assert all(later < earlier - 0.01 for earlier, later in itertools.pairwise(severe))


def test_the_moderate_stand_between_and_the_mild_are_safe() -> None:
    assert 0.5 <= MEAN["moderate"][None] <= 0.9
    assert MEAN["moderate"][15.0] >= 0.97
    assert MEAN["mild"][None] >= 0.99


def test_nobody_survives_what_cannot_be_survived() -> None:
    assert MEAN["expectant"][0.0] < 0.01


def test_single_severe_archetypes_hold_too() -> None:
    for row in ROWS:
        if row.severity == "severe" and row.archetype != "all":
            assert row.alive[-1] <= 0.25, row
            assert row.alive[1] >= (0.65 if row.archetype == "arrest" else 0.85), row


def test_late_deterioration_is_safe_for_an_hour_and_deadly_later() -> None:
    late = {row.archetype: row.alive for row in ROWS if row.archetype.startswith("late-")}
    assert len(late) >= 3
    for alive in late.values():
        assert alive[DELAYS.index(60.0)] > 0.97
        assert alive[-1] < 0.7


def test_every_archetype_stands_in_the_table_once() -> None:
    shown = [row.archetype for row in ROWS if row.archetype != "all"]
    assert sorted(shown) == sorted(row.id for row in archetypes().values() if row.kind != "inpatient")


def test_the_closed_form_is_what_the_simulator_does() -> None:
    """Deaths of untreated arrivals over many seeds against the expected share, within four standard errors."""
    expected, variance, lived = 0.0, 0.0, 0
    for seed in range(12):
        h = begin("staff_shortage", 0.5, seed, 20)
        ids = [spec.id for spec in h.plan.patients if 0 <= spec.arrival_min <= 60 and spec.walks]
        ids = [name for name in ids if all(need.row.by != "place" for need in h.patients[name].needs)]
        for name in ids:
            share = math.exp(-_hazard_to_end(h.patients[name], h.plan.minutes))
            expected, variance = expected + share, variance + share * (1 - share)
        while not h.done:
            h.step({})
        lived += sum(h.patients[name].alive for name in ids)
    assert abs(lived - expected) <= 4 * math.sqrt(variance) + 1


def _hazard_to_end(patient: Patient, end: float) -> float:
    twin = patient.copy()
    twin.settle(end)
    return twin.hazard


@pytest.mark.parametrize("delay", [-1.0, 301.0, math.nan])
def test_a_delay_outside_the_five_hours_is_refused(delay: float) -> None:
    with pytest.raises(BadInputError):
        survival_table(delays=(delay,), draws=1)


def test_unknown_severities_and_no_draws_are_refused() -> None:
    with pytest.raises(BadInputError):
        survival_table(severities=("grave",))
    with pytest.raises(BadInputError):
        survival_table(draws=0)


def test_the_printed_table_has_a_line_per_archetype() -> None:
    lines = as_markdown(ROWS).splitlines()
    assert len(lines) == len(ROWS) + 2
    assert all(line.count("|") == len(DELAYS) + 3 for line in lines)


def test_one_patient_lives_longer_the_sooner_he_is_treated() -> None:
    spec = begin("mass_casualty", 1.0, 3, 20).plan.patients[-1]
    chances = [chance_alive(spec, delay) for delay in DELAYS]
    assert chances == sorted(chances, reverse=True)


def test_the_documented_table_is_the_current_one() -> None:
    """Renew it with `as_markdown(survival_table())`."""
    text = (Path(__file__).parents[3] / "docs" / "crisis-simulator.md").read_text(encoding="utf-8")
    assert as_markdown(survival_table()) in text
