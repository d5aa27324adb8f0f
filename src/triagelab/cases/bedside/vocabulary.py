"""Where each fact is learned, what actions cost, which pattern and pathway fit: the tables of data/."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, model_validator

from triagelab.cases.archetypes import load_archetypes
from triagelab.cases.bedside.actions import PATHWAYS, PATTERNS, REGIONS, TARGETS, TESTS, TOPICS, BedsideAction
from triagelab.cases.phrases import Phrase, PhraseBank, phrase_bank
from triagelab.clinical.facts import Facts, vocabulary
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.files import packaged_table

_PACKAGE = "triagelab.cases.bedside"


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _known(field: str, names: Iterable[str], allowed: Iterable[str]) -> None:
    options = tuple(allowed)
    for name in names:
        if name not in options:
            raise UnknownNameError(field, name, options)


class Channels(_Frozen):
    """data/channels.toml: facts by the action that tells them.

    Attributes:
        visible: seen at a glance; each of them is in `examine` or `ask`, too.
        visible_again: seen by who looks again, where it was not so on arrival.
        not_denied_beside: false fact -> true facts beside which it is not denied.
    """

    source: str
    verified: bool
    visible: tuple[str, ...]
    visible_again: tuple[str, ...]
    ask: dict[str, tuple[str, ...]]
    examine: dict[str, tuple[str, ...]]
    not_denied_beside: dict[str, frozenset[str]]

    @model_validator(mode="after")
    def _complete(self) -> Channels:
        _known("topic", self.ask, TOPICS)
        _known("region", self.examine, REGIONS)
        beside = self.not_denied_beside
        for names in (
            self.visible,
            self.visible_again,
            *self.ask.values(),
            *self.examine.values(),
            beside,
            *beside.values(),
        ):
            _known("fact", names, bedside_facts())
        return self

    def history(self) -> frozenset[str]:
        """Return the facts that somebody can tell."""
        return frozenset(name for names in self.ask.values() for name in names)

    def only_told(self) -> frozenset[str]:
        """Return the facts that no eye and no hand finds: history alone."""
        found = {name for names in self.examine.values() for name in names}
        return self.history() - found - set(self.visible)


class Finding(_Frozen):
    """What a test shows where one of the facts `when` is true, or in a kind of patient; with neither, always.

    Attributes:
        beside: facts that must all be true as well.
        tells: facts that the words say.
    """

    text: str
    when: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    archetypes: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()


class ResultTable(_Frozen):
    """data/tests.toml."""

    source: str
    verified: bool
    ecg: tuple[Finding, ...]
    urine: tuple[Finding, ...]
    ultrasound: tuple[Finding, ...]
    blood_gas: tuple[Finding, ...]

    @model_validator(mode="after")
    def _names(self) -> ResultTable:
        for findings in (self.ecg, self.urine, self.ultrasound, self.blood_gas):
            for item in findings:
                _known("fact", (*item.when, *item.beside, *item.tells), bedside_facts())
                _known("archetype", item.archetypes, load_archetypes())
            if findings[-1].when or findings[-1].beside or findings[-1].archetypes:
                raise ValueError("the last finding of a test fits everybody")
        return self


class PatternTable(_Frozen):
    """data/patterns.toml: pattern -> archetype ids."""

    source: str
    verified: bool
    archetypes: dict[str, tuple[str, ...]]

    @model_validator(mode="after")
    def _names(self) -> PatternTable:
        _known("pattern", self.archetypes, PATTERNS)
        for names in self.archetypes.values():
            _known("archetype", names, load_archetypes())
        return self


class Needs(_Frozen):
    """A pathway that a level takes where one of these resources is needed."""

    level: int
    pathway: str
    needs: tuple[str, ...]


class Minimise(_Frozen):
    """Who plays symptoms down, how many, and by how much pain; facts that never are, facts that are then denied."""

    share: float
    from_years: float
    most_facts: int
    pain_less: tuple[int, int]
    never: tuple[str, ...]
    denied: tuple[str, ...]


class Words(PhraseBank):
    """data/words.toml: phrases of facts that the bank lacks, and phrases that stand `instead` of its own."""

    instead: dict[str, dict[str, tuple[str, ...]]]

    @model_validator(mode="after")
    def _names(self) -> Words:
        _known("fact", self.instead, phrase_bank())
        for fields in self.instead.values():
            _known("field of a phrase", fields, ("yes", "lay", "no", "lay_no", "against"))
        return self


class Life(_Frozen):
    """Facts that the lines beside the point do not touch."""

    not_about: frozenset[str]


class BedsideTable(_Frozen):
    """data/bedside.toml."""

    source: str
    verified: bool
    minutes: dict[str, float]
    minutes_of_target: dict[str, float]
    pathway: dict[int, str]
    pathway_if_needed: Needs
    minimise: Minimise
    life: Life

    @model_validator(mode="after")
    def _names(self) -> BedsideTable:
        _known("action", self.minutes, (*TARGETS, "more_info", "reassess", "commit"))
        labels = {f"{kind}({target})" for kind, targets in TARGETS.items() for target in targets}
        _known("action", self.minutes_of_target, labels)
        _known("pathway", (*self.pathway.values(), self.pathway_if_needed.pathway), PATHWAYS)
        _known("fact", (*self.minimise.never, *self.minimise.denied, *self.life.not_about), bedside_facts())
        return self


@cache
def bedside_facts() -> tuple[str, ...]:
    """Return every fact that can be learned at the bedside: all but the resources."""
    return tuple(name for name, spec in vocabulary().items() if not spec.group.startswith("resource"))


@cache
def channels() -> Channels:
    """Return data/channels.toml."""
    return packaged_table(_PACKAGE, "channels.toml", Channels)


@cache
def result_table() -> ResultTable:
    """Return data/tests.toml."""
    return packaged_table(_PACKAGE, "tests.toml", ResultTable)


@cache
def bedside_table() -> BedsideTable:
    """Return data/bedside.toml."""
    return packaged_table(_PACKAGE, "bedside.toml", BedsideTable)


@cache
def bedside_bank() -> Mapping[str, Phrase]:
    """Return fact id -> phrases for every fact of the bedside: the generator's bank and data/words.toml."""
    words = packaged_table(_PACKAGE, "words.toml", Words)
    bank = {**phrase_bank(), **words.fact}
    changed = {name: bank[name].model_copy(update=fields) for name, fields in words.instead.items()}
    return MappingProxyType({**bank, **changed})


@cache
def patterns() -> Mapping[str, str]:
    """Return archetype id -> pattern."""
    table = packaged_table(_PACKAGE, "patterns.toml", PatternTable)
    return MappingProxyType({name: pattern for pattern, names in table.archetypes.items() for name in names})


@cache
def channels_of() -> Mapping[str, tuple[str, ...]]:
    """Return fact -> labels of the actions that tell it, its own channel first."""
    table = channels()
    found: dict[str, list[str]] = {}
    for kind, lists in (("ask", table.ask), ("examine", table.examine)):
        for target, names in lists.items():
            for name in names:
                found.setdefault(name, []).append(f"{kind}({target})")
    for test in TESTS:
        for item in getattr(result_table(), test, ()):
            for name in item.tells:
                found.setdefault(name, []).append(f"test({test})")
    found.setdefault("pregnant", []).append("test(pregnancy_test)")
    return MappingProxyType({name: tuple(dict.fromkeys(labels)) for name, labels in found.items()})


def minutes_of(action: BedsideAction) -> float:
    """Return what an action costs in minutes."""
    table = bedside_table()
    return table.minutes_of_target.get(action.label(), table.minutes[action.kind])


def pathway_of(level: int, facts: Facts) -> str:
    """Return where a patient of this level goes. Raises: BadInputError for a level that is not 1-5."""
    table = bedside_table()
    if level not in table.pathway:
        raise BadInputError("level", level, "1, 2, 3, 4 or 5")
    special = table.pathway_if_needed
    if level == special.level and any(facts.flags.get(name) for name in special.needs):
        return special.pathway
    return table.pathway[level]


__all__ = [
    "bedside_bank",
    "bedside_facts",
    "bedside_table",
    "channels",
    "channels_of",
    "minutes_of",
    "pathway_of",
    "patterns",
    "result_table",
]
