"""The commands and the Python of docs/crisis.md run, and its options are those of the commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from triagelab.cli.main import run
from triagelab.hospital.tables import scenarios

PAGE = (Path(__file__).parents[3] / "docs" / "crisis.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"(?:^    .*\n(?:^ *\n(?=    ))?)+", PAGE, re.M)


def test_the_python_of_the_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = next(block for block in BLOCKS if "import read_replay" in block)
    exec(compile(re.sub(r"^    ", "", code, flags=re.M), "docs/crisis.md", "exec"), {})
    assert {one.name for one in tmp_path.iterdir()} == {"one.jsonl", "one.html"}


def test_the_commands_of_the_first_minute_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    block = next(block for block in BLOCKS if "--policy nothing" in block)
    commands = [line.split("#")[0].split()[1:] for line in block.splitlines()]
    assert len(commands) == 6
    for command in commands:
        if command[1] in ("run", "replay"):
            assert run(command) == 0, command
    assert "check: every state agrees" in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["run", "replay", "benchmark"])
def test_every_option_of_the_page_is_one(verb, capsys):
    assert run(["crisis", verb, "--help"]) == 0
    known = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    lines = [
        line for block in BLOCKS for line in re.sub(r"\n +\[", " [", block).splitlines() if f"crisis {verb} " in line
    ]
    asked = {option for line in lines for option in re.findall(r"--[a-z-]+", line.split("#")[0])}
    assert asked
    assert asked <= known


def test_every_scenario_is_named():
    for name in scenarios():
        assert f"`{name}`" in PAGE
