"""A safety net under any bedside agent: it asks before a patient is called safe, and it only ever raises a level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from triagelab.agents.base import BedsideAgent
from triagelab.agents.bedside_questions import action_of, measure_of
from triagelab.agents.bedside_rules import SPARE, answer, note_of
from triagelab.agents.safety import NAME, Alarm, alarm
from triagelab.cases.bedside.actions import BedsideAction
from triagelab.cases.bedside.observation import Dialogue
from triagelab.cases.bedside.vocabulary import channels_of, pathway_of
from triagelab.clinical.facts import Facts

SAFE_FROM = 3
"""From this level on a commit calls the patient safe to wait, so that what is wanted is asked first."""
MOST_WANTED = 4
"""Questions of the layer's own in one episode."""

Key = tuple[str, tuple[str, ...]]


class SafeBedside:
    """Lets another agent act; before it calls a patient safe, wanted findings are asked and red flags are heard.

    Args:
        inner: the agent that acts.
        most: questions of the layer in one episode.

    Attributes:
        lifted: (first message, labels of the actions) -> levels by which a commit was raised: a log, read by
            `raised`, on which no decision depends.
    """

    def __init__(self, inner: BedsideAgent, most: int = MOST_WANTED) -> None:
        self.inner, self.most = inner, most
        self.name = f"{NAME}:{inner.name}"
        self.lifted: dict[Key, int] = {}
        found = getattr(inner, "fingerprint", None)
        if found is not None:
            self.fingerprint = found

    def act(self, dialogues: Sequence[Dialogue], *, seed: int = 0) -> list[BedsideAction]:
        """Return one action a dialogue, in order; what is no commit of the inner agent is left as it is."""
        actions = self.inner.act(dialogues, seed=seed)
        return [self._guarded(action, dialogue) for action, dialogue in zip(actions, dialogues, strict=True)]

    def raised(self, dialogue: Dialogue) -> int:
        """Return by how many levels the last commit of a dialogue was raised."""
        return self.lifted.get(_key(dialogue), 0)

    def _guarded(self, action: BedsideAction, dialogue: Dialogue) -> BedsideAction:
        if not isinstance(action, BedsideAction) or action.kind != "commit" or action.level is None:
            return action
        found = alarm(replace(dialogue.presentation(), narrative=note_of(dialogue)))
        level = min(action.level, found.level or action.level)
        if level >= SAFE_FROM and dialogue.last.steps_left > SPARE:
            question = self._question(found, dialogue)
            if question is not None:
                return question
        if level == action.level:
            return action
        raised = answer(level, pathway_of(level, Facts()), str(action.pattern))
        first, labels = _key(dialogue)
        self.lifted[(first, (*labels, raised.label()))] = action.level - level
        return raised

    def _question(self, found: Alarm, dialogue: Dialogue) -> BedsideAction | None:
        """Return the first question that is wanted and was not put yet."""
        asked = dialogue.asked()
        for name in found.wanted[: self.most]:
            labels = (measure_of(name),) if measure_of(name) else channels_of().get(name, ())
            if labels and asked.isdisjoint(labels):
                return action_of(str(labels[0]))
        return None


def _key(dialogue: Dialogue) -> Key:
    return dialogue.first.message, tuple(action.label() for action, _ in dialogue.turns)
