"""What a verifier says of one completion, and how a gain is put on its scale.

The scale of what is rolled out: 0.5 changes nothing against doing nothing, 0.9 gains as much as the book, 1 a quarter
more; below 0.5 it harms. Where the book gains nothing there is nothing at stake: no harm is 0.9.
"""

from __future__ import annotations

from dataclasses import dataclass

MIDDLE, BOOK = 0.5, 0.9
"""Value of no difference from doing nothing, and of what the book gains."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One verifier's verdict.

    Attributes:
        value: 0 to 1. reason: one line for people.
        progress: gain over nothing in units of the book's gain where something is at stake; the harm, 0 or below, where
            nothing is. `at_stake`: whether the book gains anything here.

    Missing: `value` None could not be measured; `progress` None is a verifier that measures no gain.
    """

    value: float | None
    reason: str
    progress: float | None = None
    at_stake: bool = False


def on_scale(gain: float, book: float, least: float, harm: float, what: str) -> Measure:
    """Return a gain over doing nothing as a measure.

    Args:
        gain, book: of the acts and of the book's acts, in one unit.
        least: the smallest gain of the book that counts as a stake.
        harm: the loss that is the whole way down where the book gains less than that.
    """
    at_stake = book >= least
    scale = book if at_stake and gain > 0 else max(book, harm)
    progress = gain / scale
    base = MIDDLE if at_stake else BOOK
    value = min(1.0, max(0.0, base + (BOOK - MIDDLE) * progress))
    if at_stake:
        return Measure(value, f"{what}: {gain:+.3f} against nothing, the book {book:+.3f}", progress, True)
    return Measure(value, f"{what}: {gain:+.3f}; nothing at stake here", min(0.0, progress))


__all__ = ["BOOK", "MIDDLE", "Measure", "on_scale"]
