"""bedside-v1 in Gymnasium: passes its checker, same seed same episode, truth only at the end."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from triagelab.cases.bedside.actions import BedsideAction
from triagelab.envs.gymnasium_env import COMMIT, FINDINGS, GYM_ID, QUESTIONS, BedsideGymEnv, action_of, register_envs
from triagelab.envs.registry import make
from triagelab.errors import BadInputError, UnknownNameError


def made(**options) -> gymnasium.Env:
    return gymnasium.make(f"triagelab.envs.gymnasium_env:{GYM_ID}", **options)


@pytest.mark.parametrize("render_mode", [None, "ansi"])
def test_it_passes_the_checker(render_mode):
    with made(render_mode=render_mode) as env:
        check_env(env.unwrapped)


def test_registration_twice_is_one():
    register_envs()
    register_envs()
    assert gymnasium.spec(GYM_ID).id == GYM_ID


def test_every_action_has_a_place_and_every_place_an_action():
    labels = {action_of((place, 0, 0, 0)).label() for place in range(COMMIT + 1)}
    assert len(labels) == len(QUESTIONS) + 1
    with made() as env:
        sizes = env.action_space.nvec
    assert action_of(sizes - 1).label() == action_of((COMMIT, *(sizes[1:] - 1))).label()
    assert action_of((COMMIT, 1, 1, 0)) == BedsideAction(
        kind="commit", level=2, pathway="emergency", pattern="airway_obstruction"
    )


def test_same_seed_same_episode_other_seed_other_case():
    def episode(seed: int) -> list[str]:
        with made(render_mode="ansi") as env:
            env.reset(seed=seed)
            env.action_space.seed(1)
            for _ in range(6):
                _, _, ended, cut, _ = env.step(env.action_space.sample())
                if ended or cut:
                    break
            return [env.render()]

    assert episode(4) == episode(4)
    assert episode(4) != episode(5)


def test_observations_lie_in_their_space_and_numbers_come_with_their_mask():
    with made(split="dev") as env:
        seen, info = env.reset(seed=0)
        assert env.observation_space.contains(seen)
        assert not seen["vitals_known"].any()
        place = QUESTIONS.index(("measure", "heart_rate"))
        seen, reward, ended, cut, info = env.step(np.array([place, 0, 0, 0]))
        assert env.observation_space.contains(seen)
        assert seen["vitals_known"].sum() == (0 if info["refused"] else 1)
        assert (ended, cut) == (False, False)
        assert reward < 0
        assert reward == pytest.approx(sum(info["components"].values()))
        assert seen["present"].shape == (len(FINDINGS),)


def test_a_commit_terminates_and_steps_that_run_out_truncate():
    with made() as env:
        env.reset(seed=0)
        *_, ended, cut, info = env.step(np.array([COMMIT, 2, 2, 0]))
        assert (ended, cut) == (True, False)
        assert info["debrief"]["level"] in (1, 2, 3, 4, 5)
        env.reset(seed=0)
        for left in range(19, -1, -1):
            seen, _, ended, cut, info = env.step(np.array([QUESTIONS.index(("reassess", None)), 0, 0, 0]))
            assert seen["steps_left"] == left
            assert ("debrief" in info) == cut == (left == 0)
        assert not ended


def test_a_case_can_be_chosen_and_is_the_environments_own():
    with made(split="test") as env, make("bedside-v1") as plain:
        _, info = env.reset(options={"case": 11})
        assert info["message"] == plain.reset(seed=11, split="test").message
    with pytest.raises(UnknownNameError, match="train"):
        BedsideGymEnv(split="trian")


def test_before_the_end_nothing_of_the_truth_is_told():
    with made() as env:
        seen, info = env.reset(seed=2)
        for _ in range(3):
            assert "debrief" not in info
            assert "seed" not in info
            assert not any(name in ("level", "pattern", "case_id") for name in (*info, *seen))
            seen, _, _, _, info = env.step(np.array([0, 0, 0, 0]))


@pytest.mark.parametrize(
    "parts",
    [None, 3, "3000", {"kind": "commit"}, [], [0, 0, 0], [0, 0, 0, 0, 0], [-1, 0, 0, 0], [COMMIT + 1, 0, 0, 0],
     [COMMIT, 5, 0, 0], [COMMIT, 0, -1, 0], [0.0, 0, 0, 0]],
)  # fmt: skip
def test_what_is_no_place_is_refused_and_nothing_happens(parts):
    env = BedsideGymEnv()
    first, _ = env.reset(seed=1)
    with pytest.raises(BadInputError, match="four whole numbers"):
        env.step(parts)
    assert env.step(np.array([0, 0, 0, 0]))[0]["steps_left"] == first["steps_left"] - 1
    env.close()
