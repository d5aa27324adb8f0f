"""Exported folders: what transformers loads is the model that was trained, and the card says what it is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tiny_models import SMALL, save_model
from triagelab.agents.local import LocalAgent
from triagelab.agents.registry import load_agent
from triagelab.datasets.registry import load_dataset
from triagelab.errors import BadInputError, DataFormatError, RunStateError
from triagelab.evaluation.runner import evaluate
from triagelab.training.export import export
from triagelab.training.recipe_files import load_recipe
from triagelab.training.run import train

pytestmark = pytest.mark.training
TINY = {f"model.tiny.{key}": value for key, value in (("layers", 1), ("width", 32), ("heads", 2), ("kv_heads", 2))}
SFT = {**SMALL, **TINY, "model.tiny.feed_forward": 32, "model.tiny.vocabulary": 400, "data.max_tokens": 400}
STEPS = {"optim.steps": 2, "optim.batch": 4}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("export")


@pytest.fixture(scope="module")
def whole(place: Path) -> Path:
    return train("tiny-sft", place / "runs" / "whole", overrides={**SFT, **STEPS}, progress=False)


@pytest.fixture(scope="module")
def adapted(place: Path) -> Path:
    """An adapter that was trained hard enough to change what the model says."""
    base = save_model("llama", place / "base")
    settings = {**SMALL, **STEPS, "data.max_tokens": 400, "model.name": str(base), "lora.enabled": True}
    settings |= {"lora.rank": 4, "optim.name": "adamw_torch", "optim.learning_rate": 0.02, "optim.warmup": 0}
    return train("tiny-sft", place / "runs" / "adapted", overrides=settings, progress=False)


def logits(model: Any, tokenizer: Any) -> Any:
    import torch

    messages = [{"role": "user", "content": "chest pain for 2 hours, BP 88/60"}]
    ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    with torch.no_grad():
        return model.eval()(**ids).logits


def loaded(folder: Path) -> Any:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
    return logits(model, AutoTokenizer.from_pretrained(folder, local_files_only=True))


def test_whole_weights_load_in_transformers_and_are_the_trained_ones(whole: Path, place: Path) -> None:
    import torch

    out = export(whole, place / "whole")
    agent = LocalAgent.load(whole)
    assert torch.equal(loaded(out), logits(agent.generator.model, agent.tokenizer))
    assert (out / "chat_template.jinja").is_file()
    assert LocalAgent.load(out).template == "esi-brief"
    assert not (out / "training_args.bin").exists()
    assert "local_files_only" not in json.loads((out / "tokenizer_config.json").read_text())


def test_merged_weights_answer_as_base_and_adapter_do(adapted: Path, place: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    merged = export(adapted, place / "merged", merge=True)
    agent = LocalAgent.load(adapted)
    expected = logits(agent.generator.model, agent.tokenizer)
    base = AutoModelForCausalLM.from_pretrained(place / "base")
    assert torch.allclose(loaded(merged), expected, atol=1e-5)
    assert not torch.allclose(logits(base, agent.tokenizer), expected, atol=1e-3)
    assert not [item.name for item in merged.iterdir() if item.name.startswith("adapter")]


def test_an_adapter_is_exported_with_a_base_that_is_found_from_anywhere(
    adapted: Path, place: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import torch

    out = export(adapted, place / "adapter")
    monkeypatch.chdir(tmp_path)
    agent, again = LocalAgent.load(adapted), LocalAgent.load(out)
    assert torch.equal(logits(agent.generator.model, agent.tokenizer), logits(again.generator.model, again.tokenizer))
    card = (out / "README.md").read_text()
    assert "library_name: peft" in card
    assert "None was found beside the run" in card


def test_the_card_says_what_it_is_and_shows_figures_of_these_weights_only(whole: Path, place: Path) -> None:
    cases = load_dataset("generated", n=6, seed=3, split="test")
    evaluate(load_agent(f"model:{whole}", max_new_tokens=4), cases, place / "runs" / "eval" / "whole", progress=False)
    evaluate(load_agent("rules"), cases, place / "runs" / "eval" / "rules", progress=False)
    card = (export(whole, place / "carded") / "README.md").read_text()
    summary = json.loads((place / "runs" / "eval" / "whole" / "summary.json").read_text())
    assert "1 evaluation of exactly these weights" in card
    assert f"| no_answer | {summary['no_answer']['value']:.3f}" in card
    assert "generated test, n = 6" in card
    assert "Not a medical device" in card
    assert f"| optim.learning_rate | {load_recipe('tiny-sft').optim.learning_rate} |" in card
    assert f"{SMALL['data.n']} cases of `generated`" in card
    assert str(place) not in card
    assert card.startswith("---\nlibrary_name: transformers\n")


def test_the_card_of_a_grpo_run_shows_the_reward_and_what_it_started_from(whole: Path, place: Path) -> None:
    settings = {**SFT, "warm_start": str(whole), "optim.steps": 1, "optim.batch": 4, "generation.group": 4}
    settings |= {"generation.max_new_tokens": 4}
    run = train("tiny-grpo", place / "runs" / "graded", overrides=settings, progress=False)
    card = (export(run, place / "graded") / "README.md").read_text()
    assert "`cost-v0`: Right +1" in card
    assert "| 1 | +1 | -0.8 | -1.6 | -2.4 | -3.2 | -4 |" in card
    assert "| continues | whole |" in card
    assert "| base | none, trained from scratch |" in card


def test_nothing_is_left_behind_by_an_export_that_fails(
    adapted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("triagelab.training.export.shutil.copy2", full_disk)
    with pytest.raises(BadInputError, match=r"--out: .*No space left"):
        export(adapted, tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_exported_is_said_in_one_line(whole: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="the folder of a finished `triagelab train`"):
        export(tmp_path / "nowhere", tmp_path / "out")
    occupied = tmp_path / "occupied"
    occupied.mkdir()
    (occupied / "thesis.txt").write_text("mine")
    with pytest.raises(BadInputError, match="a new or empty folder"):
        export(whole, occupied)
    assert [item.name for item in occupied.iterdir()] == ["thesis.txt"]
    unfinished = tmp_path / "unfinished"
    unfinished.mkdir()
    shutil.copy(whole / "config.json", unfinished)
    with pytest.raises(RunStateError, match="not finished"):
        export(unfinished, tmp_path / "out")
    (unfinished / "manifest.json").write_text('{"steps": 1}')
    with pytest.raises(DataFormatError, match="is not as `triagelab train` wrote it"):
        export(unfinished, tmp_path / "out")
    assert not (tmp_path / "out").exists()
