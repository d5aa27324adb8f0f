"""esi-v1: one triage note, one answer in text, scored by parser and reward preset; then the truth with reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from triagelab.cases.generator import iter_detailed
from triagelab.cases.schema import LEVELS, Case
from triagelab.cases.splits import SPLITS
from triagelab.clinical.esi import rule_info
from triagelab.completions.prompts import build_messages, load_template
from triagelab.completions.render import render_answer
from triagelab.envs.base import SEEDS, Task
from triagelab.errors import BadInputError
from triagelab.observation import Observation
from triagelab.rewards.presets import load_preset
from triagelab.rewards.score import Breakdown, score
from triagelab.rewards.spec import RewardSpec

LONGEST_ANSWER = 20_000
"""Characters of the longest answer; the prompts ask for fewer than 150 words."""
CASES_KEPT = 512
"""Cases kept for the next reset with the same split and seed, such as the other members of a GRPO group."""


class EsiAction(BaseModel):
    """One answer to a note.

    Attributes:
        text: what a model would write; its last line must be `ANSWER: ESI n`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    text: str = Field(max_length=LONGEST_ANSWER, description="The whole answer; its last line is `ANSWER: ESI n`.")


class EsiObservation(Observation):
    """What is seen at the beginning (instructions and note) and at the end (the verdict).

    Attributes:
        note: the triage note by itself; None after the answer.
    """

    note: str | None = None


@dataclass(slots=True)
class EsiEpisode:
    """One note and its answer."""

    case: Case
    spec: RewardSpec
    template: str

    def first(self) -> EsiObservation:
        """Return instructions and note."""
        messages = build_messages(self.case.presentation, self.template)
        text = "\n\n".join(message["content"] for message in messages)
        return EsiObservation(message=text, note=self.case.presentation.narrative)

    def step(self, action: EsiAction) -> EsiObservation:
        """Return the verdict on the answer; the episode has then ended.

        Missing: a term that could not run is left out of the components. `reward` is None, never 0, where the term
        that the preset cannot do without could not run; `debrief["scorable"]` says so.
        """
        truth = self.case.truth
        note = self.case.presentation.narrative if self.spec.needs_note else None
        scored = score(self.spec, action.text, truth.level, note=note)
        return EsiObservation(
            message=_verdict(scored, truth.level),
            done=True,
            reward=scored.total,
            components={name: value for name, value in scored.weighted().items() if value is not None},
            debrief=_debrief(self.case, scored),
        )

    def best(self) -> EsiAction:
        """Return the gold answer."""
        return EsiAction(text=render_answer(self.case))


class EsiKind:
    """The kind of esi-v1.

    Args:
        reward: preset name or TOML file.
        template: prompt by name or exact id; it shapes `message`, never the score.

    Raises: UnknownNameError, BadInputError or DataFormatError for a reward or template that is none.
    """

    env_id = "esi-v1"
    title = "ESI triage from a note"
    description = "Read one triage note and answer with an Emergency Severity Index level, 1 to 5. One step an episode."
    action_type = EsiAction
    observation_type = EsiObservation
    splits: tuple[str, ...] = tuple(SPLITS)
    max_steps = 1

    def __init__(self, reward: str = "v50", template: str = "esi") -> None:
        self.spec = load_preset(reward)
        self.template = load_template(template).template_id
        self.reward_range = reward_bounds(self.spec)
        self.return_range = self.reward_range
        self.component_names = tuple(term.name for term in self.spec.terms)

    def begin(self, split: str, seed: int) -> EsiEpisode:
        """Return the episode of case number 0 of the generator's stream `seed`."""
        return EsiEpisode(_case(split, seed), self.spec, self.template)

    def read_action(self, raw: Mapping[str, Any]) -> EsiAction:
        """Return the answer. Raises: BadInputError."""
        try:
            return EsiAction.model_validate(dict(raw))
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(["action", *(str(part) for part in first["loc"])])
            allowed = f'one object {{"text": ...}} with at most {LONGEST_ANSWER} characters'
            raise BadInputError(place, first.get("input"), allowed) from None

    def task_count(self, split: str) -> int:
        """Return `SEEDS`: every split is generated."""
        return SEEDS

    def task(self, split: str, index: int) -> Task:
        return Task(f"{split}-{index}", split, index)


def reward_bounds(spec: RewardSpec) -> tuple[float, float]:
    """Return the lowest and highest total of a preset, with rule terms triggered or not and text terms included."""
    tables = [(term.table(triggered=False), term.table(triggered=True), term.essential) for term in spec.terms]
    lows, highs = [], []
    for row in range(len(LEVELS)):
        for column in range(len(LEVELS) + 1):
            cells = [(off[row][column], on[row][column], *(() if needed else (0.0,))) for off, on, needed in tables]
            lows.append(sum(min(values) for values in cells))
            highs.append(sum(max(values) for values in cells))
    text_low, text_high = spec.text_range()
    return min(lows) + text_low, max(highs) + text_high


@lru_cache(maxsize=CASES_KEPT)
def _case(split: str, seed: int) -> Case:
    """Return the case of one place. Environments share it: nobody changes it, and nobody is handed its facts."""
    return next(iter_detailed(1, seed, split)).case


def _verdict(scored: Breakdown, level: int) -> str:
    given = scored.parsed.level
    read = f"Read as ESI {given}." if given is not None else f"No answer was read: {scored.parsed.reason}."
    return f"{read} The patient is ESI {level}."


def _debrief(case: Case, scored: Breakdown) -> dict[str, Any]:
    truth, parsed = case.truth, scored.parsed
    return {
        "level": truth.level,
        "acceptable": sorted(truth.acceptable or {truth.level}),
        "scale": truth.scale,
        "because": [dict(_reason(rule)) for rule in truth.because],
        "status": parsed.status.value,
        "answer": parsed.level,
        "reason": parsed.reason,
        "scorable": scored.total is not None,
    }


@lru_cache(maxsize=1024)
def _reason(rule: str) -> Mapping[str, str]:
    info = rule_info(rule)
    return {"rule": rule, "text": info.text, "source": info.source}


__all__ = ["CASES_KEPT", "LONGEST_ANSWER", "EsiAction", "EsiEpisode", "EsiKind", "EsiObservation", "reward_bounds"]
