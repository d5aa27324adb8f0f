"""`triagelab validate`: lines, JSON and exit codes."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from triagelab.cli import validate as command
from triagelab.cli.main import run
from triagelab.envs.check.report import CheckResult, Report


def test_a_sound_environment_exits_with_0_and_prints_every_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", "esi-v1", "--level", "quick", "--episodes", "4", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["target"] == "esi-v1"
    assert len(report["checks"]) == 16
    assert all(set(check) == {"id", "status", "detail"} and check["detail"] for check in report["checks"])


def test_a_failure_exits_with_1(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('actions.each = [{text = "ANSWER: ESI 3"}]\nreward_range = [0.0, 0.1]\nmax_steps = 1\n')
    assert run(["validate", "esi-v1", "--level", "quick", "--policy", str(policy)]) == 1
    out = capsys.readouterr().out
    assert "fail  runtime.reward_well_formed" in out
    assert "skip  semantic.floor_gap: the policy file does not say what doing nothing is" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bedsid-v1"], "did you mean 'bedside-v1'?"),
        (["http://127.0.0.1:1"], "an OpenEnv server that answers"),
        (["esi-v1", "--level", "quik"], "did you mean 'quick'?"),
        (["esi-v1", "--policy", "none.toml"], "none.toml"),
        (["esi-v1", "--episodes", "0"], "episodes"),
    ],
)
def test_bad_input_exits_with_2_and_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["validate", *arguments]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_what_a_server_says_cannot_command_a_terminal() -> None:
    report = Report("http://x", (CheckResult("runtime.seed_control", "fail", "said \x1b[2J and [red]", 0.1),))
    assert "\x1b" not in "\n".join(command.plain_lines(report))
    console = Console(width=200, record=True, highlight=False, file=io.StringIO())
    command.show(report, console)
    text = console.export_text()
    assert "\x1b" not in text
    assert "[red]" in text
    assert "0 passed, 1 failed, 0 skipped" in text
