"""Words of a note with their place in it, folded so that spelling variants and inflections meet."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(r"[^\W\d_]+(?:['’`][^\W\d_]+)*|[0-9]+(?:\.[0-9]+)?|\n+|[^\w\s\"'“”‘’`]|_")
# Quotation marks are no tokens: they stand inside phrases ("took 'a handful' of pills") and say nothing by themselves.
_MAX_WORD = 40
_CACHE_LIMIT = 60_000

# Irregular forms and spellings that the suffix rules below would not bring together.
_IRREGULAR = {
    "bled": "bleed", "bleeds": "bleed", "fell": "fall", "fallen": "fall", "broke": "break", "broken": "break",
    "bitten": "bite", "biting": "bite", "bit": "bite", "stung": "sting", "swollen": "swell", "swole": "swell",
    "felt": "feel", "threw": "throw", "thrown": "throw", "took": "take", "taken": "take", "taking": "take",
    "takes": "take", "drank": "drink", "drunk": "drunk", "ate": "eat", "eaten": "eat", "gave": "give",
    "given": "give", "giving": "give", "woke": "wake", "waking": "wake", "children": "child", "feet": "foot",
    "teeth": "tooth", "women": "woman", "men": "man", "aching": "ache", "achy": "ache", "aches": "ache",
    "ached": "ache", "hurts": "hurt", "hurting": "hurt", "struck": "strike", "striking": "strike",
    "caught": "catch", "blew": "blow", "burnt": "burn", "dying": "die", "died": "die", "dies": "die",
    "lying": "lie", "began": "begin", "begun": "begin", "sought": "seek", "brought": "bring", "spat": "spit",
    "labour": "labor", "laboured": "labor", "labouring": "labor", "labored": "labor", "tumour": "tumor",
    "neighbour": "neighbor", "colour": "color", "coloured": "color", "behaviour": "behavior", "odour": "odor",
    "humour": "humor",
    "fibre": "fiber", "centre": "center", "litre": "liter", "metre": "meter", "grey": "gray", "tyre": "tire",
    "sobbing": "sobbing", "sobs": "sobbing", "immunised": "immunize", "immunized": "immunize", "immunising": "immunize",
    "immunisation": "immunization", "catheterised": "catheterize", "catheterized": "catheterize",
    "paralysed": "paralyze", "paralyzed": "paralyze", "dialysed": "dialysis", "dialyzed": "dialysis",
    "intubate": "intubat", "couldnt": "could n't", "seizing": "seizing", "was": "was", "is": "is", "has": "has",
    "his": "his", "this": "this", "as": "as", "us": "us", "bus": "bus", "gas": "gas", "pus": "pus", "yes": "yes",
    "sugars": "sugar", "axis": "axis", "red": "red", "bed": "bed", "shed": "shed", "bleed": "bleed",
    "need": "need", "needs": "need", "needed": "need", "speed": "speed", "being": "being", "king": "king",
    "ring": "ring", "sting": "sting", "thing": "thing", "string": "string", "during": "during",
    "evening": "evening", "morning": "morning", "nothing": "nothing", "something": "something",
    "anything": "anything", "everything": "everything", "sibling": "sibling", "lightning": "lightning",
    "ceiling": "ceiling", "wedding": "wedding", "clothing": "clothing", "meds": "med", "dead": "dead",
    "ios": "ios", "las": "las", "diabetes": "diabetes", "herpes": "herpes", "rabies": "rabies",
    "scabies": "scabies", "herpetic": "herpes", "pisses": "piss", "pees": "pee", "peeing": "pee", "peed": "pee",
    "noted": "note", "noting": "note", "plane": "plane", "planes": "plane", "paste": "paste", "used": "use",
    "using": "use", "uses": "use", "goes": "go", "going": "going",
    "went": "go", "gone": "gone", "does": "does", "shoes": "shoe",
    "knees": "knee", "eyes": "eye", "dyeing": "dye", "hives": "hives", "hive": "hives", "lives": "live",
    "dizzy": "dizzi", "dizziness": "dizzi", "sleepy": "sleepi", "sleepiness": "sleepi", "lethargy": "letharg",
    "lethargic": "letharg", "lethagic": "letharg", "confusion": "confus", "confused": "confus",
    "confuse": "confus", "weakness": "weak", "weaker": "weak", "numbness": "numb", "tenderness": "tender",
    "soreness": "sore", "sored": "sore", "stiffness": "stiff", "tightness": "tight", "redness": "red",
    "shortness": "short", "worse": "worse", "worsening": "worse", "worsened": "worse", "worsens": "worse",
    "cut": "cut", "cuts": "cut", "cutting": "cut", "hit": "hit", "hits": "hit", "hitting": "hit",
    "shot": "shot", "shots": "shot", "legs": "leg", "says": "say", "said": "say", "states": "state",
    "stated": "state", "tells": "tell", "told": "tell", "reports": "report", "reported": "report",
    "denied": "deny", "denies": "deny", "denying": "deny", "refused": "refuse", "refuses": "refuse",
    "refusing": "refuse", "declined": "decline", "declines": "decline", "declining": "decline",
}  # fmt: skip

_BRITISH = (("ae", "e"), ("oe", "e"))


def fold(word: str) -> str:
    """Return the form under which the lexicon knows a word: lower case, one spelling, suffixes off.

    The same function folds lexicon and note, so it only has to be consistent, not pretty.
    """
    word = word.lower().replace("’", "'").replace("`", "'")
    if len(word) > _MAX_WORD:
        return word
    known = _IRREGULAR.get(word)
    if known is not None:
        return known
    if word.endswith("'s"):
        word = word[:-2]
        return _IRREGULAR.get(word) or _strip(_spelling(word))
    return _strip(_spelling(word))


def _spelling(word: str) -> str:
    if len(word) > 4:
        for british, american in _BRITISH:
            if british in word:
                word = word.replace(british, american)
    return word


def _strip(word: str) -> str:
    """Take plural, -ing, -ed and a final e off, where a stem of three letters with a vowel is left."""
    size = len(word)
    if size < 4 or not word.isalpha():
        return word
    if word.endswith("ies") and size > 4:
        word = word[:-3] + "y"
    elif word.endswith(("sses", "shes", "ches", "xes", "zes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is", "as")):
        word = word[:-1]
    if word.endswith("ing") and len(word) > 5 and _has_vowel(word[:-3]):
        word = _undouble(word[:-3])
    elif word.endswith("ed") and len(word) > 4 and not word.endswith("eed") and _has_vowel(word[:-2]):
        word = _undouble(word[:-2])
    if word.endswith("e") and len(word) > 4 and not word.endswith("ee"):
        word = word[:-1]
    return word


def _has_vowel(stem: str) -> bool:
    return any(letter in "aeiouy" for letter in stem)


def _undouble(stem: str) -> str:
    if len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "lsfz":
        return stem[:-1]
    return stem


_cache: dict[str, str] = {}


def folded(word: str) -> str:
    """Return `fold(word)` from a bounded cache."""
    form = _cache.get(word)
    if form is None:
        if len(_cache) >= _CACHE_LIMIT:
            _cache.clear()
        form = fold(word)
        if len(word) <= _MAX_WORD:
            _cache[word] = form
    return form


@dataclass(slots=True)
class Tokens:
    """The words of one note.

    Shapes: all three lists have one entry a token.

    Attributes:
        words: folded words; numbers and punctuation as they stand; a line break is "\\n".
        starts, ends: `note[starts[i]:ends[i]]` is the token as written.
    """

    note: str
    words: list[str]
    starts: list[int]
    ends: list[int]

    def __len__(self) -> int:
        return len(self.words)

    def raw(self, index: int) -> str:
        return self.note[self.starts[index] : self.ends[index]]


def tokenise(note: str) -> Tokens:
    """Return the tokens of a note, in order; linear in its length, whatever is in it."""
    words: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    cache = _cache
    find, place = note.find, 0
    for text in _TOKEN.findall(note):
        form = cache.get(text)
        if form is None:
            form = "\n" if text[0] == "\n" else folded(text)
        words.append(form)
        place = find(text, place)  # what lies between tokens is space and quotes, so the first hit is the token
        starts.append(place)
        place += len(text)
        ends.append(place)
    return Tokens(note, words, starts, ends)


def wordset(words: str) -> frozenset[str]:
    """Return the words of a text, folded, as a set to compare tokens with."""
    return frozenset(fold(word) for word in words.split())


def fold_phrase(phrase: str) -> list[str]:
    """Return the folded tokens of a lexicon phrase."""
    return tokenise(phrase).words
