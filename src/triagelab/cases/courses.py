"""Time course of what a note tells: when each finding began, and how it has gone on since."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from triagelab.cases.readings import number_at
from triagelab.cases.tokens import Tokens, wordset

MINUTES = {
    **dict.fromkeys(wordset("minute min mins"), 1.0), **dict.fromkeys(wordset("hour hr hrs h"), 60.0),
    **dict.fromkeys(wordset("day d"), 1440.0), **dict.fromkeys(wordset("week wk wks"), 10_080.0),
    **dict.fromkeys(wordset("month mo mos mth"), 43_800.0), **dict.fromkeys(wordset("year yr yrs"), 525_960.0),
}  # fmt: skip
_SINCE = wordset("for x since over past last about approx ~ * around nearly almost duration onset started began")
_AGO = wordset("ago pta prior earlier now duration history hx")
_POINTS = {
    "this morning": 360.0, "this am": 360.0, "last night": 720.0, "overnight": 600.0, "yesterday": 1440.0,
    "today": 480.0, "tonight": 180.0, "this evening": 180.0, "this afternoon": 240.0, "just now": 10.0,
    "last week": 10_080.0, "last month": 43_800.0, "last year": 525_960.0, "half an hour": 30.0, "an hour": 60.0,
    "a day": 1440.0, "a week": 10_080.0, "a month": 43_800.0, "a year": 525_960.0, "a couple of day": 2880.0,
    "few day": 4320.0, "few hour": 180.0, "few week": 30_240.0, "couple hour": 120.0, "several day": 5760.0,
    "several week": 40_320.0, "few minut": 5.0,
}  # fmt: skip
"""Rough minutes for points in time that carry no number."""
_COURSE = {
    "sudden": "sudden suddenly abrupt abruptly instantly acute acutely",
    "gradual": "gradual gradually slowly insidious",
    "intermittent": "intermittent intermittently episodic waxing waves on/off fluctuating sporadic",
    "constant": "constant continuous persistent persistently steady ongoing unremitting",
    "worse": "worse worsening worsened progressive progressively increasing",
    "better": "better improving improved improve easing",
    "resolved": "resolved resolve gone subsided stopped",
    "recurrent": "recurrent recurring again repeated",
    "chronic": "chronic longstanding chronically lifelong",
    "usual": "baseline usual typical unchanged",
}
_WORDS = {word: name for name, words in _COURSE.items() for word in wordset(words)}
_PAIRS = {
    ("come", "and"): "intermittent", ("on", "and"): "intermittent", ("off", "and"): "intermittent",
    ("out", "of"): "sudden", ("no", "chang"): "usual", ("all", "of"): "sudden", ("no", "better"): "constant",
}  # fmt: skip
_KEYS = frozenset((*_WORDS, *(first for first, _ in _PAIRS), *(point.split()[0] for point in _POINTS)))
_STOPS = frozenset((".", ";", "\n", "|", "•"))
_REACH_BACK, _REACH_ON = 6, 12


@dataclass(frozen=True, slots=True)
class Course:
    """How one finding went over time, as far as the note says.

    Attributes:
        onset_minutes: minutes from its beginning to the visit; rough where the note is ("yesterday").
        words: sudden, gradual, intermittent, constant, worse, better, resolved, recurrent, chronic, usual.

    Units: minutes.
    Missing: None and an empty tuple where the note says nothing.
    """

    onset_minutes: float | None = None
    words: tuple[str, ...] = ()


NO_COURSE = Course()


def read_courses(tokens: Tokens, spans: Iterable[tuple[int, int]]) -> tuple[Course, ...]:
    """Return the time course of the findings at tokens `start:end`, each read within its sentence."""
    marks = _marks(tokens)
    if not marks:
        return tuple(NO_COURSE for _ in spans)
    places = [place for place, _, _ in marks]
    stops = [place for place, word in enumerate(tokens.words) if word in _STOPS]
    return tuple(_course(tokens.words, marks, places, stops, start, end) for start, end in spans)


def _marks(tokens: Tokens) -> list[tuple[int, str | None, float | None]]:
    """Return (token, course word, minutes) for everything in a note that tells of time."""
    words, marks = tokens.words, []
    for place, word in enumerate(words):
        if word not in _KEYS and not "0" <= word[0] <= "9":
            continue
        name = _WORDS.get(word) or _PAIRS.get((word, words[place + 1] if place + 1 < len(words) else ""))
        if name is not None and _denied(words, place):
            name = None
        minutes = _onset(tokens, place)
        if name is not None or minutes is not None:
            marks.append((place, name, minutes))
    return marks


def _course(
    words: list[str], marks: list[tuple[int, str | None, float | None]], places: list[int], stops: list[int],
    start: int, end: int,
) -> Course:  # fmt: skip
    before, after = bisect_left(stops, start) - 1, bisect_left(stops, end)
    first = max(start - _REACH_BACK, stops[before] + 1 if before >= 0 else 0)
    last = min(end + _REACH_ON, stops[after] if after < len(stops) else len(words))
    if "," in words[first:start]:
        first = start - words[first:start][::-1].index(",")
    found: list[str] = []
    onset: float | None = None
    for _, name, minutes in marks[bisect_left(places, first) : bisect_left(places, last)]:
        if name is not None and name not in found:
            found.append(name)
        if onset is None:
            onset = minutes
    return Course(onset, tuple(found)) if found or onset is not None else NO_COURSE


def _denied(words: list[str], place: int) -> bool:
    return place > 0 and words[place - 1] in ("no", "not", "never", "n't") and words[place] != "no"


def _onset(tokens: Tokens, place: int) -> float | None:
    """Return minutes since the beginning, if a stretch or point of time is written at `place`."""
    words = tokens.words
    value = number_at(tokens, place)
    if value is not None:
        unit = place + 2 if words[place + 1 : place + 2] == ["-"] else place + 1
        factor = MINUTES.get(words[unit]) if unit < len(words) else None
        if factor is None:
            return None
        before = words[place - 1] if place else ""
        after = words[unit + 1] if unit + 1 < len(words) else ""
        tells = before in _SINCE or after in _AGO or (after == "of" and factor > 1)
        return value * factor if tells and after not in ("old", "pregnant") else None
    for size in (4, 2, 1):
        point = _POINTS.get(" ".join(words[place : place + size]))
        if point is not None:
            return point
    return None
