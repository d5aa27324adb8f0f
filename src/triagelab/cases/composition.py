"""Concepts made of a sense and a body site: "pain" and "calf" wherever a note brings them together."""

from __future__ import annotations

from typing import NamedTuple

from triagelab.cases.findings import Assertion
from triagelab.cases.lexicon import Lexicon
from triagelab.cases.scan import COMMA, Scan
from triagelab.cases.tokens import wordset

NEAR, FAR = 3, 5
_INTO = wordset(
    "in to of on over at from around along behind under across near above below onto into through inside down my his "
    "her their the your both"
)
_COPULA = wordset("is are was were look feel get got be been")
_JOIN = frozenset(["and", "/", "&", "or", ",", "+", "-"])


class Mention(NamedTuple):
    """One concept said at tokens `start:end`."""

    concept: str
    assertion: Assertion
    start: int
    end: int


_CARE = frozenset(("intervention", "medication", "condition", "state"))
"""Kinds that can be planned or refused; a symptom that somebody "is here for" is there."""


def mentions(scan: Scan, said: list[Assertion], lexicon: Lexicon) -> list[Mention]:
    """Return every concept of the note with how it is spoken of, in order of position."""
    found: list[Mention] = []
    sites_of: dict[int, tuple[int, ...]] = {}
    for index, event in enumerate(scan.events):
        if event.role == "concept":
            found.append(Mention(event.value, _fitting(said[index], event.value, lexicon), event.start, event.end))
        elif event.role == "sense":
            sites = _sites(scan, index, sites_of)
            sites_of[index] = sites
            found.extend(_composed(scan, index, sites, said, lexicon))
    found.sort(key=lambda mention: (mention.start, mention.end))
    return found


def _fitting(assertion: Assertion, concept: str, lexicon: Lexicon) -> Assertion:
    if assertion in (Assertion.PLANNED, Assertion.REFUSED) and lexicon.concepts[concept].kind not in _CARE:
        return Assertion.PRESENT
    return assertion


def _composed(scan: Scan, index: int, sites: tuple[int, ...], said: list[Assertion], lexicon: Lexicon) -> list[Mention]:
    event, made = scan.events[index], []
    for place in sites:
        site = scan.events[place]
        concept = lexicon.composites.get((event.value, site.value))
        if concept is not None:
            how = _fitting(said[index], concept, lexicon)
            made.append(Mention(concept, how, min(event.start, site.start), max(event.end, site.end)))
    alone = lexicon.senses[event.value].alone
    if not made and alone is not None:
        made.append(Mention(alone, _fitting(said[index], alone, lexicon), event.start, event.end))
    return made


def _sites(scan: Scan, index: int, sites_of: dict[int, tuple[int, ...]]) -> tuple[int, ...]:
    """Return the indexes of the site events that the sense at `index` speaks of."""
    events, words = scan.events, scan.tokens.words
    event = events[index]
    left, inherited = _left(scan, index, sites_of)
    if left is not None and event.start - events[left].end == 0:
        return _joined(scan, left, -1)
    right = _right(scan, index)
    if right is not None and words[event.end : event.end + 1] and words[event.end] in _INTO:
        return _joined(scan, right, 1)
    if inherited:
        return inherited
    if left is not None:
        return _joined(scan, left, -1)
    return _joined(scan, right, 1) if right is not None else ()


def _left(scan: Scan, index: int, sites_of: dict[int, tuple[int, ...]]) -> tuple[int | None, tuple[int, ...]]:
    """Return (nearest site before, sites inherited from the sense this one is coordinated with)."""
    events, words = scan.events, scan.tokens.words
    event, crossed_comma = events[index], False
    for place in range(index - 1, max(index - 6, -1), -1):
        other = events[place]
        gap = event.start - other.end
        if other.role == "break":
            if other.value != COMMA:
                return None, ()
            crossed_comma = True
        elif other.role == "sense" and gap <= 2 and all(word in _JOIN for word in words[other.end : event.start]):
            return None, sites_of.get(place, ())
        elif other.role == "site":
            copula = any(word in _COPULA for word in words[other.end : other.end + 2])
            return (place, ()) if gap <= (FAR + 1 if copula else NEAR) and not crossed_comma else (None, ())
        elif gap > FAR + 1:
            return None, ()
    return None, ()


def _right(scan: Scan, index: int) -> int | None:
    """Return the nearest site after, not past a break; one comma with nothing else between is no break."""
    events = scan.events
    event = events[index]
    for place in range(index + 1, min(index + 6, len(events))):
        other = events[place]
        if other.role == "break":
            if other.value != COMMA or other.start - event.end > 0:
                return None
        elif other.role == "site":
            return place if other.start - event.end <= FAR else None
        elif other.role == "sense" and other.start - event.end > 3:
            return None
    return None


def _joined(scan: Scan, place: int, step: int) -> tuple[int, ...]:
    """Return a site with those coordinated to it on one side ("neck, back and arm")."""
    events, words = scan.events, scan.tokens.words
    chain = [place]
    follow = place + step
    while 0 <= follow < len(events) and len(chain) < 6:
        other = events[follow]
        if other.role == "break" and other.value == COMMA:
            follow += step
            continue
        first, second = sorted((other, events[chain[-1]]), key=lambda item: item.start)
        between = words[first.end : second.start]
        if other.role != "site" or not between or len(between) > 2 or not all(_joins(word) for word in between):
            break
        chain.append(follow)
        follow += step
    return tuple(sorted(chain))


def _joins(word: str) -> bool:
    return word in _JOIN or word in ("left", "right", "l", "r", "the", "his", "her", "my", "upper", "lower")
