"""Short words that carry the meaning of a sentence and are often mistyped: "fatjer", "borther", "wihtout".

`spelling.py` mends long clinical words. These are shorter, so that only the errors of fingers count: two letters
swapped, one left out, one typed twice, or the key beside it; never the first letter.
"""

from __future__ import annotations

from functools import cache

from triagelab.cases.tokens import fold, wordset

_MENDED = (
    "mother", "father", "brother", "sister", "husband", "daughter", "grandmother", "grandfather", "grandma", "grandpa",
    "cousin", "friend", "neighbor", "neighbour", "colleague", "roommate", "partner", "uncle", "family",
    "without", "history", "denies", "denied", "resolved", "negative", "previous",
)  # fmt: skip
_ORDINARY = wordset(
    "farther feather bother moth smother further rather fiend fried trend friended others mister sinister twister "
    "blister resister history father's hister hostory denis denise dennis denes dense dens defies decries fathers "
    "brothers mothers parter parted pattern parner planter painter garner wife famil famine uncles unclean denied "
    "resolve resolves resole resolver dissolved revolved negate negated negatives previously daughters laughter "
    "slaughter cousins cousin's matter fathered mothered coughing cosine friends neighborly rooms"
)
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def _beside(letter: str) -> set[str]:
    """Return the keys around a letter on the usual keyboard."""
    for row, keys in enumerate(_KEYS):
        place = keys.find(letter)
        if place >= 0:
            near = {keys[at] for at in (place - 1, place + 1) if 0 <= at < len(keys)}
            for other in (row - 1, row + 1):
                if 0 <= other < len(_KEYS):
                    shift = (place, place + 1) if other < row else (place - 1, place)
                    near |= {_KEYS[other][at] for at in shift if 0 <= at < len(_KEYS[other])}
            return near
    return set()


def _wrong(word: str) -> set[str]:
    """Return the word with one slip of the fingers in it."""
    forms: set[str] = set()
    for at in range(1, len(word)):
        head, tail = word[:at], word[at + 1 :]
        forms.add(head + tail)
        forms.add(head + word[at] + word[at] + tail)
        forms |= {head + key + tail for key in _beside(word[at])}
        if at + 1 < len(word):
            forms.add(head + word[at + 1] + word[at] + word[at + 2 :])
    return forms - {word}


@cache
def slips(known: frozenset[str]) -> dict[str, str]:
    """Return folded mistyped word -> folded word that was meant.

    Args:
        known: words that mean something as they stand.
    """
    found: dict[str, str] = {}
    barred = known | {fold(word) for word in _MENDED} | _ORDINARY
    for word in _MENDED:
        for form in _wrong(word):
            folded = fold(form)
            if len(folded) > 3 and folded not in barred:
                found.setdefault(folded, fold(word))
    return found
