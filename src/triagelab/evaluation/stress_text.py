"""Perturbations of the text alone: facts in another order, and typing errors. Numbers stay as they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache

from triagelab.cases.draws import Draws
from triagelab.cases.presentation import Presentation
from triagelab.evaluation.stress_sightings import sightings
from triagelab.evaluation.stress_tables import strength

_BREAK = re.compile(r"(?<=[.!?;])[ \t]+(?=[A-Z\[(\"'])|(?<![ \t\n])[ \t]*\n\s*|(?<= period)[ \t]+|(?<= comma)[ \t]+")
_ABBREVIATED = re.compile(r"(?:\b(?:dr|mr|mrs|ms|st|vs|approx|no|pt|hx|dx|tx|rx|e\.g|i\.e)|\b[A-Z])\.$", re.IGNORECASE)
_BOUND = re.compile(
    r"(?:then|now|after|afterwards|but|since|later|however|this|that|these|those|there|it|which|and|also|still|"
    r"currently|subsequently|initially|again|so|because|otherwise|both|at that|at the time|during)\b",
    re.IGNORECASE,
)
"""Words with which a sentence leans on the one before; the two then move as one."""
_SOMEBODY = re.compile(
    r"\b(?:mother|father|mom|mum|dad|parent|brother|sister|daughter|son|husband|wife|partner|girlfriend|boyfriend|"
    r"friend|neighbou?r|roommate|uncle|aunt|cousin|grand\w+|relative|driver|passenger|officer)s?\b",
    re.IGNORECASE,
)
_OF_SOMEBODY = re.compile(r"(?:he|she|they|his|her|their)\b", re.IGNORECASE)
"""After a sentence that names another person, a pronoun may mean that person."""


def sentences(note: str) -> list[str]:
    """Return the sentences and lines of a note; joined by spaces they hold every word of it, in order."""
    parts: list[str] = []
    for part in _BREAK.split(note.strip()):
        if parts and (_ABBREVIATED.search(parts[-1]) or not part.strip()):
            parts[-1] = f"{parts[-1]} {part}".strip()
        elif part.strip():
            parts.append(part)
    return parts


def blocks(note: str) -> list[str]:
    """Return what may move: sentences, each with those that lean on it, and a heading with the lines under it."""
    found: list[str] = []
    heading, before = False, ""
    for part in sentences(note):
        if found and (heading or found[-1].endswith(":") or _leans(part, before)):
            found[-1] += ("\n" if heading or found[-1].endswith(":") else " ") + part
            heading = heading or found[-1].split("\n")[0].endswith(":")
        else:
            found.append(part)
        before = part
    return found


def _leans(part: str, before: str) -> bool:
    """Return whether a sentence needs the one before to be understood."""
    of_somebody = _OF_SOMEBODY.match(part) is not None and _SOMEBODY.search(before) is not None
    return _BOUND.match(part) is not None or part[0].islower() or of_somebody


def reorder(shown: Presentation, draws: Draws) -> Presentation | None:
    """Return the presentation with its sentences, and the vital signs of a list, in another order.

    None if there is nothing to change places.
    """
    note = _shuffled_vitals(shown.narrative, draws)
    parts = blocks(note)
    if len(parts) > 1:
        order = _another_order(len(parts), draws)
        note = ("\n" if "\n" in shown.narrative else " ").join(parts[place] for place in order)
    return None if note == shown.narrative else replace(shown, narrative=note)


def _another_order(count: int, draws: Draws) -> list[int]:
    """Return a permutation that is not the identity."""
    same = list(range(count))
    for _ in range(20):
        order = draws.sample(same, count)
        if order != same:
            return order
    return same[::-1]


def _shuffled_vitals(note: str, draws: Draws) -> str:
    """Return the note with the phrases of vital signs that follow each other in other places of their list."""
    items = sightings(note)
    runs: list[list[tuple[int, int]]] = []
    for item in items:
        joined = runs and re.fullmatch(r"\s*,?\s*(?:and\s+)?", note[runs[-1][-1][1] : item.start])
        if joined:
            runs[-1].append((item.start, item.end))
        else:
            runs.append([(item.start, item.end)])
    for run in reversed([run for run in runs if len(run) > 1]):
        phrases = [note[start:end] for start, end in run]
        moved = [phrases[place] for place in _another_order(len(run), draws)]
        for (start, end), words in sorted(zip(run, moved, strict=True), reverse=True):
            note = note[:start] + words + note[end:]
    return note


_NEIGHBOURS: Mapping[str, str] = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk",
    "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "wa", "r": "et", "s": "ad", "t": "ry",
    "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip
"""Letters beside each other on a keyboard."""


def wordlist(words: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(words.split())


_WORD = re.compile(r"(?<![\w'-])[A-Za-z]+(?![\w'-])")
SPARED = wordlist(
    "denies denied deny denying without never none negative absent unable cannot refuses refused declines resolved "
    "stopped history before after under above below normal abnormal hypotensive hypertensive minutes hours weeks "
    "months years fahrenheit celsius percent million hundred thousand fifteen sixteen seventeen eighteen nineteen "
    "twenty thirty forty fifty sixty seventy eighty ninety three seven eight eleven twelve thirteen fourteen female "
    "first second third minute month metres meters litres liters grams comma period nothing neither nobody hardly "
    "doesnt didnt wasnt havent hasnt couldnt cannot negated unremarkable"
)
"""Words whose meaning hangs on a letter or that change others (negation, time, numbers, units, spoken punctuation)."""


def typos(shown: Presentation, draws: Draws) -> Presentation | None:
    """Return the presentation with slips of the keyboard in some words; None if no word can have one.

    First letter, short words, numbers, units and negations are spared, and no slip makes another word that is known,
    so a reader still reads the same. Every place of a word gets the same slip, the complaint included.
    """
    setting = strength().typos
    texts = " ".join((shown.narrative, shown.chief_complaint or "", *shown.history))
    words = [word for word in dict.fromkeys(_WORD.findall(texts)) if _can_slip(word, setting.shortest)]
    if not words:
        return None
    chosen = draws.sample(words, max(1, round(setting.share * len(words))))
    slips = {word: slip for word in chosen if (slip := _slip(word, draws)) is not None}
    if not slips:
        return None
    return with_words(shown, lambda text: _WORD.sub(lambda match: slips.get(match.group(), match.group()), text))


def with_words(shown: Presentation, change: Callable[[str], str]) -> Presentation | None:
    """Return the presentation with every text of it changed alike, None where the narrative stays as it was."""
    note = change(shown.narrative)
    if note == shown.narrative:
        return None
    complaint = shown.chief_complaint
    return replace(
        shown,
        narrative=note,
        chief_complaint=change(complaint) if complaint else complaint,
        history=tuple(change(item) for item in shown.history),
    )


def _can_slip(word: str, shortest: int) -> bool:
    # A word in capitals is an abbreviation: there one letter is the meaning.
    return len(word) >= shortest and word.lower() not in SPARED and not word.isupper()


def _slip(word: str, draws: Draws) -> str | None:
    """Return the word with one slip that makes no known word: a neighbouring key, two keys swapped, one key missed."""
    for _ in range(8):
        place = draws.whole(1, len(word) - 2)
        kind = draws.whole(0, 2)
        if kind == 0:
            near = _NEIGHBOURS.get(word[place].lower(), word[place])
            slip = word[:place] + draws.pick(near) + word[place + 1 :]
        elif kind == 1:
            slip = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
        else:
            slip = word[:place] + word[place + 1 :]
        if slip != word and slip.lower() not in known_words():
            return slip
    return None


@cache
def known_words() -> frozenset[str]:
    """Return words that a slip must not turn into another: those of the lexicon and of the paraphrases."""
    from triagelab.cases.lexicon import LEAF, lexicon
    from triagelab.evaluation.stress_tables import paraphrases

    found = {word.lower() for group in paraphrases().groups for phrase in group for word in phrase.split()} | SPARED
    waiting = [lexicon().root]
    while waiting:
        for word, inner in waiting.pop().items():
            if word != LEAF:
                found.add(word)
                waiting.append(inner)
    return frozenset(found)
