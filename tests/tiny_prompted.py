"""Tiny random models with a tokenizer of the prompts that a recipe shows, saved as local folders.

Their architectures are those of the published crisis run (Qwen2) and the published imaging runs (Llama).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from triagelab.training import crisis_data, imaging_data
from triagelab.training.models import train_tokenizer
from triagelab.training.recipe_files import load_recipe
from triagelab.training.shown import texts_of


def save_qwen2(folder: Path) -> Path:
    """Write a random Qwen2 model with a tokenizer of the crisis prompts to `folder` and return it."""
    from transformers import Qwen2Config, Qwen2ForCausalLM

    found = crisis_data.examples(load_recipe("qwen2.5-7b-crisis-grpo", {"data.n": 8, "crisis.latest": 2}))
    tokenizer = train_tokenizer(texts_of(found), 600)
    return _save(Qwen2ForCausalLM(Qwen2Config(**_shape(tokenizer, 4096))), tokenizer, folder)


def save_llama(folder: Path) -> Path:
    """Write a random Llama model with a tokenizer of the imaging prompts to `folder` and return it."""
    from transformers import LlamaConfig, LlamaForCausalLM

    recipe = load_recipe("llama3.1-8b-imaging-baseline", {"data.n": 40})
    found = imaging_data.examples(recipe, imaging_data.cases(recipe), evidence=0.5)
    tokenizer = train_tokenizer(texts_of(found), 800)
    return _save(LlamaForCausalLM(LlamaConfig(**_shape(tokenizer, 8192))), tokenizer, folder)


def _shape(tokenizer: Any, positions: int) -> dict[str, Any]:
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": positions,
        "tie_word_embeddings": False,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": None,
    }


def _save(model: Any, tokenizer: Any, folder: Path) -> Path:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
