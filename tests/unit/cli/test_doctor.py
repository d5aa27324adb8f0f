"""`triagelab doctor`: words for people, JSON for programs, and text from files that a terminal never obeys."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from doctor_samples import curve, honest, own_run, rollouts
from triagelab.cli import doctor as command
from triagelab.cli.main import run
from triagelab.seeding import Generator
from triagelab.training.doctor.diagnosis import diagnose


def collapsing(progress: float, level: int, rng: Generator) -> int:
    return 5 if rng.random() < 1.3 * progress else honest(progress, level, rng)


def paid_for_five(level: int, answer: int) -> dict[str, float]:
    return {"outcome": 2.0 if answer == 5 else float(answer == level)}


@pytest.fixture
def sick(tmp_path: Path) -> Path:
    return own_run(tmp_path / "sick", rollouts(collapsing, paid_for_five, steps=24))


@pytest.fixture
def healthy(tmp_path: Path) -> Path:
    return own_run(tmp_path / "healthy", rollouts(steps=24))


def test_findings_are_printed_with_evidence_and_remedy(sick: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", str(sick)]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{sick}: triagelab grpo run, finished, 24 of 24 steps\nsevere: ")
    assert "[reward-hacked]" in out
    assert "triagelab audit" in out
    assert "answers 5" in out


def test_a_healthy_run_is_said_to_be_one(healthy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", str(healthy), "--strict"]) == 0
    assert "nothing wrong was found" in capsys.readouterr().out


def test_strict_fails_on_something_severe(sick: Path) -> None:
    assert run(["doctor", str(sick), "--strict"]) == 1


def test_json_is_one_object(sick: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", str(sick), "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["findings"][0]["severity"] == "severe"
    assert row["windows"][0]["steps"][0] == 1
    assert row["state"] == "finished"


@pytest.mark.parametrize("name", ["missing", "empty", "file"])
def test_a_path_that_is_no_run_gets_one_line(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("{}")
    assert run(["doctor", str(tmp_path / name)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("triagelab: RUN: ")
    assert error.count("\n") == 1


def test_follow_prints_again_for_new_steps_and_ends_with_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = rollouts(steps=24)
    place = own_run(tmp_path / "run", [r for r in rows if r["step"] < 12], finished=False)
    naps: list[float] = []

    def later(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 2:
            own_run(place, rows, finished=False)
        if len(naps) == 4:
            own_run(place, rows, finished=True)

    monkeypatch.setattr(command.time, "sleep", later)
    assert run(["doctor", str(place), "--follow", "--json"]) == 0
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["steps"]["done"], row["state"]) for row in shown] == [
        (12, "running"),
        (24, "running"),
        (24, "finished"),
    ]


def test_ctrl_c_ends_following_without_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = own_run(tmp_path / "run", rollouts(steps=8), finished=False)

    def stop(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command.time, "sleep", stop)
    assert run(["doctor", str(place), "--follow"]) == 0
    assert capsys.readouterr().err == ""


def test_a_terminal_gets_trends_and_never_obeys_text_from_a_file(tmp_path: Path) -> None:
    evil = "\x1b[2J\x1b]0;owned\x07[bold red]stop[/]<b>\u202e"
    rows = [
        row | {"predicted": None, "status": evil, "completion": evil, "terms": {evil: 1.0, "length": 2.0}}
        for row in rollouts(steps=12)
    ]
    place = own_run(tmp_path / "run", rows, [curve(s) | {evil: 1.0} for s in range(1, 13)])
    screen = io.StringIO()
    command.show(diagnose(place), Console(file=screen, force_terminal=False, width=100))
    shown = screen.getvalue()
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "[bold red]stop[/]" in "".join(shown.split("\n"))
    assert "no answer" in shown


def test_trends_show_direction() -> None:
    assert command.sparkline([0.0, 0.5, 1.0], share=True) == "▁▅█"
    assert command.sparkline([3.0, None, 1.0], share=False) == "█ ▁"
    assert command.sparkline([0.51, 0.5], share=True) == "▁▁"
    assert command.sparkline([None, None], share=False) == "  "
