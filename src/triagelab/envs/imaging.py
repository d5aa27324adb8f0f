"""imaging-v1: is this procedure appropriate for this patient? One answer in text, after looking up evidence or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from triagelab.cases.imaging.case import ImagingCase
from triagelab.cases.imaging.generator import imaging_case
from triagelab.cases.imaging.variant import SPLITS
from triagelab.completions.imaging_answers import gold_completion
from triagelab.completions.imaging_evidence import evidence_lines
from triagelab.completions.imaging_prompts import imaging_messages
from triagelab.envs.base import SEEDS, Task
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.observation import Observation
from triagelab.rewards.imaging.gold import gold_of
from triagelab.rewards.imaging.preset import ImagingPreset, load_imaging_preset
from triagelab.rewards.imaging.score import ImagingBreakdown, score_imaging

LONGEST_ANSWER = 20_000
"""Characters of the longest answer; three to six sentences have fewer than a thousand."""
MAX_STEPS = 3
LOOKUP_COST = 0.05
"""What looking evidence up costs, each time, of a right answer's 1 or so."""
CASES_KEPT = 512
"""Cases kept for the next reset with the same split and seed, such as the other members of a GRPO group."""
LOOKUP = "lookup"


class ImagingAction(BaseModel):
    """An answer, or a look at the evidence.

    Attributes:
        text: what a model would write: `<think>reasoning</think><answer>one of the three labels</answer>`.
        lookup: look up evidence instead; it costs, and the answer is still to be given.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    text: str | None = Field(
        default=None, max_length=LONGEST_ANSWER, description="The whole answer, reasoning and label in their tags."
    )
    lookup: bool = Field(default=False, description="Look up evidence instead of answering; it costs a little.")

    @model_validator(mode="after")
    def _one(self) -> ImagingAction:
        if self.lookup == (self.text is not None):
            raise ValueError("either text or lookup")
        return self


class ImagingObservation(Observation):
    """What is seen: the question at first, evidence after a look-up, the verdict at the end.

    Attributes:
        note: the patient; None after the answer.
        procedure: the procedure as it is asked for; None after the answer.
        evidence: what the look-up found, one line an entry.
        steps_left: actions that are left; the last one must be the answer.
    """

    note: str | None = None
    procedure: str | None = None
    evidence: tuple[str, ...] = ()
    steps_left: int = 0


@dataclass(slots=True)
class ImagingEpisode:
    """One question, look-ups, and the answer."""

    case: ImagingCase
    preset: ImagingPreset
    template: str
    lookups: bool
    _steps: int = field(default=0, init=False)

    def first(self) -> ImagingObservation:
        """Return instructions and question."""
        question = self.case.question
        shown = evidence_lines(question) if self.preset.evidence else ()
        messages = imaging_messages(question, self.template, shown)
        text = "\n\n".join(message["content"] for message in messages)
        return ImagingObservation(
            message=text, note=question.note, procedure=question.asked, evidence=shown, steps_left=MAX_STEPS
        )

    def step(self, action: ImagingAction) -> ImagingObservation:
        """Return what the look-up found, or the verdict on the answer, which ends the episode.

        Missing: `reward` is None, never 0, where the answer cannot be scored; `debrief["scorable"]` says so.
        """
        self._steps += 1
        if action.text is None:
            return self._looked_up()
        found = score_imaging(self.preset, [gold_of(self.case)], [action.text])[0]
        assert found is not None  # the gold is there, so there is a breakdown
        paid = {name: term.paid for name, term in found.terms.items() if term.paid is not None}
        return ImagingObservation(
            message=_verdict(self.case, found),
            done=True,
            reward=found.total,
            components=paid if found.total is not None else {},
            debrief=debrief(self.case, found),
        )

    def best(self) -> ImagingAction:
        """Return the gold answer."""
        return ImagingAction(text=gold_completion(self.case.truth.reasoning, self.case.truth.label))

    def _looked_up(self) -> ImagingObservation:
        question = self.case.question
        left = MAX_STEPS - self._steps
        cost = {LOOKUP: -LOOKUP_COST}
        if left == 0:
            return ImagingObservation(
                message="No action is left and no answer was given.",
                done=True,
                reward=-LOOKUP_COST,
                components=cost,
                debrief=debrief(self.case, None),
            )
        lines = evidence_lines(question) if self.lookups else ()
        said = "\n".join(f"- {line}" for line in lines)
        nothing = "No verified evidence was found for this question." if self.lookups else "There is no look-up here."
        return ImagingObservation(
            message=f"Evidence:\n{said}" if lines else nothing,
            reward=-LOOKUP_COST,
            components=cost,
            note=question.note,
            procedure=question.asked,
            evidence=lines,
            steps_left=left,
        )


class ImagingKind:
    """The kind of imaging-v1.

    Args:
        reward: one of the imaging presets, or a TOML file; `imaging-embedding` needs the train extra for its encoder.
        template: prompt; it shapes `message`, never the score.
        lookups: whether looking up evidence finds anything: `yes` or `no`.

    Raises: UnknownNameError or DataFormatError for an option that is none.
    """

    env_id = "imaging-v1"
    title = "Imaging appropriateness"
    description = (
        "Read a note and an imaging procedure, look up evidence for a small cost or not, and answer usually "
        "appropriate, may be appropriate or usually not appropriate, with reasons."
    )
    action_type = ImagingAction
    observation_type = ImagingObservation
    splits: tuple[str, ...] = SPLITS
    max_steps = MAX_STEPS

    def __init__(self, reward: str = "imaging-baseline", template: str = "imaging", lookups: str = "yes") -> None:
        self.preset = load_imaging_preset(reward)
        if lookups not in ("yes", "no"):
            raise UnknownNameError("lookups", lookups, ("yes", "no"))
        self.template, self.lookups = template, lookups == "yes"
        imaging_messages(imaging_case("train", 0).question, template)  # a wrong name is told here, not at a reset
        low, high = self.preset.bounds()
        self.reward_range = (min(low, -LOOKUP_COST), high)
        self.return_range = (low - MAX_STEPS * LOOKUP_COST, high)
        self.component_names = (*self.preset.term_names(), LOOKUP)

    def begin(self, split: str, seed: int) -> ImagingEpisode:
        """Return the episode of case number `seed`: any condition, variant and procedure of the split."""
        return ImagingEpisode(_case(split, seed), self.preset, self.template, self.lookups)

    def read_action(self, raw: Mapping[str, Any]) -> ImagingAction:
        """Return the action. Raises: BadInputError."""
        try:
            return ImagingAction.model_validate(dict(raw))
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(["action", *(str(part) for part in first["loc"])])
            allowed = f'{{"text": ...}} with at most {LONGEST_ANSWER} characters, or {{"lookup": true}}'
            raise BadInputError(place, first.get("input"), allowed) from None

    def task_count(self, split: str) -> int:
        """Return `SEEDS`: every split is generated."""
        return SEEDS

    def task(self, split: str, index: int) -> Task:
        return Task(f"{split}-{index}", split, index)


def debrief(case: ImagingCase, scored: ImagingBreakdown | None) -> dict[str, Any]:
    """Return the truth with its trace, and what was read of the answer."""
    decision = case.truth.decision
    assert decision is not None  # generated cases have one
    answer = scored.answer if scored is not None else None
    return {
        "label": decision.label.value,
        "condition": decision.condition,
        "rule": decision.rule,
        "because": [
            {"criterion": step.criterion, "held": step.held, "text": step.text, "source": step.source}
            for step in decision.decided_by
        ],
        "safety": [rule.text for rule in decision.safety],
        "would_change": [str(change) for change in decision.changes],
        "reasoning": list(case.truth.reasoning),
        "verified": decision.verified,
        "status": answer.status.value if answer else "no answer",
        "answer": answer.label.value if answer and answer.label else None,
        "reason": answer.reason if answer else "no answer was given",
        "scorable": scored is None or scored.total is not None,
    }


@lru_cache(maxsize=CASES_KEPT)
def _case(split: str, seed: int) -> ImagingCase:
    """Return the case of one place. Environments share it: nobody changes it."""
    return imaging_case(split, seed)


def _verdict(case: ImagingCase, found: ImagingBreakdown) -> str:
    answer = found.answer
    read = f"Read as {answer.label.value}." if answer.label else f"No answer was read: {answer.reason}."
    return f"{read} The rules say: {case.truth.label.value}."


__all__ = ["LOOKUP_COST", "MAX_STEPS", "ImagingAction", "ImagingEpisode", "ImagingKind", "ImagingObservation"]
