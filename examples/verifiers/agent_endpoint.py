"""A bedside agent of triagelab behind an OpenAI-compatible endpoint on this machine, so that any harness can run it.

The conversation of verifiers' `openenv` taskset is read as an episode: user turns hold {"observation", ...} as JSON,
assistant turns hold actions as JSON. The answer streams, as verifiers wants it. Loopback only; keeps nothing.

    python examples/verifiers/agent_endpoint.py --agent rules --port 8011
"""

from __future__ import annotations

import argparse
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from triagelab.agents.bedside_registry import load_bedside_agent
from triagelab.cases.bedside.actions import read_action
from triagelab.cases.bedside.observation import BedsideObservation, Dialogue

LONGEST_BODY = 4_000_000
ROUTES = ("/v1/chat/completions", "/chat/completions")


def dialogue_of(messages: list[dict[str, Any]]) -> Dialogue:
    """Return the episode that a conversation tells. Raises: ValueError where it tells none."""
    seen: Dialogue | None = None
    action = None
    for message in messages:
        text = text_of(message.get("content"))
        if message["role"] == "user":
            known = BedsideObservation.model_fields
            told = json.loads(text)["observation"]
            observation = BedsideObservation(**{name: value for name, value in told.items() if name in known})
            seen = Dialogue(observation) if seen is None or action is None else seen.then(action, observation)
        elif message["role"] == "assistant":
            action = read_action(text)
    if seen is None:
        raise ValueError("no user turn with an observation")
    return seen


def text_of(content: Any) -> str:
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content)
    return str(content or "")


class Handler(BaseHTTPRequestHandler):
    agent: Any = None
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        if self.path not in ROUTES or size > LONGEST_BODY:
            return self.say(404, {"error": {"message": "unknown route, or a body that is too long"}})
        try:
            request = json.loads(self.rfile.read(size))
            action = self.agent.act([dialogue_of(request["messages"])])[0]
        except (ValueError, KeyError, TypeError) as error:
            return self.say(400, {"error": {"message": f"not an episode: {type(error).__name__}"}})
        answer = json.dumps(action.to_dict())
        if request.get("stream"):
            return self.stream(answer)
        message = {"role": "assistant", "content": answer}
        return self.say(200, self.body("chat.completion", {"message": message, "finish_reason": "stop"}, usage=True))

    def body(self, kind: str, choice: dict[str, Any] | None, usage: bool = False) -> dict[str, Any]:
        row: dict[str, Any] = {"id": "episode", "object": kind, "created": 0, "model": self.agent.name}
        row["choices"] = [{"index": 0, **choice}] if choice else []
        if usage:
            row["usage"] = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        return row

    def stream(self, answer: str) -> None:
        chunks = [
            self.body("chat.completion.chunk", {"delta": {"role": "assistant", "content": answer}}),
            self.body("chat.completion.chunk", {"delta": {}, "finish_reason": "stop"}),
            self.body("chat.completion.chunk", None, usage=True),
        ]
        lines = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
        self.send(200, "text/event-stream", lines)

    def say(self, status: int, row: dict[str, Any]) -> None:
        self.send(status, "application/json", json.dumps(row))

    def send(self, status: int, kind: str, text: str) -> None:
        raw = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        """Say nothing: requests hold what patients said."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agent", default="rules")
    parser.add_argument("--port", type=int, default=8011)
    chosen = parser.parse_args()
    Handler.agent = load_bedside_agent(chosen.agent)
    ThreadingHTTPServer(("127.0.0.1", chosen.port), Handler).serve_forever()


if __name__ == "__main__":
    main()
