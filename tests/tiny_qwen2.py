"""A tiny random Qwen2, saved as a local folder: the architecture of the seed's base model."""

from __future__ import annotations

from pathlib import Path

from triagelab.training.crisis_data import examples, texts_of
from triagelab.training.models import train_tokenizer
from triagelab.training.recipe_files import load_recipe


def save_qwen2(folder: Path) -> Path:
    """Write a random Qwen2 model with a tokenizer of the crisis prompts to `folder` and return it."""
    from transformers import Qwen2Config, Qwen2ForCausalLM

    found = examples(load_recipe("qwen2.5-7b-crisis-grpo", {"data.n": 8, "crisis.latest": 2}))
    tokenizer = train_tokenizer(texts_of(found), 600)
    model = Qwen2ForCausalLM(
        Qwen2Config(
            vocab_size=len(tokenizer),
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=4096,
            tie_word_embeddings=False,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=None,
        )
    )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
