"""Address, model and key from arguments and environment; what is missing is named, and the key is never shown."""

from __future__ import annotations

import html
import json
import math
from urllib.parse import quote

import pytest

from triagelab.agents.chat_backoff import Backoff, retry_after
from triagelab.agents.chat_endpoint import Endpoint, find_endpoint
from triagelab.errors import BadInputError

FAR, NEAR = "https://api.example.org/v1", "http://127.0.0.1:8000/v1"


def test_arguments_come_before_the_environment():
    environ = {"API_BASE_URL": FAR, "MODEL_NAME": "other", "API_KEY": "key-of-env", "HF_TOKEN": "hf-of-env"}
    found = find_endpoint(NEAR + "/", "tiny", "key-given", environ)
    assert (found.base_url, found.model, found.key, found.loopback) == (NEAR, "tiny", "key-given", True)
    found = find_endpoint(environ=environ)
    assert (found.base_url, found.model, found.key, found.loopback) == (FAR, "other", "key-of-env", False)
    del environ["API_KEY"]
    assert find_endpoint(environ=environ).key == "hf-of-env"


def test_a_hub_token_is_not_sent_to_this_machine():
    assert find_endpoint(NEAR, "tiny", environ={"HF_TOKEN": "hf-of-env"}).key is None
    assert find_endpoint(NEAR, "tiny", environ={"API_KEY": "key-of-env"}).key == "key-of-env"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((None, "tiny", "k"), "--base-url.*API_BASE_URL"),
        (("", "tiny", "k"), "--base-url.*API_BASE_URL"),
        ((FAR, None, "k"), "--model.*MODEL_NAME"),
        ((FAR, " ", "k"), "--model.*MODEL_NAME"),
        ((FAR, "tiny", None), "key.*https://api.example.org.*API_KEY or HF_TOKEN"),
    ],
)
def test_what_is_missing_is_named_with_flag_and_variable(given, said):
    with pytest.raises(BadInputError, match=said):
        find_endpoint(*given, environ={})


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x/v1",
        "127.0.0.1:8000",
        "http://",
        "http://[::1",
        "http://x:99999/v1",
        "http://x y/v1",
        "http://é/v1",
        "http://me:hidden-word@x/v1",
        "https://x/v1?key=hidden-word",
        "https://x/v1#hidden-word",
    ],
)
def test_urls_that_are_none_or_carry_a_secret(url):
    with pytest.raises(BadInputError, match="--base-url") as caught:
        find_endpoint(url, "tiny", "k", environ={})
    assert "hidden-word" not in str(caught.value)


@pytest.mark.parametrize("key", ["secret key", "secret\nkey", "s€cret"])
def test_a_key_that_no_header_takes_is_not_shown(key):
    with pytest.raises(BadInputError) as caught:
        find_endpoint(FAR, "tiny", key, environ={})
    assert key not in str(caught.value)
    assert "hidden" in str(caught.value)


def test_the_key_is_in_no_text():
    endpoint = Endpoint(FAR, "tiny", "sk-secret-key")
    assert "sk-secret" not in repr(endpoint)
    assert (
        endpoint.message("bad key\n sk-secret-key \x1b[31m" + "x" * 1000)
        == ("bad key [key] ?[31m" + "x" * 1000)[:297] + "..."
    )
    assert Endpoint(FAR, "tiny", "none").hide("none of these") == "none of these"


@pytest.mark.parametrize("key", ["sk-plain-1234", "sk/with+signs==", "a\"b\\c'd&e<f/1234"])
def test_the_key_is_in_no_text_however_it_is_written(key):
    endpoint = Endpoint(FAR, "tiny", key)
    sent = {"you sent": [key]}
    for text in (
        f"{sent}",
        json.dumps(sent),
        json.dumps(json.dumps(sent)),
        quote(key),
        quote(key, ""),
        html.escape(key),
    ):
        shown = endpoint.hide(text)
        assert "[key]" in shown
        assert key[-6:] not in shown


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("12", 12.0),
        (" 1.5 ", 1.5),
        ("-3", 0.0),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
        ("soon", None),
        ("", None),
        ("Thu, 01 Jan 1970 00:02:00 GMT", 20.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
    ],
)
def test_retry_after(value, seconds):
    assert retry_after(value, now=100.0) == seconds


def test_waits_are_bounded_at_any_attempt():
    backoff = Backoff(first=0.5, longest=30.0, patience=120.0)
    for attempt in (0, 1, 5, 100, 10_000):
        wait = backoff.wait(attempt, 7, "question")
        assert wait is not None
        assert min(30.0, 0.5 * 2.0 ** min(attempt, 10)) / 2 <= wait <= 30.0
    assert backoff.wait(0, 7, "question", asked=120.0) >= 120.0
    assert backoff.wait(0, 7, "question", asked=math.nextafter(120.0, 121.0)) is None
    assert backoff.wait(3, 7, "question") == backoff.wait(3, 7, "question") != backoff.wait(3, 8, "question")
