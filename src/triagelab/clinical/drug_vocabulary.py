"""The shape of data/drugs.toml and data/drug_names.toml, row by row; an unknown key is refused."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from triagelab.clinical.rows import SourceRow, validated
from triagelab.files import read_toml


class Row(BaseModel):
    """What every row of the file has: no key beyond its own."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class OptionRow(Row):
    """A named choice where sources disagree; the first value is the default."""

    values: tuple[str, ...] = Field(min_length=2)
    text: str


class NumberRow(Row):
    """A number about the patient, with the range outside of which it is a typing error."""

    low: float
    high: float
    text: str


class ConditionRow(Row):
    """A yes/no/unknown fact.

    Attributes:
        measured: only a measurement or a look settles it; a complete history does not make it "no".
        implied: a clause that answers where nobody stated the fact.
        possible: a clause without which the fact is "no".
    """

    text: str
    measured: bool = False
    implied: Any = None
    possible: Any = None


class MatchRow(Row):
    """One way to break a rule; see the head of data/drugs.toml."""

    order: tuple[str, ...] = Field(min_length=1)
    unless: tuple[str, ...] = ()
    route: tuple[str, ...] = ()
    route_not: tuple[str, ...] = ()
    with_: tuple[str, ...] = Field(default=(), alias="with")
    with_unless: tuple[str, ...] = ()
    with_route: tuple[str, ...] = ()
    with_route_not: tuple[str, ...] = ()
    with_treatment: bool = False
    within_h: float | None = Field(default=None, gt=0)
    washout_d: float | None = Field(default=None, gt=0)
    mirror: bool = False
    when: Any = None

    def mirrored(self) -> MatchRow:
        """Return the row with the drug ordered and the drug taken swapped, routes and exceptions with them."""
        swap = {
            "order": self.with_,
            "with_": self.order,
            "unless": self.with_unless,
            "with_unless": self.unless,
            "route": self.with_route,
            "with_route": self.route,
            "route_not": self.with_route_not,
            "with_route_not": self.route_not,
        }
        return self.model_copy(update=swap)


class RuleRow(Row):
    """One rule, or one part of a rule with several."""

    id: str = Field(pattern=r"^D\d\d[a-z]?$")
    severity: Literal["block", "modify"]
    reason: str
    change: str
    override: str
    source: tuple[str, ...] = Field(min_length=1)
    verified: bool
    options: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    lifted_when: Any = None
    match: tuple[MatchRow, ...] = Field(min_length=1)


class HighAlertRow(Row):
    """A group of drugs that asks for an independent second check."""

    order: tuple[str, ...]
    route: tuple[str, ...] = ()
    text: str


class DrugFile(Row):
    """drugs.toml."""

    sources: dict[str, SourceRow]
    option: dict[str, OptionRow]
    number: dict[str, NumberRow]
    condition: dict[str, ConditionRow]
    indication: dict[str, str]
    high_alert: dict[str, HighAlertRow]
    rule: tuple[RuleRow, ...]


class ClassRow(Row):
    """A class of drugs, and the classes that it is part of."""

    text: str
    within: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


class IngredientRow(Row):
    """One ingredient. `meq_per_mmol`: charge of an electrolyte whose orders come in either unit."""

    classes: tuple[str, ...]
    brands: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    meq_per_mmol: float | None = None


class CombinationRow(Row):
    """One product with several ingredients. `dose_of`: the one that an order's dose speaks of by custom."""

    of: tuple[str, ...] = Field(min_length=2)
    dose_of: str | None = None
    brands: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


class WordsRow(Row):
    """Words around a name: how it is given, and salts."""

    given: frozenset[str]
    salts: frozenset[str]


class NamesFile(Row):
    """drug_names.toml."""

    source: str
    verified: bool
    words: WordsRow
    class_: dict[str, ClassRow] = Field(alias="class")
    ingredient: dict[str, IngredientRow]
    combination: dict[str, CombinationRow]
    ambiguous: dict[str, tuple[str, ...]]


@cache
def drug_vocabulary() -> DrugFile:
    """Return the shipped file of drug rules."""
    path = resources.files("triagelab.clinical") / "data" / "drugs.toml"
    return validated(DrugFile, read_toml(str(path)), "drugs.toml")
