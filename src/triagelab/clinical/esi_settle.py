"""The one decision function of ESI, for one patient and for a million rows.

It is written in `&`, `|` and `~` over planes. A plane holds one truth value a patient: a Python integer (-1 is true,
0 is false, so that `~` works) for one patient, a polars Series of booleans for a frame. Both callers hand in the same
planes, so that one case and a frame cannot disagree in how decision points combine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from triagelab.clinical.knowledge import ResourceType, Rule

Plane = Any
"""int (-1 or 0) or a polars Series of booleans without nulls."""

ByFact = Callable[[str], Plane]


@dataclass(slots=True)
class Tally:
    """Which kinds of rules fired, over all rules of one patient or row.

    Attributes:
        a, a_firm: decision point A; and without level 2 as a defensible reading.
        b, b_firm, b_three, b_resources: decision point B; and with nothing less urgent, level 3, or the level by
            resources as a defensible reading.
        up: level 1 is a defensible reading of a rule of B.
        may_two, may_three: widen the acceptable set without setting the level.
        danger, danger_two: a danger-zone vital sign; and enough of them for level 2.
        floor: at least level 3.
    """

    a: Plane
    a_firm: Plane
    b: Plane
    b_firm: Plane
    b_three: Plane
    b_resources: Plane
    up: Plane
    may_two: Plane
    may_three: Plane
    danger: Plane
    danger_two: Plane
    floor: Plane


def tally(fired: Iterable[tuple[Rule, Plane]], soft: ByFact, raised: ByFact, zero: Plane) -> Tally:
    """Return the kinds of rules that fired.

    Args:
        fired: rules with the plane that says where they fire; rules that fire nowhere may be left out.
        soft: where the fact of `also_when` makes a rule of A soft.
        raised: where the fact of `also_when` opens level 1 for a rule of B.
        zero: the plane that is false everywhere.
    """
    out = Tally(*(zero for _ in range(12)))
    for rule, plane in fired:
        if rule.point == "A":
            out.a = out.a | plane
            if not rule.also:
                out.a_firm = out.a_firm | plane
            elif rule.also_when is not None:
                out.a_firm = out.a_firm | (plane & ~soft(rule.also_when))
        elif rule.point == "B":
            _tally_b(out, rule, plane, raised)
        elif rule.level == 3:
            out.floor = out.floor | plane
        elif rule.level == 2:
            out.danger_two = out.danger_two | plane
        else:
            out.danger = out.danger | plane
    return out


def _tally_b(out: Tally, rule: Rule, plane: Plane, raised: ByFact) -> None:
    if rule.level is None:
        if 2 in rule.also:
            out.may_two = out.may_two | plane
        if 3 in rule.also:
            out.may_three = out.may_three | plane
        return
    out.b = out.b | plane
    if rule.also_resources:
        out.b_resources = out.b_resources | plane
    elif 3 in rule.also:
        out.b_three = out.b_three | plane
    else:
        out.b_firm = out.b_firm | plane
    if 1 in rule.also:
        out.up = out.up | (plane if rule.also_when is None else plane & raised(rule.also_when))


@dataclass(slots=True)
class Count:
    """Resource counts: surely one or two, possibly two, which levels they can reach, and the preferred reading.

    Attributes:
        low_one, low_two: at least one, two resources whatever the unknown ones are.
        high_one, high_two: at least one, two if every unknown one is needed.
        single: an unknown resource that counts one.
        one, two: at least one, two in the preferred reading; set by the caller's option.
    """

    low_one: Plane
    low_two: Plane
    high_one: Plane
    high_two: Plane
    single: Plane
    one: Plane
    two: Plane


def count(needed: Sequence[tuple[ResourceType, Plane, Plane]], zero: Plane) -> Count:
    """Return the counts from (resource, surely needed, possibly needed); the preferred reading is the cautious one."""
    low_one = low_two = high_one = high_two = single = zero
    for resource, sure, possible in needed:
        if resource.weight == 2:
            low_two, high_two = low_two | sure, high_two | possible
        else:
            low_two, high_two = low_two | (low_one & sure), high_two | (high_one & possible)
            single = single | (possible & ~sure)
        low_one, high_one = low_one | sure, high_one | possible
    return Count(low_one, low_two, high_one, high_two, single, high_one, high_two)


@dataclass(slots=True)
class Settled:
    """The decision as planes.

    Attributes:
        level, acceptable: five planes, for levels 1 to 5.
        points: four planes, for decision points A to D.
        rest: neither A nor B settled it.
        one, many: the preferred resource count reached one, two; with two, D was looked at.
        assumed: that count rests on resources that are unknown.
    """

    level: tuple[Plane, ...]
    acceptable: tuple[Plane, ...]
    points: tuple[Plane, ...]
    rest: Plane
    one: Plane
    many: Plane
    assumed: Plane


def settle(found: Tally, resources: Count) -> Settled:
    """Return the decision: A before B before C before D, with the acceptable set of each judgement point."""
    not_a = ~found.a
    at_b, rest = not_a & found.b, not_a & ~found.b
    one, two, floor = resources.one, resources.two, found.floor
    by_two, by_three = two & found.danger_two, (two & ~found.danger_two) | (floor & ~two)
    by_four, by_five = one & ~two & ~floor, ~one & ~floor
    can_three = two | resources.high_two | floor
    can_two = (resources.high_two & found.danger) | floor | by_two
    can_four = by_four | (~floor & _reach_four(resources))
    can_five = by_five | (~floor & ~resources.low_one)
    soft = at_b & ~found.b_firm
    three_only, by_resources = found.b_three & ~found.b_resources, soft & ~found.b_three
    return Settled(
        level=(found.a, at_b | (rest & by_two), rest & by_three, rest & by_four, rest & by_five),
        acceptable=(
            found.a | (at_b & found.up),
            (found.a & ~found.a_firm) | at_b | (rest & (can_two | found.may_two)),
            (soft & (can_three | three_only)) | (rest & (can_three | found.may_three)),
            (by_resources & can_four) | (rest & can_four),
            (by_resources & can_five) | (rest & can_five),
        ),
        points=(
            found.a,
            at_b,
            rest & ~((two & found.danger) | floor),
            rest & ((two & found.danger) | floor),
        ),
        rest=rest,
        one=one,
        many=two,
        assumed=rest & ((one & ~resources.low_one) | (two & ~resources.low_two)),
    )


def _reach_four(resources: Count) -> Plane:
    return (resources.low_one & ~resources.low_two) | (~resources.low_one & resources.single)


def shown(rule: Rule, done: Settled) -> Plane:
    """Return where a rule that fires belongs to the reasons of the decision."""
    if rule.point == "A":
        return done.points[0]
    if rule.point == "B":
        return done.rest if rule.level is None else done.points[1]
    return done.rest if rule.level == 3 else done.rest & done.many


def active(options: dict[str, str], item: Rule | ResourceType) -> bool:
    """Return whether the rule or resource counts under these options."""
    return all(options[name] in values for name, values in item.options.items())
