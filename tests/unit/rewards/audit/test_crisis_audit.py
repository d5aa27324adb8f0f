"""The audit of a crisis reward: ours is clean, the published one shows its faults, and so does one that is broken."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from triagelab.cli import audit as cli
from triagelab.cli.main import app
from triagelab.errors import BadInputError
from triagelab.rewards.audit import crisis_attacks
from triagelab.rewards.audit.crisis_audit import CrisisAudit, audit_crisis
from triagelab.rewards.crisis.preset import load_crisis_preset
from triagelab.rewards.crisis.scripted import WRITERS
from triagelab.rewards.crisis.verifiers import VERIFIERS

FEW = 6


@cache
def audited(name: str) -> CrisisAudit:
    """Return a short audit with every twelfth attack."""
    texts = crisis_attacks.attack_texts()
    patch = pytest.MonkeyPatch()
    patch.setattr(crisis_attacks, "attack_texts", lambda: dict(list(texts.items())[::12]))
    try:
        return audit_crisis(load_crisis_preset(name), states=FEW, seed=1)
    finally:
        patch.undo()


def test_ours_is_clean() -> None:
    found = audited("crisis-v1")
    assert found.findings == ()
    assert found.verdict == "none"
    assert all(one.beaten == 0 for one in found.attacks)


def test_the_published_one_shows_its_faults() -> None:
    found = audited("crisis-published")
    ids = {finding.id for finding in found.severe}
    assert {
        "crisis-constant-verifier", "crisis-pays-nothing", "crisis-pays-spam", "crisis-pays-unreadable",
        "crisis-spam-is-best", "crisis-text-attacks",
    } <= ids  # fmt: skip
    constant = next(finding for finding in found.findings if finding.id == "crisis-constant-verifier")
    for name in ("patient_survival", "icu_efficiency", "violation_detection"):
        assert name in constant.evidence
    assert "published-flag" in next(finding for finding in found.findings if finding.id == "crisis-pays-spam").evidence


def test_a_reward_of_form_alone_is_found_out(tmp_path: Path) -> None:
    path = tmp_path / "form.toml"
    path.write_text(
        'name = "form"\ntitle = "t"\ncombine = "mean"\n[[term]]\nverifier = "response_speed"\nweight = 1.0\n'
        '[[term]]\nverifier = "format_compliance"\nweight = 1.0\n'
    )
    found = audited(str(path))
    assert {"crisis-pays-unreadable"} <= {finding.id for finding in found.severe}
    assert {"crisis-nothing-is-best", "crisis-pays-nothing"} & {finding.id for finding in found.severe}


def test_the_row_is_plain_json_with_every_part() -> None:
    row = json.loads(json.dumps(audited("crisis-v1").row(), allow_nan=False))
    assert [one["completion"] for one in row["completions"]] == list(WRITERS)
    assert {one["verifier"] for one in row["verifiers"]} == {*VERIFIERS, "total"}
    assert row["preset"] == "crisis-v1"
    assert row["states"] == FEW


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    from triagelab.cli import crisis_audit

    monkeypatch.setattr(crisis_audit, "audit_named", audited)


@pytest.mark.usefixtures("short")
def test_the_command_prints_and_exits_as_other_audits_do() -> None:
    run = CliRunner().invoke
    clean = run(app, ["audit", "crisis-v1", "--strict"])
    assert clean.exit_code == 0
    assert "no findings" in clean.output
    faulty = run(app, ["audit", "crisis-published", "--strict"])
    assert faulty.exit_code == 1
    assert "crisis-constant-verifier" in faulty.output
    assert run(app, ["audit", "crisis-published"]).exit_code == 0
    rows = json.loads(run(app, ["audit", "crisis-v1", "crisis-published", "--json"]).output)
    assert [row["verdict"] for row in rows] == ["none", "severe"]


@pytest.mark.usefixtures("short")
def test_tasks_are_not_mixed_and_pages_are_for_levels(tmp_path: Path) -> None:
    for args in (["crisis-v1", "v46"], ["crisis-v1", "--html", str(tmp_path / "a.html")]):
        found = CliRunner().invoke(app, ["audit", *args])
        assert found.exit_code != 0
        assert isinstance(found.exception, BadInputError | SystemExit)
    assert cli.SKILL == 0.65
