"""Who speaks at the bedside and in which words: one choice of words for a patient, whatever is asked and when."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

from triagelab.cases.bedside.patient import BedsidePatient
from triagelab.cases.bedside.vocabulary import bedside_bank, channels
from triagelab.cases.draws import Draws
from triagelab.cases.patient import Patient
from triagelab.cases.registers import capital
from triagelab.cases.speech import SELF_FROM_YEARS, Person, person_of
from triagelab.clinical.facts import Facts
from triagelab.seeding import derive_seed

Item = TypeVar("Item")
UNCONSCIOUS = frozenset(
    (
        "pulseless",
        "cpr_in_progress",
        "apneic",
        "unresponsive",
        "obtunded",
        "intubated",
        "bag_valve_mask",
        "surgical_airway",
        "active_seizure",
        "open_thoracotomy",
    )
)
"""With any of these a grown-up patient does not answer at all; a bystander knows some things."""
BYSTANDER_KNOWS = ("story", "past_illness", "medicines_and_allergies")
"""What a bystander can be asked about; the parents of a child know everything."""


_TOO_OLD = re.compile(r"\b(?:words?|talks?|speaks?|sentences|answers|voice|chat\w*|scrolling|score)\b")
_TOO_YOUNG = re.compile(r"\b(?:diapers?|fontanelle)\b")
_SHORTHAND = re.compile(r"\b(?:abd|CP|LOC|SI|HI|AH)\b")
TALKS_FROM_YEARS = 3.0
NO_DIAPERS_FROM_YEARS = 4.0


def suiting(phrases: Sequence[str], age_years: float) -> Sequence[str]:
    """Return the phrases that suit speech and age, all if none does: no baby talks, no grown-up wears diapers."""
    wrong = [_SHORTHAND]
    if age_years < TALKS_FROM_YEARS:
        wrong.append(_TOO_OLD)
    if age_years >= NO_DIAPERS_FROM_YEARS:
        wrong.append(_TOO_YOUNG)
    return [text for text in phrases if not any(pattern.search(text) for pattern in wrong)] or phrases


@dataclass(frozen=True, slots=True)
class Voice:
    """How one patient is spoken of now.

    Attributes:
        patient: the latent patient with the facts of now.
        unconscious: the patient does not answer.
        silent: nor does a parent; only a bystander can be asked.
        own_words: the history is in the words of who speaks, otherwise in the nurse's.
    """

    case_id: str
    patient: Patient
    person: Person
    unconscious: bool
    silent: bool
    own_words: bool

    def pick(self, items: Sequence[Item], *keys: str) -> Item:
        """Return the same item for the same keys at any time."""
        return items[derive_seed("cases.bedside.words", 0, self.case_id, *keys, bits=31) % len(items)]

    def clinical(self, phrase: str) -> str:
        """Return a sentence of a verb phrase whose subject is the patient."""
        return capital(f"{self.person.clinical['he']} {phrase.format_map(self.person.clinical)}.")

    def lay(self, sentence: str) -> str:
        """Return a sentence in the words of who speaks."""
        return capital(sentence.format_map(self.person.lay))

    def say(self, phrases: Sequence[str], name: str) -> str:
        """Return this patient's phrase of several for one fact."""
        return self.pick(suiting(phrases, self.patient.age.years), name)

    def seen(self, name: str) -> str:
        """Return a true fact as an examiner says it."""
        return self.clinical(self.say(bedside_bank()[name].yes, name))

    def told(self, name: str) -> str:
        """Return a true fact as the history says it."""
        return self.lay(self.say(bedside_bank()[name].lay, name)) if self.own_words else self.seen(name)

    def sayable(self, names: Iterable[str]) -> list[str]:
        """Return the facts whose absence can be put in words and means something for this patient."""
        bank, flags, beside = bedside_bank(), self.patient.facts.flags, channels().not_denied_beside
        return [
            name
            for name in names
            if bank[name].sex in (None, self.patient.sex)
            and (bank[name].lay_no or bank[name].no or bank[name].against)
            and not any(flags.get(other) for other in beside.get(name, ()))
        ]

    def denied(self, names: Iterable[str]) -> list[str]:
        """Return sentences of the history about what is not so."""
        if not self.own_words:
            return self.excluded(names, denies=self.person.own_voice)
        found = []
        for name in self.sayable(names):
            phrase = bedside_bank()[name]
            if phrase.lay_no:
                found.append(self.lay(self.say(phrase.lay_no, name)))
            elif phrase.no:
                found.append(f"No {self.say(phrase.no, name)}.")
        return found

    def excluded(self, names: Iterable[str], *, denies: bool = False) -> list[str]:
        """Return sentences of a nurse about what is not so: what speaks against it, and lists of what is not there.

        Args:
            denies: symptoms are denied by who can speak; signs are never more than not found.
        """
        found, denied, absent = [], [], []
        for name in self.sayable(names):
            phrase = bedside_bank()[name]
            if phrase.against:
                found.append(self.clinical(self.say(phrase.against, name)))
            elif phrase.no:
                (denied if denies and not phrase.sign else absent).append(self.say(phrase.no, name))
        for verb, items in (("Denies", denied), ("No", absent)):
            if items:
                found.append(f"{verb} {_or_list(items).format_map(self.person.clinical)}.")
        return found


def _or_list(items: list[str]) -> str:
    once = list(dict.fromkeys(items))
    return ", ".join(once[:-1]) + f" or {once[-1]}" if len(once) > 1 else once[0]


class _Pair:
    """A patient with the facts of now, told apart by identity: an episode keeps both until something changes."""

    __slots__ = ("bedside", "facts")

    def __init__(self, bedside: BedsidePatient, facts: Facts) -> None:
        self.bedside, self.facts = bedside, facts

    def __hash__(self) -> int:
        return hash((id(self.bedside), id(self.facts)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Pair) and self.bedside is other.bedside and self.facts is other.facts


def voice_of(bedside: BedsidePatient, facts_now: Facts) -> Voice:
    """Return how this patient is spoken of, with the facts of now."""
    return _voice(_Pair(bedside, facts_now))


@lru_cache(maxsize=1024)
def _voice(pair: _Pair) -> Voice:
    bedside, facts = pair.bedside, pair.facts
    patient = replace(bedside.patient, facts=facts)
    gone = any(facts.flags.get(name) for name in UNCONSCIOUS)
    person = person_of(patient, Draws("cases.bedside.person", 0, bedside.case_id))
    silent = gone and patient.age.years >= SELF_FROM_YEARS
    return Voice(bedside.case_id, patient, person, gone, silent, bedside.own_words)
