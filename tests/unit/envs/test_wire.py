"""The raw client: episodes, errors with their codes, and lines that break."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from env_servers import served
from triagelab.envs.wire import WireError, WireRefusal, WireSession, http_json
from triagelab.errors import BadInputError
from triagelab.server.app import build_app


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served(build_app(["esi-v1"])) as found:
        yield f"{found}/esi"


def test_an_episode_over_the_wire(address: str) -> None:
    with WireSession(address) as session:
        first = session.ask("reset", {"seed": 1, "episode_id": "mine"})
        assert first["done"] is False
        assert first["observation"]["note"]
        assert session.ask("step", {"text": "ANSWER: ESI 3"})["done"] is True
        assert session.ask("state")["step_count"] == 1


def test_an_error_of_the_server_keeps_its_code(address: str) -> None:
    with WireSession(address) as session:
        with pytest.raises(WireRefusal) as caught:
            session.ask_text("{")
        assert caught.value.code == "INVALID_JSON"
        with pytest.raises(WireRefusal) as caught:
            session.ask("step", {"text": "x"})
        assert caught.value.code == "EXECUTION_ERROR"


def test_a_closed_session_and_a_silent_address_say_so(address: str) -> None:
    session = WireSession(address)
    session.close()
    session.close()
    with pytest.raises(WireError, match="connection"):
        session.ask("state")
    with pytest.raises(WireError, match=r"127\.0\.0\.1:1"):
        WireSession("http://127.0.0.1:1")
    with pytest.raises(BadInputError, match="URL"):
        WireSession("localhost:7860")


def test_documents_over_http(address: str) -> None:
    assert http_json(f"{address}/metadata")["name"] == "esi-v1"
    with pytest.raises(WireError, match="HTTP 404"):
        http_json(f"{address}/no-such-page")
