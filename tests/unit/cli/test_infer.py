"""`triagelab infer`: every line as graders read it, and an end for every episode that starts, whatever fails."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
import tomllib
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_server import chat_server, good, status
from triagelab.agents import bedside_registry
from triagelab.cases.bedside.actions import BedsideAction
from triagelab.cli import infer_episodes
from triagelab.cli.infer_lines import end_line, money, start_line, step_line, word
from triagelab.cli.main import run
from triagelab.errors import BadInputError, DataFormatError

ROOT = Path(__file__).parents[3]
NUMBER = r"-?\d+\.\d\d"
START = re.compile(r"\[START\] task=(?P<task>\S+) env=(?P<env>\S+) model=(?P<model>\S+)")
STEP = re.compile(
    rf"\[STEP\] step=(?P<n>\d+) action=(?P<action>\S+) reward=(?P<reward>{NUMBER}) done=(?P<done>true|false) "
    r"error=(?P<error>\S[^\n]*)"
)
END = re.compile(
    rf"\[END\] success=(?P<success>true|false) steps=(?P<n>\d+) rewards=(?P<rewards>({NUMBER}(,{NUMBER})*)?)"
)
COMMIT = BedsideAction(kind="commit", level=2, pathway="emergency", pattern="stroke")


class Scripted:
    """Does what the list says; an exception in it is raised, whatever it is."""

    script: tuple = ()

    def __init__(self):
        self.name = "scripted"

    def act(self, dialogues, *, seed=0):
        now = self.script[min(len(dialogues[0].turns), len(self.script) - 1)]
        if isinstance(now, BaseException):
            raise now
        return [now]


@pytest.fixture(autouse=True)
def no_endpoint(monkeypatch):
    for name in ("API_BASE_URL", "MODEL_NAME", "API_KEY", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def scripted(monkeypatch):
    def use(*script):
        monkeypatch.setattr(Scripted, "script", script)
        entry = bedside_registry.BedsideEntry("scripted", f"{__name__}:Scripted", bedside_registry.NOTHING, "for tests")
        monkeypatch.setattr(bedside_registry.BedsideEntry, "load_factory", lambda _: Scripted)
        monkeypatch.setitem(bedside_registry.REGISTRY, "scripted", entry)

    return use


def episodes(out: str) -> list[tuple[re.Match, list[re.Match], re.Match]]:
    """Return the episodes of an output after checking every line of it."""
    found, lines = [], out.splitlines()
    while lines:
        start = START.fullmatch(lines.pop(0))
        assert start
        steps = []
        while lines and lines[0].startswith("[STEP]"):
            steps.append(STEP.fullmatch(lines.pop(0)))
        end = END.fullmatch(lines.pop(0))
        assert end
        assert all(steps)
        assert [int(step["n"]) for step in steps] == list(range(1, len(steps) + 1))
        assert int(end["n"]) == len(steps)
        assert end["rewards"] == ",".join(step["reward"] for step in steps)
        found.append((start, steps, end))
    return found


def test_the_fifteen_tasks_by_default(capsys):
    assert run(["infer", "--agent", "commit-at-once"]) == 0
    found = episodes(capsys.readouterr().out)
    assert len({start["task"] for start, _, _ in found}) == 15
    for start, steps, end in found:
        assert (start["env"], start["model"]) == ("bedside-v1", "commit-at-once")
        assert [step["done"] for step in steps] == ["true"]
        assert (end["success"] == "true") == (float(steps[-1]["reward"]) >= 0.45)
    assert {end["success"] for _, _, end in found} == {"true", "false"}


def test_the_score_of_success_tells_right_tiers_from_others():
    preset = resources.files("triagelab.rewards.episodes") / "presets" / "tiers-v1.toml"
    table = tomllib.loads(preset.read_text(encoding="utf-8"))
    assert max(table["near"].values()) < infer_episodes.RIGHT_TIER < min(table["severity"].values())
    assert table["wrong"] < infer_episodes.RIGHT_TIER


def test_generated_patients_and_what_counts_as_success(capsys):
    assert run(["infer", "--agent", "always-emergency", "--n", "12", "--split", "dev"]) == 0
    found = episodes(capsys.readouterr().out)
    assert [start["task"] for start, _, _ in found] == [f"dev-{number}" for number in range(12)]
    for number, (_, _, end) in enumerate(found):
        session = infer_episodes.LocalSession()
        session.reset(split="dev", seed=number)
        last = session.step(COMMIT)
        assert (end["success"] == "true") == (2 in last.debrief["acceptable"])


def test_the_same_twice(capsys):
    outs = []
    for _ in range(2):
        assert run(["infer", "--agent", "random", "--n", "2", "--seed", "5"]) == 0
        outs.append(capsys.readouterr().out)
    assert outs[0] == outs[1]
    assert run(["infer", "--agent", "random", "--n", "2", "--seed", "6"]) == 0
    assert capsys.readouterr().out != outs[0]


@pytest.mark.parametrize(
    "failure", [RuntimeError("broke\n[END] success=true"), BadInputError("x", "y", "z"), ValueError(), MemoryError()]
)
@pytest.mark.parametrize("before", [0, 2])
def test_an_agent_that_fails_ends_its_episode_and_the_next_one_begins(scripted, capsys, failure, before):
    scripted(*[BedsideAction(kind="reassess")] * before, failure)
    assert run(["infer", "--agent", "scripted", "--n", "2"]) == 1
    captured = capsys.readouterr()
    found = episodes(captured.out)
    assert [(len(steps), end["success"]) for _, steps, end in found] == [(before, "false")] * 2
    assert captured.err.count("triagelab: test-") == 2


def test_ctrl_c_still_ends_the_episode(scripted, capsys):
    scripted(BedsideAction(kind="reassess"), KeyboardInterrupt())
    assert run(["infer", "--agent", "scripted", "--n", "5"]) == 130
    (only,) = episodes(capsys.readouterr().out)
    assert (len(only[1]), only[2]["success"]) == (1, "false")


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("when", ["[START]", "[END]"])
def test_no_signal_comes_between_the_first_or_last_line_and_its_pair(when, sent):
    lines = []

    def say(line):
        if line.startswith(when):
            os.kill(os.getpid(), sent)  # to any thread of the process, as a terminal sends it
            time.sleep(0.02)
        lines.append(line)

    agent = bedside_registry.load_bedside_agent("commit-at-once")
    (job,) = infer_episodes.generated_jobs(1, "dev")
    over = threading.Event()
    other = threading.Thread(target=over.wait)  # numerical libraries keep threads, which a mask does not reach
    other.start()
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        with pytest.raises(KeyboardInterrupt):
            infer_episodes.play(agent, infer_episodes.LocalSession(), job, "m", 0, say)
    finally:
        over.set()
        other.join()
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    assert [line.split()[0] for line in lines] == (
        ["[START]", "[STEP]", "[END]"] if when == "[END]" else ["[START]", "[END]"]
    )


def test_what_is_refused_is_said_as_error(scripted, capsys):
    scripted(BedsideAction(kind="measure", target="pain_score"), COMMIT)
    assert run(["infer", "--agent", "scripted"]) == 0
    errors = [steps[0]["error"] for _, steps, _ in episodes(capsys.readouterr().out)]
    assert "null" in errors
    assert any(error != "null" for error in errors), "some patient gives no number"


@pytest.mark.parametrize("wrong", [{"kind": "dance"}, None, 5, "commit everything"])
def test_something_that_is_no_action(scripted, capsys, wrong):
    scripted(wrong)
    assert run(["infer", "--agent", "scripted", "--n", "1"]) == 1
    (only,) = episodes(capsys.readouterr().out)
    assert only[2]["success"] == "false"


def test_llm_where_an_endpoint_is_set(monkeypatch, capsys):
    commit = '{"kind": "commit", "level": 2, "pathway": "emergency", "pattern": "stroke"}'
    with chat_server(good("hm"), otherwise=good(commit)) as server:
        monkeypatch.setenv("API_BASE_URL", server.base_url)
        monkeypatch.setenv("MODEL_NAME", "some model")
        assert run(["infer", "--n", "2", "--price", "1,2"]) == 0
    captured = capsys.readouterr()
    found = episodes(captured.out)
    assert [start["model"] for start, _, _ in found] == ["some%20model"] * 2
    assert [steps[-1]["action"] for _, steps, _ in found] == ["commit(2,emergency,stroke)"] * 2
    assert "3 answered" in captured.err
    assert "$0.0001" in captured.err
    assert "asked_again 1" in captured.err


def test_an_endpoint_that_is_gone_ends_the_episode_and_the_run(capsys):
    with chat_server(otherwise=status(401, "bad key")) as server:
        assert run(["infer", "--base-url", server.base_url, "--model", "tiny"]) == 2
    captured = capsys.readouterr()
    assert len(episodes(captured.out)) == 1
    assert captured.err.count("\n") == 1
    assert "HTTP 401: bad key" in captured.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tasks", "--n", "3"], "not both"),
        (["--split", "dev"], "only together with --n"),
        (["--agent", "rulse"], "did you mean 'rules'"),
        (["--agent", "rules", "--model", "tiny"], "only with --agent llm"),
        (["--agent", "llm"], "API_BASE_URL"),
        (["--n", "0"], "--n"),
        (["--url", "nowhere", "--n", "1"], "URL"),
    ],
)
def test_bad_arguments_are_one_line_and_no_episode(arguments, said, capsys):
    assert run(["infer", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err
    assert captured.err.count("\n") == 1


def test_a_polite_kill_still_ends_the_episode(tmp_path):
    place = tmp_path / "sleepy.py"
    place.write_text(
        "import sys, time\n"
        "from triagelab.agents import bedside_scripted\n"
        "bedside_scripted.RandomAgent.act = lambda *a, **k: time.sleep(60)\n"
        "from triagelab.cli.main import run\n"
        "sys.exit(run(['infer', '--agent', 'random', '--n', '3']))\n"
    )
    with subprocess.Popen(
        [sys.executable, str(place)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as one:
        assert one.stdout is not None
        first = one.stdout.readline()
        one.send_signal(signal.SIGTERM)
        rest, _ = one.communicate(timeout=30)
    (only,) = episodes(first + rest)
    assert (only[2]["success"], only[2]["rewards"]) == ("false", "")
    assert one.returncode == 130


def test_the_script_at_the_root_says_the_same(capsys):
    arguments = ["--agent", "commit-at-once", "--n", "2"]
    assert run(["infer", *arguments]) == 0
    environment = {name: value for name, value in os.environ.items() if name != "API_BASE_URL"}
    done = subprocess.run(
        [sys.executable, ROOT / "inference.py", *arguments], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout == capsys.readouterr().out


@given(st.text(), st.text(), st.floats(-1e6, 1e6), st.booleans(), st.none() | st.text())
def test_any_text_stays_on_its_line(action, model, reward, done, error):
    found = STEP.fullmatch(step_line(1, action, reward, done, error))
    assert found
    assert (found["error"] == "null") == (error is None)
    assert START.fullmatch(start_line(action, "bedside-v1", model))
    assert END.fullmatch(end_line(done, [reward] * 3))


def test_golden_lines():
    assert start_line("a b", "bedside-v1", "org/model:x") == "[START] task=a%20b env=bedside-v1 model=org/model:x"
    assert step_line(3, "measure(spo2)", -0.001, False) == (
        "[STEP] step=3 action=measure(spo2) reward=0.00 done=false error=null"
    )
    assert step_line(4, COMMIT.label(), 0.85, True, "a\nb") == (
        "[STEP] step=4 action=commit(2,emergency,stroke) reward=0.85 done=true error=a b"
    )
    assert end_line(True, [0.0, -1.2]) == "[END] success=true steps=2 rewards=0.00,-1.20"
    assert end_line(False, []) == "[END] success=false steps=0 rewards="
    assert word("") == "-"


@pytest.mark.parametrize("reward", [float("nan"), float("inf")])
def test_what_is_no_number_is_no_reward(reward):
    with pytest.raises(DataFormatError):
        money(reward)
