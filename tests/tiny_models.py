"""Tiny random models of the architectures that the published recipes train, saved as local folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from triagelab.training import data
from triagelab.training.config import DataSettings
from triagelab.training.models import train_tokenizer

VOCABULARY = 400
SMALL = {"data.name": "generated", "data.n": 16, "data.style": "brief", "data.template": "esi-brief"}
"""Settings that put generated patients in the place of credentialed ones; the hyper-parameters stay as published."""


def save_model(architecture: str, folder: Path) -> Path:
    """Write a random model of that class with a tokenizer to `folder` and return it."""
    settings = DataSettings(n=40, template="esi-brief", style="brief")
    tokenizer = train_tokenizer(data.texts_of(data.load_cases(settings), settings), VOCABULARY)
    model = {"qwen3.5": _qwen, "gemma3": _gemma, "llama": _llama}[architecture](len(tokenizer))
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _qwen(vocabulary: int) -> Any:
    """Qwen3.5 as its hub repository is: with a vision tower, three linear-attention layers to one of full attention."""
    from transformers import Qwen3_5Config, Qwen3_5ForConditionalGeneration

    text = {
        "vocab_size": vocabulary,
        "hidden_size": 128,
        "intermediate_size": 128,
        "num_hidden_layers": 4,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 32,
        "linear_key_head_dim": 16,
        "linear_value_head_dim": 16,
        "linear_num_key_heads": 2,
        "linear_num_value_heads": 4,
        "layer_types": ["linear_attention"] * 3 + ["full_attention"],
        "max_position_embeddings": 1024,
        "tie_word_embeddings": False,
        "eos_token_id": 2,
        "pad_token_id": 0,
    }
    vision = {
        "depth": 2,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_heads": 2,
        "out_hidden_size": 128,
        "num_position_embeddings": 16,
    }
    return Qwen3_5ForConditionalGeneration(Qwen3_5Config(text_config=text, vision_config=vision))


def _gemma(vocabulary: int) -> Any:
    """Gemma 3 as MedGemma-4B is: a SigLIP vision tower whose projections carry the names of the language tower's."""
    from transformers import Gemma3Config, Gemma3ForConditionalGeneration

    text = {
        "vocab_size": vocabulary,
        "hidden_size": 128,
        "intermediate_size": 128,
        "num_hidden_layers": 3,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 32,
        "sliding_window": 32,
        "layer_types": ["sliding_attention", "sliding_attention", "full_attention"],
        "max_position_embeddings": 1024,
        "eos_token_id": 2,
        "pad_token_id": 0,
        "bos_token_id": None,
    }
    vision = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": 28,
        "patch_size": 14,
    }
    config = Gemma3Config(text_config=text, vision_config=vision, mm_tokens_per_image=4, eos_token_id=2)
    return Gemma3ForConditionalGeneration(config)


def _llama(vocabulary: int) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=vocabulary,
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=2,
            max_position_embeddings=1024,
            eos_token_id=2,
            pad_token_id=0,
            bos_token_id=None,
        )
    )
