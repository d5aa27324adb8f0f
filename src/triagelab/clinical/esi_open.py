"""What is still open in an ESI decision: where a rule that is unknown could change the level or the acceptable set.

Written over planes like `esi_settle`, for one patient and for a million rows alike.
"""

from __future__ import annotations

from dataclasses import dataclass

from triagelab.clinical.esi_settle import ByFact, Count, Plane, Tally
from triagelab.clinical.knowledge import Rule


@dataclass(slots=True)
class Open:
    """Where an unknown rule of each kind could still change the level or the acceptable set.

    Attributes:
        a, a_soft: a rule of A; one that would be soft for sure (`a_soft` still needs the fact of `also_when` open).
        b_firm, b_three, b_resources: a rule of B by what it leaves defensible.
        up: level 1 as a defensible reading of B.
        may_two, may_three: a rule that only widens the set, by level 2 or 3.
        floor, danger, danger_two: the kinds of decision point D.
        resources: a resource type.
    """

    a: Plane
    a_soft: Plane
    b_firm: Plane
    b_three: Plane
    b_resources: Plane
    up: Plane
    may_two: Plane
    may_three: Plane
    floor: Plane
    danger: Plane
    danger_two: Plane
    resources: Plane


def still_open(sure: Tally, possible: Tally, resources: Count) -> Open:
    """Return where each kind of rule still matters, given what fires for sure and what could fire."""
    no_a, no_b = ~sure.a, ~sure.a & ~sure.b
    no_firm = no_a & ~sure.b_firm
    by_count = no_firm & ~(sure.b_three & ~possible.b_resources)
    return Open(
        a=~sure.a_firm,
        a_soft=~sure.a_firm & no_a,
        b_firm=no_firm,
        b_three=no_firm & ~sure.b_three,
        b_resources=no_firm & ~sure.b_resources,
        up=no_a & ~sure.up,
        may_two=no_b & ~sure.may_two,
        may_three=no_b & ~sure.may_three,
        floor=by_count & ~sure.floor,
        danger=no_b & resources.high_two & ~sure.danger,
        danger_two=no_b & resources.high_two & ~sure.danger_two,
        resources=by_count & ~resources.low_two & (~sure.floor | possible.danger_two),
    )


def gate(rule: Rule, gates: Open, yes: ByFact, maybe: ByFact) -> Plane:
    """Return where it matters whether this rule fires; the same for all rules of one `kind`.

    Args:
        yes, maybe: where the fact of `also_when` is known to hold; where it holds or is unknown.
    """
    if rule.point == "A":
        if not rule.also:
            return gates.a
        if rule.also_when is None:
            return gates.a_soft
        return gates.a_soft | (gates.a & ~yes(rule.also_when))
    if rule.point == "B":
        if rule.level is None:
            two, three = 2 in rule.also, 3 in rule.also
            return gates.may_two | gates.may_three if two and three else gates.may_two if two else gates.may_three
        if rule.also_resources:
            return gates.b_resources
        if 3 in rule.also:
            return gates.b_three
        if 1 not in rule.also:
            return gates.b_firm
        return gates.b_firm | (gates.up if rule.also_when is None else gates.up & maybe(rule.also_when))
    return gates.floor if rule.level == 3 else gates.danger_two if rule.level == 2 else gates.danger


def kind(rule: Rule) -> tuple[str, int | None, frozenset[int], bool, str | None]:
    """Return what `gate` and `shown` look at."""
    return (rule.point, rule.level, rule.also, rule.also_resources, rule.also_when)
