"""The PettingZoo environment: its own tests, menus of legal acts, numbers in their space, one return for all."""

import re

import numpy as np
import pytest
from pettingzoo.test import parallel_api_test, parallel_seed_test

from triagelab.envs.crisis import CrisisKind
from triagelab.envs.crisis_actions import CrisisAction
from triagelab.envs.crisis_menu import HOUSE, MENU, features, menu, observe
from triagelab.envs.pettingzoo_env import CrisisParallelEnv, parallel_env
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.hospital.acts import read_acts
from triagelab.hospital.tables import ROLES
from triagelab.hospital.views import View
from triagelab.playbook import by_the_book
from triagelab.seeding import stream


def play(env, choose, **options):
    """Return the return of an episode and the last infos; `choose` takes an agent and its menu."""
    _, infos = env.reset(options=options or None)
    total = 0.0
    while env.agents:
        actions = {agent: np.array(choose(agent, infos[agent]["menu"]), np.int8) for agent in env.agents}
        _, rewards, terminated, truncated, infos = env.step(actions)
        assert len(set(rewards.values())) == 1
        assert not any(terminated.values())
        assert len(set(truncated.values())) == 1
        total += rewards[ROLES[0]]
    return total, infos


def padded(bits):
    return [*bits, *([0] * (MENU - len(bits)))]


def test_it_passes_the_tests_of_pettingzoo():
    parallel_api_test(parallel_env(), num_cycles=45)
    parallel_seed_test(CrisisParallelEnv, num_cycles=25)


def test_every_act_of_every_menu_is_read_by_the_hospital_and_every_number_fits_the_space():
    rng = stream("tests.pettingzoo", 0)
    for index in (1, 6, 14):
        env = CrisisParallelEnv(split="tasks")
        seen, infos = env.reset(options={"case": index})
        while env.agents:
            for agent in env.agents:
                acts, refused = read_acts(agent, infos[agent]["menu"])
                assert refused == []
                assert len(acts) <= MENU
                assert env.observation_space(agent).contains(seen[agent])
            seen, _, _, _, infos = env.step({agent: rng.integers(0, 2, MENU) for agent in env.agents})


def test_whoever_takes_the_acts_of_the_playbook_earns_far_more_than_nobody():
    env = CrisisParallelEnv(split="tasks")

    def book(agent, offers):
        wanted = [act.to_dict() for act in by_the_book(View(env._episode.hospital, agent))]
        return padded([int(offer in wanted) for offer in offers])

    for index in (0, 8):
        nothing, _ = play(env, lambda *_: [0] * MENU, case=index)
        by_book, infos = play(env, book, case=index)
        assert by_book > nothing + 1.0
        assert infos["pharmacy"]["debrief"]["outcome"]["patients"] > 10


def test_taking_everything_is_not_the_answer():
    env = CrisisParallelEnv(split="tasks")
    everything, _ = play(env, lambda *_: [1] * MENU, case=6)
    nothing, _ = play(env, lambda *_: [0] * MENU, case=6)
    assert everything < nothing + 1.0


def test_the_return_is_that_of_the_environment_itself():
    env = CrisisParallelEnv(split="dev", pay="end")
    total, infos = play(env, lambda *_: [0] * MENU, case=3)
    episode = CrisisKind().begin("dev", 3)
    while not episode.hospital.done:
        episode.advance(CrisisAction(acts=[]))
    assert total == pytest.approx(sum(episode.debrief()["parts"].values()))
    assert infos["er_triage"]["components"].keys() == {"survival", "detection", "safety"}


def test_a_seed_begins_a_series_of_cases():
    def firsts(env):
        return [float(env.reset(seed=seed)[0]["hr_rostering"].sum()) for seed in (5, None, None)]

    one, other = CrisisParallelEnv(), CrisisParallelEnv()
    assert firsts(one) == firsts(other)
    texts = {one.render() for one in (CrisisParallelEnv(render_mode="ansi") for _ in range(2)) if one.reset(seed=1)}
    assert len(texts) == 1


def test_wrong_arguments_and_actions_are_refused():
    with pytest.raises(UnknownNameError):
        CrisisParallelEnv(split="gold")
    with pytest.raises(UnknownNameError):
        CrisisParallelEnv(render_mode="human")
    env = CrisisParallelEnv()
    with pytest.raises(BadInputError, match="reset"):
        env.step({})
    for case in (-1, True, "x", 2**40):
        with pytest.raises(BadInputError):
            env.reset(options={"case": case})
    for seed in (-1, True, "x", 1.5):
        with pytest.raises(BadInputError, match="seed"):
            env.reset(seed=seed)
    env.reset(seed=1)
    for bits, got in ((np.zeros(3), "shape (3,)"), (np.full(MENU, 2), "'2'"), (np.full(MENU, np.nan), "'nan'")):
        with pytest.raises(BadInputError, match=f"got .*{re.escape(got)}.*zeros and ones"):
            env.step({"pharmacy": bits})
    with pytest.raises(UnknownNameError, match="agent"):
        env.step({"pharmacist": np.zeros(MENU)})
    env.step({})  # agents that send nothing do nothing
    env.close()
    assert env.agents == []
    assert env.render() is None


def test_a_row_says_what_its_act_is_about_and_empty_places_are_zero():
    episode = CrisisKind().begin("tasks", 5)
    for _ in range(4):
        episode.advance(CrisisAction(acts=[]))
    view = episode.view("er_triage")
    offers = menu(view)
    numbers = observe(view, offers)
    assert numbers.shape == (HOUSE + MENU * features(),)
    rows = numbers[HOUSE:].reshape(MENU, features())
    assert rows[: len(offers), 0].tolist() == [1.0] * len(offers)
    assert not rows[len(offers) :].any()
    assert len({row.tobytes() for row in rows[: len(offers)]}) > len(offers) // 2
