"""The main job in small: every stage for real, stopped half way, resumed, and refused where it does not belong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from triagelab.errors import BadInputError, RunStateError
from triagelab.evaluation.summary import read_summary
from triagelab.training.demo import Plan, load_plan, run_demo

SMALL_MODEL = {
    "model.tiny.layers": 1,
    "model.tiny.width": 32,
    "model.tiny.feed_forward": 32,
    "model.tiny.vocabulary": 400,
}
SMALL = {
    "about": "small",
    "dataset": "generated",
    "seed": 0,
    "cases": {"train": 120, "dev": 20, "test": 40},
    "agents": ["majority", "rules"],
    "sft": {"recipe": "tiny-sft", "set": {"optim.steps": 6, "data.n": 100, "log.checkpoint_every": 2, **SMALL_MODEL}},
    "grpo": {
        "recipe": "tiny-grpo",
        "set": {"optim.steps": 2, "optim.batch": 8, "generation.max_new_tokens": 12, "data.n": 40, **SMALL_MODEL},
    },
}


@pytest.fixture(scope="module")
def plan() -> Plan:
    return Plan.model_validate(SMALL)


@pytest.fixture(scope="module")
def demo(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo that was killed in the middle of SFT and then run to its end."""
    out = tmp_path_factory.mktemp("demo") / "run"
    code = (
        "import json, sys; from pathlib import Path; from triagelab.training.demo import Plan, run_demo;"
        "run_demo('generated', None, Path(sys.argv[1]), plan=Plan.model_validate(json.loads(sys.argv[2])))"
    )
    command = [sys.executable, "-c", code, str(out), json.dumps(SMALL)]
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (out / "sft" / "config.json").exists() and first.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert not (out / "report.html").exists()
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, env={**os.environ})
    assert done.returncode == 0, done.stderr[-2000:]
    assert "resuming in" in done.stderr
    (out.parent / "stdout.txt").write_text(done.stdout, encoding="utf-8")
    return out


@pytest.mark.training
def test_it_ends_with_a_table_a_comparison_and_the_place_of_the_report(demo: Path):
    shown = (demo.parent / "stdout.txt").read_text(encoding="utf-8")
    for word in ("majority", "rules", "sft", "grpo", "n = 40", "SFT versus GRPO", "not a medical device"):
        assert word in shown
    assert shown.rstrip().endswith(f"report: {demo / 'report.html'}")


@pytest.mark.training
def test_every_agent_is_evaluated_on_the_same_unseen_patients(demo: Path):
    summaries = [read_summary(demo / "eval" / agent) for agent in ("majority", "rules", "sft", "grpo")]
    assert {summary["data_hash"] for summary in summaries} == {summaries[0]["data_hash"]}
    assert {summary["split"] for summary in summaries} == {"test"}
    page = (demo / "report.html").read_text(encoding="utf-8")
    assert "http-equiv" not in page.lower() or "content-security-policy" in page.lower()
    assert "sft" in page


@pytest.mark.training
def test_a_finished_demo_is_not_run_again_and_another_is_refused(demo: Path, plan: Plan, capsys):
    before = (demo / "grpo" / "manifest.json").read_text(encoding="utf-8")
    run_demo("generated", None, demo, plan=plan)
    assert (demo / "grpo" / "manifest.json").read_text(encoding="utf-8") == before
    capsys.readouterr()
    with pytest.raises(RunStateError, match="other data or settings"):
        run_demo("generated", None, demo, plan=plan.model_copy(update={"seed": 1}))


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path, plan: Plan):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(RunStateError, match="no demo"):
        run_demo("generated", None, tmp_path, plan=plan)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_real_visits_need_their_folder(tmp_path: Path):
    with pytest.raises(BadInputError, match="the folder with the source"):
        run_demo("nhamcs", None, tmp_path / "x")
    with pytest.raises(BadInputError, match="an existing folder"):
        run_demo("nhamcs", tmp_path / "none", tmp_path / "x")
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("name", ["generated", "nhamcs"])
def test_shipped_plans_name_recipes_that_load_and_presets_that_exist(name: str):
    from triagelab.rewards.presets import load_preset
    from triagelab.training.recipe_files import load_recipe

    plan = load_plan(name)
    assert load_recipe(plan.sft.recipe, plan.sft.set).kind == "sft"
    grpo = load_recipe(plan.grpo.recipe, plan.grpo.set)
    assert grpo.kind == "grpo"
    assert load_preset(grpo.reward.preset).name
