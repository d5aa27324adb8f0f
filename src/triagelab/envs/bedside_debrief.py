"""What is told after the end of an episode at the bedside: the truth, why, and what went on meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from triagelab.cases.bedside.course import Course
from triagelab.cases.bedside.patient import BedsidePatient
from triagelab.clinical.esi import EsiDecision, rule_info
from triagelab.clinical.facts import vocabulary
from triagelab.rewards.episodes import BedsideOutcome


def debrief(
    patient: BedsidePatient,
    course: Course,
    decision: EsiDecision,
    outcome: BedsideOutcome,
    minute: float,
    given: Mapping[str, float],
) -> dict[str, Any]:
    """Return the truth as plain JSON values. Only for episodes that have ended.

    Missing: `answer` is None where nothing was committed, `course` where the patient stayed as he was.
    """
    words = vocabulary()
    return {
        "case_id": patient.case_id,
        "tier": patient.tier,
        "level": decision.level,
        "level_on_arrival": course.level,
        "acceptable": sorted(decision.acceptable),
        "pathway": outcome.true_pathway,
        "pattern": outcome.true_pattern,
        "because": [_rule(name, decision.version) for name in decision.because],
        "minutes": minute,
        "steps": outcome.steps,
        "minimised": [
            words[name].text if name in words else "how bad the pain is" for name in sorted(patient.minimised)
        ],
        "course": _course(course, minute, given),
        "indicated": sorted(course.right),
        "given": dict(given),
        "wrong_interventions": outcome.wrong,
        "answer": None
        if outcome.answer is None
        else {"level": outcome.answer, "pathway": outcome.pathway, "pattern": outcome.pattern},
    }


def _rule(name: str, version: int) -> dict[str, Any]:
    info = rule_info(name, version)
    return {"rule": name, "text": info.text, "source": info.source}


def _course(course: Course, minute: float, given: Mapping[str, float]) -> dict[str, Any] | None:
    if course.rule is None:
        return None
    reached = course.moment(minute, given)
    return {
        "text": course.rule.text,
        "begins": course.onset,
        "ends": course.end,
        "reached": reached,
        "held": reached < min(minute, course.end) and minute > course.onset,
        "stopped_by": sorted(course.stops),
    }
