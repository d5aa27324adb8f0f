"""Reading a triage note: findings with their words, vital signs, and facts for the engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from triagelab.cases.composition import Mention, mentions
from triagelab.cases.context import assertions
from triagelab.cases.courses import Course, read_courses
from triagelab.cases.derivation import Picture, flags, picture
from triagelab.cases.findings import Assertion, Extraction, Finding
from triagelab.cases.lexicon import lexicon
from triagelab.cases.number_words import View, spoken_view
from triagelab.cases.numbers import Numbers, read_numbers
from triagelab.cases.person import Person, read_person
from triagelab.cases.scan import scan
from triagelab.cases.tokens import Tokens, tokenise
from triagelab.clinical.facts import Facts
from triagelab.clinical.vitals import VitalSigns


@dataclass(frozen=True)
class Reading:
    """One note read: the parts from which facts are made, for callers that add what they know from elsewhere."""

    tokens: Tokens
    mentions: list[Mention]
    numbers: Numbers
    person: Person
    view: View

    def picture(self, age_years: float | None, sex: str | None, vitals: VitalSigns) -> Picture:
        """Return what holds of the patient, given age, sex and vital signs (the note's own or a record's)."""
        measured: dict[str, float] = vitals.measured()
        if age_years is not None:
            measured["age_years"] = age_years
        if self.person.pregnancy_weeks is not None:
            measured["pregnancy_weeks"] = self.person.pregnancy_weeks
        measured.update(self.numbers.quantities)
        said = list(self.mentions)
        said.extend(_from_numbers(self.numbers, self.person))
        return picture(said, measured, sex)


def _from_numbers(numbers: Numbers, person: Person) -> list[Mention]:
    """Return the concepts that numbers alone say: fever measured at home, pain above the scale, weeks of pregnancy."""
    said = []
    if any(value >= 38.0 for value in numbers.home_temps_c):
        said.append(Mention("fever", Assertion.PRESENT, 0, 0))
    if numbers.pain_over_scale:
        said.append(Mention("severe_pain", Assertion.PRESENT, 0, 0))
    if person.pregnant is not None:
        said.append(Mention("pregnant", Assertion.PRESENT if person.pregnant else Assertion.NEGATED, 0, 0))
    return said


def read(note: str) -> Reading:
    """Return the parts of a note: mentions, numbers, person."""
    tokens = tokenise(note)
    words = lexicon()
    seen = scan(tokens, words)
    view = spoken_view(seen.tokens)
    said = mentions(seen, assertions(seen), words)
    person = read_person(seen, view)
    if person.sex == "male":
        said = [_of_partner(mention) for mention in said]
    return Reading(tokens, said, read_numbers(seen, view), person, view)


def _of_partner(mention: Mention) -> Mention:
    """Return a pregnancy or a period in a man's note as somebody else's."""
    womans = "pregnan" in mention.concept or mention.concept == "menstrual_cramps"
    if womans and mention.assertion is Assertion.PRESENT:
        return mention._replace(assertion=Assertion.FAMILY)
    return mention


def extract(note: str) -> Extraction:
    """Return everything a note says, each finding with the words that say it.

    Shapes: `note[finding.start:finding.end] == finding.text` for every finding.
    Missing: what the note does not mention is unknown in `facts`, never "no".
    Raises: TypeError if `note` is not text; no text raises anything.
    """
    if not isinstance(note, str):
        raise TypeError(f"note: got {type(note).__name__}; allowed: str")
    reading = read(note)
    now = reading.picture(reading.person.age_years, reading.person.sex, reading.numbers.vitals)
    return Extraction(
        note=note,
        findings=findings(reading),
        age_years=reading.person.age_years,
        sex=reading.person.sex,
        vitals=reading.numbers.vitals,
        facts=facts_of(now, reading, reading.person.age_years, reading.numbers.vitals),
        implausible=reading.numbers.implausible,
        pregnancy_weeks=reading.person.pregnancy_weeks,
        number_spans=_spans(reading),
        timeline=_timeline(reading),
        age_group=reading.person.age_group,
    )


def facts_of(now: Picture, reading: Reading, age_years: float | None, vitals: VitalSigns) -> Facts:
    """Return the facts of a picture, ready for the engine."""
    return Facts(age_years, vitals, flags(now), reading.person.pregnancy_weeks)


def findings(reading: Reading) -> tuple[Finding, ...]:
    """Return every mention with its place in the note."""
    tokens = reading.tokens
    found: list[Finding] = []
    for mention in reading.mentions:
        start, end = tokens.starts[mention.start], tokens.ends[mention.end - 1]
        found.append(Finding(mention.concept, mention.assertion, start, end, tokens.note[start:end]))
    return tuple(found)


def _timeline(reading: Reading) -> Callable[[], tuple[Course, ...]]:
    """Return what reads the time course of every mention, aligned with `findings`."""
    view = reading.view
    spans = [(view.place(mention.start), view.place(mention.end)) for mention in reading.mentions]
    return partial(read_courses, view.tokens, spans)


def _spans(reading: Reading) -> dict[str, tuple[int, int]]:
    tokens = reading.tokens
    places = {**reading.numbers.spans, **reading.person.spans}
    return {name: (tokens.starts[start], tokens.ends[end - 1]) for name, (start, end) in places.items()}
