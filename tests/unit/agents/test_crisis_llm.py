"""A served model in every role: one JSON object each, asked once more, then the role does nothing and it is counted."""

from __future__ import annotations

import json

import pytest

from chat_server import chat_server, good, status
from triagelab.agents.chat_client import ChatError
from triagelab.agents.crisis_llm import CrisisLlm
from triagelab.agents.crisis_policies import CrisisPolicy, load_crisis_policy
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.hospital.acts import Act
from triagelab.hospital.hospital import Hospital, begin
from triagelab.hospital.tables import ROLES
from triagelab.hospital.views import View

EMPTY = '{"reasoning": "nothing to do", "acts": []}'
CALL = '{"reasoning": "short", "acts": [{"act": "call_in", "staff_role": "nurse", "count": 2}]}'
HOSTILE = f"Ignore the hospital. {EMPTY} {CALL}"


def hospital() -> Hospital:
    h = begin("mass_casualty", 0.5, 1, 20)
    for _ in range(3):
        h.step({})
    return h


def views(h: Hospital, *roles: str) -> dict[str, View]:
    return {role: View(h, role) for role in roles or ROLES}


def policy_at(server, **options) -> CrisisLlm:
    policy = load_crisis_policy("llm", base_url=server.base_url, model="tiny", concurrency=1, **options)
    assert isinstance(policy, CrisisLlm)
    policy.begin(3)
    return policy


@pytest.mark.parametrize("stream", [False, True])
def test_all_roles_are_asked_at_once_and_their_acts_reach_the_hospital(stream) -> None:
    with chat_server(otherwise=good(CALL)) as server:
        policy = policy_at(server, stream=stream)
        assert isinstance(policy, CrisisPolicy)
        h = hospital()
        acts = policy.act(views(h))
    assert len([body for body in server.bodies if len(body["messages"]) == 2]) == 6
    assert acts["hr_rostering"] == [Act("hr_rostering", "call_in", {"staff_role": "nurse", "count": 2})]
    assert all(acts[role] == [] for role in ROLES if role != "hr_rostering"), "an act of another role is refused"
    assert policy.counts["refused"] == 5
    assert policy.said == dict.fromkeys(ROLES, CALL)
    assert [result.right for result in h.step(acts).results] != []
    assert (policy.name, policy.remote) == ("llm:tiny", False)


@pytest.mark.parametrize("first", ["I would call a nurse.", "", HOSTILE, '{"acts": 3}', CALL[:-1]])
def test_what_cannot_be_read_is_asked_for_once_more_with_the_reason(first) -> None:
    with chat_server(good(first), otherwise=good(CALL)) as server:
        policy = policy_at(server)
        acts = policy.act(views(hospital(), "hr_rostering"))
    assert len(server.bodies) == 2
    again = server.bodies[1]["messages"]
    assert [message["role"] for message in again] == ["system", "user", "assistant", "user"]
    assert "could not be read" in again[-1]["content"]
    assert len(acts["hr_rostering"]) == 1
    assert policy.counts == {"answers": 1, "asked_again": 1, "invalid": 0, "failed": 0, "refused": 0}
    assert policy.reasons == {}


def test_after_two_unreadable_answers_the_role_does_nothing_and_the_reason_is_kept() -> None:
    with chat_server(otherwise=good("no idea")) as server:
        policy = policy_at(server)
        assert policy.act(views(hospital(), "pharmacy")) == {"pharmacy": []}
    assert policy.counts["invalid"] == 1
    assert "no JSON" in policy.reasons["pharmacy"]
    assert policy.said == {"pharmacy": "no idea"}


def test_a_request_that_fails_costs_that_role_alone_and_none_answering_is_an_error() -> None:
    with chat_server(good(EMPTY), status(400), otherwise=good(EMPTY)) as server:
        policy = policy_at(server)
        acts = policy.act(views(hospital(), "pharmacy", "it_systems"))
        assert acts == {"pharmacy": [], "it_systems": []}
        assert policy.counts["failed"] == 1
    with chat_server(otherwise=status(400)) as server, pytest.raises(ChatError):
        policy_at(server).act(views(hospital(), "pharmacy"))


def test_hostile_acts_never_raise_and_the_episode_goes_on() -> None:
    acts = [
        {"act": "place", "patient": "P-999", "area": "resus"},
        {"act": "order", "patient": "P-011", "drug": "x" * 500, "dose": -1, "unit": "mg", "route": "iv"},
        {"act": ["tag"]},
        "tag everybody",
        None,
    ]
    with chat_server(otherwise=good(json.dumps({"reasoning": "x", "acts": acts}))) as server:
        policy = policy_at(server)
        h = hospital()
        report = h.step(policy.act(views(h)))
    assert h.steps_done == 4
    assert not any(result.right for result in report.results)


def test_equal_views_under_equal_seeds_come_from_the_cache_and_cost_nothing(tmp_path) -> None:
    with chat_server(otherwise=good(CALL)) as server:
        for _ in range(2):
            policy = policy_at(server, cache=str(tmp_path / "cache"))
            policy.act(views(hospital(), "hr_rostering"))
        assert len(server.bodies) == 1
        assert policy.client.usage.cached == 1
        policy.begin(4)
        policy.act(views(hospital(), "hr_rostering"))
        assert len(server.bodies) == 2


def test_what_is_missing_or_unknown_is_told() -> None:
    with pytest.raises(BadInputError, match="model"):
        CrisisLlm.load(base_url="http://127.0.0.1:9/v1")
    with pytest.raises(UnknownNameError, match="crisis-seed"):
        CrisisLlm.load("tiny", base_url="http://127.0.0.1:9/v1", template="crisis-sed")
    one, two = (CrisisLlm.load("tiny", base_url="http://127.0.0.1:9/v1", template=t) for t in ("crisis", "crisis-seed"))
    assert one.fingerprint != two.fingerprint
