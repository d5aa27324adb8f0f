"""Counting what a safety layer did: rightly, wrongly, left, by level, from one run or from two."""

from __future__ import annotations

import json

import pytest

from evaluation_samples import SpyAgent, dataset, record, records
from triagelab.agents.safety import SafetyAgent
from triagelab.errors import BadInputError
from triagelab.evaluation.intervals import wilson
from triagelab.evaluation.runner import evaluate, summary_lines
from triagelab.evaluation.safety import effect_of, safety_effect

# truth, without, with
ROWS = [
    (1, 3, 2),  # nearer to the truth: rightly
    (2, 4, 2),  # rightly
    (2, None, 2),  # rightly
    (2, 3, 1),  # was missed, now found: rightly
    (2, 2, 1),  # was right: wrongly
    (3, 3, 2),  # wrongly
    (3, 4, 2),  # into 1 or 2 although the truth is 3: wrongly
    (5, 5, 2),  # wrongly
    (2, 3, 3),  # left and missed
    (2, 2, 2),
    (4, 4, 4),
    (4, None, None),
]


def pairs(rows=ROWS):
    return records([(truth, old) for truth, old, _ in rows]), records([(truth, new) for truth, _, new in rows])


def test_counts_by_hand():
    found = safety_effect(*pairs())
    assert found.n == len(ROWS)
    assert found.counts == {"raised_rightly": 4, "raised_wrongly": 4, "left": 4}
    high = found.groups["1-2"]
    assert (high.n, high.counts["raised_rightly"], high.counts["raised_wrongly"], high.missed) == (7, 4, 1, 1)
    assert high.into_urgent.value == pytest.approx(6 / 7)
    assert high.without.value == pytest.approx(2 / 7)
    assert (high.into_urgent.low, high.into_urgent.high) == pytest.approx(wilson(6, 7))
    assert found.groups["3"].counts == {"raised_rightly": 0, "raised_wrongly": 2, "left": 0}
    assert found.groups["4-5"].into_urgent.value == pytest.approx(1 / 3)
    assert found.groups["level 1"].n == 1
    assert sum(found.groups[f"level {level}"].n for level in (1, 2, 3, 4, 5)) == len(ROWS)
    json.dumps(found.to_dict(), allow_nan=False)


def test_one_run_says_the_same_as_two():
    plain, raised = pairs()
    noted = [
        after.model_copy(update={"extra": {"safety": {"without": before.predicted}}})
        for before, after in zip(plain, raised, strict=True)
    ]
    assert effect_of(noted) == safety_effect(plain, noted)
    assert effect_of(raised) is None


def test_groups_without_a_case_are_left_out():
    found = safety_effect(*pairs([(3, 3, 3), (4, 4, 2)]))
    assert set(found.groups) == {"3", "4-5", "level 3", "level 4"}
    assert "truth 1-2" not in "\n".join(found.lines())


def test_patients_with_several_visits_widen_the_interval():
    rows = [(2, 3, 2 if i % 3 else 3) for i in range(60)]
    apart = safety_effect(*pairs(rows)).groups["1-2"].into_urgent
    together = [
        [record(i, t, old, cluster=f"p{i // 6}") for i, (t, old, _) in enumerate(rows)],
        [record(i, t, new, cluster=f"p{i // 6}") for i, (t, _, new) in enumerate(rows)],
    ]
    clustered = safety_effect(*together).groups["1-2"].into_urgent
    assert (apart.method, clustered.method) == ("wilson", "cluster bootstrap")
    assert apart.value == clustered.value


@pytest.mark.parametrize("row", [(2, 2, 3), (2, 2, None)])
def test_a_layer_that_lowers_is_refused(row):
    with pytest.raises(BadInputError, match="at least as urgent"):
        safety_effect(*pairs([row]))


@pytest.mark.parametrize("note", [{"without": 9}, {"without": "2"}, {}])
def test_a_note_that_the_layer_did_not_write_is_refused(note):
    with pytest.raises(BadInputError, match=r"extra\.safety"):
        effect_of([record(0, 2, 2, extra={"safety": note})])


def test_the_note_must_be_on_every_record():
    with pytest.raises(BadInputError, match=r"extra\.safety"):
        effect_of([record(0, 2, 2, extra={"safety": {"without": 3}}), record(1, 2, 2)])


def test_a_summary_counts_the_layer_and_only_where_there_is_one(tmp_path):
    cases = dataset(30)
    found = evaluate(SafetyAgent(SpyAgent()), cases, tmp_path / "a", progress=False)
    assert sum(found["safety"]["counts"].values()) == 30
    assert found["safety"] == json.loads((tmp_path / "a" / "summary.json").read_text())["safety"]
    assert "safety layer: raised rightly" in "\n".join(summary_lines(found))
    bare = evaluate(SpyAgent(), cases, tmp_path / "b", progress=False)
    assert "safety" not in bare
    assert "safety layer" not in "\n".join(summary_lines(bare))
