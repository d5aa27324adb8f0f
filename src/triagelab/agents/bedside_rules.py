"""The rules agent at the bedside: treats what cannot wait, asks what is worth its price, and then commits.

It reads the whole dialogue as one note, as the rules agent reads a triage note, and knows nothing else of the patient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from triagelab.agents.bedside_patterns import likeliest_pattern
from triagelab.agents.bedside_questions import action_of, question_values, times_asked
from triagelab.agents.bedside_table import BedsideTable, bedside_table
from triagelab.agents.rules import DECISIONS, Assessment, RulesAgent, prediction
from triagelab.agents.rules_reader import is_hard
from triagelab.agents.rules_requests import ASKS_ONLY, asks_only
from triagelab.cases.bedside.actions import BedsideAction
from triagelab.cases.bedside.observation import Dialogue
from triagelab.cases.bedside.vocabulary import pathway_of
from triagelab.clinical.costs import cost_matrix
from triagelab.clinical.facts import Facts
from triagelab.errors import BadInputError

SPARE = 1
"""Actions that are kept for the commit."""
YOUNG_YEARS = 0.25


@dataclass(frozen=True)
class BedsideRules:
    """Decides by engine, forecast and stated tables; deterministic.

    Attributes:
        rules: reads the dialogue; its options settle the engine's judgement points.
        decision: `preferred` commits what the engine prefers, `cost` the level with the least expected cost.
        table: first questions, weights and interventions.
    """

    rules: RulesAgent = field(default_factory=RulesAgent)
    decision: str = "preferred"
    table: BedsideTable = field(default_factory=bedside_table)
    name: str = "rules"

    def __post_init__(self) -> None:
        if self.decision not in DECISIONS:
            raise BadInputError("decision", self.decision, " or ".join(DECISIONS))

    @classmethod
    def load(cls, version: int = 5, decision: str = "preferred", cost: str = "standard") -> BedsideRules:
        """Return the agent for the options that the command line has.

        Raises: BadInputError or UnknownNameError for a decision or cost matrix that is not there.
        """
        return cls(RulesAgent(version=version, cost=cost), decision)

    def act(self, dialogues: Sequence[Dialogue], *, seed: int = 0) -> list[BedsideAction]:
        """Return the next action of every dialogue; `seed` is not used."""
        return [self.next_action(dialogue) for dialogue in dialogues]

    def next_action(self, dialogue: Dialogue) -> BedsideAction:
        """Return what to do now: treat, ask, or commit."""
        assessment = self.assess(dialogue)
        if dialogue.last.steps_left > SPARE:
            for step in (self.treatment(assessment, dialogue), self.question(assessment, dialogue)):
                if step is not None:
                    return step
        return self.commit(assessment)

    def assess(self, dialogue: Dialogue) -> Assessment:
        """Return what the rules agent concludes from the dialogue; of a vital sign the newest number counts."""
        shown = dialogue.presentation()
        return self.rules.assess(replace(shown, narrative=note_of(dialogue)))

    def treatment(self, assessment: Assessment, dialogue: Dialogue) -> BedsideAction | None:
        """Return the immediate intervention that the findings call for, once each, one in all where one was right."""
        if assessment.decision.level > 1 or any(action.kind == "intervene" for action, _ in dialogue.turns):
            return None
        present = assessment.picture.present
        for row in self.table.intervention:
            if row.fits(present):
                return BedsideAction(kind="intervene", target=row.action)
        return None

    def question(self, assessment: Assessment, dialogue: Dialogue) -> BedsideAction | None:
        """Return the question that is worth most, or None where none is worth its price."""
        decision, weights = assessment.decision, self.table.weights
        if decision.level == 1 and is_hard(decision):
            return None
        times = times_asked(dialogue)
        if sum(times.values()) >= weights.most:
            return None
        for question in self.table.first:
            if not times.get(question):
                return action_of(question)
        values = question_values(assessment, dialogue, self.table)
        if not values:
            return None
        best = min(values, key=lambda name: (-values[name], name))
        return action_of(best) if values[best] >= weights.least else None

    def commit(self, assessment: Assessment) -> BedsideAction:
        """Return the answer: level, the pathway that follows from it, and the pattern that most speaks for."""
        matrix = cost_matrix(self.rules.cost)
        level = prediction(assessment, decision=self.decision, matrix=matrix, reader="handbook").level
        assert level is not None  # the engine always answers
        return answer(level, pathway_for(level, assessment), pattern_for(assessment))


def note_of(dialogue: Dialogue) -> str:
    """Return the messages as one note, without measurements that were taken anew later."""
    kept, newer = [], set[str]()
    for action, seen in reversed(dialogue.turns):
        if action.kind not in ("measure", "test") or not seen.measured or not newer.issuperset(seen.measured):
            kept.append(seen.message)
        newer.update(seen.measured)
    return "\n".join([dialogue.first.message, *reversed(kept)])


def answer(level: int, pathway: str, pattern: str) -> BedsideAction:
    """Return the commit of an answer."""
    return BedsideAction.model_validate({"kind": "commit", "level": level, "pathway": pathway, "pattern": pattern})


def pathway_for(level: int, assessment: Assessment) -> str:
    """Return the pathway of a level; where resources decide, by those that the forecast expects."""
    return pathway_of(level, Facts(flags=assessment.forecast.needed))


def pattern_for(assessment: Assessment) -> str:
    """Return the pattern that the findings speak for most."""
    present = set(assessment.picture.present)
    if asks_only(assessment.reading, assessment.picture, assessment.facts.vitals):
        present.add(ASKS_ONLY)
    if assessment.facts.age_years is not None and assessment.facts.age_years < YOUNG_YEARS:
        present.add("infant_under_3_months")
    return likeliest_pattern(present)
