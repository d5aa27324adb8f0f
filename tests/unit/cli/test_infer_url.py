"""`triagelab infer --url`: the same episodes at a server as in process, and an end for each whatever it does."""

from __future__ import annotations

import pytest

from server_samples import running
from triagelab.cases.bedside.actions import BedsideAction
from triagelab.cli import infer_episodes
from triagelab.cli.infer_episodes import Job, ServerSession, play
from triagelab.cli.main import run
from triagelab.errors import DataFormatError

SEEN = {"message": "A man walks in.", "complaint": "cough", "steps_left": 20}


class Looks:
    name = "looks"

    def act(self, dialogues, *, seed=0):
        return [BedsideAction(kind="reassess")] * len(dialogues)


class FakeWire:
    """A server that answers with the next thing on the list, the last one for ever."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def ask(self, kind, data=None):
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self):
        pass


@pytest.fixture(scope="module")
def address():
    with running(max_sessions=8) as url:
        yield url


@pytest.mark.parametrize("which", [[], ["--n", "3", "--split", "dev"]])
def test_the_same_lines_as_in_process(address, which, capsys):
    arguments = ["infer", "--agent", "commit-at-once", *which]
    assert run(arguments) == 0
    here = capsys.readouterr().out
    assert run([*arguments, "--url", f"{address}/bedside"]) == 0
    assert capsys.readouterr().out == here


def test_no_server(capsys):
    assert run(["infer", "--agent", "rules", "--url", "http://127.0.0.1:9/bedside"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1


def played(monkeypatch, *answers) -> tuple[list[str], Exception | None]:
    monkeypatch.setattr("triagelab.envs.wire.WireSession", lambda url: FakeWire(*answers))
    lines: list[str] = []
    try:
        play(Looks(), ServerSession("http://x"), Job("t", {"split": "test", "seed": 0}), "m", 0, lines.append)
    except Exception as error:
        return lines, error
    return lines, None


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"observation": None},
        {"observation": {"complaint": "cough"}},
        {"observation": {**SEEN, "measured": {"spo2_pct": "high"}}},
        {"observation": SEEN, "reward": "much"},
        {"observation": SEEN, "reward": float("nan")},
        {"observation": SEEN, "done": "perhaps"},
        ConnectionResetError("gone"),
    ],
)
def test_a_server_that_breaks_the_protocol(monkeypatch, wrong):
    lines, error = played(monkeypatch, {"observation": SEEN, "more": "fields"}, wrong)
    assert error is not None
    assert lines[0].startswith("[START]")
    assert lines[-1] == "[END] success=false steps=0 rewards="


@pytest.mark.parametrize("wrong", [{}, {"observation": {"complaint": "cough"}}, ConnectionResetError("gone")])
def test_a_reset_that_fails_is_ended_too(monkeypatch, wrong):
    lines, error = played(monkeypatch, wrong)
    assert error is not None
    assert lines == ["[START] task=t env=bedside-v1 model=m", "[END] success=false steps=0 rewards="]


def test_a_server_that_never_ends_an_episode_is_left(monkeypatch):
    monkeypatch.setattr(infer_episodes, "MOST_STEPS", 5)
    lines, error = played(monkeypatch, {"observation": SEEN, "reward": 0.5})
    assert isinstance(error, DataFormatError)
    assert len(lines) == 7
    assert lines[-1] == "[END] success=false steps=5 rewards=0.50,0.50,0.50,0.50,0.50"


@pytest.mark.parametrize(
    ("debrief", "success"),
    [
        ({"answer": {"level": 2}, "acceptable": [2, 3]}, "true"),
        ({"answer": {"level": 4}, "acceptable": [2, 3]}, "false"),
        ({"answer": None, "acceptable": [2]}, "false"),
        ({"answer": 2, "acceptable": 2}, "false"),
        (None, "false"),
    ],
)
def test_success_needs_an_answer_that_the_debrief_accepts(monkeypatch, debrief, success):
    last = {"observation": {**SEEN, "debrief": debrief}, "reward": 1.0, "done": True}
    lines, error = played(monkeypatch, {"observation": SEEN}, last)
    assert error is None
    assert lines[-1] == f"[END] success={success} steps=1 rewards=1.00"
