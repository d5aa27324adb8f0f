"""The example in docs/rewards.md is a reward, and does what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import triagelab
from triagelab.rewards.presets import load_preset, preset_names

PAGE = Path(__file__).parents[3] / "docs" / "rewards.md"


def test_the_example_runs_as_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(r"```toml\n(.*?)```", text, re.DOTALL)
    call = re.search(r"^reward\((.*)\)  # (.*)$", text, re.MULTILINE)
    assert found is not None
    assert call is not None
    (tmp_path / "mine.toml").write_text(found[1], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    got = eval(f"reward({call[1]})", {"reward": triagelab.reward("mine.toml")})
    assert got == pytest.approx(eval(call[2]))


def test_every_preset_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in preset_names() if f"`{name}`" not in text] == []
    assert load_preset("v48").assumed_parts()
