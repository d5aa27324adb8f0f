"""Ugly completions and what the parser makes of them; the file beside this one holds the values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from triagelab.completions.answers import ParseStatus
from triagelab.completions.parser import parse, parse_published
from triagelab.files import read_toml

CASES: list[dict[str, Any]] = read_toml(Path(__file__).with_name("completions.toml"))["case"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_golden_completion(case: dict[str, Any]) -> None:
    parsed = parse(case["text"])
    got = (parsed.status.value, parsed.level or 0, parsed.well_formed)
    assert got == (case["status"], case["level"], case["well_formed"]), parsed.reason
    assert (parse_published(case["text"]).level or 0) == case["published"]


def test_every_status_is_there() -> None:
    assert {case["status"] for case in CASES} | {"empty"} == {status.value for status in ParseStatus}
