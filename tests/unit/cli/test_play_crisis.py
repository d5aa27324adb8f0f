"""Playing a role in a crisis: acts a line, steps, nearest names, a clean end, and the environment's own score."""

from __future__ import annotations

import io

import pytest

from triagelab.cli.main import run
from triagelab.cli.play import complete
from triagelab.cli.play_crisis import read_act
from triagelab.envs.registry import make
from triagelab.errors import BadInputError, UnknownNameError


def played(monkeypatch, capsys, text: str, *arguments: str) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    code = run(["play", "crisis", "--seed", "3", *arguments])
    out = capsys.readouterr()
    return code, out.out, out.err


def test_a_whole_game_ends_with_the_truth_and_the_environments_score(monkeypatch, capsys):
    typed = "call nurse 3\ncall_in nurse 3\n" + "next\n" * 25
    code, out, err = played(monkeypatch, capsys, typed, "--role", "hr_rostering")
    assert (code, err) == (0, "")
    assert "noted 2: call_in nurse 3" in out
    with make("crisis-v1") as env:
        env.reset(seed=3, role="hr_rostering")
        seen = env.step({"acts": [{"act": "call_in", "staff_role": "nurse", "count": 3}] * 2})
        while not seen.done:
            seen = env.step({"acts": []})
        assert out.count(f"Score: {env.record.total:.3f} ") == 1
    assert "Truth: " in out


def test_nothing_of_the_truth_is_said_before_the_end(monkeypatch, capsys):
    code, out, _ = played(monkeypatch, capsys, "next\nnext\nquit\n")
    assert code == 0
    assert out.rstrip().endswith("left before the end")
    for word in ("Truth", "Score", "severe", "difficulty"):
        assert word not in out


def test_what_cannot_be_typed_is_said_and_the_game_goes_on(monkeypatch, capsys):
    typed = "fly\nplace P-011\nplace P-011 moon\nundo\nplace p-011 bay\nundo\nhelp place\n?\n\n"
    code, out, _ = played(monkeypatch, capsys, typed)
    assert code == 0
    assert "place PATIENT resus|bay|isolation|overflow|waiting" in out
    assert "dropped: place P-011 bay" in out
    assert "nothing is noted" in out
    assert "left before the end" in out


def test_a_role_or_game_that_is_none_is_bad_input(monkeypatch, capsys):
    code, _, err = played(monkeypatch, capsys, "", "--role", "pharmasy")
    assert (code, "did you mean 'pharmacy'" in err or "pharmacy" in err) == (2, True)
    assert run(["play", "bedside", "--role", "pharmacy"]) == 2


def test_the_rest_of_a_line_is_the_text_and_numbers_are_numbers():
    assert read_act("pharmacy", ["message", "cmo_oversight", "we", "are", "out", "of", "naloxone"], complete) == {
        "act": "message", "to": "cmo_oversight", "text": "we are out of naloxone",
    }  # fmt: skip
    typed = ["order", "P-012", "morphine", "4", "mg", "iv"]
    assert read_act("pharmacy", typed, complete) == {
        "act": "order", "patient": "P-012", "drug": "morphine", "dose": 4.0, "unit": "mg", "route": "iv",
    }  # fmt: skip
    assert read_act("cmo_oversight", ["div", "on"], complete) == {"act": "divert", "on": True}
    with pytest.raises(BadInputError, match="a number"):
        read_act("pharmacy", ["order", "P-012", "morphine", "four", "mg", "iv"], complete)
    with pytest.raises(UnknownNameError):
        read_act("pharmacy", ["place", "P-012", "bay"], complete)
