from __future__ import annotations

import itertools

import polars as pl
import pytest

from triagelab.clinical.predicates import (
    AllOf,
    AnyOf,
    AtLeast,
    Band,
    Banded,
    Compare,
    Denied,
    Flag,
    Missing,
    Not,
    Predicate,
    hanging,
    walk,
)

A, B, C = Flag("a"), Flag("b"), Flag("c")
BANDS = (Band(0.0, 1.0, 180.0), Band(1.0, 12.0, 120.0), Band(12.0, float("inf"), 100.0))
FAST = Banded("rate", "gt", BANDS)
LOW = Banded("rate", "lt", (Band(0.0, 1.0, 60.0), Band(1.0, float("inf"), 90.0)))
THREE = (True, False, None)


def rows(**domains: tuple) -> list[dict]:
    return [dict(zip(domains, values, strict=True)) for values in itertools.product(*domains.values())]


def both_ways(predicate: Predicate, table: list[dict]) -> list[tuple[bool | None, bool]]:
    """Return (Kleene value, reading) of each row, after checking that the scalar and the polars answers agree."""
    test, reading = predicate.test(), predicate.reading()
    scalar = [(test(row), reading(row)) for row in table]
    dtypes = {name: pl.Float64 if name in ("rate", "age_years") else pl.Boolean for name in table[0]}
    frame = pl.DataFrame(table, schema=dtypes).select(k=predicate.expr(), r=predicate.reading_expr())
    assert list(frame.iter_rows()) == scalar
    return scalar


FLAGS = rows(a=THREE, b=THREE, c=THREE)


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        (AllOf((A, B)), {(True, True): True, (True, None): None, (False, None): False, (None, None): None}),
        (AnyOf((A, B)), {(True, None): True, (False, None): None, (False, False): False, (None, None): None}),
        (Not(A), {(True, True): False, (False, True): True, (None, True): None}),
        (Denied("a"), {(True, True): False, (False, True): True, (None, True): None}),
    ],
)
def test_kleene_truth_tables(predicate, expected):
    found = dict(zip([(row["a"], row["b"]) for row in FLAGS], [k for k, _ in both_ways(predicate, FLAGS)], strict=True))
    for key, value in expected.items():
        assert found[key] is value


@pytest.mark.parametrize("count", [1, 2, 3])
def test_at_least_counts_what_is_sure_and_what_is_possible(count):
    for row, (value, _) in zip(FLAGS, both_ways(AtLeast(count, (A, B, C)), FLAGS), strict=True):
        known = list(row.values())
        sure, possible = known.count(True), known.count(True) + known.count(None)
        assert value is (True if sure >= count else None if possible >= count else False)


def test_nested_predicates_agree_scalar_and_frame():
    nested = AnyOf((AllOf((A, Not(B))), AtLeast(2, (A, B, Not(C))), AllOf((Not(AnyOf((A, C))), B))))
    assert len(set(both_ways(nested, FLAGS))) > 2


def test_a_sure_answer_never_changes_when_an_unknown_is_learned():
    nested = AnyOf((AllOf((A, Not(B))), AtLeast(2, (A, B, Not(C)))))
    test = nested.test()
    for row in FLAGS:
        if test(row) is None:
            continue
        completions = [dict(zip(row, full, strict=True)) for full in itertools.product((True, False), repeat=3)]
        agreeing = [full for full in completions if all(row[k] in (None, v) for k, v in full.items())]
        assert {test(full) for full in agreeing} == {test(row)}


def test_reading_takes_an_unknown_danger_as_no_and_an_unknown_excuse_as_absent():
    found = both_ways(AllOf((A, Not(B))), [{"a": True, "b": None}, {"a": None, "b": False}])
    assert found == [(None, True), (None, False)]
    assert both_ways(Denied("a"), [{"a": None}]) == [(None, False)]


@pytest.mark.parametrize(("op", "at", "above", "below"), [
    ("lt", False, False, True),
    ("le", True, False, True),
    ("gt", False, True, False),
    ("ge", True, True, False),
])  # fmt: skip
def test_compare_at_the_limit(op, at, above, below):
    values = [{"rate": 92.0}, {"rate": 92.5}, {"rate": 91.5}, {"rate": None}]
    assert [k for k, _ in both_ways(Compare("rate", op, 92.0), values)] == [at, above, below, None]


def test_missing_is_open_until_measured():
    assert both_ways(Missing("rate"), [{"rate": None}, {"rate": 80.0}]) == [(None, True), (False, False)]


@pytest.mark.parametrize(
    ("age", "limit"), [(0.0, 180), (0.999, 180), (1.0, 120), (11.999, 120), (12.0, 100), (80.0, 100)]
)
def test_age_bands_are_half_open(age, limit):
    table = [{"rate": float(limit), "age_years": age}, {"rate": limit + 1.0, "age_years": age}]
    assert [k for k, _ in both_ways(FAST, table)] == [False, True]


def test_band_without_age_is_known_only_where_all_bands_agree_and_read_by_the_most_sensitive():
    rates = (None, 95.0, 100.0, 110.0, 150.0, 181.0)
    found = both_ways(FAST, rows(rate=rates, age_years=(None,)))
    assert found == [(None, False), (False, False), (False, False), (None, True), (None, True), (True, True)]
    found = both_ways(LOW, rows(rate=(95.0, 90.0, 70.0, 59.0), age_years=(None,)))
    assert found == [(False, False), (False, False), (None, True), (True, True)]


def test_band_table_agrees_everywhere():
    both_ways(
        FAST, rows(rate=(None, 99.0, 101.0, 119.0, 121.0, 181.0), age_years=(None, 0.0, 0.5, 1.0, 5.0, 12.0, 40.0))
    )


def test_hanging_names_only_facts_that_can_still_decide():
    names = hanging(AnyOf((AllOf((A, B)), C)))
    assert names({"a": False, "b": None, "c": None}) == ("c",)
    assert names({"a": True, "b": None, "c": False}) == ("b",)
    assert names({"a": None, "b": None, "c": None}) == ("a", "b", "c")
    assert names({"a": None, "b": None, "c": True}) == ()
    assert hanging(FAST)({"rate": 110.0}) == ("age_years",)
    assert hanging(FAST)({}) == ("rate", "age_years")
    assert hanging(FAST)({"rate": 95.0}) == ()


def test_walk_reaches_every_part():
    tree = AllOf((A, AnyOf((B, Not(C)))))
    assert [node.name for node in walk(tree) if isinstance(node, Flag)] == ["a", "b", "c"]
    assert tree.names() == ("a", "b", "c")
