"""What the README shows a user is what runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from triagelab.agents.registry import agent_names
from triagelab.cli.main import run
from triagelab.datasets.registry import DATASET_NAMES

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_lines_of_python_run(capsys):
    blocks = re.findall(r"```python\n(.*?)```", README, re.S)
    assert len(blocks) == 1
    exec(compile(blocks[0], "README.md", "exec"), {})
    shown = capsys.readouterr().out
    assert shown.startswith("2 ('B.acs',")
    assert "150" in shown
    assert re.search(r"\] 100 \w.*\.$", shown.rstrip())  # the number of cases, then what is seen of a patient


@pytest.mark.parametrize("verb", sorted(set(re.findall(r"^    triagelab (\w+)", README, re.M))))
def test_every_verb_of_the_readme_answers_help(verb, capsys):
    assert run([verb, "--help"]) == 0
    assert "Usage" in capsys.readouterr().out


def test_agents_and_datasets_are_named():
    for name in (*agent_names(), *DATASET_NAMES):
        assert f"`{name}" in README


def test_readme_is_short():
    assert len(README.splitlines()) < 200
