"""Which rewards training refuses, and what it records of those it takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from triagelab.errors import BadInputError
from triagelab.training.gate import advantage_scale, audit_recipe, check_reward
from triagelab.training.recipe_files import load_recipe


def recipe(**settings: Any) -> Any:
    return load_recipe("tiny-grpo", {key.replace("__", "."): value for key, value in settings.items()})


@pytest.mark.parametrize("preset", ["v45c", "v46", "v49", "v46-published"])
def test_a_severe_reward_is_refused_with_the_way_on(preset: str, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=f"reward.preset: got '{preset}'.*--accept-exploits"):
        check_reward(recipe(reward__preset=preset), tmp_path, accept=False)
    told = check_reward(recipe(reward__preset=preset), tmp_path, accept=True)
    assert told is not None
    assert "optimum-costs-more" in told["accepted_exploits"]


@pytest.mark.parametrize("preset", ["v48", "v50", "cost-v0"])
def test_a_reward_without_a_severe_finding_needs_no_flag(preset: str, tmp_path: Path) -> None:
    told = check_reward(recipe(reward__preset=preset), tmp_path, accept=False)
    assert told is not None
    assert told["accepted_exploits"] == []
    assert told["verdict"] == ("none" if preset == "v50" else "warning")


def test_sft_has_no_reward_to_check(tmp_path: Path) -> None:
    assert check_reward(load_recipe("tiny-sft"), tmp_path, accept=False) is None


def test_a_designed_reward_brings_its_scaling_unless_the_recipe_overrides_it() -> None:
    assert advantage_scale(recipe(reward__preset="v50", reward__scale="preset").reward) == "none"
    assert advantage_scale(recipe(reward__preset="v50", reward__scale="group").reward) == "group"
    assert advantage_scale(recipe(reward__preset="v48", reward__scale="preset").reward) == "group"


def test_the_audit_is_of_the_reward_as_the_recipe_uses_it() -> None:
    even = audit_recipe(recipe(reward__preset="v46", reward__oversample=False))
    assert "optimum-costs-more" not in {finding.id for finding in even.severe}
    mixed = audit_recipe(recipe(reward__preset="v46", data__mix="[1, 1, 1, 1, 1]"))
    assert mixed.signal.prior == (0.2,) * 5


def test_the_refusal_names_the_audit_at_the_mix_of_the_recipe(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"see triagelab audit v46, or"):
        check_reward(recipe(reward__preset="v46"), tmp_path, accept=False)
    with pytest.raises(BadInputError, match=r"see triagelab audit v46 --prior 0.1,0.3,0.4,0.1,0.1, or"):
        check_reward(recipe(reward__preset="v46", data__mix="[0.1, 0.3, 0.4, 0.1, 0.1]"), tmp_path, accept=False)


def test_a_crisis_reward_is_audited_as_well_and_the_published_one_refused(tmp_path: Path) -> None:
    clean = load_recipe("tiny-crisis-grpo")
    told = check_reward(clean, tmp_path, accept=False)
    assert told is not None
    assert told["verdict"] == "none"
    published = load_recipe("tiny-crisis-grpo", {"reward.preset": "crisis-published"})
    with pytest.raises(BadInputError, match=r"crisis-constant-verifier.*audit crisis-published.*--accept-exploits"):
        check_reward(published, tmp_path, accept=False)
    accepted = check_reward(published, tmp_path, accept=True)
    assert accepted is not None
    assert "crisis-constant-verifier" in accepted["accepted_exploits"]
