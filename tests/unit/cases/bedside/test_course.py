"""Courses: who gets worse, how often, never for the better, and what stops it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache

import pytest

from triagelab.cases.archetypes import load_archetypes
from triagelab.cases.bedside.actions import INTERVENTIONS
from triagelab.cases.bedside.course import Course, course_of, facts_at
from triagelab.cases.bedside.course_table import CourseRule, CourseTable, courses
from triagelab.cases.bedside.patient import BedsidePatient, bedside_patient, draw_bedside
from triagelab.cases.draws import Draws
from triagelab.clinical.esi import decide
from triagelab.clinical.vitals import RANGES

MINUTES = (0.0, 3.0, 6.0, 9.0, 12.0, 15.0, 20.0, 25.0, 30.0, 45.0)
ROW = {
    "id": "x",
    "text": "it got worse",
    "from": [2],
    "any": ["sepsis_signs"],
    "chance": 0.5,
    "onset": [4, 8],
    "span": [4, 8],
    "gains": {"hypoperfusion": 0.5},
    "right": ["fluids"],
    "stops": ["fluids"],
}


@cache
def drawn(split: str = "train", count: int = 900) -> tuple[tuple[BedsidePatient, Course], ...]:
    patients = [draw_bedside(split, seed) for seed in range(count)]
    return tuple((patient, course_of(patient)) for patient in patients)


def worsening() -> list[tuple[BedsidePatient, Course]]:
    return [(patient, course) for split in ("train", "test") for patient, course in drawn(split) if course.rule]


def level(course: Course, minute: float, given: dict[str, float] | None = None) -> int:
    return decide(course.facts_at(minute, given or {})).level


def test_there_are_many_kinds_and_some_begin_at_level_3() -> None:
    table = courses()
    assert len(table.course) >= 12
    assert len({rule.id for rule in table.course}) == len(table.course)
    assert sum(3 in rule.from_ for rule in table.course) >= 5
    assert {start for rule in table.course for start in rule.from_} == {2, 3}


def test_every_course_is_for_somebody_whom_the_generator_draws() -> None:
    drawn_facts = {
        name
        for archetype in load_archetypes().values()
        for layer in (archetype, *archetype.modifiers)
        for name in (*layer.facts, *layer.stated)
    }
    assert [rule.id for rule in courses().course if not (rule.archetypes or set(rule.any) & drawn_facts)] == []


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_shares_that_get_worse_within_half_an_hour(split: str) -> None:
    counted, worse = Counter[int](), Counter[int]()
    for _, course in drawn(split):
        counted[course.level] += 1
        worse[course.level] += course.rule is not None and level(course, 30.0) < course.level
    assert 0.25 <= worse[2] / counted[2] <= 0.5
    assert 0.04 <= worse[3] / counted[3] <= 0.17
    assert worse[4] == worse[5] == 0


def test_danger_only_rises_and_every_course_changes_the_level() -> None:
    kinds = Counter[str]()
    for patient, course in worsening():
        assert course.rule is not None
        levels = [level(course, minute) for minute in MINUTES]
        assert levels == sorted(levels, reverse=True), (patient.case_id, course.rule.id, levels)
        assert level(course, course.end + 1) < course.level, (patient.case_id, course.rule.id)
        kinds[course.rule.id] += 1
    assert len(kinds) >= 20, kinds


def test_facts_are_only_added_and_numbers_stay_in_range() -> None:
    for _, course in worsening()[:150]:
        before = course.start
        for minute in MINUTES[1:]:
            now = course.facts_at(minute)
            assert {name for name, value in before.flags.items() if value} <= {n for n, v in now.flags.items() if v}
            assert set(now.vitals.measured()) == set(course.start.vitals.measured())
            for name, value in now.vitals.measured().items():
                assert RANGES[name].low <= value <= RANGES[name].high
            before = now


def test_saturation_pressure_and_coma_scale_never_rise() -> None:
    for _, course in worsening():
        for name in ("spo2_pct", "sbp_mmhg", "gcs"):
            values = [getattr(course.facts_at(minute).vitals, name) for minute in MINUTES]
            assert values == sorted(values, key=lambda value: -(value or 0.0))


def test_a_temperature_only_rises_and_only_into_fever() -> None:
    moved = 0
    for _, course in worsening():
        before, later = (course.facts_at(minute).vitals.temp_c or 0.0 for minute in (0.0, course.end + 1.0))
        assert later == before or later > max(before, 37.5)
        moved += later > before
    assert moved > 20


def test_treated_on_arrival_nobody_gets_worse() -> None:
    stopped = 0
    for patient, course in worsening():
        for name in sorted(course.stops):
            assert facts_at(patient, 60.0, frozenset({name})) == course.start
            stopped += 1
    assert stopped > 100


def test_treated_half_way_the_patient_stays_where_he_is() -> None:
    for _, course in worsening():
        middle = (course.onset + course.end) / 2.0
        for name in sorted(course.stops)[:1]:
            held = {name: middle}
            assert course.facts_at(course.end + 20.0, held) == course.facts_at(middle)
            assert course.facts_at(course.end, {name: course.end + 5.0}) == course.facts_at(course.end)


def test_what_does_not_stop_it_changes_nothing() -> None:
    for _, course in worsening()[:60]:
        other: dict[str, float] = {name: 1.0 for name in INTERVENTIONS if name not in course.stops}
        assert course.facts_at(20.0, other) == course.facts_at(20.0)


def test_those_who_stay_are_the_same_at_every_minute() -> None:
    still = [course for _, course in drawn() if course.rule is None]
    assert len(still) > 300
    assert all(course.facts_at(minute, {}) is course.start for course in still for minute in (0.0, 7.5, 600.0))


def test_the_case_alone_decides() -> None:
    for seed in range(40):
        one, other = (course_of(draw_bedside("train", seed)) for _ in range(2))
        assert (one.rule, one.onset, one.end, one.target, one.gains) == (
            other.rule,
            other.onset,
            other.end,
            other.target,
            other.gains,
        )
        assert one.facts_at(13.0) == other.facts_at(13.0)


def test_everybody_at_level_1_has_something_right_and_nobody_beyond_3() -> None:
    for patient, course in (*drawn("train"), *drawn("dev"), *drawn("test")):
        if course.level == 1:
            assert course.right, patient.patient.archetype.id
        if course.level > 3:
            assert not course.right


def arrived(**flags: bool) -> Course:
    """Return the course of somebody with these facts alone."""
    patient = bedside_patient(load_archetypes()["stumble"], Draws("tests.course", 0), "tests-course")
    return course_of(replace(patient, start=replace(patient.start, flags=dict(flags))))


def test_nothing_is_an_immediate_intervention_for_who_can_wait() -> None:
    for patient, course in (*drawn("train"), *drawn("test")):
        if course.level == 3:
            assert not course.right, patient.patient.archetype.id
            assert course.most_urgent is None


@pytest.mark.parametrize(
    ("facts", "first"),
    [
        (("pulseless", "unresponsive"), "chest_compressions"),
        (("tension_pneumothorax", "respiratory_compromise", "hypoperfusion"), "decompress_chest"),
        (("unstable_arrhythmia", "hypoperfusion"), "pace_or_cardiovert"),
        (("active_seizure", "cyanosis"), "stop_seizure"),
        (("hypoglycaemia_altered", "active_seizure"), "glucose"),
        (("uncontrolled_major_haemorrhage", "hypoperfusion", "obtunded"), "control_bleeding"),
        (("flaccid_infant", "hypoperfusion"), "open_airway"),
        (("anaphylaxis", "hypoperfusion"), "epinephrine"),
        (("apneic",), "ventilate"),
        (("cyanosis",), "oxygen"),
    ],
)
def test_what_kills_soonest_comes_first(facts: tuple[str, ...], first: str) -> None:
    assert arrived(**dict.fromkeys(facts, True)).most_urgent == first


@pytest.mark.parametrize(
    ("had", "what"),
    [
        ("needle_decompression", "decompress_chest"),
        ("epinephrine_given", "epinephrine"),
        ("naloxone_given", "naloxone"),
        ("iv_dextrose_given", "glucose"),
    ],
)
def test_who_has_had_it_needs_no_more_of_it(had: str, what: str) -> None:
    assert arrived(**{had: True}).effect(what, 0.0, {}) == "harmless"


def test_fluids_are_not_what_a_failing_heart_needs() -> None:
    assert "fluids" in arrived(hypoperfusion=True).right
    assert "fluids" not in arrived(hypoperfusion=True, acs_suspected=True).right
    assert arrived(imminent_arrest=True).effect("chest_compressions", 0.0, {}) == "harmless"


@pytest.mark.parametrize("first", [["fluids"], ["fluids"] * len(INTERVENTIONS), [*INTERVENTIONS[:-1], "prayer"]])
def test_the_order_of_urgency_names_every_intervention_once(first: list[str]) -> None:
    with pytest.raises(ValueError, match=r"every intervention once|got 'prayer'"):
        CourseTable.model_validate({**courses().model_dump(by_alias=True), "first": first})


def test_what_is_right_does_not_depend_on_the_luck_of_the_course() -> None:
    by_kind: dict[tuple[object, ...], set[frozenset[str]]] = {}
    for patient, course in drawn():
        known = tuple(sorted(name for name, value in patient.start.flags.items() if value))
        low = (patient.start.vitals.spo2_pct or 100) < 90, (patient.start.vitals.sbp_mmhg or 200) < 90
        sugar = (patient.start.vitals.glucose_mg_dl or 100) < 60
        key = (patient.patient.archetype.id, known, low, sugar, (patient.start.age_years or 0) < 1, course.level)
        by_kind.setdefault(key, set()).add(course.right)
    assert all(len(rights) == 1 for rights in by_kind.values())


def test_effects_over_time() -> None:
    course = next(course for _, course in worsening() if course.rule and course.rule.later and not course.right)
    assert course.rule is not None
    late = course.rule.later[0]
    assert course.effect(late, course.end, {}) == "late"
    assert course.effect(late, 0.0, {}) in ("wrong", "harmless")
    sepsis = next(course for _, course in worsening() if course.rule and course.rule.id == "septic-shock")
    assert sepsis.effect("fluids", 0.0, {}) == "right"
    assert sepsis.effect("naloxone", 0.0, {}) == "wrong"
    assert sepsis.effect("oxygen", 0.0, {}) == "harmless"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"any": ["no_such_fact"]}, "fact: got 'no_such_fact'"),
        ({"gains": {"no_such_fact": 0.5}}, "fact: got 'no_such_fact'"),
        ({"any": ["res_labs"]}, "fact: got 'res_labs'"),
        ({"archetypes": ["nobody"]}, "archetype: got 'nobody'"),
        ({"right": ["prayer"]}, "intervention: got 'prayer'"),
        ({"stops": ["oxygen"]}, "stopping intervention: got 'oxygen'"),
        ({"profile": "odd"}, "physiology: got 'odd'"),
        ({"chance": 0.0}, "greater than 0"),
        ({"chance": 1.5}, "less than or equal to 1"),
        ({"onset": [8, 4]}, "above 0 and rise"),
        ({"span": [0, 4]}, "above 0 and rise"),
        ({"gains": {"hypoperfusion": 1.5}}, "from 0 to 1"),
        ({"gains": {}}, "at least 1"),
        ({"from": [4]}, "2 or 3"),
        ({"typo": 1}, "typo"),
    ],
)
def test_a_row_that_cannot_be_is_refused(change: dict[str, object], said: str) -> None:
    assert CourseRule.model_validate(ROW).stops == ("fluids",)
    with pytest.raises(ValueError, match=said):
        CourseRule.model_validate({**ROW, **change})
