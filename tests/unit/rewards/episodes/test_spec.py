"""Episode rewards as data: shipped ones load, files load, and what is wrong is refused in one line."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from triagelab.errors import BadInputError, DataFormatError, UnknownNameError
from triagelab.rewards.episodes import episode_reward_names, load_episode_reward
from triagelab.rewards.episodes.spec import build_reward

FOLDER = resources.files("triagelab.rewards.episodes") / "presets"


def raw(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def changed(name: str, path: str, value: object) -> dict[str, Any]:
    """Return a shipped reward with one entry replaced; `path` as in `level.right`."""
    table = raw(name)
    *parents, last = path.split(".")
    place = table
    for parent in parents:
        place = place[parent]
    place[last] = value
    return table


def test_both_presets_are_shipped_under_their_own_names() -> None:
    assert episode_reward_names() == ("bedside-v1", "tiers-v1")
    for name in episode_reward_names():
        assert load_episode_reward(name).name == name
        assert load_episode_reward(name).title


def test_a_file_is_read_like_a_preset(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text((FOLDER / "bedside-v1.toml").read_text(encoding="utf-8").replace('"bedside-v1"', '"mine"'))
    assert load_episode_reward(path).name == "mine"
    assert load_episode_reward(str(path)) == load_episode_reward(path)


def test_unknown_names_and_files() -> None:
    with pytest.raises(UnknownNameError, match="bedside-v1"):
        load_episode_reward("bedside-v")
    with pytest.raises(BadInputError, match="not there"):
        load_episode_reward("/nowhere/at-all.toml")


@pytest.mark.parametrize(
    ("name", "path", "value", "said"),
    [
        ("bedside-v1", "level.right", "much", "level.right"),
        ("bedside-v1", "level.never", float("nan"), "level.never"),
        ("bedside-v1", "level.costs", "stanard", "cost matrix"),
        ("bedside-v1", "level.typo", 1, "typo"),
        ("bedside-v1", "extras.pathway", -0.1, "extras.pathway"),
        ("bedside-v1", "time.minute", 0.1, "time.minute"),
        ("bedside-v1", "delay", [{"level": 6, "after": 1, "minute": -0.1}], "delay"),
        ("bedside-v1", "treatment.wrong", 0.1, "treatment.wrong"),
        ("bedside-v1", "name", "Not A Name", "name"),
        ("bedside-v1", "kind", "other", "kind"),
        ("tiers-v1", "severity", {"easy": 0.5}, "easy, medium and hard"),
        ("tiers-v1", "near.easy", 1.0, "between 0 and 1"),
        ("tiers-v1", "tier_of_level", {"1": "Emergency"}, "levels 1 to 5"),
        ("tiers-v1", "service_of_pathway", {"urgent": "urgent"}, "resuscitation"),
        ("tiers-v1", "wrong", 0.0, "wrong"),
    ],
)
def test_what_is_wrong_is_named(name: str, path: str, value: object, said: str) -> None:
    with pytest.raises(DataFormatError, match=said) as caught:
        build_reward(changed(name, path, value), "mine.toml")
    assert str(caught.value).startswith("mine.toml: ")
    assert "\n" not in str(caught.value)
