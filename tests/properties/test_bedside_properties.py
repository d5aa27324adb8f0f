"""bedside-v1 under random actions: nothing breaks, nothing leaks, everything adds up, and nobody beats the oracle."""

from __future__ import annotations

import itertools
import re

import pytest

from bedside_samples import (
    LOOK,
    BedsideEnvironment,
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
    random_action,
    random_policy,
    total,
    truth,
)
from triagelab.cases.bedside.actions import PATHWAYS, PATTERNS, BedsideAction
from triagelab.cases.bedside.course import course_of
from triagelab.cases.bedside.observation import BedsideObservation, Dialogue
from triagelab.cases.bedside.patient import draw_bedside
from triagelab.cases.bedside.vocabulary import minutes_of
from triagelab.cases.draws import Draws
from triagelab.clinical.facts import vocabulary
from triagelab.envs.bedside import longest_action

IDS = re.compile("|".join(name for name in (*vocabulary(), *PATTERNS) if "_" in name))
WORDS = re.compile(
    r"minimis|\besi\b|\blevel [1-5]\b|debrief|archetype|acceptable|gen-|bedside-(train|dev|test)|task-", re.I
)
SPLITS = ("train", "dev", "test", "tasks")


def random_dialogues(count: int, env: BedsideEnvironment) -> list[tuple[str, int, Dialogue]]:
    found = []
    for seed in range(count):
        split = SPLITS[seed % 4]
        found.append((split, seed, play(env, random_policy(seed, commits=0.03, treats=0.3), seed=seed, split=split)))
    return found


@pytest.fixture(scope="module")
def dialogues() -> list[tuple[str, int, Dialogue]]:
    return random_dialogues(240, bedside())


def test_rewards_add_up_and_stay_in_range(dialogues: list[tuple[str, int, Dialogue]]) -> None:
    kind = bedside().kind
    for _, _, dialogue in dialogues:
        for _, seen in dialogue.turns:
            assert seen.reward == sum(seen.components.values())
            assert kind.reward_range[0] <= (seen.reward or 0.0) <= kind.reward_range[1]
            assert set(seen.components) <= set(kind.component_names)
        assert kind.return_range[0] <= total(dialogue) <= kind.return_range[1]


def test_the_worst_that_can_be_done_stays_in_range() -> None:
    env = bedside()
    slowest = max(questions(), key=minutes_of)
    assert minutes_of(slowest) == longest_action()
    for seed in range(60):
        for policy in (always(slowest), always(interventions()[0]), after([interventions()[3]] * 10, always(slowest))):
            done = play(env, policy, seed=seed, split="test")
            assert env.kind.return_range[0] <= total(done)
            assert env.kind.reward_range[0] <= (done.last.reward or 0.0)


def test_done_once_and_the_truth_only_then(dialogues: list[tuple[str, int, Dialogue]]) -> None:
    for split, _, dialogue in dialogues:
        seen = [observation for _, observation in dialogue.turns]
        assert [observation.done for observation in seen] == [False] * (len(seen) - 1) + [True]
        assert [observation.debrief is None for observation in seen] == [True] * (len(seen) - 1) + [False]
        assert len(seen) <= (10 if split == "tasks" else 20)
        assert [observation.steps_left for observation in seen][-1] == 0


def test_nothing_before_the_end_names_the_truth(dialogues: list[tuple[str, int, Dialogue]]) -> None:
    for split, seed, dialogue in dialogues:
        for observation in itertools.takewhile(lambda seen: not seen.done, observations(dialogue)):
            shown = observation.model_dump()
            text = f"{shown.pop('message')} {shown.pop('complaint')} {shown['refused']} {shown['arrival']}"
            assert not IDS.search(text.replace("walk_in", "")), (split, seed, text)
            assert not WORDS.search(text), (split, seed, text)
            assert set(shown) == set(BedsideObservation.model_fields) - {"message", "complaint"}
            assert set(shown["components"]) <= {"time"}


def test_rewards_on_the_way_are_the_minutes_alone(dialogues: list[tuple[str, int, Dialogue]]) -> None:
    for split, _, dialogue in dialogues:
        for action, seen in dialogue.turns[:-1]:
            assert seen.reward == pytest.approx(0.0 if split == "tasks" else -0.002 * minutes_of(action))


def test_the_same_again_and_two_at_once() -> None:
    alone = [play(bedside(), random_policy(seed), seed=seed, split="train") for seed in range(12)]
    for seed in range(0, 12, 2):
        envs = [bedside(), bedside()]
        draws = [Draws("tests.bedside", seed + place) for place in range(2)]
        running = [Dialogue(env.reset(seed=seed + place, split="train")) for place, env in enumerate(envs)]
        while not all(dialogue.done for dialogue in running):
            for place in range(2):
                if not running[place].done:
                    action = random_action(draws[place])
                    running[place] = running[place].then(action, envs[place].step(action))
        assert running == alone[seed : seed + 2]


def scripted(seed: int) -> list[list[BedsideAction]]:
    """Return openings that a policy might hope for: every intervention, pairs of right ones, questions, waiting."""
    course = course_of(draw_bedside("test", seed))
    known = [action for action in interventions() if action.target in course.right | course.later]
    pairs = [list(pair) for pair in itertools.permutations(known, 2)]
    waits = [[LOOK[0]] * count for count in (1, 2, 4, 8, 12)]
    waited = [[*wait, action] for wait in waits for action in known]
    return [[], *([action] for action in interventions()), *pairs, *waits, *waited, list(questions()[:6])]


def test_nobody_beats_the_oracle() -> None:
    env = bedside()
    for seed in range(40):
        best = total(play(env, oracle, seed=seed, split="test"))
        for opening in scripted(seed):
            assert total(play(env, after(opening, truth), seed=seed, split="test")) <= best + 1e-9, (seed, opening)
        for level, pathway in itertools.product(range(1, 6), PATHWAYS):
            right = draw_bedside("test", seed).pattern
            assert total(play(env, always(commit(level, pathway, right)), seed=seed, split="test")) <= best + 1e-9


def test_waiting_never_raises_what_the_oracle_gets() -> None:
    env = bedside()
    for seed in range(80):
        got = [
            total(play(env, after([LOOK[0]] * wait, oracle), seed=seed, split="train")) for wait in (0, 1, 3, 6, 10, 15)
        ]
        assert all(later <= sooner + 1e-9 for sooner, later in itertools.pairwise(got)), (seed, got)


def test_doing_nothing_is_the_worst_of_the_simple_policies() -> None:
    env, seeds = bedside(), range(120)
    nothing = mean_return(do_nothing, seeds, env=env)
    for level, pathway in itertools.product(range(1, 6), PATHWAYS):
        assert mean_return(always(commit(level, pathway, "sepsis")), seeds, env=env) > nothing
    assert mean_return(random_policy(7), seeds, env=env) > nothing
    for split in ("dev", "tasks"):
        few = range(15)
        floor = mean_return(do_nothing, few, split, env)
        assert all(mean_return(always(commit(level)), few, split, env) > floor for level in range(1, 6))


def test_asking_everything_first_costs() -> None:
    env, seeds = bedside(), range(80)
    everything = after([action for action in questions() if action.kind in ("ask", "test")][:19], truth)
    assert mean_return(everything, seeds, env=env) < mean_return(oracle, seeds, env=env) - 0.05
