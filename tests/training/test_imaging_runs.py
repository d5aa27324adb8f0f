"""Training on imaging questions for real, on very small models: SFT, GRPO under each reward, and the 8B recipes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import tiny_runs
from tiny_runs import same, weights
from triagelab.cases.imaging.generator import dataset_split
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.training import imaging_data, logs
from triagelab.training.doctor.diagnosis import diagnose
from triagelab.training.recipe_files import load_recipe
from triagelab.training.run import train

pytestmark = pytest.mark.training

DESIGNS = ("baseline", "citations", "llm-eval", "embedding")
DATA: dict[str, Any] = {"threads": 1, "data.n": 40, "log.every": 1}
SMALLEST: dict[str, Any] = {**DATA, **tiny_runs.SFT}
GRPO: dict[str, Any] = {**DATA, **tiny_runs.GRPO, "generation.max_new_tokens": 24}


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train("tiny-imaging-sft", tmp_path_factory.mktemp("runs") / "sft", overrides=SMALLEST, progress=False)


def gold_of(recipe: str, settings: dict[str, Any]) -> dict[str, imaging_data.Example]:
    made = load_recipe(recipe, settings)
    return {one.case.id: one for one in imaging_data.examples(made, imaging_data.cases(made), evidence=0.0)}


def test_sft_learns_gold_reasoning_of_the_train_split(start: Path) -> None:
    manifest = json.loads((start / "manifest.json").read_text())
    assert manifest["steps"] == 4
    assert manifest["data"]["n"] == sum(manifest["data"]["labels"].values()) == 40
    assert manifest["data"]["split"] == "train"
    assert manifest["teacher"]["too_long"] == 0
    curves = logs.read_curves(start)
    assert curves[-1]["loss"] < curves[0]["loss"]


@pytest.mark.parametrize("design", DESIGNS)
def test_each_reward_moves_the_weights_and_logs_its_terms_beside_the_gold_of_the_row(
    design: str, start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A random model never answers in the format, so answers are put in its mouth: gold, and the gold of other rows."""
    from triagelab.training.imaging_grpo import ScoredReward

    name = f"tiny-imaging-grpo-{design}"
    settings = {**GRPO, "warm_start": str(start)}
    gold = gold_of(name, settings)
    given = ScoredReward.__call__

    def spoken(self: ScoredReward, *, completions: Any, id: Any, **columns: Any) -> list[float | None]:
        said = [gold[row].answer if i % 2 else "no answer" for i, row in enumerate(id)]
        columns["completion_ids"] = [[*ids, min(self.ends)] for ids in columns["completion_ids"]]
        return given(self, completions=said, id=id, **columns)

    monkeypatch.setattr(ScoredReward, "__call__", spoken)
    run = train(name, tmp_path / "run", overrides=settings, progress=False)
    rows = logs.read_completions(run)
    assert [(row["step"], row["group"], row["rollout"]) for row in rows] == [
        (step, group, rollout) for step in range(2) for group in range(2) for rollout in range(4)
    ]
    for row in rows:
        assert row["label"] == gold[row["case_id"]].case.truth.label.value
        assert sum(row["terms"].values()) == pytest.approx(row["reward"], abs=1e-6)
    assert all(wrong["reward"] < right["reward"] for wrong, right in zip(rows[::2], rows[1::2], strict=True))
    assert all(row["grad_norm"] > 0 and row["exact"] == 0.5 for row in logs.read_curves(run))
    assert not same(weights(start), weights(run))
    assert not [finding for finding in diagnose(run).findings if finding.id in ("answers-unknown", "levels-unknown")]


def test_gold_is_that_of_the_row_wherever_it_stands_in_the_batch() -> None:
    """The published code looked gold up by the place in the batch."""
    from triagelab.training.imaging_grpo import ScoredReward

    cases = list(dataset_split("train")[:60])
    scorer = ScoredReward("imaging-baseline", cases, [0])
    chosen = [cases[i] for i in (41, 3, 17, 41, 59)]
    said = [imaging_data.Example(case, (), False).answer for case in chosen]
    logged: dict[str, list[Any]] = {}
    totals = scorer(
        completions=said,
        completion_ids=[[1, 0]] * 5,
        id=[case.id for case in chosen],
        log_extra=lambda name, values: logged.update({name: values}),
    )
    assert logged["label"] == [case.truth.label.value for case in chosen] == logged["answer"]
    turned = scorer(completions=said[::-1], completion_ids=[[1, 0]] * 5, id=[case.id for case in chosen[::-1]])
    assert turned == totals[::-1]
    assert scorer(completions=said[:1], completion_ids=[[1, 0]], id=["0" * 16]) == [None]


def test_evidence_stands_in_the_prompts_of_the_design_that_shows_it(start: Path) -> None:
    from triagelab.training.imaging_run import shown_examples

    for design, shown in (("baseline", False), ("citations", True)):
        recipe = load_recipe(f"tiny-imaging-grpo-{design}", {**GRPO, "data.n": 60})
        texts = [one.messages[-1]["content"] for one in shown_examples(recipe, imaging_data.cases(recipe))]
        assert any("Evidence:" in text for text in texts) is shown


def test_what_cannot_run_is_said_and_leaves_no_folder(start: Path, tmp_path: Path) -> None:
    cases: dict[str, dict[str, Any]] = {
        "split": {"data.split": "test"},
        "group": {"generation.group": 3},
        "max_tokens": {"data.max_tokens": 32},
        "preset": {"reward.preset": "imaging-v7"},
    }
    for word, change in cases.items():
        settings = {**GRPO, "warm_start": str(start), **change}
        with pytest.raises((BadInputError, UnknownNameError), match=word):
            train("tiny-imaging-grpo-baseline", tmp_path / word, overrides=settings, progress=False)
        assert not (tmp_path / word / "manifest.json").exists()


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tiny_prompted import save_llama

    return save_llama(tmp_path_factory.mktemp("llama"))


@pytest.mark.parametrize("design", DESIGNS)
def test_the_published_recipes_take_real_steps_with_adapters_on_a_small_llama(
    design: str, llama: Path, tmp_path: Path
) -> None:
    """NF4 and the paged optimiser need a GPU: here the same path runs in full precision with the 8-bit optimiser."""
    settings = {**DATA, "model.name": str(llama), "model.quantize": "none", "optim.name": "adamw_8bit"}
    settings |= {"generation.max_new_tokens": 12, "optim.steps": 1, "log.checkpoint_every": 1, "lora.rank": 4}
    run = train(f"llama3.1-8b-imaging-{design}", tmp_path / "run", overrides=settings, progress=False)
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["steps"] == 1
    assert set(manifest["targets"].values()) == {2}, "adapters on both layers"
    assert len(manifest["targets"]) == 7
    assert manifest["reward"] == f"imaging-{design}"
    assert len(logs.read_completions(run)) == 6
    assert weights(run, "adapter_model.safetensors")
