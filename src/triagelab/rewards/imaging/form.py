"""Whether a completion has the form that was asked for: tags to the letter, three to six sentences of its own."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from triagelab.completions.imaging_answers import ImagingAnswer, sentences_of
from triagelab.rewards.imaging.gold import Gold
from triagelab.rewards.imaging.lexical import is_full, normal

ASKED = (3, 6)
"""Sentences for the full value."""
NEARLY = (2, 8)
"""Sentences for half of it."""
RUN = 4
"""Words in a row that count as copied."""
COPIED = 0.6
"""Share of a sentence's runs that stand in the source, from which it is a copy."""


def form_value(answer: ImagingAnswer, gold: Gold) -> tuple[float, str]:
    """Return how well the form is kept, 0 to 1, and why. Copies of what was shown are no sentences of the writer's."""
    if not answer.well_formed:
        return 0.0, answer.reason
    sentences = sentences_of(answer.reasoning)
    distinct = {normal(sentence) for sentence in sentences}
    if len(distinct) < len(sentences):
        return 0.0, "a sentence stands twice"
    own = own_sentences(sentences, gold)
    if len(sentences) > NEARLY[1] or len(own) < NEARLY[0]:
        return 0.0, f"{len(sentences)} sentences, {len(own)} of its own"
    full = ASKED[0] <= len(own) and len(sentences) <= ASKED[1]
    return (1.0 if full else 0.5), f"{len(sentences)} sentences, {len(own)} of its own"


def own_sentences(sentences: Iterable[str], gold: Gold) -> tuple[str, ...]:
    """Return the full sentences that are copied neither from the evidence nor from the note."""
    known = {normal(sentence) for sentence in gold.reasoning}
    shown = (*gold.evidence, gold.note)
    return tuple(
        one for one in sentences if normal(one) in known or (is_full(one) and not any(copied(one, t) for t in shown))
    )


def copied(sentence: str, source: str) -> bool:
    """Return whether most runs of words of a sentence stand in a source."""
    words = normal(sentence).split()
    runs = {tuple(words[place : place + RUN]) for place in range(len(words) - RUN + 1)}
    if not runs:
        return False
    return len(runs & _runs(source)) >= COPIED * len(runs)


@lru_cache(maxsize=8192)
def _runs(source: str) -> frozenset[tuple[str, ...]]:
    words = normal(source).split()
    return frozenset(tuple(words[place : place + RUN]) for place in range(len(words) - RUN + 1))


__all__ = ["copied", "form_value", "own_sentences"]
