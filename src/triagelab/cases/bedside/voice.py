"""Who speaks at the bedside and in which words: one choice of words for a patient, whatever is asked and when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from triagelab.cases.bedside.patient import BedsidePatient
from triagelab.cases.bedside.vocabulary import bedside_bank
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


@dataclass(frozen=True, slots=True)
class Voice:
    """How one patient is spoken of now.

    Attributes:
        patient: the latent patient with the facts of now.
        silent: the patient cannot answer and only a bystander can be asked.
    """

    case_id: str
    patient: Patient
    person: Person
    silent: bool

    def pick(self, items: Sequence[Item], *keys: str) -> Item:
        """Return the same item for the same keys at any time."""
        return items[derive_seed("cases.bedside.words", 0, self.case_id, *keys, bits=31) % len(items)]

    def clinical(self, phrase: str) -> str:
        """Return a sentence of a verb phrase whose subject is the patient."""
        return capital(f"{self.person.clinical['he']} {phrase.format_map(self.person.clinical)}.")

    def lay(self, sentence: str) -> str:
        """Return a sentence in the words of who speaks."""
        return capital(sentence.format_map(self.person.lay))

    def seen(self, name: str) -> str:
        """Return a true fact as an examiner says it."""
        return self.clinical(self.pick(bedside_bank()[name].yes, name))

    def told(self, name: str) -> str:
        """Return a true fact as the history says it."""
        return self.lay(self.pick(bedside_bank()[name].lay, name))

    def denied(self, names: Iterable[str]) -> list[str]:
        """Return sentences of the history that deny false facts; those without words are left out."""
        found = []
        for name in self._sayable(names):
            phrase = bedside_bank()[name]
            if phrase.lay_no:
                found.append(self.lay(self.pick(phrase.lay_no, name)))
            elif phrase.no:
                found.append(f"No {self.pick(phrase.no, name)}.")
        return found

    def excluded(self, names: Iterable[str]) -> list[str]:
        """Return sentences of an examiner about false facts: what is against them, and one list of what is not there."""
        found, absent = [], []
        for name in self._sayable(names):
            phrase = bedside_bank()[name]
            if phrase.against:
                found.append(self.clinical(self.pick(phrase.against, name)))
            elif phrase.no:
                absent.append(self.pick(phrase.no, name))
        absent = list(dict.fromkeys(absent))
        if absent:
            listed = ", ".join(absent[:-1]) + f" or {absent[-1]}" if len(absent) > 1 else absent[0]
            found.append(f"No {listed.format_map(self.person.clinical)}.")
        return found

    def _sayable(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if bedside_bank()[name].sex in (None, self.patient.sex)]


def voice_of(bedside: BedsidePatient, facts_now: Facts) -> Voice:
    """Return how this patient is spoken of, with the facts of now."""
    patient = replace(bedside.patient, facts=facts_now)
    silent = patient.age.years >= SELF_FROM_YEARS and any(facts_now.flags.get(name) for name in UNCONSCIOUS)
    person = person_of(patient, Draws("cases.bedside.person", 0, bedside.case_id))
    return Voice(bedside.case_id, patient, person, silent)
