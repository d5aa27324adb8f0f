"""The llm agent against a real endpoint: `transformers serve` with a tiny model on loopback, a process of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tiny_models import save_model
from triagelab.agents.bedside_registry import load_bedside_agent
from triagelab.agents.registry import load_agent
from triagelab.cases.bedside.observation import BedsideObservation, Dialogue
from triagelab.cases.presentation import Presentation
from triagelab.completions.answers import ParseStatus

pytestmark = pytest.mark.training
NOTES = [Presentation("1", "Chest pain, BP 80/40.", credentialed=True), Presentation("2", "Sprained ankle \ud83d €.")]
SECONDS = 180


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[tuple[str, str]]:
    """Return address and model of a running endpoint."""
    folder = tmp_path_factory.mktemp("serve")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [Path(sys.executable).with_name("transformers"), "serve", "--device", "cpu"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    log = folder / "log"
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream, env=environment)
    try:
        model = _tiny(folder / "tiny")  # while the endpoint comes up: both load libraries for seconds
        _wait_for(f"http://127.0.0.1:{port}/health", process, log)
        yield f"http://127.0.0.1:{port}/v1", str(model)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _tiny(folder: Path) -> Path:
    """Return a saved model; transformers serve samples only from those that say so, whatever temperature is asked."""
    model = save_model("llama", folder)
    settings = model / "generation_config.json"
    settings.write_text(json.dumps({**json.loads(settings.read_text()), "do_sample": True}))
    return model


def _wait_for(url: str, process: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(f"the endpoint does not come up: {log.read_text()[-1000:]}")


def test_streamed_and_whole_answers_are_the_same_and_counted(served):
    base_url, model = served
    found = {}
    for stream in (False, True):
        # One at a time: the seed of this server is that of its whole process.
        agent = load_agent("llm", base_url=base_url, model=model, stream=stream, max_new_tokens=12, concurrency=1)
        assert agent.remote is False
        found[stream] = agent.predict(NOTES, seed=1)
        usage = agent.client.usage
        assert (usage.answered, usage.failed, usage.uncounted, usage.completion_tokens) == (2, 0, 0, 24)
        assert usage.prompt_tokens > 100
    # A character that the token limit cuts in two comes as a mark of the decoder, or in a stream not at all.
    streamed, whole = ([(one.completion or "").rstrip("\ufffd") for one in found[stream]] for stream in (True, False))
    assert streamed == whole
    assert all(whole)
    for one in found[True]:
        assert one.status in set(ParseStatus)
        assert (one.level, one.extra["truncated"], one.extra["finish"]) == (None, True, "length")


def test_a_sample_depends_on_the_seed_alone(served):
    base_url, model = served

    def sample(seed):
        agent = load_agent("llm", base_url=base_url, model=model, temperature=1.0, max_new_tokens=12, concurrency=1)
        return agent.predict(NOTES[:1], seed=seed)[0].completion

    assert sample(1) == sample(1)
    assert len({sample(seed) for seed in range(4)}) > 1


@pytest.mark.parametrize("mode", ["json", "tools"])
def test_at_the_bedside(served, mode):
    base_url, model = served
    agent = load_bedside_agent("llm", base_url=base_url, model=model, mode=mode, max_new_tokens=8)
    first = BedsideObservation(message="A man walks in with a cough.", complaint="cough", steps_left=20)
    (action,) = agent.act([Dialogue(first)])
    (then,) = agent.act([Dialogue(first).then(action, first)])
    assert action == then == agent.act([Dialogue(first)])[0]
    assert agent.counts["invalid"] == 3
    assert agent.counts["failed"] == 0


def test_a_model_that_is_not_served_is_said(served):
    from triagelab.agents.chat_client import ChatError

    base_url, _ = served
    with pytest.raises(ChatError, match="no answer to 1 requests in a row"):
        load_agent("llm:nobody/has-this", base_url=base_url, retries=0).predict(NOTES[1:])
