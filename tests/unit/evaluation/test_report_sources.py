"""What a report finds in folders, and what it says when there is nothing to find."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from evaluation_samples import SpyAgent, dataset
from triagelab.errors import BadInputError, DataFormatError
from triagelab.evaluation.report_sources import load_sources
from triagelab.evaluation.runner import evaluate


@pytest.fixture
def demo(tmp_path) -> Path:
    """A folder as a demo leaves it: two evaluations, one run with a broken last line, a reward check."""
    cases = dataset(20)
    for order, name in enumerate(("second", "first")):
        evaluate(SpyAgent(name), cases, tmp_path / "eval" / name, progress=False, config={"agent": name})
        os.utime(tmp_path / "eval" / name / "records.jsonl", (order, order))
    run = tmp_path / "sft"
    run.mkdir()
    rows = [{"phase": "sft", "step": 1, "loss": 3.0}, {"phase": "sft", "step": 2, "loss": 2.0}]
    rows += [{"phase": "sft", "step": 2, "loss": 1.0}, {"loss": 9.0}, {"step": True}]
    (run / "curves.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"step": 3, "lo')
    (run / "config.json").write_text('{"recipe": {"seed": 7}}')
    (run / "recipe.toml").write_text("seed = 7\n")
    (tmp_path / "reward_check.json").write_text('{"preset": "cost-v0", "policies": []}')
    return tmp_path


def test_a_demo_folder_holds_everything_in_order(demo):
    found = load_sources([demo])
    assert [one.label for one in found.evaluations] == ["second", "first"]
    assert [run.label for run in found.runs] == ["sft"]
    assert found.runs[0].curves == ({"phase": "sft", "step": 1, "loss": 3.0}, {"phase": "sft", "step": 2, "loss": 1.0})
    assert found.runs[0].configs == {"config.json": {"recipe": {"seed": 7}}, "recipe.toml": {"seed": 7}}
    assert found.reward_checks[0]["preset"] == "cost-v0"
    assert len(found.groups()) == 1


def test_folders_given_twice_count_once_and_their_order_is_kept(demo):
    found = load_sources([demo / "eval" / "first", demo / "sft", demo])
    assert [one.label for one in found.evaluations] == ["first", "second"]
    assert len(found.runs) == 1


def test_other_data_make_another_group(tmp_path):
    evaluate(SpyAgent(), dataset(10), tmp_path / "a", progress=False)
    evaluate(SpyAgent(), dataset(12), tmp_path / "b", progress=False)
    assert len(load_sources([tmp_path]).groups()) == 2


def test_labels_differ_within_a_group(tmp_path):
    cases = dataset(10)
    for name in ("x/run", "y/run", "z"):
        evaluate(
            SpyAgent("model:run"), cases, tmp_path / name, progress=False, config={"agent": "model:/deep/path/run"}
        )
    labels = [one.label for one in load_sources([tmp_path]).evaluations]
    assert len(set(labels)) == 3
    assert all(label.startswith("model:run") for label in labels)


def test_nothing_to_report(tmp_path):
    with pytest.raises(BadInputError, match="triagelab evaluate"):
        load_sources([tmp_path])
    with pytest.raises(BadInputError, match="existing"):
        load_sources([tmp_path / "nowhere"])
    with pytest.raises(BadInputError, match="at least one"):
        load_sources([])


def test_broken_summary_names_its_file(demo):
    (demo / "eval" / "first" / "summary.json").write_text("{")
    with pytest.raises(DataFormatError, match=r"first/summary\.json: not JSON"):
        load_sources([demo])


def test_config_that_cannot_be_read_is_shown_as_text(demo):
    (demo / "sft" / "config.json").write_text("{ not json")
    assert load_sources([demo]).runs[0].configs["config.json"] == "{ not json"
