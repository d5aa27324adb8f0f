"""Patterns: every name is known, what speaks for a pattern wins, nothing at all has a stated answer."""

from __future__ import annotations

import pytest

from triagelab.agents.bedside_patterns import TOGETHER, known_names, likeliest_pattern, pattern_points, pattern_table
from triagelab.cases.bedside.actions import PATTERNS
from triagelab.cases.extraction import extract
from triagelab.clinical.facts import vocabulary


def test_the_table_speaks_of_every_served_pattern_and_of_no_other():
    table = pattern_table()
    assert set(table.points) == set(PATTERNS)
    assert table.otherwise in PATTERNS


def test_every_fact_of_the_vocabulary_can_be_in_the_table():
    assert set(vocabulary()) <= known_names()


@pytest.mark.parametrize(
    ("present", "pattern"),
    [
        ({"stroke_signs"}, "stroke"),
        ({"acs_suspected", "chest_pain"}, "heart_attack"),
        ({"pulseless", "unresponsive"}, "cardiac_arrest"),
        ({"fever", "sepsis_signs", "infection_suspected"}, "sepsis"),
        ({"laceration", "minor_wound"}, "minor_injury"),
        ({"suicidal", "toxic_ingestion"}, "poisoning"),
        ({"ear_pain"}, "eye_or_ear_problem"),
    ],
)
def test_what_was_found_decides(present, pattern):
    assert likeliest_pattern(present) == pattern


def test_nothing_known_has_a_stated_answer_and_unknown_names_count_for_nothing():
    assert likeliest_pattern(()) == likeliest_pattern({"no such name"}) == pattern_table().otherwise
    assert pattern_points({"no such name"}) == {}


def test_one_more_finding_never_takes_points_from_its_own_pattern():
    for pattern, points in pattern_table().points.items():
        for name, value in points.items():
            if "*" not in name:
                assert pattern_points(name.split(TOGETHER))[pattern] >= value > 0.0 or value < 0.0


def test_names_joined_count_only_together():
    apart = [pattern_points({name}).get("infection", 0.0) for name in ("dysuria", "fever")]
    assert pattern_points({"dysuria", "fever"})["infection"] > sum(apart)


def test_order_of_findings_does_not_matter():
    present = sorted(extract("52 M, crushing chest pain and short of breath, fever 39.").facts.flags)
    assert likeliest_pattern(present) == likeliest_pattern(reversed(present))
