"""Recipes: shipped ones load, overrides are checked, and what is wrong is said in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from triagelab.errors import BadInputError, DataFormatError, UnknownNameError
from triagelab.training.config import Recipe
from triagelab.training.recipe_files import known_settings, load_recipe, recipe_names

FROM_BASE = ("qwen2.5-7b-crisis-grpo", "llama3.1-8b-imaging-")
"""Published recipes that start from a base model, as their cards say."""


@pytest.mark.parametrize("name", recipe_names())
def test_every_shipped_recipe_loads(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.name == name
    assert recipe.kind in ("sft", "grpo", "dpo", "encoder", "hybrid")
    if recipe.kind in ("grpo", "dpo") and not name.startswith(FROM_BASE):
        assert recipe.warm_start is not None, "it starts from an SFT policy"


def test_overrides_are_read_as_values_of_the_right_type() -> None:
    recipe = load_recipe(
        "tiny-sft", {"optim.learning_rate": "1e-4", "optim.steps": 7, "model.tiny.layers": "2", "data.path": "none"}
    )
    assert recipe.optim.learning_rate == 1e-4
    assert (recipe.optim.steps, recipe.model.tiny.layers, recipe.data.path) == (7, 2, None)
    assert load_recipe("tiny-sft").optim.steps != 7
    assert load_recipe("tiny-sft", {"lora.targets": '["q_proj"]'}).lora.targets == ("q_proj",)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"optim.learnin_rate": 1}, UnknownNameError, "did you mean 'optim.learning_rate'"),
        ({"optimm": 1}, UnknownNameError, "optim"),
        ({"optim.batch.x": 1}, UnknownNameError, "optim.batch.x"),
        ({"optim.steps": "many"}, BadInputError, r"optim\.steps: got 'many'"),
        ({"optim.steps": 0}, BadInputError, "greater than or equal to 1"),
        ({"reward.scale": "best"}, BadInputError, "'group', 'batch' or 'none'"),
        ({"data.part": [0.7, 0.7]}, BadInputError, "two shares"),
        ({"model": "big"}, BadInputError, "model: got 'big'"),
        ({"assumed": ["optim.stepz"]}, DataFormatError, "optim.stepz"),
        ({"optim.name": "muon", "lora.enabled": True}, DataFormatError, "muon|whole"),
    ],
)
def test_a_wrong_setting_gets_one_line(change: dict[str, object], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        load_recipe("tiny-sft", change)
    assert "\n" not in str(caught.value)


def test_a_recipe_file_is_read_and_its_mistakes_are_named(tmp_path: Path) -> None:
    good = tmp_path / "mine.toml"
    good.write_text('kind = "sft"\n[optim]\nsteps = 3\n')
    assert load_recipe(good).name == "mine"
    bad = tmp_path / "bad.toml"
    bad.write_text('kind = "sft"\n[optim]\nstep = 3\n')
    with pytest.raises(UnknownNameError, match=r"did you mean 'optim\.steps'"):
        load_recipe(bad)
    empty = tmp_path / "empty.toml"
    empty.write_text("")
    with pytest.raises(DataFormatError, match="'kind' is missing"):
        load_recipe(empty)
    with pytest.raises(UnknownNameError, match="did you mean 'tiny-sft'"):
        load_recipe("tiny-stf")


def test_the_hash_is_of_the_settings_and_nothing_else() -> None:
    assert load_recipe("tiny-sft").hash() == load_recipe("tiny-sft").hash()
    assert load_recipe("tiny-sft").hash() != load_recipe("tiny-sft", {"seed": 1}).hash()
    rebuilt = Recipe.model_validate(load_recipe("tiny-sft").model_dump(mode="json"))
    assert rebuilt.hash() == load_recipe("tiny-sft").hash()


def test_known_settings_are_the_leaves() -> None:
    known = known_settings()
    assert "model.tiny.width" in known
    assert "optim" not in known
    assert len(known) == len(set(known))
