"""The rules agent: text -> findings -> facts -> resource forecast -> engine, with its evidence.

Asked for the preferred level it answers what the engine prefers; asked for the cheapest it answers the level with the
least expected clinical cost, and never one less urgent than a finding of A or B that leaves nothing to judgement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from triagelab.agents.base import Prediction
from triagelab.agents.rules_ask import ask
from triagelab.agents.rules_reader import AUTO, READERS, is_hard, probabilities
from triagelab.agents.rules_requests import ASKS_ONLY, asks_only
from triagelab.cases.derivation import Picture, flags
from triagelab.cases.extraction import Reading, read
from triagelab.cases.findings import Assertion
from triagelab.cases.presentation import Presentation
from triagelab.clinical.costs import CostMatrix, cost_matrix
from triagelab.clinical.esi import EsiDecision, EsiOptions, decide
from triagelab.clinical.facts import Facts
from triagelab.clinical.resources import Forecast, forecast
from triagelab.clinical.vitals import VitalSigns
from triagelab.datasets.notes import is_record
from triagelab.errors import BadInputError

DECISIONS = ("preferred", "cost")
"""How the agent settles on one level: the engine's preferred reading, or the least expected clinical cost."""

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
        options: how the engine's judgement points were settled.
    """

    reading: Reading
    picture: Picture
    facts: Facts
    forecast: Forecast
    decision: EsiDecision
    narrative_end: int
    assumed_age_years: float | None
    options: EsiOptions = field(default_factory=EsiOptions)


@dataclass(frozen=True)
class RulesAgent:
    """Reads the note, forecasts resources and runs the engine.

    Attributes:
        version: handbook version of the engine, 4 or 5.
        options: how judgement points are settled.
        assumed_age_years: age at which limits of vital signs are read where neither note nor record gives an age and
            the note speaks of no child; None assumes nothing. Recorded as `assumed_age_years` in `extra`.
        decision: `preferred` or `cost`, see DECISIONS.
        cost: name of the cost matrix for `decision="cost"` and for what is worth asking.
        reader: whose labels the probabilities speak of, see `rules_reader.READERS`; `auto` is `handbook` for a free
            note, which tells enough for the engine to be right as a rule, and `both` for a record of a department.

    Raises: BadInputError or UnknownNameError for a decision, reader or cost matrix that is not there.
    """

    version: int = 5
    options: EsiOptions = field(default_factory=EsiOptions)
    assumed_age_years: float | None = 45.0
    decision: str = "preferred"
    cost: str = "standard"
    reader: str = AUTO
    name: str = "rules"

    def __post_init__(self) -> None:
        if self.decision not in DECISIONS:
            raise BadInputError("decision", self.decision, " or ".join(DECISIONS))
        if self.reader not in (AUTO, *READERS):
            raise BadInputError("reader", self.reader, ", ".join((AUTO, *READERS)))
        cost_matrix(self.cost)

    def predict(self, presentations: Sequence[Presentation], *, seed: int = 0) -> list[Prediction]:
        """Return one prediction a presentation, in order; deterministic, `seed` is not used."""
        matrix = cost_matrix(self.cost)
        return [
            prediction(self.assess(found), decision=self.decision, matrix=matrix, reader=self.reader_for(found))
            for found in presentations
        ]

    def reader_for(self, presentation: Presentation) -> str:
        """Return whose labels the probabilities of this patient speak of."""
        if self.reader != AUTO:
            return self.reader
        return "both" if is_record(presentation) else "handbook"

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
        by_ambulance = ("by_ambulance",) if presentation.arrival == "ambulance" else ()
        request = (ASKS_ONLY,) if asks_only(reading, now, vitals) else ()
        expected = forecast(facts, (*now.present, *by_ambulance, *request))
        needed, cautious = expected.told()
        options = self.options
        if not cautious and options.unknown_resources == "cautious":
            options = replace(options, unknown_resources="known")
        told = replace(facts, flags={**facts.flags, **needed})
        decision = decide(told, version=self.version, options=options)
        assumed = age if stated is None else None
        return Assessment(reading, now, told, expected, decision, len(presentation.narrative), assumed, options)

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


def prediction(
    assessment: Assessment, *, decision: str = "preferred", matrix: CostMatrix | None = None, reader: str = "both"
) -> Prediction:
    """Return the agent's answer with its trace and the spans of the narrative that speak for it.

    Args:
        decision: see DECISIONS.
        matrix: cost matrix; None is the standard one.
        reader: whose labels the probabilities speak of.
    """
    settled = assessment.decision
    beliefs = probabilities(settled, assessment.forecast, reader)
    level = settled.level
    if decision == "cost":
        cheapest = int((matrix or cost_matrix()).cheapest(np.array([beliefs]))[0])
        level = min(cheapest, level) if is_hard(settled) else cheapest
    return Prediction(
        level=level,
        acceptable=settled.acceptable | {level},
        probabilities=beliefs,
        confidence=beliefs[level - 1],
        point=settled.point,
        because=settled.because,
        unknown=settled.unknown,
        ask=ask(
            settled,
            assessment.forecast,
            assessment.options,
            matrix,
            sex=assessment.picture.sex,
            age_years=None if assessment.assumed_age_years else assessment.facts.age_years,
            assumed=("age_years",) if assessment.assumed_age_years else (),
        ),
        evidence=_evidence(assessment),
        extra=_extra(assessment),
    )


def _evidence(assessment: Assessment) -> tuple[tuple[int, int, str], ...]:
    """Return the spans of findings that are asserted, as (start, end, concept), and of the vital signs read."""
    reading, tokens, present = assessment.reading, assessment.reading.tokens, assessment.picture.present
    spans = [
        (tokens.starts[mention.start], tokens.ends[mention.end - 1], mention.concept)
        for mention in reading.mentions
        if mention.assertion is Assertion.PRESENT and mention.concept in present
    ]
    for name, (start, end) in {**reading.numbers.spans, **reading.person.spans}.items():
        spans.append((tokens.starts[start], tokens.ends[end - 1], name))
    return tuple(sorted({span for span in spans if span[1] <= assessment.narrative_end}))


def _extra(assessment: Assessment) -> dict[str, Any]:
    """Return the forecast and derived facts as plain values."""
    return {
        "resources": {name: value for name, value in assessment.forecast.needed.items() if value is not None},
        "resource_rows": list(assessment.forecast.rows),
        "resource_counts": [round(p, 3) for p in assessment.forecast.probabilities],
        "engine_level": assessment.decision.level,
        "derived": dict(assessment.picture.reasons),
        "implausible": list(assessment.reading.numbers.implausible),
        "assumed_age_years": assessment.assumed_age_years,
    }
