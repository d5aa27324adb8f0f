"""`triagelab audit` of imaging rewards: what it prints, how it exits, what it needs, and that training asks it."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from triagelab.cli.main import app, run
from triagelab.errors import BadInputError, MissingDependencyError
from triagelab.rewards.audit.imaging_audit import ImagingAudit, audit_imaging
from triagelab.rewards.imaging.preset import load_imaging_preset
from triagelab.training import gate
from triagelab.training.recipe_files import load_recipe


@cache
def short(name: str) -> ImagingAudit:
    return audit_imaging(load_imaging_preset(name), rows=6)


@pytest.fixture
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("triagelab.cli.imaging_audit.audit_named", short)
    monkeypatch.setattr(gate, "audit_imaging", lambda preset: short(preset.name))
    gate._imaging_audit.cache_clear()


@pytest.mark.usefixtures("_short")
def test_the_command_prints_and_exits_as_other_audits_do() -> None:
    call = CliRunner().invoke
    clean = call(app, ["audit", "imaging-baseline", "--strict"])
    assert clean.exit_code == 0
    assert "0 severe" in clean.output
    assert "gold" in clean.output
    faulty = call(app, ["audit", "imaging-baseline-published", "--strict"])
    assert faulty.exit_code == 1
    assert "imaging-constant-label" in faulty.output
    assert call(app, ["audit", "imaging-baseline-published"]).exit_code == 0
    rows = json.loads(call(app, ["audit", "imaging-baseline", "imaging-citations-published", "--json"]).output)
    assert [row["verdict"] for row in rows] == ["note", "severe"]
    assert "rubric scorer" in " ".join(call(app, ["audit", "imaging-llm-eval"]).output.split())


@pytest.mark.usefixtures("_short")
def test_it_fits_eighty_columns(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run(["audit", "imaging-baseline-published"]) == 0
    assert max(len(line.rstrip()) for line in capsys.readouterr().out.splitlines()) <= 80


@pytest.mark.usefixtures("_short")
@pytest.mark.parametrize("others", [["v46"], ["crisis-v1"], ["--html", "a.html"]])
def test_tasks_are_not_mixed_and_pages_are_for_levels(others: list[str], tmp_path: Path) -> None:
    found = CliRunner().invoke(app, ["audit", "imaging-baseline", *others])
    assert found.exit_code != 0
    assert isinstance(found.exception, BadInputError | SystemExit)


def test_an_encoder_that_is_missing_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing() -> None:
        raise MissingDependencyError("sentence-transformers", "train", "the sentence encoder")

    monkeypatch.setattr("triagelab.rewards.imaging.score.shared_encoder", missing)
    assert run(["audit", "imaging-embedding"]) != 0
    said = capsys.readouterr().err.strip()
    assert len(said.splitlines()) == 1
    assert "train" in said


def test_other_audits_load_nothing_of_it() -> None:
    code = (
        "import sys; from triagelab.cli.main import run; run(['audit', 'v46', '--json']);"
        "bad = [m for m in ('torch', 'rich', 'polars', 'triagelab.rewards.audit.imaging_audit') if m in sys.modules];"
        "sys.exit(str(bad) if bad else 0)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr


def test_an_audit_without_encoder_loads_no_torch() -> None:
    code = (
        "import sys; from triagelab.cli.main import run; run(['audit', 'imaging-baseline', '--json']);"
        "bad = [m for m in ('torch', 'polars', 'rich') if m in sys.modules]; sys.exit(str(bad) if bad else 0)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["task"] == "imaging"


@pytest.mark.usefixtures("_short")
def test_training_refuses_a_severe_imaging_reward_and_records_a_clean_one(tmp_path: Path) -> None:
    told = gate.check_reward(load_recipe("tiny-imaging-grpo-baseline"), tmp_path, accept=False)
    assert told is not None
    assert told["verdict"] == "note"
    assert told["rows"] == 6
    published = load_recipe("tiny-imaging-grpo-baseline", {"reward.preset": "imaging-baseline-published"})
    with pytest.raises(BadInputError, match=r"imaging-.*audit imaging-baseline-published, or .*--accept-exploits"):
        gate.check_reward(published, tmp_path, accept=False)
    accepted = gate.check_reward(published, tmp_path, accept=True)
    assert accepted is not None
    assert "imaging-constant-label" in accepted["accepted_exploits"]
