"""Replies on disk: found by everything that decides them, never half written, never trusted."""

from __future__ import annotations

import json

import pytest

from chat_server import USAGE, call, chat_server, good, status
from triagelab.agents.chat_cache import ReplyCache
from triagelab.agents.chat_client import ChatClient, ChatError, make_client
from triagelab.agents.chat_endpoint import Endpoint
from triagelab.agents.chat_reply import ChatReply, ChatRequest
from triagelab.errors import BadInputError


def ask(server, cache, text="How urgent?", *, seed=0, model="tiny", cacheable=True, tools=(), **options):
    asked = ChatClient(Endpoint(server.base_url, model, "sk-secret-key"), cache=cache, **options)
    reply = asked.ask([ChatRequest([{"role": "user", "content": text}], tools, cacheable)], seed=seed)[0]
    return reply, asked.usage


def test_the_second_time_comes_from_disk(tmp_path):
    cache = ReplyCache(tmp_path / "new" / "folder")
    with chat_server(good("ANSWER: ESI 2 \ud83d", [call("measure", {"target": "spo2"})])) as server:
        first, _ = ask(server, cache)
        again, usage = ask(server, cache, stream=True)
        assert len(server.bodies) == 1
    assert not first.cached
    assert first.text == "ANSWER: ESI 2 ?"
    assert again.cached
    assert (again.text, again.calls, again.finish) == (first.text, first.calls, first.finish)
    assert (again.prompt_tokens, again.attempts) == (USAGE["prompt_tokens"], 0)
    assert (usage.cached, usage.answered, usage.prompt_tokens) == (1, 0, 0)


def test_everything_that_decides_the_answer_is_in_the_key(tmp_path):
    cache = ReplyCache(tmp_path)
    changes = [
        {},
        {"text": "How urgent now?"},
        {"seed": 1},
        {"model": "other"},
        {"temperature": 0.5},
        {"max_tokens": 9},
        {"tools": [{"type": "function", "function": {"name": "measure"}}]},
    ]
    with chat_server() as server, chat_server() as elsewhere:
        for change in changes:
            assert not ask(server, cache, **change)[0].cached, change
            assert ask(server, cache, **change)[0].cached, change
        assert not ask(elsewhere, cache)[0].cached
        assert len(server.bodies) == len(changes)
    assert len(list(tmp_path.rglob("*.json"))) == len(changes) + 1


def test_a_key_in_an_old_entry_is_not_shown(tmp_path):
    cache = ReplyCache(tmp_path)
    with chat_server(good("tell sk-secret-key", [call("sk-secret-key", {"target": "sk-secret-key"})])) as server:
        endpoint = Endpoint(server.base_url, "tiny", "sk-another-key")  # under which it is a word like others
        ChatClient(endpoint, cache=cache).ask([ChatRequest([{"role": "user", "content": "How urgent?"}])])
        reply, _ = ask(server, cache)
    assert reply.cached
    assert "sk-secret-key" not in repr(reply)
    assert reply.text == "tell [key]"


@pytest.mark.parametrize("wrong", [b"", b"{", b"[]", b'{"format": 1}', b"\xff\xfe", b"9" * 10_000, b"[" * 100_000])
def test_a_corrupt_entry_is_a_miss_and_is_mended(tmp_path, wrong):
    cache = ReplyCache(tmp_path)
    with chat_server() as server:
        ask(server, cache)
        (entry,) = tmp_path.rglob("*.json")
        whole = entry.read_bytes()
        entry.write_bytes(wrong)
        assert not ask(server, cache)[0].cached
        assert entry.read_bytes() == whole
        assert ask(server, cache)[0].cached


def test_an_entry_under_another_name_does_not_count(tmp_path):
    cache = ReplyCache(tmp_path)
    assert cache.put("a" * 64, ChatReply("answered", "ANSWER: ESI 1"))
    other = cache.path("b" * 64)
    other.parent.mkdir()
    cache.path("a" * 64).rename(other)
    assert cache.get("b" * 64) is None


@pytest.mark.parametrize(
    "change", [{"calls": [["name"]]}, {"calls": [[1, "2"]]}, {"text": 5}, {"more": 1}, {"format": 2}]
)
def test_an_entry_of_another_shape_is_a_miss(tmp_path, change):
    cache = ReplyCache(tmp_path)
    cache.put("a" * 64, ChatReply("answered", "ANSWER: ESI 1"))
    place = cache.path("a" * 64)
    assert cache.get("a" * 64) is not None
    place.write_text(json.dumps({**json.loads(place.read_text()), **change}))
    assert cache.get("a" * 64) is None


def test_failures_and_credentialed_cases_are_not_kept(tmp_path):
    cache = ReplyCache(tmp_path)
    with chat_server(status(404)) as server:
        with pytest.raises(ChatError):
            ask(server, cache)
        ask(server, cache, cacheable=False)
        assert list(tmp_path.rglob("*.json")) == []
        ask(server, cache, cacheable=False, cache_credentialed=True)
        assert len(list(tmp_path.rglob("*.json"))) == 1


def test_a_disk_that_is_full_costs_no_answer(tmp_path, monkeypatch):
    def full(path, value):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("triagelab.agents.chat_cache.write_json", full)
    with chat_server() as server:
        reply, usage = ask(server, ReplyCache(tmp_path))
    assert reply.answered
    assert usage.unsaved == 1
    assert "1 not kept in the cache" in usage.line()


def test_a_place_that_is_none(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInputError, match="--cache"):
        ReplyCache(tmp_path / "file")


def test_switched_off(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for off in (None, "off"):
        assert make_client(base_url="http://127.0.0.1:1/v1", model="tiny", cache=off).cache is None
    assert list(tmp_path.iterdir()) == []
