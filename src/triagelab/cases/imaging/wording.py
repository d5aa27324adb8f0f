"""How notes word a condition: openings, phrases of every feature, shares, and what belongs to no condition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from triagelab.clinical.clauses import Names, parse_clause
from triagelab.clinical.imaging import condition, conditions
from triagelab.clinical.predicates import Predicate
from triagelab.errors import BadInputError, DataFormatError, UnknownNameError
from triagelab.files import read_toml

KEPT_OPENINGS, KEPT_PHRASES = 2, 1
"""How many of the last openings, and of the last phrases of each feature, only unseen data is worded with."""
Phrases = tuple[str, ...]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SayRow(_Row):
    """How a feature is said to be there (`yes`) or not (`no`). `share`: how often it is there."""

    share: float = Field(default=0.0, ge=0, le=1)
    yes: Phrases = Field(min_length=4)
    no: Phrases = Field(min_length=4)


class NumberRow(_Row):
    """How a number is said; `{}` stands for it. `share`: how often it is stated."""

    low: float = 0.0
    high: float = 0.0
    whole: bool = True
    share: float = Field(default=1.0, ge=0, le=1)
    say: Phrases = Field(min_length=4)


class WordingFile(_Row):
    """The wording of one condition as its file writes it; see data/ankle-injury.toml."""

    condition: str
    ages: tuple[float, float]
    females: float = Field(default=0.5, ge=0, le=1)
    pregnant: float | None = Field(default=None, ge=0, le=1)
    opening: Phrases = Field(min_length=8)
    never: tuple[Any, ...] = ()
    say: dict[str, SayRow]
    number: dict[str, NumberRow] = Field(default_factory=dict)


class CommonFile(_Row):
    """Wording of what every condition knows, and of what decides nothing."""

    say: dict[str, SayRow]
    number: dict[str, NumberRow]
    distractors: dict[str, Phrases]


@dataclass(frozen=True)
class Wording:
    """The wording of one condition.

    Attributes:
        ages: youngest and oldest that are drawn. Units: years.
        females: share. `pregnant`: share among women of child-bearing age, None is the generator's.
        never: combinations that do not occur.
    """

    condition: str
    ages: tuple[float, float]
    females: float
    pregnant: float | None
    opening: Phrases
    never: tuple[Predicate, ...]
    say: Mapping[str, SayRow]
    number: Mapping[str, NumberRow]


def known(phrases: Phrases, kept: int = KEPT_PHRASES) -> Phrases:
    """Return the phrases that training data is worded with."""
    return phrases[:-kept]


@cache
def common() -> CommonFile:
    """Return the wording of what every condition knows."""
    return _read("_common.toml", CommonFile)


@cache
def wording(name: str) -> Wording:
    """Return the wording of a condition.

    Raises: UnknownNameError for a condition that is none; DataFormatError for a file that does not fit it.
    """
    one = condition(name)
    place = f"cases/imaging/data/{name}.toml"
    file = _read(f"{name}.toml", WordingFile)
    if file.condition != name:
        raise DataFormatError(f"{place}: condition: got {file.condition!r}; a file is named after its condition")
    own = [feature for feature in one.features if feature not in common().say and feature != "female"]
    for told, wanted in ((file.say, own), (file.number, [n for n in one.numbers if n not in ("age_years", "egfr")])):
        for feature in told:
            if feature not in wanted:
                raise UnknownNameError(f"{place}: feature", feature, wanted)
        missing = next((feature for feature in wanted if feature not in told), None)
        if missing is not None:
            raise BadInputError(f"{place}: {missing}", None, "wording for every feature and number of the condition")
    low, high = file.ages
    if not one.ages[0] <= low <= high < one.ages[1]:
        raise BadInputError(f"{place}: ages", file.ages, f"from {one.ages[0]:g} to below {one.ages[1]:g}, lower first")
    for number, row in file.number.items():
        if not row.low < row.high or any(say.count("{}") != 1 for say in row.say):
            raise BadInputError(f"{place}: {number}", row.say[0], "low below high, and one {} in every phrase")
    names = Names(facts=frozenset(one.features), numbers=frozenset(one.numbers))
    never = tuple(parse_clause(raw, names, f"{place}: never[{i}]") for i, raw in enumerate(file.never))
    return Wording(
        condition=name,
        ages=file.ages,
        females={"any": file.females, "female": 1.0, "male": 0.0}[one.sex],
        pregnant=file.pregnant,
        opening=file.opening,
        never=never,
        say=MappingProxyType({**file.say, **common().say}),
        number=MappingProxyType({**file.number, **common().number}),
    )


def worded_conditions() -> tuple[str, ...]:
    """Return the conditions that can be written about: those with a file here."""
    folder = resources.files("triagelab.cases.imaging") / "data"
    there = {entry.name.removesuffix(".toml") for entry in folder.iterdir()}
    return tuple(name for name in conditions() if name in there)


def _read(name: str, kind: type[Any]) -> Any:
    source = resources.files("triagelab.cases.imaging") / "data" / name
    try:
        return kind.model_validate(read_toml(str(source), "imaging wording"))
    except ValidationError as error:
        problem = error.errors()[0]
        raise DataFormatError(f"{name}: {'.'.join(map(str, problem['loc']))}: {problem['msg']}") from error


__all__ = ["NumberRow", "Phrases", "SayRow", "Wording", "common", "known", "worded_conditions", "wording"]
