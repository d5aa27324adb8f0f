"""The wire and the client against an endpoint that misbehaves: every fault has its status, and waits are bounded."""

from __future__ import annotations

import asyncio

import pytest

import chat_server as faults
from chat_server import KEY, QUESTION, Waits, after_one_good, chat_server, client, good, raw, status
from triagelab.agents.chat import Wire
from triagelab.agents.chat_backoff import Backoff
from triagelab.agents.chat_client import GIVE_UP, ChatClient, ChatError
from triagelab.agents.chat_endpoint import Endpoint
from triagelab.agents.chat_reply import FAILURES, ChatRequest
from triagelab.agents.chat_usage import Price
from triagelab.errors import BadInputError


@pytest.mark.parametrize("stream", [False, True])
def test_answer_with_tokens_and_what_was_sent(stream):
    with chat_server() as server:
        asked = client(server, stream=stream, temperature=0.5, max_tokens=77, price=Price(1.0, 2.0))
        reply = asked.ask([QUESTION], seed=3)[0]
    assert (reply.status, reply.text, reply.finish, reply.attempts) == ("answered", "ANSWER: ESI 3", "stop", 1)
    assert (reply.prompt_tokens, reply.completion_tokens) == (11, 7)
    assert asked.usage.to_dict(asked.price)["dollars"] == pytest.approx((11 + 14) / 1e6)
    sent = server.bodies[0]
    assert (sent["model"], sent["temperature"], sent["max_tokens"], sent["stream"]) == ("tiny", 0.5, 77, stream)
    assert sent["messages"] == QUESTION.messages
    assert 0 <= sent["seed"] < 1 << 31
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"
    assert not [name for name in server.headers[0] if name.startswith(("x-", "openai"))]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (status(429), "rate_limited"),
        (status(500), "server_error"),
        (status(503), "server_error"),
        (status(408), "rejected"),
        (raw(b"{not json"), "unreadable"),
        (raw(b"[1, 2]"), "unreadable"),
        (raw(b'{"choices": []}'), "unreadable"),
        (raw(b'{"choices": [{"message": {"content": 5}}]}'), "unreadable"),
        (raw(b'{"choices": [{"message": {"content": null}}]}'), "unreadable"),
        (raw(b'{"choices": "none", "usage": 3}'), "unreadable"),
        (raw(b"<html>busy</html>", "text/html"), "unreadable"),
        (raw(b""), "unreadable"),
        (faults.half, "cut"),
        (faults.hang_up, "cut"),
    ],
)
def test_a_passing_fault_is_retried_and_a_lasting_one_has_a_status(fault, expected, stream):
    if stream and expected == "unreadable":
        expected = "cut"  # no event came: a stream without its end
    with chat_server(fault) as server:
        waits = Waits()
        reply = client(server, stream=stream, waits=waits).ask([QUESTION])[0]
        assert (reply.status, reply.attempts, len(waits)) == ("answered", 2, 1)
        asked = client(server, stream=stream, retries=2, waits=waits)
        server.script = [good(), fault, fault, fault]
        asked.ask([QUESTION])
        lasting = asked.ask([QUESTION])[0]
    assert (lasting.status, lasting.text, lasting.attempts) == (expected, None, 3)
    assert expected in FAILURES
    assert lasting.error
    assert "\n" not in lasting.error
    assert (asked.usage.answered, asked.usage.failed, asked.usage.retries) == (1, 1, 2)


@pytest.mark.parametrize("code", [400, 401, 403, 404, 413, 422])
def test_what_the_client_did_wrong_is_not_repeated(code):
    with chat_server(status(code, "model not found")) as server:
        _, (reply,) = after_one_good(server)
        assert len(server.bodies) == 2
    assert (reply.status, reply.attempts) == ("rejected", 1)
    assert f"HTTP {code}: model not found" in reply.error


@pytest.mark.parametrize(
    "lines",
    [
        ['{"choices": [{"delta": {"content": "ANSWER: E"}}]}'],
        ['{"choices": [{"delta": {"content": "ANSWER: E"}}]}', "[DONE]"],
        ['{"choices": [{"delta": {"content": "ANSWER: E"}}]}', "{broken"],
        ['{"error": {"message": "out of memory"}}'],
        ['{"choices": [{"delta": {"content": 5}, "finish_reason": "stop"}]}'],
        ['{"choices": [{"delta": [], "finish_reason": "stop"}]}'],
        ['{"choices": {"delta": 1}}'],
        ['"text"'],
        ["[]", "null"],
    ],
)
@pytest.mark.parametrize("cut", [False, True])
def test_streams_that_break_are_asked_again_as_a_whole(lines, cut):
    with chat_server(faults.events(*lines, cut=cut)) as server:
        reply = client(server, stream=True).ask([QUESTION])[0]
    assert (reply.status, reply.text, reply.attempts) == ("answered", "ANSWER: ESI 3", 2)


@pytest.mark.parametrize("stream", [False, True])
def test_time_out_is_for_the_whole_attempt(stream):
    with chat_server(otherwise=faults.slow(0.4)) as server:
        asked = client(server, timeout=0.15, retries=1, stream=stream)
        with pytest.raises(ChatError, match=r"timeout, no answer within 0\.15 s"):
            asked.ask([QUESTION])
        assert len(server.bodies) == 2


@pytest.mark.parametrize("stream", [False, True])
def test_a_giant_answer_is_left_off(stream):
    with chat_server(raw(b" " * 300_000, "text/event-stream" if stream else "application/json")) as server:
        endpoint = Endpoint(server.base_url, "tiny", KEY)
        asked = ChatClient(endpoint, wire=Wire(endpoint, 5.0, largest=100_000), stream=stream)
        with pytest.raises(ChatError, match="longer than 100000 bytes"):
            asked.ask([QUESTION])
        assert len(server.bodies) == 1


def test_a_giant_error_and_packed_answers():
    with chat_server(status(500, "x" * 300_000), raw(b"PK", content_encoding="gzip")) as server:
        endpoint = Endpoint(server.base_url, "tiny", KEY)
        asked = ChatClient(endpoint, wire=Wire(endpoint, 5.0, largest=100_000), sleep=Waits(), retries=0)
        for said in ("longer than", "packed"):
            with pytest.raises(ChatError, match=said):
                asked.ask([QUESTION])
        assert server.headers[0]["accept-encoding"] == "identity"


@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_redirects_are_not_followed(code):
    with chat_server() as elsewhere, chat_server(status(code, location=elsewhere.base_url + "/x")) as server:
        _, (reply,) = after_one_good(server)
        assert elsewhere.bodies == []
    assert (reply.status, reply.attempts) == ("redirected", 1)


def test_no_proxy_stands_before_this_machine(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with chat_server() as server:
        assert client(server, retries=0).ask([QUESTION])[0].answered


def test_retry_after_is_honoured_and_bounded():
    script = (status(429, retry_after="7"), status(503, retry_after="Wed, 21 Oct 2015 07:28:00 GMT"), good())
    with chat_server(*script) as server:
        waits = Waits()
        assert client(server, waits=waits).ask([QUESTION])[0].attempts == 3
        assert 7 <= waits[0] <= 7.5
        assert 0 <= waits[1] <= 0.5
    with chat_server(status(429, retry_after="86400")) as server:
        _, (reply,) = after_one_good(server, waits=waits)
        assert (reply.status, reply.attempts, len(waits)) == ("rate_limited", 1, 2)


def test_waits_grow_within_bounds_differ_between_questions_and_repeat_with_the_seed():
    questions = [ChatRequest([{"role": "user", "content": str(number)}]) for number in range(4)]

    def waits_of(seed):
        with chat_server(otherwise=status(500)) as server:
            waits = Waits()
            with pytest.raises(ChatError):
                client(server, waits=waits, retries=5, backoff=Backoff(1.0, 8.0)).ask(questions, seed=seed)
            assert len(server.bodies) == 4 * 6
            return sorted(waits)

    found = waits_of(1)
    assert len(set(found)) == 20
    bounds = sorted([1.0, 2.0, 4.0, 8.0, 8.0] * 4)
    assert all(longest / 2 <= wait <= longest for wait, longest in zip(found, bounds, strict=True))
    assert waits_of(2) != found


def test_concurrency_has_a_limit_and_order_is_kept():
    def echo(handler):
        faults.time.sleep(0.02)
        good(handler.body["messages"][0]["content"])(handler)

    questions = [ChatRequest([{"role": "user", "content": f"number {number}"}]) for number in range(20)]
    with chat_server(otherwise=echo) as server:
        replies = client(server, concurrency=3).ask(questions)
        assert 2 <= server.most_at_once <= 3
    assert [reply.text for reply in replies] == [f"number {number}" for number in range(20)]


def test_one_failure_does_not_lose_the_batch_and_an_endpoint_that_is_gone_is_said_once():
    with chat_server(*[good()] * 3, otherwise=status(404, "gone")) as server:
        asked = client(server, concurrency=1)
        assert [reply.status for reply in asked.ask([QUESTION] * 4)] == ["answered"] * 3 + ["rejected"]
        with pytest.raises(ChatError, match=rf"{GIVE_UP} requests in a row.*HTTP 404: gone"):
            asked.ask([QUESTION] * (GIVE_UP - 1))


def test_nothing_listens():
    with chat_server() as server:
        pass
    with pytest.raises(ChatError, match=r"127\.0\.0\.1:\d+/v1: no answer to 2 requests in a row.*connection"):
        client(server).ask([QUESTION] * 2)


def test_works_inside_a_running_loop():
    async def inside(server):
        return client(server).ask([QUESTION])

    with chat_server() as server:
        assert asyncio.run(inside(server))[0].answered


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": 0},
        {"timeout": float("nan")},
        {"concurrency": 0},
        {"retries": -1},
        {"temperature": -1},
        {"max_tokens": 0},
        {"max_tokens": True},
    ],
)
def test_options_are_checked(options):
    with pytest.raises(BadInputError, match=next(iter(options))):
        ChatClient(Endpoint("http://127.0.0.1:1/v1", "tiny"), **options)


@pytest.mark.parametrize("text", ["", "1", "1,2,3", "a,b", "-1,2", "nan,1", "inf,1"])
def test_price_is_checked(text):
    with pytest.raises(BadInputError, match="--price"):
        Price.read(text)
