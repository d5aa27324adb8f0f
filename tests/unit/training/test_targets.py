"""Adapters go on every projection of the language tower, and on nothing else."""

from __future__ import annotations

import re

import pytest
from torch import nn

from triagelab.errors import BadInputError
from triagelab.training.targets import language_targets, named_targets


class Block(nn.Module):
    def __init__(self, attention: str, mlp: str) -> None:
        super().__init__()
        self.self_attn = nn.ModuleDict({name: nn.Linear(4, 4) for name in attention.split()})
        self.mlp = nn.ModuleDict({name: nn.Linear(4, 4) for name in mlp.split()})


class Towers(nn.Module):
    """A language tower and a vision tower whose projections carry the same names."""

    def __init__(self) -> None:
        super().__init__()
        self.model = nn.Module()
        self.model.vision_tower = nn.Module()
        self.model.vision_tower.layers = nn.ModuleList([Block("q_proj k_proj v_proj out_proj", "fc1 fc2")])
        self.model.multi_modal_projector = nn.Linear(4, 4)
        self.model.language_model = nn.Module()
        self.model.language_model.layers = nn.ModuleList(
            [Block("q_proj k_proj v_proj o_proj", "gate_proj up_proj down_proj router") for _ in range(12)]
        )
        self.lm_head = nn.Linear(4, 9)


def test_the_vision_tower_the_router_and_the_head_are_left_alone() -> None:
    model = Towers()
    targets = language_targets(model)
    assert len(targets.modules) == 12 * 7
    assert all(name.startswith("model.language_model.layers.") for name in targets.modules)
    assert targets.kinds() == {
        **{f"self_attn.{name}_proj": 12 for name in "qkvo"},
        **{f"mlp.{name}_proj": 12 for name in ("gate", "up", "down")},
    }
    assert "84 projections: self_attn.q_proj x12" in targets.describe()
    assert isinstance(targets.spec, str), "short names would reach the vision tower, too"
    for prefix in ("", "base_model.model."):
        hit = {name for name, _ in model.named_modules() if re.fullmatch(targets.spec, prefix + name)}
        assert hit == set(targets.modules)


def test_short_names_are_used_where_they_mean_the_same() -> None:
    model = nn.Module()
    model.layers = nn.ModuleList([Block("q_proj o_proj", "up_proj") for _ in range(2)])
    model.lm_head = nn.Linear(4, 9)
    assert language_targets(model).spec == ["o_proj", "q_proj", "up_proj"]
    assert named_targets(model, ("q_proj",)).modules == ("layers.0.self_attn.q_proj", "layers.1.self_attn.q_proj")


def test_a_name_that_no_projection_carries_is_refused() -> None:
    with pytest.raises(BadInputError, match=r"lora\.targets: got 'fc1'"):
        named_targets(Towers(), ("q_proj", "fc1"))
    with pytest.raises(BadInputError, match="decoder layers"):
        language_targets(nn.Sequential(nn.Linear(3, 3)))
