"""The tables of data/*.toml behind the stress test: strengths, hidden instructions, ways of saying the same."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from triagelab.clinical.vitals import VitalSigns
from triagelab.errors import DataFormatError, UnknownNameError
from triagelab.files import read_toml

Place = Literal["start", "middle", "end"]


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Noise(Table):
    """Error of one device: +- `limit`, or +- `percent` of the value where that is more. Units: of VitalSigns."""

    limit: float = Field(gt=0)
    percent: float = Field(default=0, ge=0, le=50)
    source: str


class Drop(Table):
    """`probability` is the chance of each vital sign to be taken away."""

    probability: float = Field(gt=0, le=1)


class Typos(Table):
    """`share` of the words with at least `shortest` letters get one typing error each."""

    share: float = Field(gt=0, le=1)
    shortest: int = Field(ge=4)


class Strength(Table):
    """data/stress.toml; `verified` says whether the device limits were read in the standards."""

    verified: bool
    drop: Drop
    typos: Typos
    noise: dict[str, Noise]


class Injection(Table):
    """One hidden instruction; `hide` writes it in characters that nobody sees."""

    id: str
    place: Place
    text: str
    hide: Literal["", "zero_width", "tags"] = ""


class Injections(Table):
    """data/injections.toml."""

    source: str
    injection: tuple[Injection, ...]


class Paraphrases(Table):
    """data/paraphrases.toml: the first of a group may be replaced by the others, but nowhere inside a `keep`."""

    source: str
    keep: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]


T = TypeVar("T", bound=Table)


def _load(name: str, model: type[T]) -> T:
    try:
        return model.model_validate(read_toml(str(resources.files("triagelab.evaluation") / "data" / name)))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise UnknownNameError(f"{name}: {place}", first["loc"][-1], model.model_fields) from error
        raise DataFormatError(f"{name}: {place}: {first['msg']}") from error


@cache
def strength() -> Strength:
    """Return how strongly presentations are perturbed. Raises: UnknownNameError for a vital sign that is none."""
    table = _load("stress.toml", Strength)
    for name in table.noise:
        if name not in VitalSigns.names():
            raise UnknownNameError("stress.toml: noise", name, VitalSigns.names())
    return table


@cache
def injections() -> tuple[Injection, ...]:
    """Return the hidden instructions in file order."""
    return _load("injections.toml", Injections).injection


@cache
def paraphrases() -> Paraphrases:
    """Return the groups of phrases that stand for each other, and the phrases that stay as they are."""
    return _load("paraphrases.toml", Paraphrases)
