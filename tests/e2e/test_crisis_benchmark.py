"""`triagelab crisis benchmark` from the command line."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from triagelab.cli.main import run

COMMAND = ["crisis", "benchmark", "--scenarios", "staff_shortage", "--policies", "heuristic,discharge-all"]


def test_json_table_and_resume(tmp_path, capsys):
    assert run([*COMMAND, "--episodes", "1", "--out", str(tmp_path / "a"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    entry = found["scenarios"]["staff_shortage"]["heuristic"]
    assert set(entry) >= {"survival", "composite", "preventable_deaths", "minutes_to_treatment", "icu_use", "reward"}
    assert set(found["overall"]["heuristic"]) >= {"composite", "low", "high"}
    assert found["overall"]["discharge-all"]["composite"] < 5 < 45 < entry["composite"] <= 100
    assert run([*COMMAND, "--episodes", "1", "--out", str(tmp_path / "a"), "--resume"]) == 0
    shown = capsys.readouterr().out
    for word in ("staff_shortage", "survival", "heuristic", "oracle", "100.0", "all scenarios"):
        assert word in shown
    assert max(map(len, shown.splitlines())) <= 170


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--policies", "heuristics"], "did you mean 'heuristic'"),
        (["--policies", "heuristic,,nothing"], "--policies"),
        (["--policies", "heuristic,heuristic"], "each name once"),
        (["--policies", "llm:"], "--base-url"),
        (["--scenarios", "flood"], "mass_casualty"),
        (["--difficulty", "nan"], "difficulty"),
        (["--difficulty", "1.5"], "difficulty"),
        (["--steps", "21"], "20 or 50"),
        (["--episodes", "0"], "episodes"),
        (["--workers", "0"], "workers"),
        (["--workers", "2", "--ray", "local"], "--ray"),
        (["--ray", "127.0.0.1:1"], "running cluster"),
        (["--resume"], "--out"),
        (["--seed", "-1"], "seed"),
    ],
)
def test_bad_values_are_one_line_and_exit_2(arguments, says, capsys):
    assert run(["crisis", "benchmark", "--episodes", "1", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert says in captured.err


def test_the_help_of_the_group_loads_nothing_heavy():
    code = (
        "import sys; from triagelab.cli.main import run; run(['crisis', '--help']);"
        "heavy = {'torch', 'ray', 'scipy', 'polars'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "benchmark" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"
