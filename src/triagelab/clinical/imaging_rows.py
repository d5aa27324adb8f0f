"""The rows of the imaging tables as their files write them, and the sources that they name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from triagelab.errors import BadInputError, DataFormatError, UnknownNameError
from triagelab.files import read_toml

PLACE = "triagelab.clinical"
COMMON: Mapping[str, str] = MappingProxyType(
    {
        "female": "female sex",
        "pregnant": "pregnancy",
        "contrast_reaction": "an earlier severe reaction to contrast medium",
        "unsafe_implant": "an implant that is not safe in the magnet",
        "dialysis": "dialysis",
    }
)
"""Flags that every condition knows: the safety rules ask for them. What is not said of them counts as absent."""
COMMON_NUMBERS: Mapping[str, str] = MappingProxyType(
    {"age_years": "age in years", "egfr": "eGFR in mL/min per 1.73 m2"}
)
TAGS = ("ionising", "trunk", "high-dose", "iodinated", "gadolinium", "mri", "ultrasound", "nuclear")
"""What safety rules ask of a procedure. `trunk`: the beam passes abdomen or pelvis; `high-dose`: CT or nuclear."""
Word = Literal["usually", "may", "not"]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ProcedureRow(_Row):
    """One imaging procedure. `names`: how it is asked for; the first is its title."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    names: tuple[str, ...] = Field(min_length=1)
    tags: tuple[str, ...] = ()


class CriterionRow(_Row):
    """One criterion: when it holds, and what is then so and otherwise, each a sentence that stands alone."""

    id: str
    when: Any
    yes: str
    no: str
    source: str
    verified: bool


class RuleRow(_Row):
    """One rule: the first rule of a procedure whose `when` holds gives the label; the last one has no `when`.

    Attributes:
        text: why, as a sentence that stands alone and does not name the label.
        urgent: danger to life or limb: pregnancy, kidney function and contrast reactions do not lower the label.
    """

    id: str
    procedures: tuple[str, ...] = Field(min_length=1)
    when: Any = None
    label: Word
    text: str
    source: str
    verified: bool
    urgent: bool = False


class SafetyRow(_Row):
    """One safety rule over all conditions: where it holds for a procedure with all `tags`, the label goes down.

    Attributes:
        down: `one` step, or `not` for usually not appropriate at once.
        always: holds for urgent rules, too.
    """

    id: str
    when: Any
    tags: tuple[str, ...]
    down: Literal["one", "not"]
    always: bool = False
    text: str
    source: str
    verified: bool


class SourceRow(_Row):
    """Where a rule comes from. `at_hand`: it stands in a source that was read; else it is recalled."""

    citation: str
    at_hand: bool = False


class ConditionFile(_Row):
    """One condition as its file writes it."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str
    area: Literal["head", "spine", "chest", "abdomen", "pelvis", "limb"]
    topic: str = ""
    held_out: bool = False
    ages: dict[str, str] = Field(default_factory=dict)
    sex: Literal["any", "female", "male"] = "any"
    feature: dict[str, str] = Field(default_factory=dict)
    number: dict[str, str] = Field(default_factory=dict)
    criterion: tuple[CriterionRow, ...] = Field(min_length=1)
    rule: tuple[RuleRow, ...] = Field(min_length=1)


def folder() -> Any:
    """Return the folder of the tables."""
    return resources.files(PLACE) / "data" / "imaging"


@cache
def sources() -> Mapping[str, SourceRow]:
    """Return source id -> citation."""
    raw = read_toml(str(folder() / "sources.toml"))
    return MappingProxyType({name: checked_row(SourceRow, row, f"sources.toml: {name}") for name, row in raw.items()})


def check_source(name: str, verified: bool, where: str) -> None:
    """Raises: UnknownNameError for a source that is none, BadInputError where it was not read and counts as read."""
    if name not in sources():
        raise UnknownNameError(f"{where}: source", name, sources())
    if verified and not sources()[name].at_hand:
        raise BadInputError(f"{where}: verified", True, "false", f"the source {name} is recalled, not at hand")


def check_tags(tags: tuple[str, ...], where: str) -> None:
    """Raises: UnknownNameError for a tag that no safety rule knows."""
    for tag in tags:
        if tag not in TAGS:
            raise UnknownNameError(f"{where}: tag", tag, TAGS)


def checked_row(kind: type[Any], raw: object, where: str) -> Any:
    """Return a row as its model. Raises: DataFormatError naming the place."""
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(map(str, problem["loc"]))
        raise DataFormatError(f"{where}: {place}: {problem['msg']}") from error


__all__ = [
    "COMMON",
    "COMMON_NUMBERS",
    "TAGS",
    "ConditionFile",
    "CriterionRow",
    "ProcedureRow",
    "RuleRow",
    "SafetyRow",
    "SourceRow",
    "check_source",
    "check_tags",
    "checked_row",
    "folder",
    "sources",
]
