"""The words: how facts, distractors and voices speak, read from data through one model each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field, field_validator

from triagelab.clinical.facts import vocabulary
from triagelab.errors import UnknownNameError
from triagelab.files import read_toml


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Phrase(_Frozen):
    """How one fact is said.

    Attributes:
        yes: clinical verb phrases whose subject is the patient; `short`: further fragments for terse notes.
        lay: sentences of the patient, or of who speaks for the patient.
        no: noun phrases for a list of negations; `lay_no`: sentences; `against`: verb phrases that say it is not so.
        sign: seen by others, so "no X" and never "denies X".
        silent: the complaint implies it; never said by itself.
        sex: whose body it concerns; of the other sex its absence goes without saying.
    """

    yes: tuple[str, ...] = Field(min_length=1)
    short: tuple[str, ...] = ()
    lay: tuple[str, ...] = Field(min_length=1)
    no: tuple[str, ...] = ()
    lay_no: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    sign: bool = False
    silent: bool = False
    sex: str | None = None


class PhraseBank(_Frozen):
    """Fact id -> its phrases."""

    source: str
    fact: dict[str, Phrase]

    @field_validator("fact")
    @classmethod
    def _known(cls, entries: dict[str, Phrase]) -> dict[str, Phrase]:
        for name in entries:
            if name not in vocabulary():
                raise UnknownNameError("fact", name, vocabulary())
        return entries


class Distractor(_Frozen):
    """One line that is true of the patient's life and no fact of today.

    Attributes:
        conflicts: true facts that would make it false or ambiguous.
        alert: only said by or of a patient who can speak for himself.
        alone: says that there is nothing else, so no other history or medicine stands beside it.
    """

    kind: str
    say: tuple[str, ...] = Field(min_length=1)
    lay: tuple[str, ...] = Field(min_length=1)
    conflicts: frozenset[str] = frozenset()
    min_age: float = 0
    max_age: float = 125
    sex: str | None = None
    alert: bool = False
    alone: bool = False

    @field_validator("conflicts")
    @classmethod
    def _known(cls, names: frozenset[str]) -> frozenset[str]:
        for name in names:
            if name not in vocabulary():
                raise UnknownNameError("fact", name, vocabulary())
        return names


class DistractorFile(_Frozen):
    source: str
    item: tuple[Distractor, ...]


class WordLists(_Frozen):
    """Replacements of the terse and of the dictated voice, in order of application."""

    abbreviations: tuple[tuple[str, str], ...]
    dropped: tuple[str, ...]
    leading: tuple[str, ...]
    typos: tuple[tuple[str, str], ...]
    fillers: tuple[str, ...]


class Frame(_Frozen):
    """Openers and closers of one clinical voice."""

    openers: tuple[str, ...]
    closers: tuple[str, ...]


class PatientFrame(_Frozen):
    closers: tuple[str, ...]
    checked: tuple[str, ...]
    unchecked: tuple[str, ...]
    pain: tuple[str, ...]
    lasting: tuple[str, ...]
    happened: tuple[str, ...]


class Voices(_Frozen):
    """Everything in data/voices.toml."""

    source: str
    words: WordLists
    terse: Frame
    prose: Frame
    ems: Frame
    dictated: Frame
    patient: PatientFrame
    arrival: dict[str, tuple[str, ...]]
    arrival_short: dict[str, tuple[str, ...]]
    missing: dict[str, tuple[str, ...]]


def _data(name: str) -> dict:
    return read_toml(str(resources.files("triagelab.cases") / "data" / name))


@cache
def phrase_bank() -> Mapping[str, Phrase]:
    """Return fact id -> phrases, from data/phrases.toml."""
    return MappingProxyType(PhraseBank.model_validate(_data("phrases.toml")).fact)


@cache
def distractors() -> tuple[Distractor, ...]:
    """Return the lines of data/distractors.toml."""
    return DistractorFile.model_validate(_data("distractors.toml")).item


@cache
def voices() -> Voices:
    """Return the frames of data/voices.toml."""
    return Voices.model_validate(_data("voices.toml"))
