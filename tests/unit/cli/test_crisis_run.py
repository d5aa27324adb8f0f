"""Watching a crisis: summaries, files, the board in any terminal, and a clean way out."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time

import pytest

from chat_server import chat_server, good
from crisis_replay_samples import Hostile
from triagelab.agents.crisis_policies import load_crisis_policy
from triagelab.agents.crisis_scripted import Heuristic
from triagelab.cli.crisis_board import Board
from triagelab.cli.crisis_roles import Mixed, build_policy, read_roles
from triagelab.cli.crisis_words import ASCII_BARS, Nothing, clock, plain_line, sickest, trend
from triagelab.cli.main import run
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.evaluation.crisis_replay import read_replay
from triagelab.evaluation.crisis_replay_record import deaths_of_nothing, record_episode
from triagelab.hospital.hospital import begin
from triagelab.hospital.tables import ROLES
from triagelab.hospital.views import View


def told(capsys, *arguments: str) -> tuple[int, str, str]:
    code = run(["crisis", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_run_is_told_kept_proven_and_drawn(capsys, tmp_path):
    kept, page = tmp_path / "one.jsonl", tmp_path / "one.html"
    code, out, err = told(capsys, "run", "--seed", "3", "--replay", str(kept), "--html", str(page))
    assert (code, err) == (0, "")
    assert out.startswith("mass_casualty, difficulty 0.5, seed 3, 20 steps: played by heuristic\nsurvival ")
    replay = read_replay(kept)
    assert f"{replay.end.deaths} of {replay.end.patients} patients died" in out
    assert f"if nobody acted {len(replay.end.nothing)}" in out
    assert f'id="final-deaths">{replay.end.deaths}<' in page.read_text()
    code, out, _ = told(capsys, "replay", str(kept), "--check", "--html", str(tmp_path / "two.html"))
    assert code == 0
    assert "check: every state agrees (21 states played again from seed 3)" in out
    assert (tmp_path / "two.html").read_text() == page.read_text()


def test_json_says_what_the_words_say(capsys, tmp_path):
    code, out, _ = told(capsys, "run", "--policy", "nothing", "--scenario", "staff_shortage", "--json")
    row = json.loads(out)
    assert code == 0
    assert row["deaths"] == row["deaths_if_nobody_acted"] == len(deaths_of_nothing("staff_shortage", 0.5, 0, 20)) > 0
    assert row["deaths_prevented"] == 0
    assert row["survival"] == 1 - row["deaths"] / row["patients"]
    assert row["reward"] == pytest.approx(sum(row["reward_parts"].values()))
    assert row["acts"] == {"done": 0, "held": 0, "refused": 0, "blocked": 0}


def test_a_changed_replay_is_an_exit_code(capsys, tmp_path):
    kept = tmp_path / "one.jsonl"
    told(capsys, "run", "--policy", "triage-only", "--replay", str(kept))
    kept.write_text(kept.read_text().replace('"tag":"minor"', '"tag":"delayed"'))
    code, out, _ = told(capsys, "replay", str(kept), "--check")
    assert code == 1
    assert "check: differs at step " in out
    assert json.loads(told(capsys, "replay", str(kept), "--check", "--json")[1])["check"]["agrees"] is False
    assert told(capsys, "replay", str(kept))[0] == 0


def test_without_a_terminal_the_board_is_one_line_a_step(capsys, tmp_path):
    kept = tmp_path / "one.jsonl"
    code, out, _ = told(capsys, "run", "--watch", "--replay", str(kept))
    assert code == 0
    replay = read_replay(kept)
    watched = out.splitlines()[:20]
    for line, step in zip(watched, replay.steps, strict=True):
        assert line.startswith(
            f"{clock(step.state.minute)} step {step.step + 1}/20: deaths {step.state.deaths}, if nobody"
        )
        assert all(name in line for name in step.deaths)
    assert f"prevented {len(replay.end.nothing) - replay.end.deaths};" in watched[-1]
    assert told(capsys, "replay", str(kept), "--watch")[1].splitlines()[:20] == watched
    _, out, err = told(capsys, "run", "--watch", "--json")
    assert json.loads(out)["steps"] == 20
    assert err.count(" step ") == 20


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "--scenario", "mass_casulty"), "did you mean 'mass_casualty'?"),
        (("run", "--policy", "heuristics"), "did you mean 'heuristic'?"),
        (("run", "--policy", "oracles"), "did you mean 'oracle'?"),
        (("run", "--difficulty", "1.5"), "difficulty: got 1.5"),
        (("run", "--difficulty", "nan"), "difficulty: got nan"),
        (("run", "--steps", "3"), "steps: got 3"),
        (("run", "--role", "er_triage"), "ROLE=POLICY"),
        (("run", "--role", "er=nothing"), "--role: got 'er'"),
        (("run", "--role", "pharmacy=llama"), "policy: got 'llama'"),
        (("run", "--role", "pharmacy=nothing", "--role", "pharmacy=random"), "each role once"),
        (("run", "--speed", "2"), "only with --watch"),
        (("run", "--watch", "--speed", "-1"), "0 to 1000"),
        (("run", "--watch", "--speed", "nan"), "0 to 1000"),
        (("run", "--model", "x"), "only with"),
        (("run", "--replay", "/tmp"), "--replay: got '/tmp'"),
        (("run", "--replay", "/tmp/same", "--html", "/tmp/same"), "another file"),
        (("replay", "/nowhere.jsonl"), "replay: got '/nowhere.jsonl'"),
        (("replay", "/tmp/same", "--html", "/tmp/same"), "another file"),
    ],
)
def test_bad_input_is_one_line(capsys, arguments, said):
    code, out, err = told(capsys, *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_ctrl_c_leaves_nothing_half_written(capsys, tmp_path, monkeypatch):
    turns = []

    def stop(self, views):
        turns.append(1)
        if len(turns) == 7:
            raise KeyboardInterrupt
        return {}

    monkeypatch.setattr(Heuristic, "act", stop)
    kept, page = tmp_path / "one.jsonl", tmp_path / "one.html"
    kept.write_text("what was here")
    code, out, err = told(capsys, "run", "--watch", "--replay", str(kept), "--html", str(page))
    assert code == 130
    assert err.startswith("triagelab: stopped")
    assert len(out.splitlines()) == 6
    assert kept.read_text() == "what was here"
    assert [one.name for one in tmp_path.iterdir()] == ["one.jsonl"]


def in_terminal(*arguments: str, stop_after: str | None = None) -> tuple[int, str]:
    """Run the command in a terminal of its own and return exit code and output; press Ctrl-C once it says a word."""
    outer, inner = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "90", "LINES": "30", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "triagelab.cli.main", "crisis", *arguments]
    child = subprocess.Popen(command, stdin=inner, stdout=inner, stderr=inner, env=environment, start_new_session=True)
    os.close(inner)
    text, until = b"", time.monotonic() + 60
    while time.monotonic() < until:
        if select.select([outer], [], [], 0.1)[0]:
            try:
                part = os.read(outer, 65536)
            except OSError:  # the other end is closed: the command is over
                break
            text += part
        if stop_after is not None and stop_after.encode() in text:
            child.send_signal(signal.SIGINT)
            stop_after = None
    os.close(outer)
    return child.wait(30), text.decode(errors="replace")


def test_the_live_board_in_a_terminal_and_out_of_it():
    code, text = in_terminal("run", "--watch", "--speed", "0")
    assert code == 0
    assert "\x1b[?1049h" in text
    assert "\x1b[?1049l" in text.split("step 20/20")[-1]
    assert "what the roles did" in text
    assert "survival " in text.split("\x1b[?1049l")[-1]


def test_ctrl_c_gives_the_terminal_back(tmp_path):
    kept = tmp_path / "one.jsonl"
    code, text = in_terminal("run", "--watch", "--speed", "0.5", "--replay", str(kept), stop_after="step 1/20")
    assert code == 130
    rest = text.split("\x1b[?1049l")[-1]
    assert "\x1b[?25h" in text.split("\x1b[?1049h")[-1]
    assert "triagelab: stopped" in rest
    assert "Traceback" not in text
    assert not kept.exists()


@pytest.fixture(scope="module")
def nothing() -> Nothing:
    return Nothing("mass_casualty", 0.5, 2, 20).wait()


@pytest.fixture(scope="module")
def hostile():
    return record_episode(Hostile(), "mass_casualty", 0.5, 2, 20)


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize(
    ("width", "height"), [(200, 60), (130, 40), (120, 24), (100, 24), (80, 24), (50, 20), (40, 20)]
)
def test_the_board_fits_its_terminal_whatever_was_said(hostile, nothing, width, height, encoding, tmp_path):
    from rich.console import Console

    board = Board(hostile.header, nothing)
    for step in hostile.steps[:11]:
        board.add(step)
    with (tmp_path / "out").open("w", encoding=encoding) as stream:
        Console(file=stream, force_terminal=True, color_system=None, width=width, height=height).print(board)
    shown = (tmp_path / "out").read_text(encoding=encoding).splitlines()
    assert len(shown) <= height
    assert max(map(len, shown)) <= width
    text = "\n".join(shown)
    assert f"deaths {hostile.states()[11].deaths}" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "P-" in text
    if height >= 30:
        assert "no answer: not JSON" in text
    assert any(bar in text for bar in (ASCII_BARS if encoding == "ascii" else "▄▅▆"))
    if width >= 80:
        assert "says: </script>" in text


def test_trends_and_the_sickest(hostile):
    assert trend([30, 105, 180, 500, -5], 30, 180) == "▁▅███"[:4] + "▁"
    assert trend([], 0, 1) == ""
    state = hostile.states()[10]
    rows = sickest(state, 6)
    assert [one.severity for _, one in rows] == sorted((one.severity for _, one in rows), reverse=True)
    assert all(one.alive and one.area not in ("home", "morgue", "diverted") for _, one in rows)
    assert "P-" in plain_line(next(step for step in hostile.steps if step.deaths), 20, None)


def test_single_roles_by_other_policies():
    assert read_roles(["er_triage=nothing", " pharmacy = llm:x "]) == {"er_triage": "nothing", "pharmacy": "llm:x"}
    with pytest.raises(UnknownNameError):
        read_roles(["pharmacist=nothing"])
    with pytest.raises(BadInputError):
        read_roles(["pharmacy="])
    h = begin("mass_casualty", 0.5, 0, 20)
    for _ in range(6):
        h.step({})
    views = {role: View(h, role) for role in ROLES}
    mixed = build_policy(
        "heuristic", {"er_triage": "nothing", "pharmacy": "discharge-all"}, ("mass_casualty", 0.5, 0, 20)
    )
    mixed.begin(1)
    acts, book = mixed.act(views), load_crisis_policy("heuristic").act(views)
    assert book["er_triage"]
    assert not acts.get("er_triage")
    assert not acts.get("pharmacy")
    assert {role: acts[role] for role in ROLES if role not in ("er_triage", "pharmacy")} == {
        role: book[role] for role in ROLES if role not in ("er_triage", "pharmacy")
    }


class Model:
    """Stands for a policy with a model: says something, and knows which views it was given."""

    name = "llm:small"

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.said: dict[str, str] = {}

    def begin(self, seed: int) -> None: ...

    def act(self, views):
        self.asked += views
        self.said = {role: f"I am {role}" for role in views}
        return {role: [] for role in views}


def test_a_model_is_asked_for_its_own_roles_only():
    model = Model()
    mixed = Mixed(load_crisis_policy("heuristic"), {"er_triage": model, "it_systems": model})
    found = record_episode(mixed, "disease_outbreak", 0.5, 0, 20, roles={"er_triage": model.name})
    assert set(model.asked) == {"er_triage", "it_systems"}
    assert len(model.asked) == 40
    assert found.steps[3].said == {"er_triage": "I am er_triage", "it_systems": "I am it_systems"}
    assert found.header.roles == {"er_triage": "llm:small"}


def answered(handler) -> None:
    """Answer as a model that tags the first patient it sees and says something nobody should run."""
    text = {"reasoning": "</script><script>alert(1)</script> bleeding first", "acts": []}
    good(json.dumps(text))(handler)


def test_a_served_model_plays_one_role_and_what_it_says_is_kept(capsys, tmp_path):
    kept, page = tmp_path / "one.jsonl", tmp_path / "one.html"
    with chat_server(otherwise=answered) as server:
        code, out, err = told(
            capsys,
            *("run", "--role", "er_triage=llm", "--base-url", server.base_url, "--model", "small"),
            *("--replay", str(kept), "--html", str(page)),
        )
    assert code == 0, err
    assert len(server.bodies) == 20
    assert "played by heuristic, ER triage by llm:small" in out
    assert "requests" in err
    replay = read_replay(kept)
    assert all(set(step.said) == {"er_triage"} for step in replay.steps)
    assert "bleeding first" in replay.steps[7].said["er_triage"]
    assert "<script>alert(1)" not in page.read_text()
    assert told(capsys, "replay", str(kept), "--check")[0] == 0


def test_an_endpoint_that_is_not_there_ends_the_run_with_one_line(capsys, tmp_path):
    kept = tmp_path / "one.jsonl"
    arguments = ("--policy", "llm:small", "--base-url", "http://127.0.0.1:9/v1", "--replay", str(kept))
    code, out, err = told(capsys, "run", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("triagelab: ")
    assert err.count("\n") == 1
    assert not kept.exists()
