"""Every rule can fire: for each one, facts that make it true are built from its own predicate."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product

import pytest

from esi_samples import TWO, patient
from triagelab.clinical.esi import EsiOptions, decide
from triagelab.clinical.knowledge import Rule, esi_table
from triagelab.clinical.predicates import AllOf, AnyOf, AtLeast, Banded, Compare, Denied, Flag, Missing, Not, Predicate

BEYOND = {"lt": -0.5, "le": 0.0, "gt": 0.5, "ge": 0.0}


def merged(choices: tuple[dict, ...]) -> dict | None:
    """Return the facts of all, or None where two of them contradict each other."""
    found: dict = {}
    for facts in choices:
        if any(found.get(name, value) != value for name, value in facts.items()):
            return None
        found.update(facts)
    return found


def ways(predicate: Predicate, wanted: bool = True) -> Iterator[dict]:
    """Yield facts that settle a predicate as wanted."""
    if isinstance(predicate, Flag | Denied):
        yield {predicate.name: wanted == isinstance(predicate, Flag)}
    elif isinstance(predicate, Missing):
        yield {predicate.name: None}
    elif isinstance(predicate, Compare) and predicate.name == "age_years":
        yield {"age_years": predicate.limit - 0.001 if predicate.op == "lt" else predicate.limit}
        yield {"age_years": 0.01}
        yield {"age_years": 0.15}
        yield {"age_years": 1.5}
    elif isinstance(predicate, Compare):
        yield {predicate.name: predicate.limit + BEYOND[predicate.op]}
    elif isinstance(predicate, Banded):
        for band in predicate.bands:
            yield {"age_years": band.low, predicate.name: band.limit + BEYOND[predicate.op]}
    elif isinstance(predicate, Not):
        yield from ways(predicate.of, not wanted)
    elif isinstance(predicate, AllOf) == wanted:
        yield from filter(None, map(merged, product(*(list(ways(part, wanted)) for part in predicate.of))))
    elif isinstance(predicate, AnyOf | AllOf):
        for part in predicate.of:
            yield from ways(part, wanted)
    elif isinstance(predicate, AtLeast):
        for chosen in combinations(predicate.of, predicate.count):
            yield from ways(AllOf(chosen))


def reached(rule: Rule, version: int) -> bool:
    settings = [dict(zip(rule.options, values, strict=True)) for values in product(*rule.options.values())]
    needed = TWO if rule.point == "D" else {}
    for facts, chosen in product(ways(rule.when), settings):
        if "pregnancy_weeks" in facts and facts["pregnancy_weeks"] > 45:
            continue
        built = patient(**{"age": facts.get("age_years", 40.0), **needed, **facts})
        if rule.id in decide(built, version=version, options=EsiOptions(**chosen)).because:
            return True
    return False


@pytest.mark.parametrize("version", [4, 5])
def test_every_rule_can_be_a_reason(version):
    table = esi_table(version)
    assert [rule.id for rule in table.rules if not reached(rule, version)] == []


@pytest.mark.parametrize("version", [4, 5])
def test_every_resource_and_count_can_be_a_reason(version):
    each = EsiOptions(ecg_and_xray="each", advanced_imaging="each")
    needed = [next(iter(ways(resource.when))) for resource in esi_table(version).resources]
    seen = {name for facts in (*needed, {}) for name in decide(patient(**facts), version=version, options=each).because}
    seen.update(decide({}, version=version).because)
    expected = {row.id for row in (*esi_table(version).resources, *esi_table(version).counts)} | {"C.assumed"}
    assert seen == expected
