"""Any kind as an OpenEnv environment: typed classes from its own models, the same episode, rubric, tasks, no truth."""

import asyncio

import pytest
from pydantic import ValidationError

from triagelab.envs.base import SEEDS, EpisodeError
from triagelab.envs.openenv import LONGEST_RANGE, PREVIEW, adapt
from triagelab.envs.registry import REGISTRY, make
from triagelab.errors import BadInputError, UnknownNameError

KINDS = {env_id: entry.load() for env_id, entry in REGISTRY.items()}


@pytest.fixture(params=sorted(KINDS))
def made(request):
    return adapt(KINDS[request.param])


def play(made, env, *, wait=lambda value: value):
    """Return what the best actions of a known episode show."""
    twin = make(made.kind.env_id)
    twin.reset(seed=11, split="test")
    seen = [wait(env.reset(seed=11, split="test", episode_id="e"))]
    while not seen[-1].done:
        best = twin.best()
        twin.step(best)
        seen.append(wait(env.step(made.action(**best.model_dump()))))
    return seen, twin.record


def test_the_adapted_episode_is_the_episode(made):
    env = made.environment()
    seen, record = play(made, env)
    same = [record.first, *(item for _, item in record.turns)]
    assert [item.model_dump(exclude={"metadata"}) for item in seen] == [item.model_dump() for item in same]
    assert all(isinstance(item, made.observation) for item in seen)
    assert made.observation.model_validate(seen[-1].model_dump()) == seen[-1]
    assert (env.state.episode_id, env.state.step_count, env.state.done) == ("e", len(seen) - 1, True)


def test_async_calls_do_the_same(made):
    first, _ = play(made, made.environment())
    env = made.environment()

    async def again():
        seen = [await env.reset_async(seed=11, split="test", episode_id="e")]
        twin = make(made.kind.env_id)
        twin.reset(seed=11, split="test")
        while not seen[-1].done:
            best = twin.best()
            twin.step(best)
            seen.append(await env.step_async(made.action(**best.model_dump())))
        return seen

    assert asyncio.run(again()) == first


def test_the_rubric_tree_names_every_component_and_sums_to_the_reward(made):
    env = made.environment()
    seen, _ = play(made, env)
    parts = {name.removeprefix("part_"): part.last_score for name, part in env.rubric.named_rubrics()}
    assert set(parts) == set(made.kind.component_names)
    assert {name: value for name, value in parts.items() if value} == {
        name: value for name, value in seen[-1].components.items() if value
    }
    assert env.rubric.last_score == pytest.approx(seen[-1].reward)


def test_out_of_turn_is_an_error_and_a_closed_environment_stays_closed(made):
    env = made.environment()
    with pytest.raises(EpisodeError, match="reset"):
        env.step({})
    env.reset(seed=1)
    env.close()
    env.close()
    for call in (lambda: env.reset(seed=1), lambda: env.step({}), lambda: env.state):
        with pytest.raises(EpisodeError, match="closed"):
            call()


def test_wrong_actions_are_refused_by_the_type_or_by_the_environment(made):
    with pytest.raises(ValidationError):
        made.action(nonsense=1)
    env = made.environment()
    env.reset(seed=1)
    with pytest.raises(BadInputError):
        env.step({"nonsense": 1})


def test_tasks_are_bounded_in_lists_and_true_in_number(made):
    env = made.environment()
    for split in env.list_splits():
        count = env.num_tasks(split)
        listed = env.list_tasks(split)
        assert len(listed) == (PREVIEW if count >= SEEDS else count)
        assert env.get_task(split, count - 1)["index"] == count - 1
        assert len(env.get_task_range(split)) == min(count, LONGEST_RANGE)
        assert env.get_task_range(split, 2, 4) == listed[2:4]
        for index in (-1, count):
            with pytest.raises(IndexError):
                env.get_task(split, index)
        assert env.reset(split=split, index=1).done is False
    with pytest.raises(UnknownNameError):
        env.list_tasks("gold")
    with pytest.raises(BadInputError):
        env.reset(task=1, index=1)


def test_state_holds_no_seed_and_no_truth(made):
    env = made.environment()
    env.reset(seed=1_234_567_891)
    assert set(env.state.model_dump()) == {"episode_id", "step_count", "env_id", "done"}
    assert "1234567891" not in str(env.state) + env.get_metadata().model_dump_json()
