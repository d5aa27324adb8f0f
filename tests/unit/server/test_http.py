"""HTTP: an episode held by its id, its errors as statuses, OpenEnv's routes, the index; no traceback, no truth."""

import http.client
import json
import urllib.request

import pytest
from openenv.cli._validation import validate_running_environment

from server_samples import ACTIONS, COMMIT, call, reset, running, socket_to, words
from triagelab.envs.base import SEEDS
from triagelab.envs.registry import REGISTRY, make
from triagelab.server.wire import LARGEST_MESSAGE

HIDDEN = {"acceptable", "because", "facts", "truth", "labelled_by", "seed", "case_id", "point"}
MOUNTS = sorted(ACTIONS)


@pytest.mark.parametrize("mount", [*MOUNTS, ""])
def test_an_episode_is_held_by_its_id_until_it_is_closed(base, mount):
    url = base + mount
    status, first = call(url + "/reset", {"seed": 5, "split": "test"})
    name = first["episode_id"]
    seen = [call(url + "/step", {"episode_id": name, "action": action}) for action in ACTIONS[mount or "/bedside"]]
    assert {status, *(code for code, _ in seen)} == {200}
    assert [body["done"] for _, body in seen] == [False] * (len(seen) - 1) + [True]
    env = make(next(entry.env_id for entry in REGISTRY.values() if entry.mount == (mount or "/bedside")))
    env.reset(seed=5, split="test")
    same = [env.step(action) for action in ACTIONS[mount or "/bedside"]]
    assert [body["reward"] for _, body in seen] == [item.reward for item in same]
    assert seen[-1][1]["observation"]["debrief"] == json.loads(same[-1].model_dump_json())["debrief"]
    status, told = call(f"{url}/state?episode_id={name}")
    assert (status, told["done"], told["step_count"]) == (200, True, len(seen))
    assert call(url + "/step", {"episode_id": name, "action": COMMIT})[0] == 409
    assert call(url + "/close", {"episode_id": name}) == (200, {"closed": True, "episode_id": name})
    for verb, body in (("close", {}), ("step", {"action": COMMIT})):
        status, told = call(f"{url}/{verb}", {"episode_id": name, **body})
        assert status == 404
        assert "reset" in told["detail"]


def test_an_episode_id_in_use_is_refused_and_the_other_episode_goes_on(base):
    url = base + "/bedside"
    assert call(url + "/reset", {"seed": 1, "episode_id": "mine"})[0] == 200
    assert call(url + "/step", {"episode_id": "mine", "action": {"kind": "more_info"}})[0] == 200
    status, told = call(url + "/reset", {"seed": 2, "episode_id": "mine"})
    assert status == 409
    assert "in use" in told["detail"]
    assert call(url + "/state?episode_id=mine")[1]["step_count"] == 1
    assert call(base + "/esi/state?episode_id=mine")[0] == 404  # another environment knows nothing of it
    call(url + "/close", {"episode_id": "mine"})
    assert call(url + "/reset", {"seed": 2, "episode_id": "mine"})[0] == 200
    call(url + "/close", {"episode_id": "mine"})


def test_no_episode_id_and_no_action_are_told_apart(base):
    url = base + "/bedside"
    for status, told in (call(url + "/step", {"action": COMMIT}), call(url + "/state"), call(url + "/close", {})):
        assert status == 422
        assert "episode_id" in told["detail"]
    name = call(url + "/reset", {})[1]["episode_id"]
    status, told = call(url + "/step", {"episode_id": name})
    assert status == 422
    assert "action" in told["detail"]
    call(url + "/close", {"episode_id": name})


def test_nothing_of_the_truth_is_told_before_the_end(base):
    for mount in MOUNTS:
        url = base + mount
        first = call(url + "/reset", {"seed": 1_234_567_891})[1]
        name = first["episode_id"]
        told = [first, call(f"{url}/state?episode_id={name}"), call(url + "/metadata"), call(url + "/health")]
        told += [call(url + "/step", {"episode_id": name, "action": bad}) for bad in ({}, {"kind": "x"}, 7, None)]
        told += [call(url + "/step", {"episode_id": name, "action": action})[1] for action in ACTIONS[mount][:-1]]
        told += [call(f"{url}/{REGISTRY_ID[mount]}/tasks", {"split": "test"})]
        for item in told:
            text = json.dumps(item)
            assert not HIDDEN & set(words(item if isinstance(item, dict) else list(item)))
            assert "1234567891" not in text
            assert "gen-" not in text
        call(url + "/close", {"episode_id": name})


REGISTRY_ID = {entry.mount: entry.env_id for entry in REGISTRY.values()}


@pytest.mark.parametrize("mount", MOUNTS)
def test_the_schemas_name_no_field_of_the_truth(base, mount):
    schemas = call(base + mount + "/schema")[1]
    assert {"action", "observation", "state"} <= set(schemas)
    assert not HIDDEN & set(words(schemas))
    assert "level" not in schemas["observation"]["properties"]
    assert set(schemas["state"]["properties"]) == {"env_id", "episode_id", "step_count", "done"}
    assert not HIDDEN & set(words(call(base + mount + "/openapi.json")[1]["paths"]["/state"]))


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b"[" * 50_000, 400),
        (b"\xff", 400),
        (b'{"seed":' + b"9" * 5_000 + b"}", 400),
        (b'{"seed":NaN}', 400),
        (b'{"seed":-1}', 422),
        (b'{"seed":1e3}', 422),
        (b'{"seed":true}', 422),
        (b'{"split":"gold"}', 422),
        (b'{"split":["\\ud800"]}', 422),
        (b'{"episode_id":""}', 422),
        (b'{"episode_id":9}', 422),
        (b'{"episode_id":"\\ud800"}', 422),
        (b'{"split":"tasks","task":{"a":1}}', 422),
        (b" " * (LARGEST_MESSAGE + 1), 413),
    ],
)
def test_a_bad_body_is_refused_in_one_line_and_leaves_no_session(base, raw, status):
    before = call(base + "/capacity")[1]["http_sessions"]
    for verb in ("reset", "step") if status in (400, 413) else ("reset",):
        code, told = call(f"{base}/bedside/{verb}", raw=raw)
        assert code == status
        assert isinstance(told["detail"], str)
        assert "\n" not in told["detail"]
        assert "Traceback" not in told["detail"]
    assert call(base + "/capacity")[1]["http_sessions"] == before


def test_a_body_of_unstated_length_is_limited_too(base):
    connection = http.client.HTTPConnection(base.removeprefix("http://"), timeout=10)
    parts = (b"x" * 65_536 for _ in range(LARGEST_MESSAGE // 65_536 + 1))
    connection.request("POST", "/bedside/reset", parts, encode_chunked=True, headers={"Transfer-Encoding": "chunked"})
    assert connection.getresponse().status == 413
    connection.close()


@pytest.mark.parametrize("mount", MOUNTS)
def test_tasks_are_listed_within_bounds(base, mount):
    url = f"{base}{mount}/{REGISTRY_ID[mount]}"
    names = [item["name"] for item in call(url + "/splits")[1]]
    assert {"train", "test"} <= set(names)
    assert call(url + "/num_tasks", {"split": "train"})[1] == {"num_tasks": SEEDS}
    assert len(call(url + "/tasks", {"split": "train"})[1]["tasks"]) == 100
    assert len(call(url + "/task_range", {"split": "train", "start": 5})[1]["tasks"]) == 1_000
    assert call(url + "/task", {"split": "train", "index": 3})[1]["task"]["index"] == 3
    for verb, body, status in (
        ("task", {"split": "train", "index": -1}, 400),
        ("task", {"split": "train", "index": SEEDS}, 400),
        ("tasks", {"split": "nope"}, 422),
        ("tasks", {"split": "\ud800"}, 422),
        ("task", {"split": "train", "index": "x"}, 422),
        ("tasks", {}, 422),
    ):
        assert call(f"{url}/{verb}", body)[0] == status
    assert call(f"{base}{mount}/other/splits")[0] == 404


@pytest.mark.parametrize("mount", [*MOUNTS, ""])
def test_openenv_validate_passes_by_url(base, mount):
    report = validate_running_environment(base + mount)
    assert [item["id"] for item in report["criteria"] if not item["passed"]] == []
    assert len(report["criteria"]) == 6


def test_the_index_lists_every_environment_for_people_and_programs(base):
    listed = call(base + "/")[1]
    assert {item["mount"] for item in listed["environments"]} == set(MOUNTS)
    assert listed["at_root"] == "bedside-v1"
    request = urllib.request.Request(base + "/", headers={"Accept": "text/html"})
    with urllib.request.urlopen(request) as reply:
        page = reply.read().decode()
    assert all(mount in page for mount in MOUNTS)
    assert "never a medical device" in page
    assert call(base + "/health") == (200, {"status": "healthy"})
    assert call(base + "/esi/nothing")[0] == 404


def test_http_and_websocket_share_one_limit_and_ended_episodes_give_way():
    with running(max_sessions=2, env_ids=["esi-v1"]) as base, socket_to(base + "/esi") as socket:
        reset(socket, seed=1)
        name = call(base + "/esi/reset", {"seed": 1})[1]["episode_id"]
        status, told = call(base + "/esi/reset", {"seed": 2})
        assert status == 503
        assert "2 sessions" in told["detail"]
        counts = call(base + "/capacity")[1]
        assert (counts["websocket_sessions"], counts["http_sessions"], counts["max_sessions"]) == (1, 1, 2)
        call(base + "/esi/step", {"episode_id": name, "action": {"text": ""}})
        assert call(base + "/esi/reset", {"seed": 2})[0] == 200
        assert call(base + f"/esi/state?episode_id={name}")[0] == 404


def test_mcp_sessions_are_few():
    body = {"jsonrpc": "2.0", "id": 1, "method": "openenv/session/create"}
    with running(env_ids=["esi-v1"]) as base:
        made = [call(base + "/esi/mcp", body)[1] for _ in range(6)]
    assert [("error" in item and item["error"] is not None) for item in made] == [False] * 4 + [True] * 2
