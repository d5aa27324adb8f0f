"""Playing at the bedside: short commands, nearest names, a clean end, and nothing of the truth before it."""

from __future__ import annotations

import io

import pytest

from triagelab.cases.bedside.actions import PATTERNS, TARGETS
from triagelab.cli import play
from triagelab.cli.main import run
from triagelab.envs.registry import make
from triagelab.errors import BadInputError


def played(monkeypatch, capsys, text: str, *arguments: str) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    code = run(["play", "bedside", "--seed", "3", *arguments])
    out = capsys.readouterr()
    return code, out.out, out.err


def test_a_whole_game_ends_with_truth_reasons_and_score(monkeypatch, capsys):
    typed = "ask story\nmeasure spo2\nmore\nlook\ncommit 4 urgent minor_injury\nask pain\n"
    code, out, err = played(monkeypatch, capsys, typed)
    assert (code, err) == (0, "")
    assert "Truth: level " in out
    assert "You said: level 4, urgent, minor_injury, after " in out
    assert "Score: " in out
    assert "[minute 2, 19 actions left]" in out
    assert out.count("Score: ") == 1


def test_the_score_is_the_environments(monkeypatch, capsys):
    _, out, _ = played(monkeypatch, capsys, "commit 2 emergency stroke\n")
    with make("bedside-v1") as env:
        env.reset(seed=3)
        env.step({"kind": "commit", "level": 2, "pathway": "emergency", "pattern": "stroke"})
        assert f"Score: {env.record.total:.3f} " in out


@pytest.mark.parametrize("typed", ["", "ask story\n", "quit\n", "\n\n  \nq\n"])
def test_who_leaves_gets_no_truth(monkeypatch, capsys, typed):
    code, out, _ = played(monkeypatch, capsys, typed)
    assert code == 0
    assert out.endswith("left without an answer\n")
    assert "Truth" not in out


def test_ctrl_c_is_a_clean_end(monkeypatch, capsys):
    def stop(_prompt: str = "") -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.input", stop)
    assert run(["play", "bedside", "--seed", "3"]) == 0
    assert capsys.readouterr().out.endswith("left without an answer\n")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("measur spo2", ""),
        ("aks pain", "did you mean 'ask'"),
        ("measure spo3", "did you mean 'spo2'"),
        ("ask", "medicines_and_allergies"),
        ("commit 2 emergency strok3", "did you mean 'stroke'"),
        ("commit 9 emergency stroke", "LEVEL PATHWAY PATTERN"),
        ("commit 2", "LEVEL PATHWAY PATTERN"),
        ("more pain", "nothing behind it"),
        ("\x1b[2Jask", "allowed"),
        ("{}", "allowed"),
    ],
)
def test_a_wrong_command_costs_nothing_and_says_what_is_possible(monkeypatch, capsys, typed, said):
    code, out, _ = played(monkeypatch, capsys, f"{typed}\n")
    assert code == 0
    assert said in out
    assert "\x1b" not in out
    assert ("actions left" in out) == (said == "")


def test_the_start_of_a_name_and_spaces_are_enough():
    assert play.read_command(["measure", "spo"]).label() == "measure(spo2)"
    assert play.read_command(["ask", "chest", "and", "breathing"]).label() == "ask(chest_and_breathing)"
    assert play.read_command(["give", "flu"]).label() == "intervene(fluids)"
    assert play.read_command(["commit", "2", "em", "strok"]).label() == "commit(2,emergency,stroke)"
    with pytest.raises(BadInputError, match="head"):
        play.read_command(["examine", "z"])


@pytest.mark.parametrize("kind", list(TARGETS))
def test_help_lists_every_name(kind):
    (line,) = play.help_lines([kind])
    assert line == f"{kind}: {', '.join(TARGETS[kind])}"


def test_help_says_what_a_commit_needs(monkeypatch, capsys):
    _, out, _ = played(monkeypatch, capsys, "help commit\nhelp\n?\n")
    assert PATTERNS[-1] in out
    assert out.count("such as: ask pain") == 2


def test_named_tasks_can_be_played_and_unknown_ones_are_listed(monkeypatch, capsys):
    with make("bedside-v1") as env:
        name = env.tasks("tasks")[0].id
    monkeypatch.setattr("sys.stdin", io.StringIO("commit 2 emergency stroke\n"))
    assert run(["play", "bedside", "--task", name]) == 0
    assert "severity" in capsys.readouterr().out
    assert run(["play", "bedside", "--task", name[:-1]]) == 2
    assert name in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["chess"], ["bedside", "--split", "tests"], ["bedside", "--task", "x", "--seed", "1"]]
)
def test_wrong_arguments_are_one_line(capsys, arguments):
    assert run(["play", *arguments]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_nothing_of_the_truth_is_told_before_the_end(monkeypatch, capsys):
    with make("bedside-v1") as env:
        env.reset(seed=3)
        env.step({"kind": "commit", "level": 5, "pathway": "urgent", "pattern": "burn"})
        debrief = env.record.turns[-1][1].debrief
    _, out, _ = played(monkeypatch, capsys, "ask story\nask pain\nexamine chest\n")
    assert debrief["case_id"] not in out
    assert debrief["pattern"] not in out
    assert not any(reason["rule"] in out for reason in debrief["because"])
