"""bedside-v1: what is shown and what is not, time and treatment, the end, the named tasks."""

from __future__ import annotations

import json

import pytest

from bedside_samples import (
    LOOK,
    SCRIPT,
    STORY,
    after,
    always,
    bedside,
    commit,
    do_nothing,
    interventions,
    mean_return,
    observations,
    oracle,
    play,
    questions,
    total,
    truth,
)
from triagelab.cases.bedside.actions import BedsideAction
from triagelab.cases.bedside.course import course_of
from triagelab.cases.bedside.patient import draw_bedside
from triagelab.cases.bedside.vocabulary import minutes_of
from triagelab.clinical.esi import decide
from triagelab.envs import bedside_episode
from triagelab.envs.base import EpisodeError
from triagelab.envs.bedside import MAX_STEPS, TASK_STEPS, BedsideKind
from triagelab.errors import BadInputError, UnknownNameError

GIVE = {action.target: action for action in interventions()}


def worsening(stoppable: bool = True, count: int = 8) -> list[int]:
    """Return seeds of train patients who get worse and (if asked for) can be held by what is indicated on arrival."""
    found = []
    for seed in range(600):
        course = course_of(draw_bedside("train", seed))
        if course.rule and bool(course.stops & course.right) == stoppable and course.onset >= 4.0:
            found.append(seed)
        if len(found) == count:
            break
    return found


def test_the_first_look_is_a_person_with_a_complaint() -> None:
    first = bedside().reset(seed=1, split="train")
    assert first.complaint
    assert first.age_years is not None
    assert first.sex in ("female", "male")
    assert (first.minute, first.steps_left, first.measured, first.done) == (0.0, MAX_STEPS, {}, False)
    assert first.reward is None
    assert first.components == {}
    assert first.debrief is None


def test_every_action_costs_its_minutes() -> None:
    env = bedside()
    for action in (*questions(), *interventions()):
        env.reset(seed=5, split="train")
        seen = env.step(action)
        assert seen.minute == minutes_of(action)
        assert seen.reward == pytest.approx(-0.002 * minutes_of(action))
        assert seen.components == {"time": seen.reward}
        assert seen.steps_left == MAX_STEPS - 1


def test_answers_and_numbers_come_back() -> None:
    env = bedside()
    env.reset(seed=2, split="train")
    assert len(env.step(STORY).message) > 20
    seen = env.step(BedsideAction(kind="measure", target="blood_pressure"))
    assert set(seen.measured) == {"sbp_mmhg", "dbp_mmhg"} or seen.refused


def test_the_commit_ends_with_the_truth_and_its_reasons() -> None:
    env = bedside()
    env.reset(seed=2, split="train")
    env.step(STORY)
    seen = env.step(commit())
    assert seen.done
    assert seen.steps_left == 0
    told = seen.debrief
    assert told is not None
    assert told["level"] in told["acceptable"]
    assert told["answer"] == {"level": 3, "pathway": "urgent", "pattern": "minor_illness"}
    assert told["because"]
    assert all(set(rule) == {"rule", "text", "source"} for rule in told["because"])
    assert told["steps"] == 2
    json.dumps(told, allow_nan=False)
    with pytest.raises(EpisodeError, match="ended"):
        env.step(STORY)


def test_without_a_commit_the_last_action_ends_it() -> None:
    env = bedside()
    done = play(env, do_nothing, seed=9, split="test")
    assert len(done.turns) == MAX_STEPS
    last = done.last
    assert last.debrief is not None
    assert last.debrief["answer"] is None
    assert last.components["level"] == -1.2
    assert "pathway" not in last.components
    assert last.message


def test_an_action_that_is_none_costs_nothing() -> None:
    env = bedside()
    env.reset(seed=1)
    for raw in (
        {"kind": "measure"},
        {"kind": "ask", "target": "spo2"},
        {"kind": "commit", "level": 2},
        {"kind": "sing"},
    ):
        with pytest.raises(BadInputError):
            env.step(raw)
    assert env.state.step_count == 0
    assert env.step({"kind": "measure", "target": "spo2"}).minute == 0.5


def test_truth_rises_with_time_and_not_when_treated_in_time() -> None:
    env = bedside()
    seeds = worsening()
    assert len(seeds) == 8
    wait = [LOOK[0]] * 18
    for seed in seeds:
        course = course_of(draw_bedside("train", seed))
        late = play(env, after(wait, truth), seed=seed, split="train").last.debrief
        held_by = GIVE[min(course.stops & course.right)]
        held = play(env, after([held_by, *wait[1:]], truth), seed=seed, split="train").last.debrief
        assert late is not None
        assert held is not None
        assert late["level"] < late["level_on_arrival"] == held["level"] == course.level
        assert not late["course"]["held"]
        assert held["course"]["stopped_by"]


def test_treatment_is_settled_at_the_end_alone() -> None:
    env = bedside()
    for seed in worsening(count=4):
        right = course_of(draw_bedside("train", seed)).right
        for action in interventions():
            env.reset(seed=seed, split="train")
            seen = env.step(action)
            assert seen.components == {"time": -0.002}
            assert seen.message == "It is being done."
            paid = env.step(env.best() if action.target in right else commit()).components["treatment"]
            assert (paid > 0) == (action.target in right)


def test_the_first_right_intervention_counts_once_and_wrong_ones_each() -> None:
    env = bedside()
    seed = next(seed for seed in worsening(count=30) if len(course_of(draw_bedside("train", seed)).right) > 1)
    right = sorted(course_of(draw_bedside("train", seed)).right)
    twice = play(env, after([GIVE[name] for name in (*right, *right)], truth), seed=seed, split="train")
    assert twice.last.components["treatment"] == pytest.approx(0.05)
    wrong = play(env, after([GIVE["chest_compressions"]] * 3, truth), seed=seed, split="train")
    assert wrong.last.components["treatment"] == pytest.approx(-0.3)


def test_what_the_agent_gives_does_not_change_the_truth() -> None:
    env = bedside()
    for seed in range(25):
        before = play(env, truth, seed=seed, split="test").last.debrief
        given = play(env, after([GIVE["epinephrine"], GIVE["naloxone"]], truth), seed=seed, split="test").last.debrief
        assert before is not None
        assert given is not None
        assert given["level"] == before["level"]


def test_no_step_asks_the_engine_so_its_time_does_not_tell_who_gets_worse(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(bedside_episode, "decide", lambda facts: asked.append(facts) or decide(facts))
    env, wait = bedside(), BedsideAction(kind="test", target="ultrasound")
    for seed in worsening(count=4):
        env.reset(seed=seed, split="train")
        for _ in range(6):
            env.step(wait)
        assert asked == []
        assert env.step(commit()).components["delay"] < 0.0
        assert asked
        asked.clear()


def test_to_wait_until_a_patient_shows_what_he_has_does_not_pay() -> None:
    seeds, wait = range(60), [BedsideAction(kind="test", target="ultrasound")] * 4
    answers = [commit(level, pathway, "sepsis") for level, pathway in ((1, "resuscitation"), (2, "emergency"))]
    for then in (truth, *map(always, answers)):
        assert mean_return(after(wait, then), seeds) < mean_return(then, seeds)


def test_the_oracle_gets_what_can_be_got() -> None:
    env = bedside()
    for seed in range(60):
        done = play(env, oracle, seed=seed, split="test")
        assert total(done) >= 0.97
        assert len(done.turns) <= 2


def test_the_same_actions_give_the_same_episode() -> None:
    for seed in range(6):
        one, other = (play(bedside(), after(SCRIPT, truth), seed=seed, split="dev") for _ in range(2))
        assert one == other


def test_other_splits_have_other_patients() -> None:
    env = bedside()
    seen = {env.reset(seed=3, split=split).message for split in ("train", "dev", "test")}
    assert len(seen) == 3


class TestTasks:
    def test_fifteen_by_name_with_tiers_and_ten_steps(self) -> None:
        env = bedside()
        tasks = env.tasks("tasks")
        assert len(tasks) == 15
        assert [task.tier for task in tasks].count("hard") == 5
        for task in tasks:
            assert env.reset(split="tasks", task=task.id).steps_left == TASK_STEPS

    def test_always_paid_by_tiers(self) -> None:
        env = bedside(reward="bedside-v1")
        for index, right in zip(range(15), [0.9] * 5 + [0.85] * 5 + [0.77] * 5, strict=True):
            at_once = play(env, oracle, split="tasks", task=index)
            assert total(at_once) == pytest.approx(right)
            later = play(env, after([STORY], truth), split="tasks", task=index)
            assert total(later) == pytest.approx(right - 0.05)
            assert later.turns[0][1].reward == 0.0

    def test_never_committed_is_worth_the_least(self) -> None:
        env = bedside()
        for index in range(15):
            done = play(env, do_nothing, split="tasks", task=index)
            assert len(done.turns) == TASK_STEPS
            assert total(done) == 0.05

    def test_no_constant_answer_does_well(self) -> None:
        env = bedside()
        for level in range(1, 6):
            policy = always(commit(level, "emergency", "heart_attack"))
            assert sum(total(play(env, policy, split="tasks", task=index)) for index in range(15)) / 15 < 0.55

    def test_a_place_that_is_none_is_refused(self) -> None:
        with pytest.raises(UnknownNameError, match="task"):
            bedside().reset(split="tasks", task="no-such-task")
        with pytest.raises(BadInputError, match="0 to 14"):
            bedside().reset(split="tasks", task=15)


class TestKind:
    def test_rewards_that_cannot_be(self) -> None:
        with pytest.raises(UnknownNameError, match="bedside-v1"):
            BedsideKind(reward="bedside-v2")
        with pytest.raises(BadInputError, match="by parts"):
            BedsideKind(reward="tiers-v1")

    def test_names_and_ranges(self) -> None:
        kind = BedsideKind()
        assert kind.splits == ("train", "dev", "test", "tasks")
        assert set(kind.component_names) >= {"time", "level", "severity", "one_step"}
        assert kind.reward_range[1] == kind.return_range[1] == pytest.approx(1.05)
        assert kind.return_range[0] < kind.reward_range[0] < -1.2

    def test_generated_tasks_are_places(self) -> None:
        assert bedside().tasks("dev", 7, 9)[0].to_dict() == {"id": "dev-7", "split": "dev", "index": 7, "tier": None}

    def test_observations_before_the_end_carry_no_debrief(self) -> None:
        done = play(bedside(), after(SCRIPT, truth), seed=4, split="train")
        assert [seen.debrief is not None for seen in observations(done)] == [False] * (len(SCRIPT) + 1) + [True]
