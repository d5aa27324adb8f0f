"""A tiny random Llama, saved as a local folder: the architecture of the published imaging runs."""

from __future__ import annotations

from pathlib import Path

from triagelab.training.imaging_data import cases, examples, texts_of
from triagelab.training.models import train_tokenizer
from triagelab.training.recipe_files import load_recipe


def save_llama(folder: Path) -> Path:
    """Write a random Llama model with a tokenizer of the imaging prompts to `folder` and return it."""
    from transformers import LlamaConfig, LlamaForCausalLM

    recipe = load_recipe("llama3.1-8b-imaging-baseline", {"data.n": 40})
    tokenizer = train_tokenizer(texts_of(examples(recipe, cases(recipe), evidence=0.5)), 800)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=8192,
            tie_word_embeddings=False,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=None,
        )
    )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
