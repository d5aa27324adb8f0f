"""The designed reward: what earns most is what costs least, at every belief, for any costs and weights."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triagelab.clinical.costs import Costs, CostTable, cost_matrices, cost_matrix
from triagelab.errors import BadInputError, DataFormatError
from triagelab.rewards.audit.optimum import best_columns, cost_optimum, outcome_of, reward_optimum
from triagelab.rewards.audit.signal import SignalModel
from triagelab.rewards.audit.subject import subject_of
from triagelab.rewards.design import EVEN, design_reward, design_values, reward_text, write_reward
from triagelab.rewards.presets import load_preset
from triagelab.rewards.score import score

PUBLISHED = (5.0, 3.0, 1.0, 1.0, 1.0)
weights = st.lists(st.floats(0.01, 1000.0), min_size=5, max_size=5).map(tuple)
beliefs = st.lists(st.floats(0.0, 1.0), min_size=5, max_size=5).filter(lambda raw: sum(raw) > 0.01)


@dataclass
class Drawn:
    """Hypothesis draws the parts; the table keeps the right answer cheapest and silence dearest."""

    base: list[float]
    above: list[list[float]]
    silence: list[float]
    unit: float

    def costs(self) -> CostTable:
        rows = []
        for truth in range(5):
            spoken = [0.0 if answer == truth else self.above[truth][answer] for answer in range(5)]
            row = [self.base[truth] + cost for cost in (*spoken, max(spoken) + self.silence[truth])]
            rows.append(tuple(round(cost, 6) * self.unit for cost in row))
        return CostTable(name="drawn", rows=tuple(rows))


tables = st.builds(
    Drawn,
    base=st.lists(st.floats(0.0, 5.0), min_size=5, max_size=5),
    above=st.lists(st.lists(st.floats(0.01, 20.0), min_size=5, max_size=5), min_size=5, max_size=5),
    silence=st.lists(st.floats(0.01, 5.0), min_size=5, max_size=5),
    unit=st.sampled_from([1e-9, 1e-3, 1.0, 250.0, 1e4]),
).map(Drawn.costs)


def shown(belief: np.ndarray, weight) -> np.ndarray:
    drawn = belief * np.asarray(weight)
    return drawn / drawn.sum()


@settings(max_examples=120)
@given(tables, weights, beliefs)
def test_what_earns_most_is_what_costs_least_at_any_belief(costs: Costs, weight, raw: list[float]) -> None:
    belief = np.array(raw) / sum(raw)
    reward = np.array(design_reward(costs, weight).outcome_table())
    answer = int(best_columns(reward, shown(belief, weight)[None])[0])
    expected = belief @ costs.table()
    stake = float(np.ptp(costs.table()[:, :5], axis=1).max())
    assert expected[answer] <= expected.min() + 1e-7 * stake
    cheapest = int(best_columns(-costs.table(), belief[None])[0])
    second = float(np.delete(expected, cheapest).min())
    if second - expected[cheapest] > 1e-7 * stake:  # no tie: the very same answer
        assert answer == cheapest


@settings(max_examples=50)
@given(tables, weights, st.floats(0.2, 0.99), beliefs)
def test_so_the_optimum_under_the_signal_model_costs_least(costs: Costs, weight, skill: float, raw) -> None:
    prior = tuple(share / sum(raw) for share in raw)
    at = SignalModel(prior, skill, weight, costs=costs)
    reward = np.array(design_reward(costs, weight).outcome_table())
    paid = outcome_of(reward_optimum(reward, at), at).cost
    least = outcome_of(cost_optimum(at), at).cost
    assert paid == pytest.approx(least, rel=1e-6, abs=1e-9 * float(np.ptp(costs.table())))


@settings(max_examples=50)
@given(tables, weights)
def test_the_bonus_flips_nothing_and_silence_is_strictly_worst(costs: Costs, weight) -> None:
    spec = design_reward(costs, weight)
    table = np.array(spec.outcome_table())
    assert (table[:, 5] < table[:, :5].min(axis=1)).all()
    low, high = spec.text_range()
    assert low == 0.0
    assert 0.0 < high < (table[:, :5].min(axis=1) - table[:, 5]).min()
    np.testing.assert_allclose(table[:, :5].min(axis=1), 0.0, atol=1e-9 * table.max())
    assert (table.argmax(axis=1) == np.arange(5)).all()


@settings(max_examples=50)
@given(tables, weights)
def test_a_row_times_its_weight_is_the_costs_turned_over(costs: Costs, weight) -> None:
    values = design_values(costs, weight) * np.array(weight)[:, None] + costs.table()
    np.testing.assert_allclose(values, np.tile(values[:, :1], (1, 6)), rtol=1e-9)


@settings(max_examples=8)
@given(tables, weights)
def test_what_is_written_is_what_was_designed(costs: Costs, weight) -> None:
    spec = design_reward(costs, weight, name="mine")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mine.toml"
        write_reward(spec, costs, path)
        read = load_preset(path)
    assert read.outcome_table() == spec.outcome_table()
    assert read.sampling == spec.sampling
    assert read.scale_rewards == "none"
    assert (read.terms[1], read.title, read.source) == (spec.terms[1], spec.title, spec.source)


def test_the_shipped_v50_is_the_design_for_the_standard_costs() -> None:
    spec = design_reward(cost_matrix(), PUBLISHED, name="v50")
    shipped = (resources.files("triagelab.rewards") / "presets" / "v50.toml").read_text(encoding="utf-8")
    assert reward_text(spec, cost_matrix()) == shipped
    assert load_preset("v50") == spec


def test_v50_in_figures() -> None:
    spec = load_preset("v50")
    assert spec.scale_rewards == "none"
    assert spec.sampling_weights == PUBLISHED
    table = spec.outcome_table()
    assert table[0] == (2.4, 1.8, 1.2, 0.6, 0.0, -0.2)
    assert table[2] == (1.0, 2.0, 3.0, 1.5, 0.0, -1.0)
    assert table[1][0] == pytest.approx(8 / 3)
    assert spec.text_range() == (0.0, 0.05)


def test_the_bonus_is_for_form_with_an_answer_only() -> None:
    spec = load_preset("v50")
    sections = "EXTRACTION: x\nESI ALGORITHM: x\nANSWER: ESI {}"
    assert score(spec, sections.format(3), 3).weighted()["format"] == 0.05
    assert score(spec, "ANSWER: ESI 3", 3).weighted()["format"] == 0.0
    assert score(spec, sections.format("-"), 3).weighted()["format"] == 0.0
    worst = min(score(spec, sections.format(level), 5).total or 0.0 for level in range(1, 6))
    silent = [score(spec, text, 5).total for text in ("", sections.format("-"), "EXTRACTION: x\nESI ALGORITHM: x")]
    assert all(total is not None and total < worst for total in silent)


@pytest.mark.parametrize("name", list(cost_matrices()))
@pytest.mark.parametrize("weight", [EVEN, PUBLISHED, (20, 1, 1, 1, 1), (0.1, 1, 1, 1, 1000)])
def test_every_shipped_matrix_and_any_mix_of_patients(name: str, weight) -> None:
    costs = cost_matrix(name)
    subject = subject_of(design_reward(costs, weight))
    for prior in ((0.06, 0.36, 0.48, 0.09, 0.01), (0.2,) * 5, (0.5, 0.5, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0, 1.0)):
        for skill in (0.2, 0.65, 1.0):
            at = SignalModel(prior, skill, subject.sampling, costs=costs)
            known = np.flatnonzero(at.joint().sum(axis=0) > 0)  # a signal that never comes may be answered anyhow
            assert reward_optimum(subject.table, at)[known].tolist() == cost_optimum(at)[known].tolist()


@pytest.mark.parametrize(
    "bad", [(1, 1, 1, 1), (1,) * 6, (), (0, 1, 1, 1, 1), (-1, 1, 1, 1, 1), (1001, 1, 1, 1, 1),
            (float("nan"), 1, 1, 1, 1), (float("inf"), 1, 1, 1, 1)],
)  # fmt: skip
def test_weights_that_no_training_can_draw(bad) -> None:
    with pytest.raises(BadInputError, match=r"^weights: got .*five numbers above 0"):
        design_reward(cost_matrix(), bad)


@pytest.mark.parametrize("extra", [0.0, -1.0])
def test_silence_no_dearer_than_the_worst_answer_is_refused(extra: float) -> None:
    costs = cost_matrix().model_copy(update={"no_answer_extra": extra, "name": "mine"})
    with pytest.raises(DataFormatError, match="mine: no answer costs no more than the worst answer"):
        design_reward(costs)


def test_words_of_the_costs_survive_the_file(tmp_path: Path) -> None:
    rows = tuple(map(tuple, cost_matrix().table().tolist()))
    odd = 'a "quoted" \\ back\tslash\n[[terms]] \x7f \x01 é \u2028'
    costs = CostTable(name='o"dd\nname', rows=rows, text=odd)
    path = tmp_path / "odd.toml"
    write_reward(design_reward(costs), costs, path)
    read = load_preset(path)
    assert odd in read.source
    assert 'o"dd\nname' in read.title


def test_weights_are_written_to_the_last_digit(tmp_path: Path) -> None:
    weight = (1.23456789, 1 / 3, 1e-5, 999.9999999, 2.0)
    path = tmp_path / "exact.toml"
    write_reward(design_reward(cost_matrix(), weight), cost_matrix(), path)
    assert load_preset(path).sampling_weights == weight


def test_a_bad_name_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataFormatError, match="name"):
        design_reward(cost_matrix(), name="Not A Name")
    assert list(tmp_path.iterdir()) == []


def test_a_reward_too_large_to_be_audited_is_not_designed() -> None:
    with pytest.raises(BadInputError, match="1e-09") as caught:
        design_reward(cost_matrix(), (1e-9, 1.0, 1.0, 1.0, 1.0))
    assert "\n" not in str(caught.value)
