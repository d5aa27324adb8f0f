"""A safety net under any agent: red flags that only raise urgency, and questions to ask before committing.

The layer reads the note itself, so that an agent cannot talk it out of a finding, and it works on findings: negation,
time, and of whom the note speaks are the reader's. It never lowers a level. `extra["safety"]` says what it did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from triagelab.agents.base import Agent, Prediction
from triagelab.agents.pooling import kind_of
from triagelab.agents.rules import Assessment, RulesAgent
from triagelab.agents.safety_rules import compiled_asks, compiled_flags, seen_of
from triagelab.cases.presentation import Presentation
from triagelab.clinical.esi import rule_info
from triagelab.clinical.esi_options import EsiOptions
from triagelab.clinical.facts import NUMBERS

NAME, ALONE = "safety", "red-flags"
QUIET_LEVEL = 3
"""What `red-flags` answers where nothing is flagged: the layer knows no resources, so it does not call anybody well."""
MOST_ASKED = 6


@dataclass(frozen=True, slots=True)
class RedFlag:
    """One reason not to wait.

    Attributes:
        rule: id in data/red_flags.toml (`S.`) or of the engine (`A.`, `B.`, `D.`).
        level: the level that it asks for, 1 or 2.
        sentence: what was found, for people.
        source: where the idea stands.
    """

    rule: str
    level: int
    sentence: str
    source: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """Everything the layer says of one patient: flags, the most urgent first, and what to ask."""

    flags: tuple[RedFlag, ...]
    wanted: tuple[str, ...]
    asks: tuple[str, ...] = ()

    @property
    def level(self) -> int | None:
        """The least urgent level that the flags allow, None where there is none."""
        return min((flag.level for flag in self.flags), default=None)


def red_flags(presentation: Presentation, *, version: int = 5) -> tuple[RedFlag, ...]:
    """Return the red flags of a patient, the most urgent first; empty where nothing is known to be dangerous."""
    return alarm(presentation, version=version).flags


def wanted(presentation: Presentation, *, version: int = 5) -> tuple[str, ...]:
    """Return facts and vital signs worth asking for before committing; none where a flag has settled level 1."""
    return alarm(presentation, version=version).wanted


def alarm(presentation: Presentation, *, version: int = 5) -> Alarm:
    """Return flags and questions of one patient.

    A record of a department holds a class of complaints and a number for pain, no observation of the pain: there
    severe pain alone is no flag. Elsewhere it is one where the engine finds it supported.
    """
    options = EsiOptions() if kind_of(presentation) == "note" else EsiOptions(severe_pain="never")
    assessment = RulesAgent(version=version, options=options).assess(presentation)
    seen = seen_of(assessment)
    flags = [RedFlag(row.id, row.level, row.text, cited) for row, when, cited in compiled_flags() if seen.meets(when)]
    flags = sorted((*_by_engine(assessment), *flags), key=lambda flag: flag.level)
    rows = [row for row, when in compiled_asks() if seen.meets(when)]
    if flags and flags[0].level == 1:
        rows = []
    open_names = (name for row in rows for name in row.ask if not _known(name, assessment))
    return Alarm(tuple(flags), tuple(dict.fromkeys(open_names))[:MOST_ASKED], tuple(row.id for row in rows))


def _by_engine(assessment: Assessment) -> tuple[RedFlag, ...]:
    """Return the engine's rules that put the patient into level 1 or 2: decision points A and B, and danger-zone D."""
    decision = assessment.decision
    if decision.level > 2:
        return ()
    infos = [rule_info(name, decision.version) for name in decision.because if name[0] == decision.point]
    return tuple(RedFlag(info.id, decision.level, info.text, info.source) for info in infos)


def _known(name: str, assessment: Assessment) -> bool:
    if name in NUMBERS:
        return getattr(assessment.facts.vitals, name, None) is not None
    return assessment.facts.flags.get(name) is not None


class SafetyAgent:
    """Asks another agent and raises its answer where a red flag says so.

    Args:
        inner: the agent that answers; its level is kept unless a flag asks for a more urgent one.
        version: handbook version of the engine's rules.
    """

    def __init__(self, inner: Agent, version: int = 5) -> None:
        self.inner, self.version = inner, version
        self.name = f"{NAME}:{inner.name}"
        self.remote = bool(getattr(inner, "remote", False))
        self.allow_remote = getattr(inner, "allow_remote", False) is True
        found = getattr(inner, "fingerprint", None)
        if found is not None:
            self.fingerprint = found

    def predict(self, presentations: Sequence[Presentation], *, seed: int = 0) -> list[Prediction]:
        """Return one prediction a presentation, in order; as deterministic as the inner agent."""
        answers = self.inner.predict(presentations, seed=seed)
        return [
            guarded(answer, alarm(presentation, version=self.version))
            for answer, presentation in zip(answers, presentations, strict=True)
        ]


class RedFlagsAgent:
    """The layer alone: the flagged level, else level 3; no model behind it."""

    name = ALONE

    def __init__(self, version: int = 5) -> None:
        self.version = version

    def predict(self, presentations: Sequence[Presentation], *, seed: int = 0) -> list[Prediction]:
        """Return one prediction a presentation, in order; deterministic, `seed` is not used."""
        quiet = Prediction(QUIET_LEVEL)
        return [guarded(quiet, alarm(presentation, version=self.version)) for presentation in presentations]


def guarded(answer: Prediction, found: Alarm) -> Prediction:
    """Return the answer with the flags applied: never less urgent, never fewer questions.

    Missing: an answer without a level gets the flagged one and keeps its status; without a flag it stays no answer.
    A raised answer keeps none of the agent's probabilities, which speak of another level; its decision point stays the
    agent's own, and the rules that raised it stand first in `because`.
    """
    note = {"without": answer.level, "raised": False, **_told(found)}
    asked = tuple(dict.fromkeys((*found.wanted, *answer.ask)))
    level = found.level
    if level is None or (answer.level is not None and answer.level <= level):
        return replace(answer, ask=asked, extra={**answer.extra, NAME: note})
    rules = tuple(flag.rule for flag in found.flags if flag.level == level)
    kept = {one for one in answer.acceptable or () if one <= level}
    return replace(
        answer,
        level=level,
        acceptable=frozenset({level, *kept}),
        probabilities=None,
        confidence=None,
        because=tuple(dict.fromkeys((*rules, *answer.because))),
        ask=asked,
        extra={**answer.extra, NAME: {**note, "raised": True}},
    )


def _told(found: Alarm) -> Mapping[str, Any]:
    """Return flags and questions as plain values for the record."""
    return {"flags": [asdict(flag) for flag in found.flags], "wanted": list(found.wanted), "asked_by": list(found.asks)}
