"""START, JumpSTART and SALT: the facts of a casualty to a tag, with the steps walked and what could still change it.

Steps and their wording are data (data/mass_casualty.toml); `mass_casualty_table.py` compiles them. Unknown facts are
never read as "no": a decision names every tag they leave possible and gives the most urgent of these.

For research and education: not a medical device.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from triagelab.clinical.ages import known_age
from triagelab.clinical.mass_casualty_rows import AVPU, FLAGS, LIMITS, NAMES, tables
from triagelab.clinical.mass_casualty_table import Outcome, scheme_table
from triagelab.errors import BadInputError, UnknownNameError

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "Casualty",
    "Tag",
    "TagDecision",
    "jumpstart",
    "salt",
    "salt_sort",
    "scheme_for",
    "start",
    "step_text",
    "tag_frame",
]


class Tag(StrEnum):
    """A tag: START and JumpSTART say minor and deceased, SALT says minimal, expectant and dead."""

    IMMEDIATE = "immediate"
    DELAYED = "delayed"
    MINOR = "minor"
    MINIMAL = "minimal"
    EXPECTANT = "expectant"
    DECEASED = "deceased"
    DEAD = "dead"

    @property
    def colour(self) -> str:
        """The colour of the tag: red, yellow, green, grey or black."""
        return _COLOURS[self]


_COLOURS = {
    Tag.IMMEDIATE: "red",
    Tag.DELAYED: "yellow",
    Tag.MINOR: "green",
    Tag.MINIMAL: "green",
    Tag.EXPECTANT: "grey",
    Tag.DECEASED: "black",
    Tag.DEAD: "black",
}


@dataclass(frozen=True, slots=True)
class Casualty:
    """What is known of one casualty; each scheme reads the facts that it asks for.

    Missing: None is unknown and never "no". NaN becomes unknown. A known breathing rate settles `breathes` where that
    is unknown. A carried infant does not walk: `walks=False`.

    Units: breaths a minute; capillary refill in seconds.

    Attributes:
        walks: walks when told to.
        breathes: breathes before any help; `breathes_after_airway`: once the airway is opened; `breathes_after_rescue`:
            after rescue breaths.
        resp_rate_bpm, crt_s: breathing rate; capillary refill time.
        breathing_irregular: breathes irregularly or gasps.
        peripheral_pulse: a peripheral pulse is felt, the radial one in an adult.
        obeys: follows simple commands. `purposeful`: waves or moves on purpose.
        avpu: A, V, P or U. `posturing`: answers pain only by posturing (an inappropriate P).
        child: a child, for the rescue breaths of SALT.
        respiratory_distress, major_bleeding, bleeding_controlled, minor_injuries_only: as SALT asks.
        likely_to_survive: with the resources at hand; a judgement that the caller makes.
        obvious_life_threat: for the order in which SALT comes to casualties.
        needs_decompression, needs_antidote: interventions of SALT that are called for.
    """

    walks: bool | None = None
    breathes: bool | None = None
    breathes_after_airway: bool | None = None
    breathes_after_rescue: bool | None = None
    resp_rate_bpm: float | None = None
    breathing_irregular: bool | None = None
    peripheral_pulse: bool | None = None
    crt_s: float | None = None
    obeys: bool | None = None
    avpu: str | None = None
    posturing: bool | None = None
    child: bool | None = None
    purposeful: bool | None = None
    respiratory_distress: bool | None = None
    major_bleeding: bool | None = None
    bleeding_controlled: bool | None = None
    obvious_life_threat: bool | None = None
    minor_injuries_only: bool | None = None
    likely_to_survive: bool | None = None
    needs_decompression: bool | None = None
    needs_antidote: bool | None = None

    def __post_init__(self) -> None:
        for name in FLAGS:
            value = getattr(self, name)
            if value is not None and not isinstance(value, bool):
                raise BadInputError(name, value, "true, false or null (unknown)")
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise BadInputError(name, value, "a number or null")
            if math.isnan(value):
                object.__setattr__(self, name, None)
            elif not low <= value <= high:
                raise BadInputError(name, value, f"{low:g} to {high:g}", "use null if not measured")
        if self.avpu is not None and self.avpu not in AVPU:
            raise BadInputError("avpu", self.avpu, ", ".join(AVPU), "use null if unknown")

    @classmethod
    def from_mapping(cls, raw: Mapping[str, Any]) -> Casualty:
        """Return a casualty from one flat mapping.

        Raises: UnknownNameError for a name that is no fact of a casualty, BadInputError for an impossible value.
        """
        if not isinstance(raw, Mapping):
            raise BadInputError("casualty", raw, "one flat mapping of facts")
        for name in raw:
            if name not in NAMES:
                raise UnknownNameError("fact", name, NAMES)
        return cls(**raw)

    def known(self) -> dict[str, Any]:
        """Return what is known, by name."""
        return {name: value for name in _FIELDS if (value := getattr(self, name)) is not None}


_FIELDS: tuple[str, ...] = tuple(item.name for item in fields(Casualty))


@dataclass(frozen=True, slots=True)
class TagDecision:
    """The tag of one casualty and why.

    Attributes:
        tag: the most urgent of `possible`.
        possible: every tag that the unknown facts leave possible, most urgent first; one where all is settled.
        because: ids of the steps walked in order; the last gives the tag. `step_text(id)` gives the wording.
        unknown: unknown facts whose answer can still change the tag.
        interventions: what is to be done on the way.
    """

    tag: Tag
    possible: tuple[Tag, ...]
    because: tuple[str, ...]
    unknown: tuple[str, ...]
    interventions: tuple[str, ...]


def start(casualty: Casualty, *, perfusion: str = "crt") -> TagDecision:
    """Return the START tag of an adult.

    Args:
        perfusion: `crt` (original) asks for the capillary refill time, `radial` (modified) for the radial pulse. Where
            the pulse is known it decides under both, so it wins over a refill time that says otherwise.
    """
    return _decide("start", perfusion, casualty)


def jumpstart(casualty: Casualty) -> TagDecision:
    """Return the JumpSTART tag of a child."""
    return _decide("jumpstart", "crt", casualty)


def salt(casualty: Casualty) -> TagDecision:
    """Return the SALT tag of a patient of any age, from what is found after the life-saving interventions."""
    return _decide("salt", "crt", casualty)


def salt_sort(casualty: Casualty) -> int:
    """Return 1, 2 or 3: the turn in which SALT comes to the casualty, the earliest that unknown facts leave open."""
    found = scheme_table("salt_sort").decide(casualty.known()).possible[0]
    return ("first", "second", "third").index(found) + 1


def _decide(scheme: str, perfusion: str, casualty: Casualty) -> TagDecision:
    if not isinstance(casualty, Casualty):
        raise BadInputError("casualty", casualty, "a Casualty", "Casualty.from_mapping makes one of a mapping")
    return _decision(scheme_table(scheme, perfusion).decide(casualty.known()))


@cache
def _decision(outcome: Outcome) -> TagDecision:
    possible = tuple(Tag(name) for name in outcome.possible)
    return TagDecision(possible[0], possible, outcome.because, outcome.unknown, outcome.interventions)


def scheme_for(age_years: float | None = None, looks: str | None = None) -> str:
    """Return `jumpstart` or `start`: by looks (`child` or `adult`) where given, else by age.

    Source: the field rule goes by looks; the age limit of 8 years is recalled, not checked (verified = false).

    Raises: BadInputError for other looks, an impossible age, or neither.
    """
    if looks is not None:
        if looks not in ("child", "adult"):
            raise BadInputError("looks", looks, "child or adult", "a young adult is an adult")
        return "jumpstart" if looks == "child" else "start"
    age = known_age(age_years)
    if age is None:
        raise BadInputError("age_years", age_years, "an age", "or say whether the patient looks like child or adult")
    limit = next(row.under_years for row in tables().age if row.under_years is not None)
    return "jumpstart" if age < limit else "start"


def step_text(step_id: str) -> str:
    """Return our wording of a step.

    Raises: UnknownNameError for an id of no scheme.
    """
    texts = {row.id: row.text for row in tables().step}
    if step_id not in texts:
        raise UnknownNameError("step", step_id, texts)
    return texts[step_id]


def tag_frame(frame: pl.DataFrame, *, scheme: str = "start", perfusion: str = "crt") -> pl.DataFrame:
    """Return the tags of a table, one row a casualty: tag, possible, because, unknown, interventions.

    See `mass_casualty_frame.tag_frame`, which this calls.
    """
    from triagelab.clinical.mass_casualty_frame import tag_frame as run

    return run(frame, scheme=scheme, perfusion=perfusion)
