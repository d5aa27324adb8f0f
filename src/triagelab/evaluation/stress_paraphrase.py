"""The same patient in other words: by the lexicon's own wordings, by an independent table, in another voice."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache, lru_cache
from importlib import resources
from itertools import islice
from typing import TYPE_CHECKING

from triagelab.cases.draws import Draws
from triagelab.cases.presentation import Presentation
from triagelab.cases.schema import Case
from triagelab.evaluation.stress_tables import paraphrases
from triagelab.evaluation.stress_text import with_words

if TYPE_CHECKING:
    from triagelab.cases.generator import Generated

SHARE = 0.7
"""Share of the replaceable phrases that are replaced; at least one is."""
MOST_WORDINGS = 400
KINDS_SWAPPED = ("symptom", "sign", "condition", "event")


def by_lexicon(shown: Presentation, draws: Draws) -> Presentation | None:
    """Return the presentation with findings in close wordings of the same concept; None if there is none to swap.

    Not every wording of a concept is taken: some say something narrower (pertussis for cough). The way favours an
    agent that reads by the lexicon, which is why it is reported apart from the others.
    """
    from triagelab.cases.extraction import extract
    from triagelab.cases.lexicon import lexicon

    concepts = lexicon().concepts
    swaps: dict[str, str] = {}
    for finding in extract(shown.narrative).findings:
        spec = concepts.get(finding.concept)
        if spec is None or spec.kind not in KINDS_SWAPPED or len(finding.text) < 4 or finding.text in swaps:
            continue
        others = readings(finding.concept, finding.text.lower())
        if others:
            swaps[finding.text] = draws.pick(others)
    return _swapped(shown, swaps, draws)


@lru_cache(maxsize=20_000)
def readings(concept: str, words: str) -> tuple[str, ...]:
    """Return close wordings: readings of the concept with the same words of content, inflected or in another order.

    Readings with other words are left out even where they share a pattern: there "ran out of insulin" stands beside
    "ran out of blood pressure tablets", and "car crash" beside "motorcycle crash".
    """
    from triagelab.cases.lexicon import expand, lexicon

    close: list[str] = []
    for term in lexicon().concepts[concept].terms:
        if not any(sign in term for sign in "*^="):
            close += islice(expand(term, _word_classes()), MOST_WORDINGS)
    mine, given = _content(words), {*words.split(), *_MAY_COME}
    return tuple(
        phrase
        for phrase in dict.fromkeys(close)
        if phrase != words
        and re.fullmatch(_PLAIN, phrase)
        and set(phrase.split()) & _EMPTY_WORDS <= given
        and _content(phrase) == mine
    )


_PLAIN = re.compile(r"[a-z][a-z' -]+")
_EMPTY_WORDS = frozenset(("a", "an", "and", "at", "by", "in", "is", "of", "on", "the", "to", "with"))
_MAY_COME = frozenset(("in", "of", "the"))
"""Empty words that a wording may add. Others would say something else: "a ear", "fell on", "denies neck is stiff"."""


def _content(words: str) -> frozenset[str]:
    """Return the words that carry the meaning, folded as the reader folds them."""
    from triagelab.cases.tokens import fold_phrase

    return frozenset(fold_phrase(words)) - _EMPTY_WORDS


@cache
def _word_classes() -> dict[str, tuple[str, ...]]:
    """Return the word classes of the lexicon files."""
    from triagelab.files import read_toml

    found: dict[str, tuple[str, ...]] = {}
    folder = resources.files("triagelab.cases") / "data"
    for item in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if item.name.startswith("lexicon") and item.name.endswith(".toml"):
            for name, members in read_toml(str(item)).get("words", {}).items():
                found[name] = (*found.get(name, ()), *members)
    return found


def by_table(shown: Presentation, draws: Draws) -> Presentation | None:
    """Return the presentation with phrases of the independent table swapped; None if none stands there."""
    swaps: dict[str, str] = {}
    free = _kept().sub(lambda match: "#" * len(match.group()), shown.narrative)
    for phrase, others in _groups():
        match = re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", free, re.IGNORECASE)
        if match is not None and not any(_within(match.group(), longer) for longer in swaps):
            swaps[match.group()] = draws.pick(others)
    return _swapped(shown, swaps, draws)


@cache
def _kept() -> re.Pattern[str]:
    """Return a pattern of the phrases that the table never touches."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(paraphrases().keep)})(?!\w)", re.IGNORECASE)


@cache
def _groups() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return (phrase, what may stand for it), longest phrase first."""
    return tuple(sorted(((group[0], group[1:]) for group in paraphrases().groups), key=lambda item: -len(item[0])))


def _within(words: str, longer: str) -> bool:
    return words.lower() in longer.lower()


def _swapped(shown: Presentation, swaps: dict[str, str], draws: Draws) -> Presentation | None:
    """Return the presentation with a share of the swaps made in one pass, in every text of it alike."""
    if not swaps:
        return None
    kept = {old: new for old, new in swaps.items() if draws.chance(SHARE)}
    if not kept:
        old = draws.pick(list(swaps))
        kept = {old: swaps[old]}
    lower = {old.lower(): new for old, new in kept.items()}
    longest_first = sorted(lower, key=len, reverse=True)
    kept_first = (_kept().pattern, rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")
    pattern = re.compile("|".join(kept_first), re.IGNORECASE)

    def other(match: re.Match[str]) -> str:
        words = lower.get(match.group().lower())
        return match.group() if words is None or _kept().fullmatch(match.group()) else _cased(words, match.group())

    def change(text: str) -> str:
        return pattern.sub(other, text)

    return with_words(shown, change)


def _cased(words: str, model: str) -> str:
    return words[0].upper() + words[1:] if model[0].isupper() and not model.isupper() else words


def in_voice(case: Case, draws: Draws) -> Presentation | None:
    """Return a generated patient's note in another voice; None for cases that no latent patient is known of.

    The patient is drawn again from the case's id, and taken only if that gives the very same case.
    """
    from triagelab.cases.narrative import VOICES, render

    found = latent(case)
    if found is None:
        return None
    voices = [voice for voice in VOICES if voice != found.rendered.voice]
    told = render(found.patient, draws.pick(voices), draws)
    shown = case.presentation
    return replace(shown, narrative=told.note, chief_complaint=told.complaint, history=told.history)


_ID = re.compile(r"gen-(train|dev|test)(\+shared)?-(\d+)-(\d+)")


def latent(case: Case) -> Generated | None:
    """Return the generated case with its latent patient, None if this case was not made so."""
    from triagelab.cases.generator import iter_detailed

    match = _ID.fullmatch(case.case_id)
    if case.dataset != "generated" or match is None:
        return None
    split, shared, seed, index = match.groups()
    found = next(iter_detailed(1, int(seed), split, share_families=bool(shared), start=int(index)))
    return found if found.case.presentation == case.presentation else None
