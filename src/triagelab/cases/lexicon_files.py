"""The lexicon's data files: their models, how they are read and merged, and the phrases that a pattern stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from triagelab.errors import DataFormatError, UnknownNameError
from triagelab.files import read_toml

KINDS = ("symptom", "sign", "condition", "event", "intervention", "medication", "exposure", "social", "state", "course")
MAX_EXPANSIONS = 20_000


class ConceptSpec(BaseModel):
    """One clinical idea.

    Attributes:
        kind: what sort of thing it is; `condition` stays true when written as history, everything else does not.
        terms: phrases; `{word}` is a word class, `a|b` alternatives, a trailing `?` optional, `*` up to three other
            words, a leading `^` "only in capitals", `=word` "only in this form" (severed, not severe).
        parents: broader concepts (or facts) that hold whenever this one does.
        uncertain: what "possible ..." means: True where the idea is itself a suspicion.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: str
    terms: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    uncertain: bool = False


class SiteSpec(BaseModel):
    """A part of the body, with the regions it belongs to."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    terms: tuple[str, ...]
    regions: tuple[str, ...] = ()


class SenseSpec(BaseModel):
    """What can be wrong with a part of the body; `at` names concepts for sites and regions.

    `uncertain` as in ConceptSpec: "? fractured wrist" is looked after like a fractured wrist.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    terms: tuple[str, ...]
    kind: str = "symptom"
    alone: str | None = None
    uncertain: bool = False
    regions: tuple[str, ...] = ()
    at: dict[str, str] = Field(default_factory=dict)


class LexiconFile(BaseModel):
    """One data/lexicon*.toml file; `exact` names single words that count only as written (testes, not tests).

    `ordinary` are words that look like a typing error of a clinical word and are none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    exact: tuple[str, ...] = ()
    ordinary: tuple[str, ...] = ()
    words: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    concept: dict[str, ConceptSpec] = Field(default_factory=dict)
    site: dict[str, SiteSpec] = Field(default_factory=dict)
    sense: dict[str, SenseSpec] = Field(default_factory=dict)
    trigger: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    label: dict[str, tuple[str, ...]] = Field(default_factory=dict)


def read_files() -> dict[str, LexiconFile]:
    """Return every data/lexicon*.toml file by name.

    Raises: DataFormatError naming the file and key that is wrong.
    """
    folder = resources.files("triagelab.cases") / "data"
    files: dict[str, LexiconFile] = {}
    for item in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if item.name.startswith("lexicon") and item.name.endswith(".toml"):
            try:
                files[item.name] = LexiconFile.model_validate(read_toml(str(item)))
            except ValidationError as error:
                problem = error.errors()[0]
                place = ".".join(str(part) for part in problem["loc"])
                raise DataFormatError(f"{item.name}: {place}: {problem['msg']}") from error
    return files


def merge(files: Mapping[str, LexiconFile], section: str) -> dict[str, Any]:
    """Return one section of all files together; triggers, labels and word classes add up, all else is defined once."""
    merged: dict[str, Any] = {}
    for name, content in files.items():
        for key, value in getattr(content, section).items():
            if key in merged:
                if section in ("trigger", "label", "words"):
                    merged[key] = (*merged[key], *value)
                    continue
                raise DataFormatError(f"{name}: {section}.{key} is defined twice")
            merged[key] = value
    return merged


def expand(pattern: str, words: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Yield the plain phrases that a pattern stands for."""
    options: list[tuple[str, ...]] = []
    for slot in pattern.split():
        optional = len(slot) > 1 and slot.endswith("?") and (slot[-2].isalnum() or slot[-2] in "}'")
        slot = slot[:-1] if optional else slot
        choices: list[str] = []
        for choice in slot.split("|") if len(slot) > 1 else [slot]:
            if choice.startswith("{") and choice.endswith("}"):
                name = choice[1:-1]
                if name not in words:
                    raise UnknownNameError("lexicon word class", name, words)
                choices.extend(phrase for member in words[name] for phrase in expand(member, words))
            else:
                choices.append(choice)
        options.append((*choices, "") if optional else tuple(choices))
    total = 1
    for group in options:
        total *= len(group)
    if total > MAX_EXPANSIONS:
        raise DataFormatError(f"lexicon pattern {pattern!r} stands for {total} phrases; the limit is {MAX_EXPANSIONS}")
    phrases = [""]
    for group in options:
        phrases = [f"{head} {tail}".strip() if tail else head for head in phrases for tail in group]
    yield from (phrase for phrase in phrases if phrase)
