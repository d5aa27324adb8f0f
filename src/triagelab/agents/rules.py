"""The rules agent: text -> findings -> facts -> resource forecast -> engine, with its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from triagelab.agents.base import Prediction
from triagelab.cases.derivation import Picture, flags
from triagelab.cases.extraction import Reading, findings, read
from triagelab.cases.findings import Assertion
from triagelab.cases.presentation import Presentation
from triagelab.clinical.esi import EsiDecision, EsiOptions, decide
from triagelab.clinical.facts import Facts
from triagelab.clinical.resources import Forecast, forecast
from triagelab.clinical.vitals import VitalSigns

CHILD_WORDS = frozenset(
    ("infant_words", "child_words", "immunised_fully", "under_immunised", "croup", "well_child", "irritable_child")
)
"""Concepts that say that the patient is a child."""


@dataclass(frozen=True)
class Assessment:
    """Everything the rules agent concluded about one patient.

    Attributes:
        picture: what holds, with the reasons of derived facts.
        facts: what the engine was told, forecast resources included.
        forecast: resource types with reasons.
        decision: the engine's answer.
        reading: the note as it was read.
        narrative_end: where the narrative ends in the text that was read; a complaint kept apart follows it.
        assumed_age_years: the age that was assumed, None where it was stated or nothing was assumed.
    """

    reading: Reading
    picture: Picture
    facts: Facts
    forecast: Forecast
    decision: EsiDecision
    narrative_end: int
    assumed_age_years: float | None


@dataclass(frozen=True)
class RulesAgent:
    """Reads the note, forecasts resources and runs the engine.

    Attributes:
        version: handbook version of the engine, 4 or 5.
        options: how judgement points are settled.
        assumed_age_years: age at which limits of vital signs are read where neither note nor record gives an age and
            the note speaks of no child; None assumes nothing. Recorded as `assumed_age_years` in `extra`.
    """

    version: int = 5
    options: EsiOptions = field(default_factory=EsiOptions)
    assumed_age_years: float | None = 45.0
    name: str = "rules"

    def predict(self, presentations: Sequence[Presentation], *, seed: int = 0) -> list[Prediction]:
        """Return one prediction a presentation, in order; deterministic, `seed` is not used."""
        return [prediction(self.assess(presentation)) for presentation in presentations]

    def assess(self, presentation: Presentation) -> Assessment:
        """Return the whole path from the note to the decision.

        Missing: a vital sign, age or sex that the note does not state is taken from the presentation's own fields;
        what neither states stays unknown.
        """
        reading = read(_note(presentation))
        stated = reading.person.age_years if reading.person.age_years is not None else presentation.age_years
        age = self._age(stated, reading)
        vitals = VitalSigns(**{**presentation.vitals.measured(), **reading.numbers.vitals.measured()})
        now = reading.picture(age, reading.person.sex or presentation.sex, vitals)
        facts = Facts(age, vitals, flags(now), reading.person.pregnancy_weeks)
        expected = forecast(facts, now.present)
        told = replace(facts, flags={**facts.flags, **expected.needed})
        decision = decide(told, version=self.version, options=self.options)
        assumed = age if stated is None else None
        return Assessment(reading, now, told, expected, decision, len(presentation.narrative), assumed)

    def _age(self, stated: float | None, reading: Reading) -> float | None:
        """Return the stated age, or the assumed one unless something in the note speaks of a child."""
        if stated is not None or any(mention.concept in CHILD_WORDS for mention in reading.mentions):
            return stated
        return self.assumed_age_years


def _note(presentation: Presentation) -> str:
    """Return the narrative, with the complaint in front where the narrative does not hold it already."""
    complaint = (presentation.chief_complaint or "").strip()
    if complaint and complaint.lower() not in presentation.narrative.lower():
        return f"{presentation.narrative}\n{complaint}"
    return presentation.narrative


def prediction(assessment: Assessment) -> Prediction:
    """Return the agent's answer with its trace and the spans of the narrative that speak for it."""
    decision = assessment.decision
    return Prediction(
        level=decision.level,
        acceptable=decision.acceptable,
        point=decision.point,
        because=decision.because,
        unknown=decision.unknown,
        evidence=_evidence(assessment),
        extra=_extra(assessment),
    )


def _evidence(assessment: Assessment) -> tuple[tuple[int, int, str], ...]:
    """Return the spans of findings that are asserted, as (start, end, concept), and of the vital signs read."""
    reading = assessment.reading
    spans = [
        (found.start, found.end, found.concept)
        for found in findings(reading)
        if found.assertion is Assertion.PRESENT and found.concept in assessment.picture.present
    ]
    tokens = reading.tokens
    for name, (start, end) in {**reading.numbers.spans, **reading.person.spans}.items():
        spans.append((tokens.starts[start], tokens.ends[end - 1], name))
    return tuple(sorted({span for span in spans if span[1] <= assessment.narrative_end}))


def _extra(assessment: Assessment) -> dict[str, Any]:
    """Return the forecast and derived facts as plain values."""
    return {
        "resources": {name: value for name, value in assessment.forecast.needed.items() if value is not None},
        "resource_rows": list(assessment.forecast.rows),
        "derived": dict(assessment.picture.reasons),
        "implausible": list(assessment.reading.numbers.implausible),
        "assumed_age_years": assessment.assumed_age_years,
    }
