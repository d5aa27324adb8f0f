"""The safety layer on the command line: the flags with their sources, and agents that are fitted behind it."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from triagelab.cli.main import app
from triagelab.datasets.registry import load_dataset
from triagelab.training.tabular import fitted_spec

NOTE = "82F, weak and very tired since yesterday"


def run(*arguments: str) -> str:
    found = CliRunner().invoke(app, ["triage", *arguments])
    assert found.exit_code == 0, found.output
    return found.stdout


@pytest.mark.parametrize("agent", ["safety:rules", "red-flags"])
def test_a_raise_is_said_with_its_rule_and_source(agent):
    text = run("--agent", agent, NOTE)
    assert text.startswith("ESI 2")
    assert "red flags (raised from ESI 3)" in text
    assert "[S.elder_weakness] (safety table of" in text
    assert "by its probabilities" not in text


def test_flags_on_an_answer_that_was_urgent_enough_and_none_on_a_quiet_note():
    assert "red flags (the answer was urgent enough)" in run("--agent", "safety:rules", "64F slurred speech for 1 h")
    assert "red flags" not in run("--agent", "safety:rules", "30F ankle sprain")
    assert "red flags" not in run("--agent", "rules", "64F slurred speech for 1 h")


def test_json_tells_what_the_layer_did_only_where_there_is_one():
    said = json.loads(run("--agent", "safety:rules", "--json", NOTE))["safety"]
    assert (said["without"], said["raised"]) == (3, True)
    assert [flag["rule"] for flag in said["flags"]] == ["S.elder_weakness"]
    assert "safety" not in json.loads(run("--json", NOTE))


def test_an_agent_that_is_fitted_first_is_fitted_behind_the_layer_too(tmp_path, monkeypatch):
    monkeypatch.setenv("TRIAGELAB_CACHE", str(tmp_path))
    cases = load_dataset("generated", n=40)
    plain, safe = fitted_spec("majority", cases), fitted_spec("safety:majority", cases)
    assert safe == f"safety:{plain}"
    assert fitted_spec("safety:rules", cases) == "safety:rules"
