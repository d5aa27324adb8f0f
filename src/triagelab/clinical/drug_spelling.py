"""Peels a drug name out of what stands around it: dose, route, frequency, form and salt."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterator

_UNIT = r"(?:mcg|mg|ug|µg|μg|kg|g|ml|l|(?:million )?units?|iu|u|meq|mmol|puffs?|drops?|tabs?|tablets?|caps?|capsules?)"
_PER = rf"(?:\s*/\s*(?:kg|m2|{_UNIT}|h|hr|hour|min|day|d))*"
_DOSE = re.compile(rf"(?<![a-z\d.])(?<![a-z]-)\d[\d.,/-]*\s*{_UNIT}{_PER}(?![a-z])")
_GLUED = re.compile(rf"(?<=[a-z]{{3}})(?=\d[\d.,]*\s*{_UNIT}(?![a-z]))")
_OFTEN = r"q\s?\d+\s?h(?:rs?|ours?)?|x\s?\d+(?:\s?(?:d|days?|doses?))?|every \d+ hours?|over \d+ min(?:utes)?"
_TIMES = re.compile(rf"\b(?:{_OFTEN})\b")
_PERCENT = re.compile(r"\d[\d.]*\s*%")
_NUMBER = re.compile(r"[\d.,/x-]+")


def spelling_key(text: str) -> str:
    """Return the letters and digits of a name: hyphens, slashes and blanks do not tell two drugs apart."""
    return "".join(letter for letter in text.casefold() if letter.isalnum() or letter in "%.")


def cleaned(text: str, given: Container[str], salts: Container[str], kept_keys: Container[str]) -> Iterator[str]:
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
