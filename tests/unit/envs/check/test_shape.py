"""Values against schemas: agrees with jsonschema on what pydantic writes."""

from __future__ import annotations

from typing import Any, Literal

import jsonschema
import pytest
from pydantic import BaseModel, ConfigDict

from triagelab.envs.check.shape import problems


class Inner(BaseModel):
    kind: Literal["a", "b"]
    size: int = 0


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    inner: Inner | None = None
    many: list[Inner] = []
    parts: dict[str, float] = {}
    flag: bool = False


SCHEMA = Outer.model_json_schema()
GOOD = {"name": "x", "inner": {"kind": "a", "size": 1}, "many": [{"kind": "b"}], "parts": {"p": 1}, "flag": True}


@pytest.mark.parametrize(
    "change",
    [
        {}, {"inner": None}, {"name": 1}, {"extra": 1}, {"inner": {"kind": "c"}}, {"inner": {"size": 1}},
        {"many": [{"kind": "a"}, 3]}, {"parts": {"p": "x"}}, {"flag": 1}, {"flag": None}, {"many": {}},
        {"inner": {"kind": "a", "size": True}}, {"inner": {"kind": "a", "size": 2.0}}, {"parts": {"p": 1.5}},
    ],
)  # fmt: skip
def test_it_agrees_with_a_full_validator(change: dict[str, Any]) -> None:
    value = {**GOOD, **change}
    assert bool(problems(value, SCHEMA)) is not jsonschema.Draft202012Validator(SCHEMA).is_valid(value)


def test_the_place_is_named() -> None:
    assert problems({**GOOD, "surprise": 1}, SCHEMA) == ["surprise: not in the schema"]
    assert problems({"flag": True}, SCHEMA) == ["name: declared as required, not there"]


def test_a_schema_that_refers_to_itself_or_elsewhere_ends() -> None:
    assert problems({}, {"$ref": "#"}) == ["value: nested too deep"]
    assert problems({}, {"$ref": "http://example.com/x.json"}) == []
