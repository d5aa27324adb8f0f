"""What docs/audit.md prints is what the commands print, and every finding is on it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from triagelab.cli.main import run
from triagelab.rewards.audit.signal import SignalModel

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("verb", ["audit", "design"])
def test_printed_output_is_what_the_command_prints(verb, tmp_path, monkeypatch, capsys):
    found = re.search(rf"```console\n\$ triagelab ({verb} .*)\n((?:.*\n)*?)```", PAGE)
    assert found is not None
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    assert run(found[1].split()) == 0
    printed = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    shown = found[2].splitlines()
    assert printed[: len(shown)] == shown


def test_every_finding_is_on_the_page():
    ids = set()
    for path in (ROOT / "src" / "triagelab" / "rewards" / "audit").glob("*.py"):
        source = path.read_text(encoding="utf-8")
        ids |= set(re.findall(r'(?:Finding\(\s*|\bid=)"([a-z-]+)"', source))
        ids |= set(re.findall(r'^ +"(reward-[a-z-]+)",$', source, re.MULTILINE))
    assert len(ids) > 20
    assert [name for name in sorted(ids) if f"`{name}`" not in PAGE] == []


def test_the_json_section_names_every_key(capsys):
    assert run(["audit", "v50", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    section = PAGE[PAGE.index("## JSON") : PAGE.index("## Limits")]
    named = set(re.findall(r"[a-z_]+", section))
    assert set(row) <= named
    for rows in ("policies", "optimum", "regions", "attacks"):
        assert set(row[rows][0]) <= named
    assert set(row["dynamics"]["points"][0]) <= named
    assert set(row["groups"]) - {"name", "skill"} <= named


def test_the_formula_is_the_one_that_is_computed():
    got = SignalModel(skill=0.65).likelihood()
    for truth in range(1, 6):
        total = sum(4.0 ** -abs(u - truth) for u in range(1, 6) if u != truth)
        for signal in range(1, 6):
            meant = 0.65 if signal == truth else 0.35 * 4.0 ** -abs(signal - truth) / total
            assert got[truth - 1, signal - 1] == pytest.approx(meant)


def test_the_page_stays_short():
    assert len(PAGE.splitlines()) < 200
