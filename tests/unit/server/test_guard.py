"""What stands around every route: web pages of other addresses, and errors that nobody foresaw."""

import asyncio
import logging
import urllib.request

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from server_samples import call, said
from triagelab.server.guard import Guard

FOREIGN = ["http://evil.example", "null", "", "http://127.0.0.1", "http://[", "http://127.0.0.1:1", "\xff"]


def posted(url, origin):
    """Return status and JSON of a POST as a web page can send it without being asked first."""
    return call(url, {}, headers={"Origin": origin, "Content-Type": "text/plain"})


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_web_page_of_another_address_begins_no_session(base, origin):
    before = call(base + "/capacity")[1]["active_sessions"]
    status, told = posted(base + "/bedside/reset", origin)
    assert (status, set(told)) == (403, {"detail"})
    assert posted(base + "/bedside/mcp", origin)[0] == 403
    assert call(base + "/capacity")[1]["active_sessions"] == before


def test_a_web_page_of_another_address_opens_no_socket(base):
    address = base.replace("http://", "ws://") + "/bedside/ws"
    with (
        pytest.raises(InvalidStatus, match="403"),
        connect(address, proxy=None, origin=Origin("http://evil.example")),
    ):
        raise AssertionError("it opened")


def test_a_page_of_the_servers_own_address_may(base):
    status, told = posted(base + "/bedside/reset", base.upper().replace("HTTP", "http"))
    assert status == 200
    call(base + "/bedside/close", {"episode_id": told["episode_id"]})
    with connect(base.replace("http://", "ws://") + "/bedside/ws", proxy=None, origin=Origin(base)) as socket:
        assert said(socket, {"type": "state"})["type"] == "state"


def test_reading_is_for_every_page(base):
    request = urllib.request.Request(base + "/bedside/health", headers={"Origin": "http://evil.example"})
    with urllib.request.urlopen(request, timeout=10) as reply:
        assert reply.status == 200
        assert "access-control-allow-origin" not in {name.lower() for name in reply.headers}


def test_an_unforeseen_error_tells_its_type_to_the_log_and_nothing_to_the_client(caplog):
    async def broken(*_):
        raise RuntimeError("the truth is level 2")

    async def received():
        return {"type": "http.request", "body": b"", "more_body": False}

    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/x", "headers": []}
    with caplog.at_level(logging.ERROR):
        asyncio.run(Guard(broken)(scope, received, send))
    assert sent[0]["status"] == 500
    assert b"level 2" not in sent[1]["body"]
    assert "RuntimeError" in caplog.text
    assert "level 2" not in caplog.text
