"""Where simulated trainings go: the failures that were published, the reward that survives, and the rate's fit."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from triagelab.errors import BadInputError
from triagelab.rewards.audit.dynamics import _Expected, _Sampled, simulate
from triagelab.rewards.audit.dynamics_fit import (
    agreement,
    fit_rate,
    rank_correlation,
    real_curve,
    simulate_like,
    start_skill,
)
from triagelab.rewards.audit.dynamics_path import Path, path_of
from triagelab.rewards.audit.groups_advantage import sft_policy
from triagelab.rewards.audit.optimum import as_policy, outcome_of, reward_optimum
from triagelab.rewards.audit.signal import SignalModel
from triagelab.rewards.audit.subject import Subject, subject_of
from triagelab.rewards.presets import load_preset
from triagelab.rewards.spec import ScaleRewards
from triagelab.seeding import stream

SIGNAL = SignalModel(skill=0.65)


def subject(name: str) -> Subject:
    return subject_of(load_preset(name))


def bare(table: np.ndarray) -> Subject:
    return Subject("bare", table, (0.0, 0.0), (1.0,) * 5, lambda cases, texts: [0.0] * len(texts))


def right_only() -> Subject:
    return bare(np.column_stack([np.eye(5), np.zeros(5)]))


@pytest.mark.parametrize("scale", ["group", "batch", "none"])
@pytest.mark.parametrize("sampled", [True, False])
def test_pay_for_right_answers_and_a_good_signal_raise_exact_and_hold_it(scale: ScaleRewards, sampled: bool) -> None:
    path = simulate(right_only(), SignalModel(skill=0.95), scale=scale, sampled=sampled)
    assert path.exact[-1] > path.exact[0] + 0.03
    assert path.exact[-1] > 0.94
    assert path.exact[200:].min() > 0.93
    assert path.turns == {"exact": None, "cost": None}
    assert path.verdict.startswith("improves")


@pytest.mark.parametrize("seed", range(3))
def test_v45c_drifts_to_answers_1_and_3(seed: int) -> None:
    path = simulate(subject("v45c"), SIGNAL, seed=seed)
    assert path.scale == "group"
    assert path.mix[-1, 0] > path.mix[0, 0] + 0.25
    assert path.mix[-1, 1] < 0.05
    assert path.exact[-1] < path.exact[0] - 0.1
    assert path.verdict.startswith("collapses to 1 (")
    assert path.turns["exact"] is not None


def test_v46_as_written_hedges_on_answer_2() -> None:
    path = simulate(subject("v46"), SIGNAL, scale="none", sampled=False)
    assert path.mix[-1, 1] > 0.6
    assert path.verdict.startswith("hedges: answers 2")


def test_v46_group_scaled_hedges_on_answer_2_from_a_weak_start_alone() -> None:
    # Under group scaling majorities of belief decide: 2 for most patients at skill 0.45, and 1,2,3,3,3 at 0.65.
    weak = SignalModel(skill=0.45)
    for path in (simulate(subject("v46"), weak, sampled=False), simulate(subject("v46"), weak)):
        assert path.scale == "group"
        assert path.mix[-1, 1] > 0.6
        assert path.verdict.startswith("hedges: answers 2")
    assert simulate(subject("v50"), weak, sampled=False).cost[-1] < path.cost[-1]
    assert simulate(subject("v46"), SIGNAL, sampled=False).mix[-1, 1] < 0.5


@pytest.mark.parametrize("seed", range(3))
def test_v50_ends_cheaper_than_its_start_and_than_v46(seed: int) -> None:
    path = simulate(subject("v50"), SIGNAL, seed=seed)
    assert path.scale == "none"
    assert path.cost[-1] < path.cost[0] - 0.2
    assert path.cost[-1] < simulate(subject("v46"), SIGNAL, seed=seed).cost[-1]
    assert path.cost[-1] < simulate(subject("v46"), SIGNAL, seed=seed, scale="none").cost[-1]
    assert path.verdict.startswith("improves")


def test_a_reward_for_silence_ends_in_silence() -> None:
    table = np.tile([0.0, 0.0, 0.0, 0.0, 0.0, 1.0], (5, 1))
    path = simulate(bare(table), SIGNAL, sampled=False, rate=0.5, start=sft_policy(0.8, 0.05))
    assert path.no_answer[-1] > 0.5
    assert path.verdict.startswith("stops answering")


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("shared", "lead"), [(0.0, 0.02), (1.0, 0.3)])
def test_expected_flow_unscaled_ends_at_the_reward_optimum(seed: int, shared: float, lead: float) -> None:
    # A shared bias can hold a signal at an answer that is nearly as good; one clearly better wins all the same.
    table = stream("test.dynamics", seed).normal(size=(5, 6))
    even = np.full((5, 6), 1 / 6)
    path = simulate(bare(table), SIGNAL, scale="none", sampled=False, shared=shared, rate=5.0, steps=600, start=even)
    values = np.sort(SIGNAL.beliefs(training=True) @ table, axis=1)
    clear = values[:, -1] - values[:, -2] > lead
    assert clear.any()
    assert path.policy.argmax(axis=1)[clear].tolist() == reward_optimum(table, SIGNAL)[clear].tolist()


def test_expected_gradient_is_the_mean_of_drawn_ones() -> None:
    table, policy, skills = stream("test.dynamics", 9).normal(size=(5, 6)), sft_policy(0.6), np.full(2001, 0.65)
    scales: tuple[ScaleRewards, ...] = ("group", "none", "batch")
    for scale in scales:
        drawn = _Sampled(table, SIGNAL, skills, scale, 8, 8, 0.0, 0)
        gradients, lengths = zip(*(drawn(step, policy) for step in range(2000)), strict=True)
        mean, length = _Expected(table, SIGNAL, skills[:2], scale, 8, 8, 0.0)(0, policy)
        error = np.std(gradients, axis=0) / 2000**0.5
        # The deviation of a batch of 64 is itself drawn: batch scaling is expected to a few percent only.
        slack = 0.05 * np.abs(mean) if scale == "batch" else 0.0
        assert (np.abs(np.mean(gradients, axis=0) - mean) < 5 * error + slack + 1e-6).all()
        assert length == pytest.approx(np.mean(lengths), rel=0.1)


def test_a_longer_training_starts_as_a_shorter_one() -> None:
    short, long = (simulate(subject("v46"), SIGNAL, steps=steps, noise=0.1) for steps in (20, 60))
    assert np.array_equal(short.cost, long.cost[:21])


def test_the_bias_moves_signals_that_a_weight_leaves_alone() -> None:
    # Answer 4 pays for level 4 alone; with a shared bias the other signals are pulled along at first.
    table = np.zeros((5, 6))
    table[3, 3] = 1.0

    def at_first(shared: float) -> float:
        return simulate(bare(table), SignalModel(skill=0.95), shared=shared, sampled=False, steps=5).mix[-1, 3]

    assert at_first(5.0) > at_first(0.0) + 0.002


def test_growing_skill_raises_exact_past_a_fixed_one() -> None:
    fixed, grown = (simulate(subject("v50"), SIGNAL, growth=growth) for growth in (0.0, 0.01))
    assert fixed.skill[-1] == pytest.approx(0.65)
    assert grown.skill[-1] == pytest.approx(0.95 - 0.3 * 0.99**400)
    assert grown.exact[-1] > fixed.exact[-1] + 0.1


def test_text_noise_slows_nothing_unscaled_in_expectation_but_changes_draws() -> None:
    quiet, loud = (simulate(subject("v46"), SIGNAL, noise=noise, steps=50) for noise in (0.0, 0.3))
    assert not np.array_equal(quiet.policy, loud.policy)
    flows = [
        simulate(subject("v46"), SIGNAL, noise=noise, steps=50, sampled=False, scale="none") for noise in (0.0, 0.3)
    ]
    assert np.array_equal(flows[0].policy, flows[1].policy)


def test_a_seed_decides_everything() -> None:
    one, two, other = (simulate(subject("v46"), SIGNAL, steps=60, seed=seed) for seed in (3, 3, 4))
    assert np.array_equal(one.policy, two.policy)
    assert np.array_equal(one.cost, two.cost)
    assert not np.array_equal(one.policy, other.policy)


def test_a_reward_s_scale_and_its_sampling_are_its_own() -> None:
    assert simulate(subject("v50"), SIGNAL, steps=1).scale == "none"
    assert simulate(subject("v50"), SIGNAL, steps=1, scale="batch").scale == "batch"
    told = SignalModel(skill=0.65, sampling=subject("v45c").sampling)
    assert np.array_equal(
        simulate(subject("v45c"), SIGNAL, steps=30).policy, simulate(subject("v45c"), told, steps=30).policy
    )


def test_the_unscaled_path_does_not_depend_on_the_size_of_the_reward() -> None:
    # Adam: a reward ten times as large is no faster.
    table = subject("v50").table
    one, ten = (simulate(bare(table * factor), SIGNAL, scale="none", steps=100) for factor in (1.0, 10.0))
    assert one.policy == pytest.approx(ten.policy, abs=1e-6)


def test_figures_of_a_path_are_those_of_its_policies() -> None:
    columns = [0, 1, 2, 2, 2]
    pure = np.array([as_policy(columns)])
    path = path_of(pure, np.array([0.65]), subject("v50").table, SIGNAL, name="x", scale="none")
    known = outcome_of(columns, SIGNAL)
    for name in ("exact", "within_one", "under", "over", "no_answer", "cost"):
        assert getattr(path, name)[0] == pytest.approx(getattr(known, name)), name
    assert path.entropy[0] == pytest.approx(0.0, abs=1e-9)
    assert path.mix[0].sum() + path.no_answer[0] == pytest.approx(1.0)


def test_training_mix_and_greedy_answers_on_request() -> None:
    reward = subject("v45c")
    patients, training = simulate(reward, SIGNAL, steps=1), simulate(reward, SIGNAL, steps=1, shown="training")
    greedy = simulate(reward, SIGNAL, steps=1, greedy=True)
    assert training.mix[0, 0] > patients.mix[0, 0] + 0.08
    likeliest = outcome_of(SIGNAL.beliefs().argmax(axis=1), SIGNAL)
    assert greedy.exact[0] == pytest.approx(likeliest.exact)
    assert patients.exact[0] < likeliest.exact - 0.05


def path_with(exact: list[float], mix: list[list[float]], cost: list[float], within: list[float]) -> Path:
    count = len(exact)
    flat = np.zeros(count)
    shares = np.array(mix)
    return Path(
        "x", "group", np.arange(count), flat, np.array(exact), np.array(within), 1 - shares.sum(axis=1), shares,
        flat, flat, np.array(cost), flat, flat, np.zeros((5, 6)),
    )  # fmt: skip


EVEN = [0.1, 0.4, 0.4, 0.08, 0.02]


@pytest.mark.parametrize(
    ("exact", "end", "cost", "within", "verdict"),
    [
        (0.36, [0.0, 1.0, 0.0, 0.0, 0.0], 0.9, 0.91, "hedges: answers 2 for 100%"),
        (0.06, [1.0, 0.0, 0.0, 0.0, 0.0], 1.6, 0.42, "collapses to 1"),
        (0.44, [0.43, 0.0, 0.57, 0.0, 0.0], 0.9, 0.9, "collapses to 1 (43%) and 3 (57%)"),
        (0.6, [0.1, 0.4, 0.2, 0.04, 0.01], 0.8, 0.7, "stops answering 25%"),
        (0.6, EVEN, 0.8, 0.95, "holds"),
        (0.66, EVEN, 0.6, 0.95, "improves"),
        (0.55, EVEN, 0.8, 0.95, "drifts off"),
    ],
)
def test_verdicts(exact, end, cost, within, verdict: str) -> None:
    path = path_with([0.6, exact], [EVEN, end], [0.8, cost], [0.95, within])
    assert path.verdict.startswith(verdict)
    assert f"exact 0.60 to {exact:.2f}" in path.verdict


def test_turns_are_the_first_steps_past_the_margin() -> None:
    path = path_with([0.6, 0.59, 0.57, 0.6], [EVEN] * 4, [0.8, 0.8, 0.81, 0.85], [0.9] * 4)
    assert path.turns == {"exact": 2, "cost": 3}


def test_rows_are_plain_json() -> None:
    row: dict = simulate(subject("v46"), SIGNAL, steps=100).row(every=25)
    assert json.loads(json.dumps(row)) == row
    assert [point["step"] for point in row["points"]] == [0, 25, 50, 75, 100]


@pytest.mark.parametrize(
    "wrong", [{"steps": 0}, {"group": 1}, {"groups": 0}, {"rate": -1.0}, {"growth": 1.5}, {"noise": float("nan")}]
)
def test_numbers_out_of_range_are_refused(wrong: dict) -> None:
    with pytest.raises(BadInputError, match=next(iter(wrong))):
        simulate(subject("v46"), SIGNAL, **wrong)


def test_expectations_of_large_groups_are_refused() -> None:
    with pytest.raises(BadInputError, match="group"):
        simulate(subject("v46"), SIGNAL, group=17, sampled=False)
    assert simulate(subject("v46"), SIGNAL, group=32, steps=3).steps[-1] == 3


def test_four_hundred_steps_take_less_than_a_third_of_a_second() -> None:
    simulate(subject("v46"), SIGNAL, steps=5)
    began = time.process_time()
    simulate(subject("v46"), SIGNAL)
    assert time.process_time() - began < 0.3


def test_windows_of_a_run() -> None:
    real = real_curve([0, 0, 24, 60], [1, 2, 3, 4], [1, 3, None, 4], window=25)
    assert real.first.tolist() == [0, 50]
    assert real.counts.tolist() == [3, 1]
    assert real.shares[0] == pytest.approx(np.array([1, 1, 0, 1, 0, 0, 1]) / 3)
    assert real.shares[1] == pytest.approx([1, 0, 0, 0, 1, 0, 0])
    with pytest.raises(BadInputError, match="completions"):
        real_curve([], [], [])


def test_the_fitted_rate_is_the_one_that_made_the_run() -> None:
    reward, rates = subject("v45c"), (0.02, 0.08, 0.32)
    empty = real_curve(list(range(200)), [1] * 200, [1] * 200)
    made = simulate_like(reward, SIGNAL, empty, rate=0.08, seeds=2)
    real = type(empty)(empty.first, empty.window, made, empty.counts)
    rate, error = fit_rate(reward, SIGNAL, real, rates=rates, seeds=2)
    assert (rate, error) == (0.08, 0.0)
    found = agreement(made, real)
    assert found["exact"] == pytest.approx(1.0)
    assert len(found) == 7


def test_the_skill_of_a_start_is_read_off_its_exact_share() -> None:
    for greedy in (False, True):
        exact = simulate(subject("v46"), SignalModel(skill=0.71), steps=1, greedy=greedy).exact[0]
        assert start_skill(exact, SIGNAL.prior, greedy=greedy) == pytest.approx(0.71)
    # The SFT start of the first runs: 0.69 exact by its most probable answers.
    assert 0.6 <= start_skill(0.69, SIGNAL.prior, greedy=True) <= 0.7


def test_rank_correlation_by_hand() -> None:
    assert rank_correlation([1, 2, 3, 4], [10, 20, 30, 40]) == pytest.approx(1.0)
    assert rank_correlation([1, 2, 3], [3, 2, 1]) == pytest.approx(-1.0)
    # Ranks 0, 1.5, 1.5, 3 against 0, 1, 2, 3.
    assert rank_correlation([1, 2, 2, 3], [1, 2, 3, 4]) == pytest.approx(4.5 / 22.5**0.5)
    assert rank_correlation([1, 1, 1], [1, 2, 3]) is None
    assert rank_correlation([1, 2], [1, 2]) is None
