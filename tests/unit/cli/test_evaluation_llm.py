"""`triagelab evaluate --agent llm`: flags, the user's word for one run, what is counted and what is saved."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from chat_server import chat_server, good
from triagelab.agents import chat_client
from triagelab.cli.main import run
from triagelab.datasets import registry


@pytest.fixture(autouse=True)
def no_endpoint(monkeypatch):
    for name in ("API_BASE_URL", "MODEL_NAME", "API_KEY", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def credentialed(monkeypatch):
    """Make every data set one that may not leave this machine."""
    load = registry.load_dataset

    def held(*arguments, **options):
        found = load(*arguments, **options)
        cases = tuple(replace(case, presentation=replace(case.presentation, credentialed=True)) for case in found)
        return replace(found, cases=cases)

    monkeypatch.setattr(registry, "load_dataset", held)


def evaluate(out, *arguments) -> int:
    return run(["evaluate", "--agent", "llm:tiny", "--data", "written", "--limit", "6", "--out", str(out), *arguments])


def test_records_tokens_and_costs_and_no_key(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("API_KEY", "sk-secret-of-the-user")
    with chat_server(otherwise=good("ANSWER: ESI 3")) as server:
        flags = ["--base-url", server.base_url, "--concurrency", "2", "--timeout", "9", "--price", "1,1"]
        assert evaluate(tmp_path / "run", *flags, "--cache", str(tmp_path / "kept")) == 0
        shown = capsys.readouterr().out
        assert "requests: 6 answered, 0 from the cache, 0 failed, 0 sent again, 66 + 42 tokens, $0.0001" in shown
        assert evaluate(tmp_path / "again", *flags, "--cache", str(tmp_path / "kept")) == 0
        assert "0 answered, 6 from the cache" in capsys.readouterr().out
        assert len(server.bodies) == 6
    rows = [json.loads(line) for line in (tmp_path / "run" / "records.jsonl").read_text().splitlines()]
    assert {(row["predicted"], row["agent"], row["extra"]["tokens"]) for row in rows} == {(3, "llm:tiny", 7)}
    saved = "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    assert "sk-secret" not in saved
    assert "allow_remote" not in saved


def test_credentialed_cases_go_to_this_machine_or_where_the_user_says(tmp_path, credentialed, monkeypatch, capsys):
    with chat_server(otherwise=good("ANSWER: ESI 3")) as server:
        assert evaluate(tmp_path / "near", "--base-url", server.base_url) == 0
        monkeypatch.setenv("API_KEY", "sk-secret-of-the-user")
        far = ["--base-url", "https://api.example.org/v1"]
        assert evaluate(tmp_path / "far", *far) == 2
        assert "--allow-remote" in capsys.readouterr().err
        assert not (tmp_path / "far").exists()
        asked = []

        def ask(self, requests, *, seed=0):
            asked.extend(requests)
            return [chat_client.ChatReply("answered", "ANSWER: ESI 3") for _ in requests]

        monkeypatch.setattr(chat_client.ChatClient, "ask", ask)
        assert evaluate(tmp_path / "far", *far, "--allow-remote") == 0
        assert len(asked) == 6
        assert not any(request.cacheable for request in asked)


@pytest.mark.parametrize(
    "flag",
    [
        ["--base-url", "http://127.0.0.1:1/v1"],
        ["--model", "tiny"],
        ["--concurrency", "2"],
        ["--timeout", "3"],
        ["--cache", "off"],
        ["--price", "1,2"],
        ["--allow-remote"],
    ],
)
def test_flags_that_the_agent_has_no_use_for(flag, tmp_path, capsys):
    assert run(["evaluate", "--agent", "rules", "--data", "written", "--out", str(tmp_path / "run"), *flag]) == 2
    assert f"{flag[0]}: got" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_nothing_listens_and_nothing_is_written(tmp_path, capsys):
    with chat_server() as server:
        pass
    assert evaluate(tmp_path / "run", "--base-url", server.base_url, "--timeout", "1e9") == 2
    assert "timeout" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_episodes(tmp_path, capsys):
    commit = '{"kind": "commit", "level": 2, "pathway": "emergency", "pattern": "stroke"}'
    with chat_server(otherwise=good(commit)) as server:
        arguments = ["--env", "bedside-v1", "--n", "4", "--base-url", server.base_url, "--model", "tiny"]
        assert run(["evaluate", "--agent", "llm", "--out", str(tmp_path / "run"), *arguments]) == 0
    shown = capsys.readouterr().out
    assert "requests: 4 answered" in shown
    assert "actions: actions 4, asked_again 0, invalid 0, failed 0" in shown
