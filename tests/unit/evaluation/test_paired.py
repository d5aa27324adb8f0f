"""Paired comparison: known p values, alignment, Holm, direction, and power in words."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.stats import binomtest

from evaluation_samples import MIX, SpyAgent, dataset, noisy_answers, record, records
from triagelab.errors import BadInputError, DataFormatError
from triagelab.evaluation.difference import mcnemar_cases, mcnemar_exact
from triagelab.evaluation.metrics import METRICS
from triagelab.evaluation.paired import compare, compare_records
from triagelab.evaluation.runner import evaluate
from triagelab.seeding import stream


def two_agents(n: int, skill_a: float, skill_b: float, seed: int = 0, **more):
    generator = stream("test/paired", seed)
    levels = [int(level) + 1 for level in generator.choice(5, size=n, p=MIX)]
    return tuple(
        records(list(zip(levels, noisy_answers(levels, generator, skill=skill), strict=True)), agent=name, **more)
        for name, skill in (("a", skill_a), ("b", skill_b))
    )


def comparison(a, b, **more):
    return compare_records(a, b, label_a="a", label_b="b", resamples=1000, **more)


@pytest.mark.parametrize(("only_a", "only_b"), [(0, 0), (5, 0), (3, 9), (40, 61), (700, 650)])
def test_mcnemar_is_the_binomial_test(only_a, only_b):
    expected = binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
    assert mcnemar_exact(only_a, only_b) == pytest.approx(expected)


def test_better_agent_is_called_better_in_both_directions():
    a, b = two_agents(1500, 0.5, 0.8)
    there, back = comparison(a, b), compare_records(b, a, label_a="b", label_b="a", resamples=1000)
    for name in ("exact", "qwk", "cost_standard", "under_triage"):
        assert there.differences[name].verdict == "b better"
        assert back.differences[name].verdict == "b worse"
        assert there.differences[name].value == pytest.approx(-back.differences[name].value)
    assert there.mcnemar["only_b"] == back.mcnemar["only_a"]
    assert there.mcnemar["p"] < 1e-6


def test_an_agent_against_itself():
    a, _ = two_agents(200, 0.6, 0.6)
    found = comparison(a, a)
    for item in found.differences.values():
        assert (item.value, item.verdict) == (0, "not told apart")
        assert item.low < 0 < item.high
        assert item.p > 0.9
        assert item.cases_needed is None
    assert "no difference was seen" in found.power_lines()[0]


def test_holm_is_monotone_and_never_below_p():
    found = comparison(*two_agents(400, 0.6, 0.68))
    ordered = sorted(found.differences.values(), key=lambda item: item.p)
    assert [item.p_holm for item in ordered] == sorted(item.p_holm for item in ordered)
    assert all(item.p_holm >= item.p for item in ordered)
    assert ordered[0].p_holm == pytest.approx(min(1.0, ordered[0].p * len(ordered)))


def test_pairing_beats_two_separate_intervals():
    a, _ = two_agents(500, 0.6, 0.6)
    changed = [
        one.model_copy(update={"predicted": one.level}) if index % 25 == 0 else one for index, one in enumerate(a)
    ]
    item = comparison(a, changed).differences["exact"]
    assert item.high - item.low < 0.03
    assert item.low > 0


def test_few_discordant_cases_are_noted():
    a = records([(3, 3)] * 60)
    b = [one.model_copy(update={"predicted": 2}) if index < 4 else one for index, one in enumerate(a)]
    item = comparison(a, b).differences["exact"]
    assert item.p == pytest.approx(0.125)
    assert (item.method, item.note) == ("Bonett-Price", "only 4 cases differ")
    assert item.low < item.value < 0 < item.high
    assert item.verdict == "not told apart"


def test_patients_and_repeats_are_resampled_whole():
    a, b = two_agents(120, 0.6, 0.7)
    a, b = ([one.model_copy(update={"cluster": f"p{index % 30}"}) for index, one in enumerate(side)] for side in (a, b))
    found = comparison(a, b)
    assert (found.clustered, found.units, found.n) == (True, 30, 120)
    assert found.differences["exact"].method == "cluster bootstrap"


def test_cases_must_be_the_same_unless_asked():
    a, b = two_agents(60, 0.6, 0.7)
    with pytest.raises(BadInputError, match="10 cases only in a, 5 only in b"):
        comparison(a[5:], b[:50])
    found = comparison(a[5:], b[:50], intersect=True)
    assert found.n == 45
    assert "left out: 10 cases only in a" in found.notes[0]
    with pytest.raises(BadInputError, match="no case in common"):
        comparison(a[:5], b[10:], intersect=True)


def test_order_of_records_does_not_matter():
    a, b = two_agents(80, 0.6, 0.7)
    assert comparison(a, b[::-1]).mcnemar == comparison(a, b).mcnemar


def test_surplus_repeats_are_left_out_with_a_note():
    a, b = two_agents(40, 0.6, 0.7)
    more = [one.model_copy(update={"repeat": 1}) for one in b]
    found = comparison(a, [*b, *more])
    assert found.n == 40
    assert "40 repeated answers" in found.notes[0]


def test_two_truths_for_one_case_are_refused():
    with pytest.raises(BadInputError, match="level of case case-0: got '2 and 3'"):
        comparison([record(0, 2, 2)], [record(0, 3, 2)])


def test_connor_sample_size():
    assert mcnemar_cases(0.05, 0.15) == 155
    assert mcnemar_cases(0.2, 0.2) is None


def test_power_line_for_a_part_counts_whole_cases():
    found = comparison(*two_agents(800, 0.6, 0.7))
    part, whole = found.differences["sensitivity_1_2"], found.differences["exact"]
    assert part.cases_needed > 0
    assert whole.detectable > 0


def test_folders_to_text_and_json(tmp_path):
    cases = dataset(80)
    for name in ("x", "y"):
        evaluate(SpyAgent(f"agent-{name}"), cases, tmp_path / name, progress=False)
    found = compare(tmp_path / "x", tmp_path / "y", resamples=500)
    raw = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert set(METRICS) <= set(raw["differences"])
    text = "\n".join(found.lines())
    assert "agent-y (b) against agent-x (a), n = 80" in text
    assert "cases to tell these two apart" in text or "cases are enough" in text or "no difference" in text
    assert raw["lines"] == found.lines()


def test_same_agent_twice_gets_the_folder_names(tmp_path):
    cases = dataset(20)
    for name in ("before", "after"):
        evaluate(SpyAgent(), cases, tmp_path / name, progress=False)
    found = compare(tmp_path / "before", tmp_path / "after", resamples=100)
    assert (found.a, found.b) == ("spy [before]", "spy [after]")


def test_folders_that_are_no_evaluation(tmp_path):
    with pytest.raises(BadInputError, match="run triagelab evaluate first"):
        compare(tmp_path, tmp_path)
    (tmp_path / "summary.json").write_text("[]")
    with pytest.raises(DataFormatError, match="not a summary"):
        compare(tmp_path, tmp_path)


def test_undefined_metric_is_left_out():
    found = comparison(records([(4, 4)] * 20), records([(4, 3)] * 20))
    assert "sensitivity_1_2" not in found.differences
    assert "acceptable" not in found.differences
    assert np.isfinite(found.differences["exact"].value)
