"""CDC's Stata label programs (.do): code -> text, and the step from a coder's label to plain words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from triagelab.errors import DataFormatError
from triagelab.files import open_input

MAX_PROGRAM_BYTES = 16 * 1024 * 1024
_VALUES = re.compile(r"^\s*label\s+values\s+(\w+)\s+(\w+)", re.IGNORECASE)
_DEFINE = re.compile(r'^\s*label\s+define\s+(\w+)\s+(-?\d{1,9})\s+"([^"]{0,300})"', re.IGNORECASE)
_DANGLING = re.compile(
    r"[\s,;/-]+(?:and|or|of|to|the|in|on|for|with|by|due|any|not|a|an|at|this|including|involvement|other|another"
    r"|excl|except|referable|relat|ref|-)$",
    re.IGNORECASE,
)
_CODER = re.compile(r",?\s*\b(?:NOS|NEC|not elsewhere(?: class\w*)?)\b", re.IGNORECASE)
_SYNONYMS = re.compile(r", (?:ache|soreness|discomfort|pain|stiffness of)\b.*$")


def read_labels(path: Path, variable: str) -> dict[int, str]:
    """Return code -> text of the value label that the program attaches to `variable`.

    Raises: DataFormatError if the program attaches none or is unreasonably large.
    """
    with open_input(path, "label program") as stream:
        data = stream.read(MAX_PROGRAM_BYTES + 1)
    if len(data) > MAX_PROGRAM_BYTES:
        raise DataFormatError(f"{path}: larger than {MAX_PROGRAM_BYTES} bytes; that is not a label program")
    lines = data.decode("utf-8", errors="replace").splitlines()
    attached = {found[1].upper(): found[2].upper() for line in lines if (found := _VALUES.match(line))}
    label = attached.get(variable.upper())
    texts = {
        int(found[2]): found[3].strip()
        for line in lines
        if (found := _DEFINE.match(line)) and found[1].upper() == label
    }
    if not texts:
        raise DataFormatError(f"{path}: no value label for {variable}; expected CDC's label program for this survey")
    return texts


def plain_words(label: str) -> str:
    """Return a coder's label as a nurse would write it: lower case, no NOS or NEC, no words cut in half."""
    text = label.strip()
    if text.endswith("..."):
        text = text[:-3].rstrip()
        text = text[: text.rfind(" ")] if " " in text else text
    text = _SYNONYMS.sub("", _CODER.sub("", text)).strip(" ,;-")
    while _DANGLING.search(text):
        text = _DANGLING.sub("", text).rstrip(" ,;-")
    return " ".join(_lower(word) for word in text.split())


def _lower(word: str) -> str:
    letters = [char for char in word if char.isalpha()]
    return word if len(letters) > 1 and all(char.isupper() for char in letters) else word.lower()


def complaint_words(labels: Mapping[int, str], overrides: Mapping[int, str]) -> dict[int, str]:
    """Return code -> plain words for every code that has a label or an override."""
    words = {code: plain_words(text) for code, text in labels.items() if code > 0}
    words.update({code: text for code, text in overrides.items() if code in labels})
    return {code: text for code, text in words.items() if text}
