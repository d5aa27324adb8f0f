"""Long clinical words with one typing error in them, and what was meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

MIN_LETTERS = 7
_CACHE_LIMIT = 50_000


class Spelling:
    """Finds the one known word that is a single letter added, lost, changed or swapped away.

    A word is left alone if it is known, short, on the list of ordinary words, starts with another letter, or could be
    two known words that mean different things.

    Args:
        known: every word that is right as it stands.
        targets: the words that may be meant, with what each stands for.
        ordinary: words that only look like an error.
    """

    def __init__(
        self, known: Iterable[str], targets: Mapping[str, frozenset[str]], ordinary: Iterable[str] = ()
    ) -> None:
        self.known = frozenset(known) | frozenset(ordinary)
        self._near: dict[str, tuple[str, ...]] = {}
        self._cache: dict[str, str] = {}
        self._meaning = targets
        for word in sorted(targets):
            if len(word) >= MIN_LETTERS and word.isalpha():
                for form in _shortened(word):
                    self._near[form] = (*self._near.get(form, ()), word)

    def meant(self, word: str) -> str:
        """Return the known word that was meant, or the word itself."""
        if len(word) < MIN_LETTERS or word in self.known or not word.isalpha():
            return word
        found = self._cache.get(word)
        if found is None:
            if len(self._cache) >= _CACHE_LIMIT:
                self._cache.clear()
            found = self._cache[word] = self._look_up(word)
        return found

    def _look_up(self, word: str) -> str:
        if len(word) > 40:
            return word
        close = {
            target
            for form in _shortened(word)
            for target in self._near.get(form, ())
            if target[0] == word[0] and _one_error(word, target)
        }
        if not close or not frozenset.intersection(*(self._meaning[target] for target in close)):
            return word
        return min(close)


def _shortened(word: str) -> set[str]:
    """Return the word and every form of it with one letter left out."""
    return {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}


def _one_error(word: str, target: str) -> bool:
    """Return whether one added, lost, changed or swapped letter makes one word of the other."""
    if len(word) == len(target):
        wrong = [i for i, (a, b) in enumerate(zip(word, target, strict=True)) if a != b]
        swapped = len(wrong) == 2 and wrong[1] == wrong[0] + 1
        return len(wrong) == 1 or (
            swapped and word[wrong[0]] == target[wrong[1]] and word[wrong[1]] == target[wrong[0]]
        )
    longer, shorter = (word, target) if len(word) > len(target) else (target, word)
    return len(longer) - len(shorter) == 1 and shorter in _shortened(longer)
