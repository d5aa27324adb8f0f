"""crisis-v1 behind a real server: roles over the wire, two sessions at once, a whole episode by socket and HTTP."""

import asyncio
import json

import pytest
from openenv import GenericEnvClient

from server_samples import call, reset, running, said, socket_to, step
from triagelab.envs.registry import make
from triagelab.hospital.tables import ROLES


@pytest.fixture(scope="module")
def url():
    with running(env_ids=["crisis-v1"], max_sessions=20) as base:
        yield base + "/crisis"


def on_the_wire(seen):
    row = seen.model_dump(mode="json")
    return {"reward": row.pop("reward"), "done": row.pop("done"), "observation": row}


def plan(role, **where):
    """Return the actions of somebody who goes by the book in a case, and what they show in process."""
    env = make("crisis-v1")
    shown, actions = [env.reset(**where, **({"role": role} if role else {}))], []
    while not shown[-1].done:
        actions.append(env.best())
        shown.append(env.step(actions[-1]))
    return [action.model_dump(mode="json", exclude_none=True) for action in actions], [
        on_the_wire(one) for one in shown
    ]


@pytest.mark.parametrize("role", [None, "pharmacy"])
def test_an_episode_over_the_socket_is_the_episode_in_process(url, role):
    actions, same = plan(role, seed=21, split="dev")
    with socket_to(url) as socket:
        seen = [reset(socket, seed=21, split="dev", **({"role": role} if role else {}))["data"]]
        seen += [step(socket, action)["data"] for action in actions]
        state = said(socket, {"type": "state"})["data"]
    assert seen == json.loads(json.dumps(same))
    assert (state["step_count"], state["done"]) == (20, True)
    assert seen[-1]["observation"]["debrief"]["patients"]


def test_an_episode_over_http_is_the_episode_in_process(url):
    actions, same = plan("er_triage", task="staff-shortage-easy", split="tasks")
    first = call(url + "/reset", {"split": "tasks", "task": "staff-shortage-easy", "role": "er_triage"})[1]
    name = first.pop("episode_id")
    seen = [first]
    for action in actions:
        status, told = call(url + "/step", {"episode_id": name, "action": action})
        assert status == 200
        assert told.pop("episode_id") == name
        seen.append(told)
    assert seen == json.loads(json.dumps(same))
    assert call(url + "/close", {"episode_id": name})[0] == 200


def test_two_sessions_at_once_do_not_mix(url):
    left_actions, left_same = plan(None, seed=1, split="test")
    right_actions, right_same = plan("icu_management", seed=2, split="test")
    with socket_to(url) as left, socket_to(url) as right:
        shown = [
            [reset(left, seed=1, split="test")["data"]],
            [reset(right, seed=2, split="test", role="icu_management")["data"]],
        ]
        for one, other in zip(left_actions, right_actions, strict=True):
            shown[0].append(step(left, one)["data"])
            shown[1].append(step(right, other)["data"])
    assert shown == json.loads(json.dumps([left_same, right_same]))
    assert shown[0][0] != shown[1][0]


@pytest.mark.parametrize("wrong", ["surgeon", "", 7, ["er_triage"], {"a": 1}])
def test_a_role_that_is_none_is_refused_and_the_session_goes_on(url, wrong):
    with socket_to(url) as socket:
        told = reset(socket, seed=1, role=wrong)
        assert told["type"] == "error"
        assert told["data"]["code"] == "VALIDATION_ERROR"
        assert reset(socket, seed=1, role="er_triage")["type"] == "observation"
    assert call(url + "/reset", {"seed": 1, "role": wrong})[0] == 422


def test_bad_acts_are_refused_inside_the_episode_and_bad_actions_as_a_whole(url):
    with socket_to(url) as socket:
        reset(socket, seed=3, role="er_triage")
        seen = step(socket, {"acts": [{"act": "tag", "patient": "P-999", "tag": "minor"}, {"act": [["x"]]}]})["data"]
        assert [one["status"] for one in seen["observation"]["results"]] == ["refused", "refused"]
        assert step(socket, {"orders": []})["data"]["code"] == "VALIDATION_ERROR"
        assert said(socket, {"type": "state"})["data"]["step_count"] == 1


def test_the_schema_of_reset_lists_the_roles(url):
    body = call(url + "/openapi.json")[1]["paths"]["/reset"]["post"]["requestBody"]
    fields = body["content"]["application/json"]["schema"]["properties"]
    assert fields["role"]["enum"] == ["all", *ROLES]


def test_openenvs_own_client_plays_a_role(url):
    async def episode():
        async with GenericEnvClient(base_url=url) as client:
            seen = [await client.reset(seed=4, role="it_systems")]
            while not seen[-1].done:
                seen.append(await client.step({"acts": []}))
            return seen

    seen = asyncio.run(episode())
    assert len(seen) == 21
    assert list(seen[0].observation["views"]) == ["it_systems"]
    assert seen[-1].observation["debrief"]["outcome"]["patients"] > 10
