"""Rows of the report: the right value is the best one, bars stay on their axis, sentences say what the figures say."""

from __future__ import annotations

from pathlib import Path

from evaluation_samples import MIX, noisy_answers, records
from triagelab.evaluation.report_sources import Evaluation
from triagelab.evaluation.report_tables import confusion, forests, headline, in_short, pairs
from triagelab.evaluation.summary import summarise
from triagelab.seeding import stream


def group(n: int = 300, **skills: float) -> list[Evaluation]:
    generator = stream("test/tables", n)
    levels = [int(level) + 1 for level in generator.choice(5, size=n, p=MIX)]
    found = []
    for name, skill in skills.items():
        silent = 0.1 if name.startswith("silent") else 0.0
        given = records(
            list(zip(levels, noisy_answers(levels, generator, skill=skill, silent=silent), strict=True)), agent=name
        )
        found.append(Evaluation(Path(name), name, summarise(given, resamples=200), tuple(given)))
    return found


def test_best_is_highest_or_lowest_by_metric():
    rows = dict(headline(group(weak=0.4, strong=0.9)))
    assert [figure.best for figure in rows["Exact"]] == [False, True]
    assert [figure.best for figure in rows["Clinical cost"]] == [False, True]
    assert [figure.best for figure in rows["Under-triage"]] == [False, True]
    assert "Acceptable" not in rows


def test_one_agent_is_not_best():
    assert not any(figure.best for _, figures in headline(group(alone=0.5)) for figure in figures)


def test_bars_stay_on_their_axis():
    for forest in forests(group(weak=0.4, strong=0.9)):
        for _, figure in forest.rows:
            assert 0 <= figure.left <= figure.left + figure.width <= 100.01
            assert 0 <= figure.dot <= 100
        assert all(-0.01 <= place <= 100.01 for place, _ in forest.ticks)


def test_value_without_interval_has_a_dot_and_no_bar():
    few = group(n=8, few=0.5)
    kappa = next(forest for forest in forests(few) if forest.name == "qwk")
    assert kappa.rows[0][1].left is None
    assert kappa.rows[0][1].dot is not None
    assert kappa.rows[0][1].span == "no interval"


def test_pairs_put_the_last_agent_first():
    found, left_out = pairs(group(a=0.4, b=0.6, c=0.9))
    assert [(pair.comparison.b, pair.comparison.a) for pair in found] == [("c", "b"), ("c", "a"), ("b", "a")]
    assert left_out == 0
    by_label = {label: figure for label, _, figure in found[0].rows}
    assert by_label["Exact"].tone == "good"
    assert by_label["Clinical cost"].tone == "good"
    assert by_label["Clinical cost"].text.startswith("-")
    assert by_label["Exact"].left > 50


def test_many_agents_leave_pairs_out():
    found, left_out = pairs(group(n=20, **{f"agent{number}": 0.6 for number in range(7)}))
    assert (len(found), left_out) == (15, 6)


def test_sentences():
    evaluations = group(weak=0.4, strong=0.9)
    lines = in_short(evaluations, pairs(evaluations)[0])
    assert any(line.startswith("Highest kappa: strong") for line in lines)
    assert any(line.startswith("Lowest clinical cost: strong") for line in lines)
    assert any("strong against weak" in line and "better in exact share" in line for line in lines)
    same = group(n=40, one=0.6, other=0.6)
    assert any("cannot be told apart on 40 cases" in line for line in in_short(same, pairs(same)[0]))
    quiet = group(silent_one=0.6, other=0.6)
    assert any("Without an answer" in line or "without an answer: silent_one" in line for line in in_short(quiet, []))


def test_confusion_kinds_and_shares():
    rows = confusion(group(one=0.6)[0])
    assert [cell["kind"] for cell in rows[1]["cells"]] == ["over", "hit", "under", "under", "under", "none"]
    for row in rows:
        assert abs(sum(cell["share"] for cell in row["cells"]) - (1 if row["n"] else 0)) < 1e-9
