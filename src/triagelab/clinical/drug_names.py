"""From what people write to ingredients and classes (data/drug_names.toml): brands, short forms; never a guess."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from types import MappingProxyType

from triagelab.clinical.drug_vocabulary import NamesFile
from triagelab.clinical.rows import validated
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.files import read_toml

MAX_NAME = 200
"""Longest accepted drug name, in characters."""


@dataclass(frozen=True, slots=True)
class Drug:
    """What a name stands for: its ingredients, and the one of which a dose speaks (None: not known)."""

    ingredients: tuple[str, ...]
    dose_of: str | None


_UNIT = r"(?:mcg|mg|ug|µg|μg|kg|g|ml|l|(?:million )?units?|iu|u|meq|mmol|puffs?|drops?|tabs?|tablets?|caps?|capsules?)"
_PER = rf"(?:\s*/\s*(?:kg|m2|{_UNIT}|h|hr|hour|min|day|d))*"
_DOSE = re.compile(rf"(?<![a-z\d.])(?<![a-z]-)\d[\d.,/-]*\s*{_UNIT}{_PER}(?![a-z])")
_GLUED = re.compile(rf"(?<=[a-z]{{3}})(?=\d[\d.,]*\s*{_UNIT}(?![a-z]))")
_OFTEN = r"q\s?\d+\s?h(?:rs?|ours?)?|x\s?\d+(?:\s?(?:d|days?|doses?))?|every \d+ hours?|over \d+ min(?:utes)?"
_TIMES = re.compile(rf"\b(?:{_OFTEN})\b")
_PERCENT = re.compile(r"\d[\d.]*\s*%")
_NUMBER = re.compile(r"[\d.,/x-]+")
_JOINS = re.compile(r"\s*(?:/|\+|&|,|;|\band\b|\bwith\b|\bw/)\s*")


@cache
def drug_table() -> NamesFile:
    """Return the table of names as it stands in the file.

    Raises: UnknownNameError for a class or ingredient that the table does not hold.
    """
    raw = read_toml(str(resources.files("triagelab.clinical") / "data" / "drug_names.toml"))
    table = validated(NamesFile, raw, "drug_names.toml")
    for name, row in table.ingredient.items():
        for member in row.classes:
            if member not in table.class_:
                raise UnknownNameError(f"drug_names.toml: {name}: class", member, table.class_)
    for name, row in table.class_.items():
        for member in row.within:
            if member not in table.class_:
                raise UnknownNameError(f"drug_names.toml: {name}: within", member, table.class_)
    for name, row in table.combination.items():
        for member in (*row.of, *((row.dose_of,) if row.dose_of else ())):
            if member not in table.ingredient:
                raise UnknownNameError(f"drug_names.toml: {name}: of", member, table.ingredient)
    return table


@cache
def class_closure(name: str) -> frozenset[str]:
    """Return a class and every class that it is part of."""
    found = {name}
    for parent in drug_table().class_[name].within:
        found |= class_closure(parent)
    return frozenset(found)


@cache
def tags(name: str) -> frozenset[str]:
    """Return the tags of an ingredient or class: itself and every class above it.

    Raises: UnknownNameError for a name that is neither.
    """
    table = drug_table()
    if name in table.ingredient:
        return frozenset({name}).union(*(class_closure(member) for member in table.ingredient[name].classes))
    if name in table.class_:
        return class_closure(name)
    raise UnknownNameError("drug or class", name, (*table.ingredient, *table.class_))


def _spellings() -> Iterator[tuple[str, str, Drug]]:
    table = drug_table()
    for name, row in table.ingredient.items():
        for text in (name, *row.brands, *row.aliases):
            yield text, name, Drug((name,), name)
    for name, row in table.combination.items():
        for text in (name, *row.brands, *row.aliases):
            yield text, name, Drug(row.of, row.dose_of)


def spelling_key(text: str) -> str:
    """Return the letters and digits of a name: hyphens, slashes and blanks do not tell two drugs apart."""
    return "".join(letter for letter in text.casefold() if letter.isalnum() or letter in "%.")


def _peeled(text: str, given: Container[str], salts: Container[str], kept_keys: Container[str]) -> Iterator[str]:
    """Yield the name less and less literally: as written, without dose and route, without numbers, without salts.

    Args:
        given: words that say how a drug is given.
        salts: words that do not change which drug it is.
        kept_keys: spellings of which a leading route is a part ("IV vanc").
    """
    plain = unicodedata.normalize("NFKC", text).casefold().replace("®", " ").replace("™", " ")
    yield plain
    bare = _TIMES.sub(" ", _DOSE.sub(" ", _GLUED.sub(" ", plain)))
    words = [word for word in (part.strip("()[].,:;-*") for part in bare.split()) if word]
    yield " ".join(words) if spelling_key(" ".join(words)) in kept_keys else ""
    kept = [word for word in words if word not in given]
    yield " ".join(kept)
    kept = _PERCENT.sub(" ", " ".join(kept)).split()
    yield " ".join(kept)
    kept = [word for word in kept if not _NUMBER.fullmatch(word)]
    yield " ".join(kept)
    yield " ".join(word for word in kept if word not in salts)


@cache
def _index() -> tuple[Mapping[str, Drug], Mapping[str, tuple[str, ...]], tuple[str, ...]]:
    """Return spelling -> drug, error-prone spelling -> choices, and every spelling as people write it.

    Raises: BadInputError where one spelling stands for two drugs.
    """
    ambiguous = {spelling_key(text): choices for text, choices in drug_table().ambiguous.items()}
    found: dict[str, Drug] = {}
    shown: list[str] = []
    for text, name, drug in _spellings():
        key = spelling_key(text)
        if found.setdefault(key, drug) != drug or key in ambiguous:
            raise BadInputError(f"drug_names.toml: {name}", text, "a spelling that stands for one drug only")
        shown.append(text)
    return MappingProxyType(found), MappingProxyType(ambiguous), tuple(shown)


@cache
def _class_index() -> Mapping[str, str]:
    return MappingProxyType(
        {
            spelling_key(text): name
            for name, row in drug_table().class_.items()
            for text in (name, name.replace("_", " "), *row.aliases)
        }
    )


def is_spelling(text: str) -> bool:
    """Return whether a text is a drug as it stands in the table, apart from words that say how it is given."""
    given = drug_table().words.given
    return spelling_key(" ".join(word for word in text.casefold().split() if word not in given)) in _index()[0]


def known_names() -> tuple[str, ...]:
    """Return every spelling of every drug as people write it."""
    return _index()[2]


def _forms(text: str) -> list[str]:
    """Return the name less and less literally; words that belong to an error-prone short form stay."""
    words = drug_table().words
    return list(_peeled(text, words.given, words.salts, _index()[1]))


def _look_up(text: str, field: str) -> Drug | None:
    """Return the drug of one name, None if no spelling fits.

    Raises: BadInputError for a spelling that has been read as different drugs, or that names a class.
    """
    found, ambiguous, _ = _index()
    for form in _forms(text):
        key = spelling_key(form)
        if key in found:
            return found[key]
        if key in ambiguous:
            choices = " or ".join(ambiguous[key])
            raise BadInputError(field, text, f"the drug spelt out: {choices}", "the short form is error-prone")
    return None


def _members(name: str) -> list[str]:
    return [member for member in drug_table().ingredient if name in tags(member)]


@lru_cache(4096)
def resolve_drug(text: str, field: str = "drug") -> Drug:
    """Return the ingredients that a name stands for: `"Tylenol 500mg PO"`, `"metoprolol succinate"`, `"Zosyn"`.

    Raises: UnknownNameError with the nearest known name; BadInputError that lists the choices for an error-prone short
        form ("MS") and for the name of a class.
    """
    if not isinstance(text, str) or not text.strip() or len(text) > MAX_NAME:
        raise BadInputError(field, text, f"the name of a drug, at most {MAX_NAME} characters")
    drug = _look_up(text, field)
    if drug is not None:
        return drug
    forms = _forms(text)
    for form in forms:
        name = _class_index().get(spelling_key(form))
        if name is not None:
            shown = ", ".join(_members(name)[:12])
            raise BadInputError(field, text, f"one drug of that class: {shown}")
    for form in (forms[0], forms[0].replace("-", "/")):
        parts = [part for part in _JOINS.split(form) if part.strip()]
        drugs = [_look_up(part, field) for part in parts]
        whole = [found for found in drugs if found is not None]
        if len(parts) > 1 and len(whole) == len(parts):
            return Drug(tuple(dict.fromkeys(name for found in whole for name in found.ingredients)), None)
    # The cleaned form finds the nearest name; the words around it would hide it.
    raise UnknownNameError(field, forms[-1] or text, known_names())


def ingredients(text: str) -> tuple[str, ...]:
    """Return every ingredient of a product by generic name, in the order of the product."""
    return resolve_drug(text).ingredients


def ingredient(text: str) -> str:
    """Return the ingredient of a product that has one only.

    Raises: BadInputError for a combination; `ingredients` returns all of its parts.
    """
    first, *others = ingredients(text)
    if others:
        raise BadInputError("drug", text, "a product with one ingredient", f"it holds {', '.join((first, *others))}")
    return first


@lru_cache(4096)
def resolve_any(text: str, field: str = "drug or class") -> tuple[str, ...]:
    """Return the ingredients or the class that a name in a history stands for: "Zosyn", "PCN", "sulfa drugs"."""
    if isinstance(text, str) and len(text) <= MAX_NAME:
        name = _class_index().get(spelling_key(text)) or _class_index().get(spelling_key(_forms(text)[-1]))
        if name is not None and spelling_key(text) not in _index()[0]:
            return (name,)
    return resolve_drug(text, field).ingredients
