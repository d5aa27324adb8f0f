"""What a note says: findings with the span that says so, and the step from findings to facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from triagelab.cases.courses import Course
from triagelab.clinical.facts import Facts
from triagelab.clinical.vitals import VitalSigns


class Assertion(StrEnum):
    """How the note speaks of a concept; RESOLVED was there in this episode and is gone, HISTORICAL is older."""

    PRESENT = "present"
    NEGATED = "negated"
    UNCERTAIN = "uncertain"
    HISTORICAL = "historical"
    RESOLVED = "resolved"
    HYPOTHETICAL = "hypothetical"
    FAMILY = "family"
    PLANNED = "planned"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Finding:
    """One mention: `note[start:end]` is the evidence.

    Attributes:
        concept: lexicon id; where it equals a fact id it feeds that fact.
        assertion: how the note speaks of it.
        start, end: character offsets into the note.
        text: the words of the note.
    """

    concept: str
    assertion: Assertion
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Extraction:
    """Everything read from one note.

    Attributes:
        findings: all mentions in order of position, negated and historical ones included.
        vitals: the vital signs that are plausible.
        implausible: vital signs that were written but cannot be true; they are not used.
        facts: what the engine may be told; unknown where the note is silent.
        timeline: reads the time course of the findings from the note.
        age_group: infant, child, teenager, adult or elderly where a word says so and no number does.
        number_spans: name of a vital sign or age -> (start, end) of the words that say it.
    """

    note: str
    findings: tuple[Finding, ...]
    age_years: float | None
    sex: str | None
    vitals: VitalSigns
    facts: Facts
    implausible: tuple[str, ...] = ()
    pregnancy_weeks: float | None = None
    number_spans: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    age_group: str | None = None
    timeline: Callable[[], tuple[Course, ...]] = field(default=tuple, repr=False, compare=False)

    @cached_property
    def courses(self) -> tuple[Course, ...]:
        """Return one time course a finding, in the same order; read when first asked for."""
        return self.timeline()

    def course(self, concept: str) -> Course:
        """Return the time course of a concept that is not denied, empty where the note gives none."""
        for finding, course in zip(self.findings, self.courses, strict=False):
            if finding.concept == concept and finding.assertion is not Assertion.NEGATED and course != Course():
                return course
        return Course()

    def has(self, concept: str) -> bool | None:
        """Return True if the concept is asserted present, False if only negated, None if not mentioned."""
        said = {finding.assertion for finding in self.findings if finding.concept == concept}
        if Assertion.PRESENT in said:
            return True
        return False if Assertion.NEGATED in said else None
