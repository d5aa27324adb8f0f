"""One episode at the bedside: the chart, the clock, what an action brings, and the settlement at the end.

Nothing on the way tells the truth: until the end a step pays for its minutes alone; delay and treatment are settled
with the answer. The truth is the engine's, on what is true at the minute of the commit; what the agent gave holds a
course but counts as no intervention of the event, so nobody can make a patient more or less urgent by treating.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from triagelab.cases.bedside.actions import BedsideAction
from triagelab.cases.bedside.course import Course
from triagelab.cases.bedside.observation import BedsideObservation
from triagelab.cases.bedside.patient import BedsidePatient
from triagelab.cases.bedside.replies import Reply, opening, reply
from triagelab.cases.bedside.vocabulary import minutes_of, pathway_of
from triagelab.clinical.esi import EsiDecision, decide
from triagelab.clinical.facts import Facts
from triagelab.envs.bedside_debrief import debrief
from triagelab.rewards.episodes import (
    BedsideOutcome,
    EpisodeBreakdown,
    EpisodeReward,
    PartsReward,
    final_pay,
    step_pay,
)

BEGUN = "It is being done."
"""Said of every intervention alike: neither what it is worth nor words that a reader would take for the past."""


@dataclass(slots=True)
class Chart:
    """What has been done so far and what it did; everything that changes in an episode.

    Units: minutes since arrival.

    Attributes:
        given: interventions and since when each works.
        treated: something right was given; `helped`: something that was indicated from arrival on.
        untreated: stretches (moment of the course, from, to) without anything right.
    """

    minute: float = 0.0
    steps: int = 0
    told: frozenset[str] = frozenset()
    given: dict[str, float] = field(default_factory=dict)
    treated: bool = False
    helped: bool = False
    wrong: int = 0
    untreated: list[tuple[float, float, float]] = field(default_factory=list)

    def wait(self, moment: float, minutes: float) -> None:
        """Let time pass for a patient who is at this moment of his course now."""
        if not self.treated and minutes > 0.0:
            self.untreated.append((moment, self.minute, self.minute + minutes))
        self.minute += minutes


class BedsideEpisode:
    """One patient, from arrival to the commit or the last action."""

    def __init__(self, patient: BedsidePatient, course: Course, reward: EpisodeReward, max_steps: int) -> None:
        self.patient, self.course, self.reward, self.max_steps = patient, course, reward, max_steps
        self.chart = Chart()
        self._moment = 0.0
        self._facts = course.start
        self._decision: EsiDecision | None = course.arrival

    def first(self) -> BedsideObservation:
        """Return complaint, person and what is visible."""
        return self._seen(opening(self.patient, self.facts()))

    def step(self, action: BedsideAction) -> BedsideObservation:
        """Return what comes of an action."""
        chart = self.chart
        chart.steps += 1
        if action.kind == "commit":
            return self._end(action, 0.0, "You have committed.")
        minutes = minutes_of(action)
        effect = self._effect(action)
        chart.wait(self.course.moment(chart.minute, chart.given), minutes)
        if effect is not None and action.target is not None:
            chart.given.setdefault(action.target, chart.minute)
            chart.treated |= effect in ("right", "late")
            chart.helped |= effect == "right"
            chart.wrong += effect == "wrong"
        answer = self._answer(action)
        if chart.steps >= self.max_steps:
            return self._end(None, minutes, answer.text, measured=answer.measured, refused=answer.refused)
        pay = step_pay(self.reward, minutes)
        return self._seen(answer.text, pay, measured=answer.measured, refused=answer.refused)

    def best(self) -> BedsideAction:
        """Return the action of somebody who knows the truth: what is indicated, where it pays for its minutes, else the
        right answer."""
        return self._worth_giving() or self.answer()

    def answer(self) -> BedsideAction:
        """Return the right answer of now. For checks, never for agents."""
        level = self.decision().level
        return BedsideAction.model_validate(
            {
                "kind": "commit",
                "level": level,
                "pathway": pathway_of(level, self.facts()),
                "pattern": self.patient.pattern,
            }
        )

    def facts(self) -> Facts:
        """Return what is true now."""
        moment = self.course.moment(self.chart.minute, self.chart.given)
        if moment != self._moment:
            self._moment, self._decision = moment, None
            self._facts = self.course.facts_at(self.chart.minute, self.chart.given)
        return self._facts

    def decision(self) -> EsiDecision:
        """Return what the engine makes of it now; run again only after something has changed."""
        facts = self.facts()
        if self._decision is None:
            self._decision = decide(facts)
        return self._decision

    def _untreated(self) -> tuple[tuple[int, float, float], ...]:
        """Return the untreated stretches as (level, from, to).

        Only at the end is the engine asked, so that no step takes longer because a patient gets worse.
        """
        stretches = self.chart.untreated
        known = {0.0: self.course.level}

        def level_at(moment: float) -> int:
            if moment not in known:
                known[moment] = decide(self.course.facts_at(moment)).level
            return known[moment]

        levels = falling([moment for moment, _, _ in stretches], level_at)
        return tuple((level, start, to) for level, (_, start, to) in zip(levels, stretches, strict=True))

    def _answer(self, action: BedsideAction) -> Reply:
        if action.kind == "intervene":
            return Reply(BEGUN)
        answer = reply(self.patient, self.facts(), action, told=self.chart.told, minute=self.chart.minute)
        self.chart.told |= answer.told
        return answer

    def _effect(self, action: BedsideAction) -> str | None:
        if action.kind != "intervene" or action.target is None:
            return None
        return self.course.effect(action.target, self.chart.minute, self.chart.given)

    def _worth_giving(self) -> BedsideAction | None:
        """Return the most urgent intervention that is indicated; None where it would not earn what its minutes cost."""
        name = self.course.most_urgent
        if name is None or not isinstance(self.reward, PartsReward) or self.chart.helped:
            return None
        if self.max_steps - self.chart.steps < 2:
            return None
        action, now = BedsideAction(kind="intervene", target=name), self.chart.minute
        minutes = minutes_of(action)
        stretch = () if self.chart.treated else ((self.decision().level, now, now + minutes),)
        gain = self.reward.treatment.right + self.reward.time.minute * minutes + self.reward.delayed(stretch)
        return action if gain > 0.0 else None

    def _end(self, commit: BedsideAction | None, minutes: float, message: str, **seen: Any) -> BedsideObservation:
        chart, decision, facts = self.chart, self.decision(), self.facts()
        outcome = BedsideOutcome(
            level=decision.level,
            true_pathway=pathway_of(decision.level, facts),
            true_pattern=self.patient.pattern,
            answer=commit.level if commit else None,
            pathway=commit.pathway if commit else None,
            pattern=commit.pattern if commit else None,
            steps=chart.steps,
            tier=self.patient.tier,
            untreated=self._untreated(),
            helped=chart.helped,
            wrong=chart.wrong,
        )
        told = debrief(self.patient, self.course, decision, outcome, chart.minute, chart.given)
        return self._seen(message, final_pay(self.reward, outcome, minutes), done=True, debrief=told, **seen)

    def _seen(self, message: str, pay: EpisodeBreakdown | None = None, **more: Any) -> BedsideObservation:
        patient, chart = self.patient, self.chart
        return BedsideObservation(
            message=message,
            reward=pay.total if pay else None,
            components=pay.components if pay else {},
            complaint=patient.complaint,
            age_years=patient.start.age_years,
            sex=patient.patient.sex,
            arrival=patient.patient.arrival,
            minute=chart.minute,
            steps_left=0 if more.get("done") else self.max_steps - chart.steps,
            **more,
        )


def falling(moments: Sequence[float], level_at: Callable[[float], int]) -> list[int]:
    """Return the level at each of these moments, in order of time.

    A level number never rises again, so nobody asks for what lies between two equal ones.
    """
    if not moments:
        return []
    first, last = level_at(moments[0]), level_at(moments[-1])
    if first == last:
        return [first] * len(moments)
    middle = len(moments) // 2
    return [*falling(moments[:middle], level_at), *falling(moments[middle:], level_at)]


__all__ = ["BEGUN", "BedsideEpisode", "Chart", "falling"]
