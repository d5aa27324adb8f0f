"""Training on states of the hospital crisis for real, on very small models: SFT, GRPO, DPO, and the 7B recipe."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import tiny_runs
from tiny_runs import same, weights
from triagelab.agents.crisis_model import CrisisModel
from triagelab.errors import BadInputError, DataFormatError
from triagelab.hospital.hospital import begin
from triagelab.hospital.tables import ROLES
from triagelab.hospital.views import View
from triagelab.rewards.crisis.states import StateKey
from triagelab.training import crisis_data, logs
from triagelab.training.crisis_pairs import read_pairs
from triagelab.training.doctor.diagnosis import diagnose
from triagelab.training.recipe_files import load_recipe
from triagelab.training.run import train

pytestmark = pytest.mark.training

DATA: dict[str, Any] = {"threads": 1, "data.n": 10, "crisis.latest": 3, "crisis.steps": 8, "log.every": 1}
SMALLEST: dict[str, Any] = {**DATA, **tiny_runs.SFT}
GRPO: dict[str, Any] = {**DATA, **tiny_runs.GRPO, "generation.max_new_tokens": 16}


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train("tiny-crisis-sft", tmp_path_factory.mktemp("runs") / "sft", overrides=SMALLEST, progress=False)


def test_sft_learns_from_the_playbook_and_its_model_plays(start: Path) -> None:
    manifest = json.loads((start / "manifest.json").read_text())
    assert manifest["steps"] == 4
    assert manifest["data"]["n"] == 10
    assert sum(manifest["data"]["roles"].values()) == 10
    assert manifest["teacher"]["longest"] <= 640
    curves = logs.read_curves(start)
    assert curves[-1]["loss"] < curves[0]["loss"]
    h = begin("mass_casualty", 0.5, 1, 20)
    policy = CrisisModel.load(start, max_new_tokens=8)
    policy.begin(0)
    h.step(policy.act({role: View(h, role) for role in ROLES}))
    assert policy.counts["answers"] == 6


def test_grpo_logs_every_answer_with_what_each_verifier_paid(start: Path, tmp_path: Path) -> None:
    run = train("tiny-crisis-grpo", tmp_path / "grpo", overrides={**GRPO, "warm_start": str(start)}, progress=False)
    rows = logs.read_completions(run)
    keys = [(row["step"], row["group"], row["rollout"]) for row in rows]
    assert keys == [(step, group, rollout) for step in range(2) for group in range(2) for rollout in range(4)]
    for row in rows:
        assert sum(row["terms"].values()) == pytest.approx(row["reward"], abs=1e-6)
        assert len(row["terms"]) == 8
        key = StateKey.parse(row["case_id"])
        assert key.role == row["role"]
        assert crisis_data.split_of(key.seed) == "train"
    for step in range(2):
        for group in range(2):
            assert len({row["case_id"] for row in rows if (row["step"], row["group"]) == (step, group)}) == 1
    for name in ("reward", "frac_reward_zero_std", "deaths_prevented", "duties", "parse/no_answer"):
        assert name in logs.read_curves(run)[0]
    assert not [finding for finding in diagnose(run).findings if finding.id in ("answers-unknown", "levels-unknown")]


def test_answers_that_earn_differently_move_the_weights(
    start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A random model never writes JSON, so the verifiers' gradient is shown with answers put in its mouth."""
    from triagelab.training.crisis_grpo import VerifiedReward

    given = VerifiedReward.__call__

    def spoken(self: VerifiedReward, *, completions: Any, state: Any, **columns: Any) -> list[float | None]:
        gold = [crisis_data.example(StateKey.parse(key), "crisis-brief").answer for key in state]
        said = [text if i % 2 else "no answer" for i, text in enumerate(gold)]
        return given(self, completions=said, state=state, **columns)

    monkeypatch.setattr(VerifiedReward, "__call__", spoken)
    run = train("tiny-crisis-grpo", tmp_path / "run", overrides={**GRPO, "warm_start": str(start)}, progress=False)
    rewards = [row["reward"] for row in logs.read_completions(run)]
    assert all(reward == 0 for reward in rewards[::2])
    assert all(reward > 0 for reward in rewards[1::2])
    assert all(row["grad_norm"] > 0 and row["frac_reward_zero_std"] == 0 for row in logs.read_curves(run))
    assert not same(weights(start), weights(run))


def test_a_run_cut_off_goes_on_and_a_finished_one_is_left_alone(
    start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from triagelab.training.callbacks import Curves

    written = Curves.on_log

    def stop(self: Curves, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        written(self, args, state, control, **kwargs)
        if state.global_step == 3:
            raise KeyboardInterrupt

    out = tmp_path / "cut"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Curves, "on_log", stop)
        train("tiny-crisis-sft", out, overrides=SMALLEST, progress=False)
    train("tiny-crisis-sft", out, overrides=SMALLEST, progress=False, resume=True)
    assert same(weights(start), weights(out)), "the same weights as the run that was not cut"
    before = (out / "manifest.json").stat().st_mtime_ns
    assert train("tiny-crisis-sft", out, overrides=SMALLEST, progress=False, resume=True) == out
    assert (out / "manifest.json").stat().st_mtime_ns == before


def test_dpo_ranks_answers_and_prefers_the_better_ones(start: Path, tmp_path: Path) -> None:
    settings = {**DATA, "warm_start": str(start), "crisis.samples": 2, "generation.max_new_tokens": 8}
    settings |= {"optim.steps": 6, "optim.batch": 4, "optim.learning_rate": 1e-2, "log.checkpoint_every": 3}
    run = train("tiny-crisis-dpo", tmp_path / "dpo", overrides=settings, progress=False)
    manifest = json.loads((run / "manifest.json").read_text())
    told = read_pairs(run / "pairs.jsonl")
    assert manifest["pairs"]["pairs"] == len(told) > 3
    assert manifest["pairs"]["mean_margin"] >= 0.1
    assert all(row["chosen_score"] > row["rejected_score"] for row in told)
    curves = logs.read_curves(run)
    assert curves[0]["loss"] == pytest.approx(0.693, abs=0.01), "it starts where the start policy is"
    assert curves[-1]["loss"] < curves[0]["loss"]
    assert curves[-1]["rewards/margins"] > 0
    assert not same(weights(start), weights(run))
    assert CrisisModel.load(run, max_new_tokens=4).template == "crisis-brief"


def test_what_cannot_run_is_said_and_leaves_no_folder(start: Path, tmp_path: Path) -> None:
    cases: dict[str, tuple[str, dict[str, Any]]] = {
        "warm_start": ("tiny-crisis-dpo", {"warm_start": None}),
        "generation.group": ("tiny-crisis-grpo", {"generation.group": 3, "warm_start": str(start)}),
        "data.max_tokens": ("tiny-crisis-grpo", {"data.max_tokens": 32, "warm_start": str(start)}),
        "preset": ("tiny-crisis-grpo", {"reward.preset": "crisis-v7", "warm_start": str(start)}),
    }
    for word, (name, change) in cases.items():
        with pytest.raises((BadInputError, DataFormatError, LookupError), match=word.split(".")[-1]):
            train(name, tmp_path / word, overrides={**GRPO, **change}, progress=False)
        assert not (tmp_path / word / "manifest.json").exists()


def test_the_seeds_recipe_takes_real_steps_with_adapters_on_a_small_qwen2(tmp_path: Path) -> None:
    """NF4 and the paged optimiser need a GPU: here the same path runs in full precision with the 8-bit optimiser."""
    from tiny_prompted import save_qwen2

    base = save_qwen2(tmp_path / "base")
    settings = {**DATA, "model.name": str(base), "model.quantize": "none", "optim.name": "adamw_8bit"}
    settings |= {"optim.steps": 2, "generation.max_new_tokens": 12, "crisis.patients": 2, "log.checkpoint_every": 2}
    run = train("qwen2.5-7b-crisis-grpo", tmp_path / "run", overrides=settings, progress=False)
    saved = json.loads((run / "model" / "adapter_config.json").read_text())
    assert (saved["r"], saved["lora_alpha"]) == (16, 16)
    assert saved["base_model_name_or_path"] == str(base)
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["optimizer"] == "bitsandbytes.AdamW 8 bit"
    assert manifest["steps"] == 2
    rows = logs.read_completions(run)
    assert len(rows) == 2 * 8
    assert all("Hospital Crisis Management System" in text for text in prompts_of(settings))
    carried = weights(run, "adapter_model.safetensors")
    assert {name.split(".lora_")[0].rsplit(".", 1)[1] for name in carried} == {
        "q_proj",
        "k_proj",
        "v_proj",
        "o_proj",
        "gate_proj",
        "up_proj",
        "down_proj",
    }


def prompts_of(settings: dict[str, Any]) -> list[str]:
    found = crisis_data.examples(load_recipe("qwen2.5-7b-crisis-grpo", settings))
    return [one.messages[-1]["content"] for one in found]


def test_the_seeds_recipe_says_what_the_card_says() -> None:
    recipe = load_recipe("qwen2.5-7b-crisis-grpo")
    assert recipe.model.name == "Qwen/Qwen2.5-7B"
    assert recipe.model.quantize == "nf4"
    assert (recipe.lora.rank, recipe.lora.alpha) == (16, 16)
    assert recipe.optim.name == "paged_adamw_8bit"
    assert (recipe.data.n, recipe.optim.epochs, recipe.optim.steps) == (300, 1.0, None)
    assert recipe.reward.preset == "crisis-v1"
    stated = {"model.name", "model.quantize", "lora.rank", "lora.alpha", "data.n", "optim.epochs", "optim.name", "kind"}
    assert not stated & set(recipe.assumed)
