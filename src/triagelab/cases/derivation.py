"""From what a note says to facts: feeding by name, and an open table of derived facts (data/derivations.toml)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from pydantic import BaseModel, ConfigDict

from triagelab.cases import quantities
from triagelab.cases.composition import Mention
from triagelab.cases.findings import Assertion
from triagelab.cases.lexicon import Lexicon, lexicon
from triagelab.clinical.conditions import Condition, Conditions
from triagelab.clinical.facts import vocabulary
from triagelab.clinical.vitals import VitalSigns
from triagelab.errors import UnknownNameError
from triagelab.files import packaged_table

NUMBER_NAMES = ("age_years", "pregnancy_weeks", *VitalSigns.names(), *quantities.NAMES)
SUFFIXES: dict[Assertion, str] = {
    Assertion.RESOLVED: "_resolved",
    Assertion.HISTORICAL: "_past",
    Assertion.UNCERTAIN: "_possible",
    Assertion.PLANNED: "_planned",
    Assertion.REFUSED: "_refused",
}
"""How a concept was spoken of, as a suffix that derivation rules and the forecast may name."""

KNOWN_NUMBERS = {
    "age_known": "age_years",
    "pregnancy_weeks_known": "pregnancy_weeks",
    "pain_rated": "pain_score",
    "heart_rate_known": "heart_rate_bpm",
    "hypotension_measured": "sbp_mmhg",
}
"""Names that hold where a number is known."""

CONDITIONS_ONLY = "conditions_only"
"""Holds where a note names illnesses and no symptom, sign or event: then an illness is the complaint itself."""
_BESIDE = frozenset(("medication", "state", "social", "course"))
_FRAME = frozenset(("transfer_in", "child_words", "infant_words"))


class Rule(Conditions):
    """One derived fact and the conditions under which it follows.

    Attributes:
        fact: the concept or fact that follows, with `value`; with `drop` a reading is taken back instead.
        reason: why, in words for people.
    """

    fact: str
    reason: str
    value: bool = True
    drop: bool = False


class RuleFile(BaseModel):
    """data/derivations.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    verified: bool
    rule: tuple[Rule, ...]


@cache
def rules() -> tuple[Rule, ...]:
    """Return the derivation rules in file order; later rules see what earlier ones concluded.

    Raises: DataFormatError or UnknownNameError naming the row that is wrong.
    """
    content = packaged_table("triagelab.cases", "derivations.toml", RuleFile)
    known = set(vocabulary()) | set(lexicon().concepts)
    known.update(parent for spec in lexicon().concepts.values() for parent in spec.parents)
    known.update(rule.fact for rule in content.rule)
    known.update((*KNOWN_NUMBERS, CONDITIONS_ONLY))
    for rule in content.rule:
        for name in rule.names():
            if name not in known and not _suffixed(name, known):
                raise UnknownNameError(f"derivations.toml: concept in the rule for {rule.fact}", name, known)
        for name in rule.numbers():
            if name not in NUMBER_NAMES:
                raise UnknownNameError(f"derivations.toml: number in the rule for {rule.fact}", name, NUMBER_NAMES)
    return content.rule


@cache
def _compiled() -> tuple[tuple[frozenset[str], Condition, Rule], ...]:
    """Return (gate, condition, rule): a rule with a gate cannot hold while no name of the gate is present."""
    return tuple((frozenset(rule.any or rule.all), rule.compiled(), rule) for rule in rules())


def _suffixed(name: str, known: set[str]) -> bool:
    return any(name.endswith(suffix) and name.removesuffix(suffix) in known for suffix in SUFFIXES.values())


@dataclass(slots=True)
class Picture:
    """What holds of the patient now.

    Attributes:
        present: concepts and facts that hold, broader ones included.
        denied: concepts the note says are not there (negated or resolved).
        numbers: measured numbers by name.
        sex: female, male or None.
        reasons: derived fact -> reason.
    """

    present: set[str]
    denied: set[str]
    numbers: Mapping[str, float]
    sex: str | None
    reasons: dict[str, str]


def picture(mentions: list[Mention], numbers: Mapping[str, float], sex: str | None) -> Picture:
    """Return what holds of the patient, derived facts included."""
    words = lexicon()
    holds: set[str] = set()
    denied: set[str] = set()
    spoken: set[str] = set()
    for mention in mentions:
        if holds_now(mention, words):
            holds.add(mention.concept)
        elif mention.assertion in (Assertion.NEGATED, Assertion.RESOLVED, Assertion.REFUSED):
            denied.add(mention.concept)
        if mention.assertion in SUFFIXES:
            spoken.update(name + SUFFIXES[mention.assertion] for name in words.closure((mention.concept,)))
    present = words.closure(holds)
    denied -= present
    present |= spoken
    present.update(name for name, number in KNOWN_NUMBERS.items() if number in numbers)
    if _conditions_only(mentions, words):
        present.add(CONDITIONS_ONLY)
    result = Picture(present, denied, numbers, sex, {})
    for gate, condition, rule in _compiled():
        if gate and gate.isdisjoint(present):
            continue
        if condition.met(present, numbers, sex):
            _conclude(rule, result, words)
    return result


def _conditions_only(mentions: list[Mention], words: Lexicon) -> bool:
    """Return whether illnesses are named and nothing else is said of the patient's state now."""
    kinds = {
        words.concepts[mention.concept].kind
        for mention in mentions
        if mention.assertion is Assertion.PRESENT and mention.concept not in _FRAME
    }
    return "condition" in kinds and kinds <= _BESIDE | {"condition"}


def holds_now(mention: Mention, words: Lexicon) -> bool:
    """Return whether a mention makes its concept true now."""
    if mention.assertion is Assertion.PRESENT:
        return True
    spec = words.concepts.get(mention.concept)
    if spec is None:
        return False
    if mention.assertion is Assertion.HISTORICAL:
        return spec.kind == "condition"
    return mention.assertion is Assertion.UNCERTAIN and spec.uncertain


def _conclude(rule: Rule, result: Picture, words: Lexicon) -> None:
    if rule.drop:
        if rule.fact in result.present:
            result.present.discard(rule.fact)
            result.reasons[rule.fact] = rule.reason
    elif rule.value:
        if rule.fact not in result.denied:
            result.present.add(rule.fact)
            result.present |= words.ancestors.get(rule.fact, frozenset())
            result.reasons.setdefault(rule.fact, rule.reason)
    elif rule.fact not in result.present:
        result.denied.add(rule.fact)
        result.reasons.setdefault(rule.fact, rule.reason)


def flags(now: Picture) -> dict[str, bool]:
    """Return the yes/no facts; what is not among them is unknown."""
    known = vocabulary()
    found = {name: False for name in now.denied if name in known}
    found.update({name: True for name in now.present if name in known})
    return found
