"""Eight verifiers of one completion of one role in one state, each 0 to 1, each a function of both.

patient_survival, icu_efficiency and action_alignment roll the simulator forward (see `rollouts`, `measures` for their
scale); violation_detection is recall and precision over incidents in the role's view; reasoning_quality and
no_hallucination check the text against the view; format_compliance and response_speed look at the form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType

from triagelab.completions.answers import ParseStatus
from triagelab.completions.crisis_facts import Facts, facts_of
from triagelab.completions.crisis_reading import CrisisReading, read_completion
from triagelab.hospital.resolve import budget
from triagelab.hospital.results import DONE
from triagelab.hospital.tables import resource_table
from triagelab.hospital.views import View
from triagelab.rewards.crisis.measures import Measure, on_scale
from triagelab.rewards.crisis.reasoning import FALSE, ID, Claims, claims_of, reasoning_value
from triagelab.rewards.crisis.rollouts import Course, Stakes, course_of, prevented, stakes_of
from triagelab.rewards.crisis.states import StateKey, snapshot

DEATHS, DUTY, ICU = (0.002, 0.05), (0.2, 1.5), (0.1, 0.5)
"""The gain of the book below which nothing is at stake, and a loss that is full harm. Units: expected deaths; duties;
patients and beds. Assumed."""
QUIET = 0.5
"""Violation detection where nothing is open and nothing is flagged, and reasoning where nothing is to be done: constant
in a group, and less than what a catch or a reason pays."""
WORDS, WORDS_AN_ACT = 260, 180
"""Characters an answer may take, and more for each act that was carried out, before it counts as slow."""
_FLAGS = ("flag", "reject", "modify", "correct")


class Subject:
    """One completion under verification: what was read, and what came of it. Worked out once, shared by all verifiers.

    Attributes:
        truncated: the writer was cut off.
    """

    def __init__(self, key: StateKey, text: str, truncated: bool = False) -> None:
        self.key, self.text = key, text
        self.reading: CrisisReading = read_completion(text, key.role, truncated=truncated)
        self.stakes: Stakes = stakes_of(key)
        self.course: Course = course_of(key, self.reading.acts, self.reading.refused)
        self.facts: Facts = _facts(key)
        self.claims: Claims = claims_of(self.reading.reasoning, self.facts, self.reading.acts)

    @property
    def carried_out(self) -> int:
        """Acts that were done and were not wrong."""
        return sum(1 for one in self.course.results if one.right is not False and one.status == DONE)


@lru_cache(maxsize=2048)
def _facts(key: StateKey) -> Facts:
    return facts_of(View(snapshot(key), key.role))


def format_compliance(one: Subject) -> Measure:
    """1 for the object alone, 0.7 with words around it or no reasoning, times the share of acts that count.

    An act counts that can be read, is sent once and lies within the acts of a step.
    """
    reading = one.reading
    if not reading.readable:
        return Measure(0.0, reading.reason)
    sent = len(reading.acts) + len(reading.refused)
    different = len({(act.kind, tuple(act.args.items())) for act in reading.acts})
    fit = min(different, budget(one.key.role))
    form = 1.0 if reading.status is ParseStatus.CLEAN else 0.7
    return Measure(form * (fit / sent if sent else 1.0), f"{reading.reason}; {fit} of {sent} acts count")


def patient_survival(one: Subject) -> Measure:
    """Expected deaths of everybody over the horizon that the acts prevent."""
    gain, book = prevented(one.stakes, one.course), prevented(one.stakes, one.stakes.book)
    return on_scale(gain, book, *DEATHS, "expected deaths prevented")


def action_alignment(one: Subject) -> Measure:
    """What the role owed and did over the horizon, less what it did wrong, missed or left waiting."""
    nothing = one.stakes.nothing.duty
    gain = _worth(one, one.course.duty - nothing, DUTY[1])
    return on_scale(gain, one.stakes.book.duty - nothing, *DUTY, "duties")


def icu_efficiency(one: Subject) -> Measure:
    """Needs of intensive care or a ventilator that go unmet, and beds and ventilators that serve nobody's need."""
    nothing = one.stakes.nothing.icu
    gain = _worth(one, one.course.icu - nothing, ICU[1])
    return on_scale(gain, one.stakes.book.icu - nothing, *ICU, "beds and ventilators")


def _worth(one: Subject, gain: float, harm: float) -> float:
    """Return a gain less what it costs in lives: beds and duties that are gained by letting people die are no gain."""
    lost = min(1.0, max(0.0, -(patient_survival(one).progress or 0.0)))
    return (gain * max(0.0, 1.0 - 2.0 * lost) if gain > 0 else gain) - lost * harm


def violation_detection(one: Subject) -> Measure:
    """Recall times squared precision of flags, rejections and corrections against what is open in the role's view.

    An incident of which another role sees half the evidence is not missed, but counts where it is caught.
    """
    role, incidents = one.key.role, snapshot(one.key).incidents
    there = sum(
        1
        for found in incidents.values()
        if found.kind and found.status == "open" and found.role == role and found.partner is None
    )
    caught = len(one.course.caught)
    false = sum(1 for result in one.course.results if result.act.kind in _FLAGS and result.right is False)
    if not there and not caught:
        return Measure(QUIET / (1 + false), f"nothing is open in view; {false} false flags")
    value = caught / max(there, caught) * (caught / (caught + false)) ** 2 if caught else 0.0
    return Measure(value, f"{caught} of {there} caught, {false} false flags")


def reasoning_quality(one: Subject) -> Measure:
    """Acts with a true fact in view as their reason; false claims cost, length pays nothing."""
    if not one.reading.acts and not one.stakes.acts:
        bad = one.claims.wrong + len(one.claims.unknown)
        return Measure(QUIET * FALSE**bad, f"nothing calls for an act; {bad} false claims")
    return Measure(*reasoning_value(one.claims, one.reading.acts))


def no_hallucination(one: Subject) -> Measure:
    """Share of ids and drugs, in acts and reasoning, that are in view; squared."""
    said: set[str] = set(one.claims.unknown)
    known: set[str] = {name for name in ID.findall(one.reading.reasoning[:4000]) if name in one.facts.ids}
    for act in one.reading.acts:
        for name in ("patient", "order", "staff", "record", "subject", "drug"):
            if name in act.args:
                value = str(act.args[name])
                there = value in resource_table().drug if name == "drug" else value in one.facts.ids
                (known if there else said).add(value)
    refused = len(one.reading.refused)
    total = len(said) + len(known) + refused
    share = (len(known) / total) ** 2 if total else 1.0
    return Measure(share, f"{len(said)} of {total} ids are not in view")


def response_speed(one: Subject) -> Measure:
    """1 up to the length that reasons and the acts that were carried out need, falling to 0 at three times that."""
    allowed = WORDS + WORDS_AN_ACT * min(one.carried_out, 12)
    over = max(0.0, len(one.text) / allowed - 1.0)
    return Measure(max(0.0, 1.0 - over / 2.0), f"{len(one.text)} characters, {allowed} are allowed")


VERIFIERS: Mapping[str, Callable[[Subject], Measure]] = MappingProxyType(
    {
        "format_compliance": format_compliance,
        "patient_survival": patient_survival,
        "icu_efficiency": icu_efficiency,
        "violation_detection": violation_detection,
        "reasoning_quality": reasoning_quality,
        "response_speed": response_speed,
        "no_hallucination": no_hallucination,
        "action_alignment": action_alignment,
    }
)
"""Name -> verifier, in the order of the seed."""

__all__ = ["VERIFIERS", "Subject"]
