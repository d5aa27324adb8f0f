"""The WebSocket protocol: episodes, isolation, order, capacity, idle sessions, broken messages, no truth."""

import asyncio
import json
import threading
import time

import pytest
import websockets
from openenv import GenericEnvClient
from websockets.exceptions import ConnectionClosed

from server_samples import ACTIONS, COMMIT, call, reset, running, said, socket_to, step, words
from triagelab.envs.registry import REGISTRY, make
from triagelab.server.wire import LARGEST_MESSAGE

TOLD_AT_THE_END = {
    "would_change",
    "acceptable",
    "because",
    "level",
    "scale",
    "labelled_by",
    "facts",
    "seed",
    "case_id",
    "point",
}
TRUTH = {"/crisis": "patients", "/imaging": "label"}
"""Mount -> what the debrief tells of the truth; elsewhere it is the level."""
MOUNTS = sorted(ACTIONS)


def alone(mount, seed, split):
    """What the same episode shows in process, as it stands on the wire."""
    env_id = next(entry.env_id for entry in REGISTRY.values() if entry.mount == mount)
    env = make(env_id)
    seen = [env.reset(seed=seed, split=split), *(env.step(action) for action in ACTIONS[mount])]
    rows = [item.model_dump(mode="json") for item in seen]
    return [{"reward": row.pop("reward"), "done": row.pop("done"), "observation": row} for row in rows]


def test_every_environment_of_the_registry_is_tested_here():
    assert {entry.mount for entry in REGISTRY.values()} == set(ACTIONS)


@pytest.mark.parametrize("mount", [*MOUNTS, ""])
def test_an_episode_over_the_wire_is_the_episode_in_process(base, mount):
    same = mount or "/bedside"
    with socket_to(base + mount) as socket:
        seen = [reset(socket, seed=7, split="test", episode_id="e")]
        seen += [step(socket, action) for action in ACTIONS[same]]
        state = said(socket, {"type": "state"})
    assert [item["type"] for item in seen] == ["observation"] * len(seen)
    assert [item["data"] for item in seen] == alone(same, 7, "test")
    told = state["data"]
    assert (told["episode_id"], told["step_count"], told["done"]) == ("e", len(ACTIONS[same]), True)
    assert set(told) == {"env_id", "episode_id", "step_count", "done"}


@pytest.mark.parametrize("mount", MOUNTS)
def test_nothing_of_the_truth_is_told_before_the_end(base, mount):
    with socket_to(base + mount) as socket:
        replies = [said(socket, {"type": "state"}), step(socket, ACTIONS[mount][0])]
        replies += [reset(socket, seed=1_234_567_891), said(socket, {"type": "state"}), step(socket, {"kind": 7})]
        replies += [step(socket, action) for action in ACTIONS[mount][:-1]]
        last = step(socket, ACTIONS[mount][-1])
    for reply in replies:
        assert not TOLD_AT_THE_END & set(words(reply))
        assert "1234567891" not in json.dumps(reply)
        assert reply["data"].get("observation", {}).get("debrief") is None
    told = last["data"]["observation"]["debrief"]
    assert told[TRUTH.get(mount, "level")]


@pytest.mark.parametrize("mount", MOUNTS)
def test_forty_clients_at_once_see_their_own_patients(base, mount):
    async def one(seed, begun):
        url = base.replace("http", "ws") + mount + "/ws"
        async with websockets.connect(url, proxy=None, compression=None) as socket:

            async def ask(kind, data):
                await socket.send(json.dumps({"type": kind, "data": data}))
                return json.loads(await socket.recv())["data"]

            seen = [await ask("reset", {"seed": seed, "split": "train"})]
            await begun.wait()  # all episodes run at the same time
            for action in ACTIONS[mount]:
                seen.append(await ask("step", action))
            return seen

    async def everybody():
        begun = asyncio.Barrier(40)
        return await asyncio.gather(*(one(seed, begun) for seed in range(40)))

    found = asyncio.run(everybody())
    assert found == [alone(mount, seed, "train") for seed in range(40)]
    assert len({json.dumps(seen[0]) for seen in found}) == 40


def test_out_of_turn_is_a_clear_error_and_the_session_goes_on(base):
    with socket_to(base + "/bedside") as socket:
        early = step(socket, COMMIT)["data"]
        assert early["code"] == "EXECUTION_ERROR"
        assert "reset" in early["message"]
        reset(socket, seed=1)
        step(socket, COMMIT)
        late = step(socket, COMMIT)["data"]
        assert late["code"] == "EXECUTION_ERROR"
        assert "ended" in late["message"]
        assert reset(socket, seed=2)["type"] == "observation"
        socket.send('{"type": "close"}')
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=5)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("", "INVALID_JSON"),
        ("{", "INVALID_JSON"),
        ("[]", "INVALID_JSON"),
        ('"reset"', "INVALID_JSON"),
        ("[" * 50_000, "INVALID_JSON"),
        ('{"type":"reset","data":{"seed":' + "9" * 5_000 + "}}", "INVALID_JSON"),
        ('{"type":"reset","data":{"seed":NaN}}', "INVALID_JSON"),
        (b"\xff\xfe", "INVALID_JSON"),
        ("{}", "UNKNOWN_TYPE"),
        ({"type": ["reset"]}, "UNKNOWN_TYPE"),
        ({"type": "hack"}, "UNKNOWN_TYPE"),
        ({"type": "reset", "data": []}, "VALIDATION_ERROR"),
        ({"type": "reset", "data": {"seed": -1}}, "VALIDATION_ERROR"),
        ({"type": "reset", "data": {"seed": 2**70}}, "VALIDATION_ERROR"),
        ({"type": "reset", "data": {"seed": 1.5}}, "VALIDATION_ERROR"),
        ({"type": "reset", "data": {"seed": "1; drop"}}, "VALIDATION_ERROR"),
        ({"type": "reset", "data": {"split": "gold"}}, "VALIDATION_ERROR"),
        ({"type": "reset", "data": {"split": ["train"]}}, "VALIDATION_ERROR"),
        ({"type": "reset", "data": {"split": {"a": 1}}}, "VALIDATION_ERROR"),
        ({"type": "reset", "data": {"task": 1, "index": 2}}, "VALIDATION_ERROR"),
        ({"type": "reset", "data": {"task": ["x"], "split": "tasks"}}, "VALIDATION_ERROR"),
        ({"type": "reset", "data": {"episode_id": "x" * 256}}, "VALIDATION_ERROR"),
        ({"type": "reset", "data": {"episode_id": 3}}, "VALIDATION_ERROR"),
        ({"type": "step"}, "VALIDATION_ERROR"),
        ({"type": "step", "data": "commit"}, "VALIDATION_ERROR"),
        ({"type": "step", "data": {}}, "VALIDATION_ERROR"),
        ({"type": "step", "data": {"kind": "commit", "level": 9}}, "VALIDATION_ERROR"),
        ({"type": "step", "data": {"kind": "ask", "target": "\ud800"}}, "VALIDATION_ERROR"),
        ({"type": "step", "data": {**COMMIT, "extra": {"a": [1] * 99}}}, "VALIDATION_ERROR"),
    ],
)
def test_a_bad_message_gets_one_clear_line_and_the_episode_goes_on(base, message, code):
    with socket_to(base + "/bedside") as socket:
        reset(socket, seed=3, episode_id="kept")
        reply = said(socket, message)
        assert reply["type"] == "error"
        assert reply["data"]["code"] == code
        assert "\n" not in reply["data"]["message"]
        assert "Traceback" not in reply["data"]["message"]
        assert len(reply["data"]["message"]) < 1_200
        assert said(socket, {"type": "state"})["data"]["episode_id"] == "kept"
        assert step(socket, COMMIT)["data"]["done"] is True


def test_a_message_that_is_too_large_ends_the_connection_and_nobody_elses(base):
    with socket_to(base + "/esi") as other, socket_to(base + "/esi") as socket:
        reset(other, seed=1)
        with pytest.raises(ConnectionClosed) as caught:
            said(socket, "x" * (LARGEST_MESSAGE + 1))
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1009
        assert step(other, {"text": ""})["data"]["done"] is True


def test_typed_clients_may_send_metadata_and_unset_fields(base):
    with socket_to(base + "/bedside") as socket:
        reset(socket, seed=1, unknown_option=True)
        action = {"kind": "more_info", "target": None, "level": None, "pathway": None, "pattern": None, "metadata": {}}
        assert step(socket, action)["type"] == "observation"
        rpc = said(socket, {"type": "mcp", "data": {"jsonrpc": "2.0", "id": 5, "method": "tools/list"}})
        assert rpc["data"]["id"] == 5
        assert "MCP" in rpc["data"]["error"]["message"]


def test_a_full_server_says_so_and_takes_the_next_one_when_somebody_leaves():
    with running(max_sessions=2, env_ids=["esi-v1"]) as base, socket_to(base) as first:
        with socket_to(base + "/esi") as second:
            reset(second, seed=1)
            with socket_to(base + "/esi") as third:
                reply = json.loads(third.recv(timeout=5))["data"]
                assert (reply["code"], reply["active_sessions"], reply["max_sessions"]) == ("CAPACITY_REACHED", 2, 2)
                with pytest.raises(ConnectionClosed):
                    third.recv(timeout=5)
            assert step(second, {"text": ""})["data"]["done"] is True
        for _ in range(100):  # the server hears of the leaving a moment later
            if call(base + "/capacity")[1]["active_sessions"] == 1:
                break
            time.sleep(0.02)
        with socket_to(base + "/esi") as fourth:
            assert reset(fourth, seed=1)["type"] == "observation"
            assert reset(first, seed=1)["type"] == "observation"


def test_an_idle_session_is_ended_with_a_clear_error_and_a_busy_one_is_not():
    with running(max_sessions=4, session_timeout=0.4, env_ids=["esi-v1"]) as base, socket_to(base + "/esi") as busy:
        with socket_to(base + "/esi") as idle:
            reset(idle, seed=1)
            for _ in range(12):
                reset(busy, seed=2)
                time.sleep(0.1)
            reply = json.loads(idle.recv(timeout=5))["data"]
            assert reply["code"] == "SESSION_ERROR"
            assert "idle" in reply["message"]
            with pytest.raises(ConnectionClosed) as caught:
                step(idle, {"text": "ANSWER: ESI 1"})
            assert caught.value.rcvd is not None
            assert caught.value.rcvd.code == 4408
        assert step(busy, {"text": "ANSWER: ESI 1"})["data"]["done"] is True


def test_openenvs_client_plays_sync_and_async(base):
    with GenericEnvClient(base_url=base + "/bedside") as env:
        assert env.reset(seed=4, split="tasks").done is False
        assert env.step({"kind": "more_info"}).observation["message"]
        assert env.state()["step_count"] == 1
        assert env.step(COMMIT).done is True
        with pytest.raises(RuntimeError, match="ended"):
            env.step(COMMIT)

    async def play():
        async with GenericEnvClient(base_url=base + "/esi") as env:
            await env.reset(seed=4)
            return await env.step({"text": "ANSWER: ESI 2"})

    last = asyncio.run(play())
    assert last.done is True
    assert last.reward == sum(last.observation["components"].values())


def test_two_threads_with_the_same_episode_id_do_not_meet(base):
    found = {}

    def play(name, seed):
        with socket_to(base + "/esi") as socket:
            found[name] = [reset(socket, seed=seed, episode_id="same"), step(socket, ACTIONS["/esi"][0])]

    threads = [threading.Thread(target=play, args=(name, seed)) for name, seed in (("a", 1), ("b", 2))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [item["data"] for item in found["a"]] == alone("/esi", 1, "train")
    assert [item["data"] for item in found["b"]] == alone("/esi", 2, "train")
