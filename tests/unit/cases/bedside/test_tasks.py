"""The named tasks: fifteen, of three tiers, and the engine says what their author meant."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from bedside_samples import questions
from triagelab.agents.rules import RulesAgent
from triagelab.cases.bedside.actions import PATTERNS, BedsideAction
from triagelab.cases.bedside.course import course_of
from triagelab.cases.bedside.replies import opening, reply
from triagelab.cases.bedside.tasks import NamedTask, TaskRow, named_tasks
from triagelab.cases.bedside.vocabulary import channels_of, pathway_of
from triagelab.cases.presentation import Presentation
from triagelab.clinical.esi import decide
from triagelab.clinical.facts import vocabulary
from triagelab.clinical.vitals import VitalSigns
from triagelab.rewards.episodes import TiersReward, load_episode_reward

TASKS = named_tasks()
each = pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)


def severity(level: int) -> str:
    reward = load_episode_reward("tiers-v1")
    assert isinstance(reward, TiersReward)
    return reward.tier_of_level[level]


def test_five_of_each_tier_in_order() -> None:
    assert [task.tier for task in TASKS] == ["easy"] * 5 + ["medium"] * 5 + ["hard"] * 5
    assert len({task.id for task in TASKS}) == 15


def test_every_severity_occurs_and_no_answer_fits_all() -> None:
    counted = Counter(task.row.severity for task in TASKS)
    assert set(counted) == {"Mild", "Moderate", "Emergency"}
    assert max(counted.values()) <= 9
    for tier in ("easy", "medium", "hard"):
        assert len({task.row.severity for task in TASKS if task.tier == tier}) >= 2


@each
def test_the_engine_says_what_the_author_meant(task: NamedTask) -> None:
    decision = decide(task.patient.start)
    assert severity(decision.level) == task.row.severity
    assert {severity(level) for level in decision.acceptable} == {task.row.severity}
    assert pathway_of(decision.level, task.patient.start) == task.row.pathway
    assert task.patient.pattern == task.row.pattern


@each
def test_the_severity_stays_while_the_patient_waits(task: NamedTask) -> None:
    course = course_of(task.patient)
    for minute in (5.0, 15.0, 30.0, 60.0):
        assert severity(decide(course.facts_at(minute)).level) == task.row.severity


@each
def test_ids_do_not_tell_the_truth(task: NamedTask) -> None:
    words = {*PATTERNS, "mild", "moderate", "emergency", *task.row.pattern.split("_")} - {"problem"}
    assert not words & set(task.id.split("-"))


@each
def test_every_fact_can_be_learned(task: NamedTask) -> None:
    hidden = {name for name, value in task.patient.start.flags.items() if value and name in task.row.facts}
    channels = channels_of()
    for name in hidden:
        told = set()
        for label in channels[name]:
            kind, _, target = label.removesuffix(")").partition("(")
            action = BedsideAction.model_validate({"kind": kind, "target": target})
            known: frozenset[str] = frozenset()
            for _ in range(2):
                answer = reply(task.patient, task.patient.start, action, told=known, minute=0.0)
                known |= answer.told
            told |= known
        assert name in told, vocabulary()[name].text


@each
def test_every_vital_sign_has_a_number(task: NamedTask) -> None:
    missing = set(VitalSigns.names()) - set(task.patient.start.vitals.measured())
    assert missing <= {"pain_score"}


@each
def test_the_door_shows_a_person_and_a_reason(task: NamedTask) -> None:
    first = opening(task.patient, task.patient.start)
    assert first
    assert not {name for name in vocabulary() if "_" in name and name in first}


def said(task: NamedTask, actions: Sequence[BedsideAction]) -> Presentation:
    """Return what somebody knows who has taken these actions on arrival."""
    patient, known, texts, numbers = task.patient, frozenset[str](), [opening(task.patient, task.patient.start)], {}
    for action in actions:
        answer = reply(patient, patient.start, action, told=known, minute=0.0)
        known |= answer.told
        texts.append(answer.text)
        numbers.update(answer.measured)
    return Presentation(
        case_id="x",
        narrative="\n".join(texts),
        age_years=patient.start.age_years,
        sex=patient.patient.sex,
        arrival=patient.patient.arrival,
        chief_complaint=patient.complaint,
        vitals=VitalSigns(**numbers),
    )


def misread(actions: Sequence[BedsideAction]) -> Counter[str]:
    """Return how many tasks of each tier the rules put into the wrong severity after these actions."""
    found = RulesAgent().predict([said(task, actions) for task in TASKS])
    pairs = zip(TASKS, found, strict=True)
    return Counter(task.tier for task, one in pairs if severity(one.level or 0) != task.row.severity)


def test_rules_read_the_right_severity_once_everything_is_said() -> None:
    asked = [action for action in questions() if action.kind != "reassess"]
    twice = [action for action in asked if action.kind == "ask"]
    assert misread([*asked, *twice]) == {}


def test_at_the_door_the_easy_ones_are_clear_and_the_hard_ones_are_not() -> None:
    wrong = misread([])
    assert wrong["easy"] == 0
    assert wrong["easy"] < wrong["medium"] < wrong["hard"]


def test_a_named_patient_below_the_emergencies_never_gets_worse() -> None:
    milder = [task.patient for task in TASKS if task.row.severity != "Emergency"]
    for patient, place in itertools.product(milder, range(40)):
        assert course_of(replace(patient, case_id=f"task-other-{place}")).rule is None
    unnamed = [replace(patient, case_id=f"other-{place}", tier=None) for patient in milder for place in range(40)]
    assert any(course_of(patient).rule for patient in unnamed)


def test_who_plays_down_says_so_only_when_asked_again() -> None:
    task = next(task for task in TASKS if task.id == "indigestion-after-dinner")
    action = BedsideAction(kind="ask", target="chest_and_breathing")
    one = reply(task.patient, task.patient.start, action, told=frozenset(), minute=0.0)
    two = reply(task.patient, task.patient.start, action, told=one.told, minute=1.0)
    assert "acs_suspected" not in one.told
    assert "acs_suspected" in two.told


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"resources": ["prayer"]}, "resource: got 'prayer'"),
        ({"like": "nobody"}, "archetype: got 'nobody'"),
        ({"vitals": {"pulse": 80}}, "vital sign: got 'pulse'"),
        ({"minimised": ["fever"]}, "only what is true"),
        ({"pattern": "hysteria"}, "pattern"),
        ({"tier": "trivial"}, "easy"),
        ({"typo": 1}, "typo"),
    ],
)
def test_a_task_that_cannot_be_is_refused(change: dict[str, object], said: str) -> None:
    row = {
        "id": "x",
        "tier": "easy",
        "severity": "Mild",
        "pattern": "minor_illness",
        "pathway": "primary_care",
        "age": "30 y",
        "sex": "male",
        "complaint": ["a", "b"],
        "lay": ["a", "b"],
        "onset": "1 d",
        "resources": [],
        "story": [["a"]],
        "lay_story": [["a"]],
        "vitals": {"heart_rate_bpm": 80},
    }
    assert TaskRow.model_validate(row).id == "x"
    with pytest.raises(ValueError, match=said):
        TaskRow.model_validate({**row, **change})
