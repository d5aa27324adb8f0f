"""The part of a recipe that says which model is trained, and how: whole or by adapters."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

_FROZEN = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class TinyModel(BaseModel):
    """Shape of the model that is built from scratch when `model.name` is `tiny`; `spread` is of its first weights."""

    model_config = _FROZEN
    layers: int = Field(default=4, ge=1, le=64)
    width: int = Field(default=128, ge=16, le=4096)
    heads: int = Field(default=4, ge=1, le=64)
    kv_heads: int = Field(default=4, ge=1, le=64)
    feed_forward: int = Field(default=256, ge=16, le=16384)
    vocabulary: int = Field(default=2048, ge=320, le=65536)
    spread: float = Field(default=0.02, gt=0, le=1)
    positions: int = Field(default=1024, ge=64, le=131072)


class ModelSettings(BaseModel):
    """Which model, how it is loaded.

    Attributes:
        name: `tiny` (from scratch), a hub id, or a local folder.
        dtype: `auto` is bfloat16 on a GPU and float32 on a CPU.
        quantize: `auto` is NF4 (QLoRA) where a GPU is there and the recipe has adapters, else none.
        attention: attention implementation of transformers, or None for its choice.
        revision: commit or tag of a hub model.
    """

    model_config = _FROZEN
    name: str = "tiny"
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    quantize: Literal["auto", "none", "nf4"] = "auto"
    attention: str | None = None
    revision: str | None = None
    tiny: TinyModel = TinyModel()


class LoraSettings(BaseModel):
    """Adapters. `targets` is `all` (every attention and MLP projection of the language tower) or a list of names."""

    model_config = _FROZEN
    enabled: bool = False
    rank: int = Field(default=32, ge=1)
    alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    targets: Literal["all"] | tuple[str, ...] = "all"
