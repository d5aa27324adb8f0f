"""What an endpoint says: tool calls, odd answers, what it does not say, and the key that it may echo."""

from __future__ import annotations

import json
import logging
import sys

import pytest

import chat_server as faults
from chat_server import KEY, QUESTION, after_one_good, chat_server, client, good, raw, status
from triagelab.agents.chat_cache import ReplyCache
from triagelab.agents.chat_client import ChatClient
from triagelab.agents.chat_endpoint import Endpoint
from triagelab.agents.chat_reply import ChatRequest
from triagelab.agents.chat_usage import Price
from triagelab.errors import MissingDependencyError


def test_the_key_is_nowhere(tmp_path, caplog, monkeypatch):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-the-user")
    caplog.set_level(logging.DEBUG)
    echo = good(f"your key is {KEY}", [faults.call("say", {"key": KEY})])
    with chat_server(echo, status(401, f"bad key {KEY}\nline")) as server:
        asked = client(server, cache=ReplyCache(tmp_path))
        reply = asked.ask([QUESTION])[0]
        other = asked.ask([ChatRequest([{"role": "user", "content": "other"}])])[0]
        assert "openai-organization" not in server.headers[0]
    kept = "".join(path.read_text() for path in tmp_path.rglob("*.json"))
    assert "your key is [key]" in kept
    for text in (repr(reply), repr(other), kept, repr(asked.endpoint), caplog.text, asked.usage.line()):
        assert KEY not in text
    assert "bad key [key] line" in other.error
    assert "How urgent" not in caplog.text


@pytest.mark.parametrize("stream", [False, True])
def test_tool_calls(stream):
    offered = [{"type": "function", "function": {"name": "measure", "parameters": {"type": "object"}}}]
    with chat_server(good(None, [faults.call("measure", {"target": "spo2"})])) as server:
        reply = client(server, stream=stream).ask([ChatRequest(QUESTION.messages, offered)])[0]
    assert server.bodies[0]["tools"] == offered
    assert [(one.name, json.loads(one.arguments)) for one in reply.calls] == [("measure", {"target": "spo2"})]
    assert reply.text is None


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("message", "finish", "expected"),
    [
        ({"content": None, "reasoning_content": "hm"}, "length", ("", "length")),
        ({"content": None, "refusal": "I cannot help."}, "stop", ("I cannot help.", "stop")),
        ({"content": "ESI 3"}, f"because {KEY}", ("ESI 3", "other")),
    ],
)
def test_a_model_that_says_nothing_has_answered_and_the_reason_is_a_known_word(message, finish, expected, stream):
    choice = {"message": message, "delta": message, "finish_reason": finish}
    line = json.dumps({"choices": [choice]})
    with chat_server(faults.events(line, "[DONE]") if stream else raw(line.encode())) as server:
        reply = client(server, stream=stream).ask([QUESTION])[0]
    assert (reply.text, reply.finish) == expected
    assert reply.attempts == 1


def test_a_key_behind_much_white_space_is_not_shown_in_part():
    with chat_server(status(401, " " * 993 + KEY)) as server:
        _, (reply,) = after_one_good(server)
    assert KEY[:6] not in reply.error


def test_whatever_the_libraries_raise_costs_one_request(monkeypatch):
    import openai

    async def broken(*arguments, **options):
        raise RuntimeError("inside")

    with chat_server() as server:
        asked = client(server, retries=0)
        asked.ask([QUESTION])
        monkeypatch.setattr(openai.AsyncOpenAI, "post", broken)
        assert [reply.status for reply in asked.ask([QUESTION] * 2)] == ["unreadable"] * 2


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(MissingDependencyError, match=r"triagelab\[chat\]"):
        ChatClient(Endpoint("http://127.0.0.1:1/v1", "tiny")).ask([QUESTION])


def test_half_a_surrogate_pair_in_a_question_costs_no_answer():
    with chat_server() as server:
        assert client(server).ask([ChatRequest([{"role": "user", "content": "pain \ud83d"}])])[0].answered
    assert server.bodies[0]["messages"][0]["content"] == "pain ?"


def test_usage_that_the_server_does_not_say_is_unknown():
    with chat_server(good(usage=None), good(usage={"prompt_tokens": -1, "completion_tokens": "many"})) as server:
        asked = client(server, price=Price.read("1,2"))
        asked.ask([QUESTION] * 2)
    assert asked.usage.uncounted == 2
    assert "tokens of 2 unknown" in asked.usage.line(asked.price)
    assert "at least $0.0000" in asked.usage.line(asked.price)
