"""The safety constitution: ten rules no act may break, as data, and the middleware that blocks, explains and counts.

Only what staff know decides (`conditions`). A block counts as wrong for the role that asked, whatever the fallback
does: a duty that a fallback happens to close counts as missed, so that nobody gains by being blocked.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from triagelab.errors import UnknownNameError
from triagelab.files import packaged_table
from triagelab.hospital.acts import ACTS, Act
from triagelab.hospital.conditions import CONDITIONS, Condition, patient_here
from triagelab.hospital.fallbacks import FALLBACKS
from triagelab.hospital.known import open_needs, treats
from triagelab.hospital.results import Result, blocked, held

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital

KEEP_MIN = 60.0
"""Minutes for which a block or a conflict can be reviewed. Assumed."""
MOST_KEPT = 12
"""Blocks, and conflicts, that are open to review at one time; the oldest give way."""
CMO = "cmo_oversight"


class Rule(BaseModel):
    """One rule. `limits` and `names` are what its condition and its fallback ask for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z][a-z_]*$")
    text: str
    source: str
    verified: bool
    acts: tuple[str, ...] = Field(min_length=1)
    condition: str
    limits: dict[str, float] = Field(default_factory=dict)
    names: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    fallback: str
    overridable: bool
    review: bool


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: tuple[Rule, ...]


class Block(NamedTuple):
    """An act that was blocked. `can_override`: whether the CMO may let it through; `review`: whether he should look."""

    id: str
    rule: str
    act: Act
    reason: str
    minute: float
    can_override: bool
    review: bool

    def to_dict(self) -> dict[str, Any]:
        return {
            "block": self.id,
            "rule": self.rule,
            "reason": self.reason,
            "role": self.act.role,
            **self.act.to_dict(),
            "can_override": self.can_override,
            "review": self.review,
        }


@cache
def constitution() -> tuple[Rule, ...]:
    """Return the ten rules in order. Raises: UnknownNameError for an act, condition or fallback that is none."""
    rules = packaged_table("triagelab.hospital", "constitution.toml", _File).rule
    kinds = {kind for acts in ACTS.values() for kind in acts}
    for rule in rules:
        for what, names, known in (
            ("act", rule.acts, kinds),
            ("condition", (rule.condition,), CONDITIONS),
            ("fallback", (rule.fallback,), FALLBACKS),
        ):
            for name in names:
                if name not in known:
                    raise UnknownNameError(f"{rule.id}: {what}", name, known)
    return rules


@cache
def _rules_of(kind: str) -> tuple[tuple[Rule, Condition], ...]:
    return tuple((rule, CONDITIONS[rule.condition]) for rule in constitution() if kind in rule.acts)


def judge(h: Hospital, act: Act, lifted: str | None = None) -> Result | None:
    """Return the block or the hold of an act, None where no rule forbids it.

    Args:
        lifted: a rule that is not asked, because it was overridden.
    """
    if not h.guarded:
        return None
    for rule, condition in _rules_of(act.kind):
        if rule.id == lifted:
            continue
        found = condition(h, act, rule)
        if found is not None:
            reason = f"{rule.id}: {found.words}"
            return held(act, reason) if found.hold else _block(h, act, rule, reason)
    return None


def _block(h: Hospital, act: Act, rule: Rule, reason: str) -> Result:
    name = f"K-{sum(h.blocked_by.values()) + 1:04d}"
    h.blocked_by[rule.id] = h.blocked_by.get(rule.id, 0) + 1
    review = rule.review and meets_need(h, act)
    instead = _fall_back(h, act, rule)
    h.blocks[name] = Block(name, rule.id, act, reason, h.minute, rule.overridable, review)
    if review:
        h.ledger.owe(CMO, "review", name, h.minute)
    while len(h.blocks) > MOST_KEPT:
        _forget(h, next(iter(h.blocks)))
    return blocked(act, f"{reason}; {instead}" if instead else reason)


def _fall_back(h: Hospital, act: Act, rule: Rule) -> str:
    """Do the safe thing instead; duties that it closes count as missed."""
    before = dict(h.ledger.done)
    words = FALLBACKS[rule.fallback](h, act, rule)
    for role, count in h.ledger.done.items():
        h.ledger.missed[role] += count - before[role]
    h.ledger.done = before
    return words


def meets_need(h: Hospital, act: Act) -> bool:
    """Return whether an act is something that its patient is known to need."""
    order = h.orders.get(act.args.get("order", ""))
    patient = patient_here(h, act) if order is None else h.here.get(order.patient)
    if patient is None:
        return False
    drug = order.drug if order is not None else act.args.get("drug")
    by = {"transfuse": "blood", "ventilate": "ventilator"}.get(act.kind)
    for need in open_needs(h, patient):
        row = need.row
        if row.by == by or (drug is not None and treats(drug, need)):
            return True
        if row.by == "procedure" and act.args.get("procedure") in row.means:
            return True
        if act.args.get("unit") == "icu" and row.owner == "icu_management":
            return True
    return False


def tidy(h: Hospital) -> None:
    """Take away blocks that are too old to be reviewed or no longer matter, with what was owed for them."""
    for block in list(h.blocks.values()):
        if h.minute - block.minute >= KEEP_MIN:
            _forget(h, block.id)
        elif block.review and not meets_need(h, block.act):
            h.ledger.drop(CMO, "review", block.id)


def _forget(h: Hospital, name: str) -> None:
    block = h.blocks.pop(name)
    if block.review and meets_need(h, block.act):
        h.ledger.lapse(CMO, "review", name)
    else:
        h.ledger.drop(CMO, "review", name)


__all__ = ["KEEP_MIN", "MOST_KEPT", "Block", "Rule", "constitution", "judge", "meets_need", "tidy"]
