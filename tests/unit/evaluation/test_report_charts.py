"""Charts: round ticks, bounded size, escaped names, and columns of any trainer."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triagelab.evaluation.report_charts import MAX_POINTS, curve_charts, line_chart, short, thin, ticks, trend

numbers = st.floats(-1e6, 1e6, allow_nan=False)


@given(numbers, st.floats(1e-6, 1e6))
def test_ticks_are_inside_and_even(low, span):
    span = max(span, 1e-6 * abs(low))  # a narrower axis is below what a float of that size can tell apart
    high = low + span
    found = ticks(low, high)
    assert len(found) <= 12
    assert all(low - 1e-6 * span <= tick <= high + 1e-6 * span for tick in found)
    steps = [b - a for a, b in pairwise(found)]
    assert all(step == pytest.approx(steps[0], rel=1e-3) for step in steps)


def test_ticks_are_round():
    assert ticks(0, 1) == [0, 0.2, 0.4, 0.6, 0.8, 1]
    assert ticks(-3, 9) == [-2.5, 0, 2.5, 5, 7.5]
    assert ticks(2, 2) == [2]


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (0.25, "0.25"), (2e-5, "2e-05"), (12_000, "12k"), (-0.5, "-0.5")]
)
def test_short_numbers(value, text):
    assert short(value) == text


@given(st.integers(1, 5000))
def test_thinning_keeps_the_ends_and_a_bound(count):
    points = [(float(index), float(index % 7)) for index in range(count)]
    found = thin(points)
    assert len(found) <= MAX_POINTS
    assert found[0] == points[0]
    assert found[-1] == points[-1]
    assert [x for x, _ in found] == sorted(x for x, _ in found)


def test_trend_of_a_line_is_the_line_inside():
    points = [(float(index), 2.0 * index) for index in range(40)]
    assert trend(points)[5:-5] == points[5:-5]


def test_chart_is_well_formed_and_escapes_names():
    name = '<script>alert("x")</script>'
    chart = line_chart("Loss & more", {name: [(0, 1.0), (1, 0.5)], "one": [(1, 2.0)]})
    tree = ElementTree.fromstring(str(chart.svg))
    assert "<script" not in chart.svg
    assert tree.find(".//title").text == name
    assert tree.find("circle") is not None
    coordinates = [float(value) for value in re.findall(r"[\d.]+,([\d.]+)", str(chart.svg))]
    assert all(0 <= y <= 190 for y in coordinates)


def test_constant_and_empty_series():
    assert line_chart("nothing", {"a": []}) is None
    assert "polyline" in line_chart("flat", {"a": [(0, 0.01), (5, 0.01)]}).svg
    assert "polyline" in line_chart("zero", {"a": [(0, 0.0), (5, 0.0)]}).svg


def test_families_are_found_and_odd_values_left_out():
    rows = [
        {"step": step, "phase": "grpo", "loss": 0.1, "reward": step / 10, "note": "text", "flag": True}
        | {"terms/cost/right": 0.5, "terms/cost/over": -0.1, "rewards/reward/mean": 0.4, "rewards/reward/std": 0.1}
        | {"answers/1": 0.1, "answers/3": 0.9, "kl": math.nan, "entropy": None, "learning_rate": 1e-4}
        for step in range(20)
    ]
    charts = {chart.title: [name for name, _ in chart.legend] for chart in curve_charts(rows)}
    assert list(charts)[:3] == ["Loss", "Reward", "Reward components"]
    assert charts["Reward components"] == ["over", "right"]
    assert charts["Levels answered, share"] == ["ESI 1", "ESI 3"]
    assert "KL from the start" not in charts
    assert "Entropy" not in charts


def test_components_of_another_trainer():
    rows = [{"step": step, "rewards/format/mean": 0.1, "rewards/level/mean": 0.2} for step in range(3)]
    (chart,) = curve_charts(rows)
    assert [name for name, _ in chart.legend] == ["format", "level"]


def test_phases_follow_each_other():
    rows = [{"phase": "sft", "step": step, "loss": 1.0} for step in (1, 2, 3)]
    rows += [{"phase": "grpo", "step": step, "loss": 0.5} for step in (1, 2)]
    (chart,) = curve_charts(rows)
    assert 'class="break"' in chart.svg


def test_no_curves_no_charts():
    assert curve_charts([]) == []
