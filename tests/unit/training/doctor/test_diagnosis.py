"""Every finding of the doctor about answers and signal on a folder that deserves it, and silence on a healthy one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from doctor_samples import collapsing, curves, honest, ids, only, own_run, paid_for_two, rollouts
from triagelab.rewards.audit.finding import Severity
from triagelab.seeding import Generator
from triagelab.training.doctor import checks as at
from triagelab.training.doctor.change import seen
from triagelab.training.doctor.diagnosis import diagnose
from triagelab.training.doctor.windows import Window


def silent(progress: float, level: int, rng: Generator) -> int:
    return 0 if rng.random() < 0.3 * progress else honest(progress, level, rng)


def hedging(progress: float, level: int, rng: Generator) -> int:
    """Be right or far off at the start, one level off at the end."""
    if rng.random() < progress:
        return level + 1 if level == 1 else level - 1
    return level if rng.random() < 0.7 else (level + 1) % 5 + 1


def losing_one(progress: float, level: int, rng: Generator) -> int:
    found = honest(progress, level, rng)
    return 2 if found == 1 and progress > 0.3 else found


def right_or_wrong(level: int, answer: int) -> dict[str, float]:
    return {"outcome": float(level == answer)}


def test_a_healthy_run_raises_nothing(tmp_path: Path) -> None:
    found = diagnose(own_run(tmp_path / "run"))
    assert found.findings == ()
    assert (found.kind, found.phase, found.state, found.done, found.total) == ("triagelab", "grpo", "finished", 40, 40)
    assert found.windows[0].completions >= at.ENOUGH
    assert sum(window.completions for window in found.windows) == 40 * 64
    assert found.windows[0].mean("exact") == pytest.approx(0.7, abs=0.12)


@pytest.mark.parametrize("seed", range(6))
def test_noise_raises_nothing_about_the_answers(tmp_path: Path, seed: int) -> None:
    rows = rollouts(seed=seed + 1, mix=(0.06, 0.36, 0.47, 0.09, 0.02))
    assert ids(diagnose(own_run(tmp_path / "run", rows))) == set()


def test_learning_is_no_collapse(tmp_path: Path) -> None:
    def learns(progress: float, level: int, rng: Generator) -> int:
        return 3 if rng.random() > 0.3 + progress else honest(progress, level, rng, skill=0.9)

    assert ids(diagnose(own_run(tmp_path / "run", rollouts(learns)))) == set()


def test_collapse_onto_one_level_is_severe_and_names_it(tmp_path: Path) -> None:
    found = diagnose(own_run(tmp_path / "run", rollouts(collapsing, paid_for_two)))
    collapse = only(found, "class-collapse")
    assert collapse.severity is Severity.SEVERE
    assert "level 2" in collapse.what
    assert "steps 1-" in collapse.evidence
    assert only(found, "level-vanishes").severity is Severity.SEVERE


def test_a_level_that_grows_without_harm_is_milder(tmp_path: Path) -> None:
    def leans(progress: float, level: int, rng: Generator) -> int:
        """Answer level 2 for all of level 3 in the end, and everything else right, from a start that is often wrong."""
        if rng.random() > 0.2 + progress:
            return min(5, level + 2)
        return 2 if level == 3 else level

    lean = only(diagnose(own_run(tmp_path / "run", rollouts(leans))), "class-collapse")
    assert lean.severity is not Severity.SEVERE
    assert "lean towards level 2" in lean.what


def test_reward_up_and_answers_down_is_hacked(tmp_path: Path) -> None:
    found = diagnose(own_run(tmp_path / "run", rollouts(collapsing, paid_for_two)))
    assert only(found, "reward-hacked").severity in (Severity.SEVERE, Severity.WARNING)
    worse = diagnose(own_run(tmp_path / "worse", rollouts(collapsing)))
    assert "reward-hacked" not in ids(worse)
    assert only(worse, "accuracy-falls").severity is Severity.SEVERE


def test_a_hacked_reward_that_costs_patients_is_severe(tmp_path: Path) -> None:
    def sleepy(progress: float, level: int, rng: Generator) -> int:
        return 5 if rng.random() < progress else honest(progress, level, rng)

    def paid_for_five(level: int, answer: int) -> dict[str, float]:
        return {"outcome": 2.0 if answer == 5 else float(answer == level)}

    hacked = only(diagnose(own_run(tmp_path / "run", rollouts(sleepy, paid_for_five))), "reward-hacked")
    assert hacked.severity is Severity.SEVERE
    assert "cost" in hacked.evidence


def test_oversampling_does_not_hide_what_happens_to_the_real_mix(tmp_path: Path) -> None:
    # Mostly level 1 is shown: answering 1 more often looks better in training and is worse for patients.
    rare = (0.8, 0.05, 0.05, 0.05, 0.05)

    def ones(progress: float, level: int, rng: Generator) -> int:
        return 1 if rng.random() < 0.9 * progress else honest(progress, level, rng, skill=0.5)

    def ones_pay(level: int, answer: int) -> dict[str, float]:
        return {"outcome": (3.0 if level == 1 else 1.0) * (level == answer)}

    rows = rollouts(ones, ones_pay, mix=rare, groups=64, size=2)
    found = diagnose(own_run(tmp_path / "run", rows))
    first, last = found.windows[0], found.windows[-1]
    assert (last.mean("exact") or 0) > (first.mean("exact") or 0)
    assert (last.mean("real/exact") or 1) < (first.mean("real/exact") or 0)
    hacked = only(found, "reward-hacked")
    assert hacked.severity is Severity.SEVERE
    assert "as sampled exact" in hacked.evidence
    assert "level 1" in only(found, "class-collapse").what


def test_hedging_needs_near_answers_to_grow(tmp_path: Path) -> None:
    found = diagnose(own_run(tmp_path / "run", rollouts(hedging)))
    evidence = only(found, "hedging").evidence
    assert "exact" in evidence
    assert "within one" in evidence
    assert "accuracy-falls" not in ids(found)


def test_a_level_that_vanishes_is_named(tmp_path: Path) -> None:
    gone = only(diagnose(own_run(tmp_path / "run", rollouts(losing_one))), "level-vanishes")
    assert gone.severity is Severity.SEVERE
    assert "Level 1 " in gone.what


def test_what_passed_is_milder_and_says_so(tmp_path: Path) -> None:
    def dips(progress: float, level: int, rng: Generator) -> int:
        return 2 if 0.4 < progress < 0.6 else honest(progress, level, rng)

    collapse = only(diagnose(own_run(tmp_path / "run", rollouts(dips))), "class-collapse")
    assert collapse.severity is Severity.WARNING
    assert "mostly gone at the end" in collapse.evidence


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ((0.0, 0.4, 0.3), "since steps 2-2, to the end"),
        ((0.0, 0.6, 0.15), "seen in steps 2-2, mostly gone at the end"),
        ((0.0, 0.4, 0.19), "seen in steps 2-2, less of it at the end"),
        ((0.0, 0.3, 0.5, 0.18), "seen first in steps 2-2, worst in 3-3, less of it at the end"),
        ((0.0, 0.1, 0.1), None),
    ],
)
def test_when_a_check_held_is_said_as_it_was(sizes: tuple[float, ...], words: str | None) -> None:
    windows = [Window(step, step) for step in range(1, len(sizes) + 1)]
    found = seen(windows, lambda w: sizes[w.start - 1] >= 0.2, lambda w: sizes[w.start - 1])
    assert (found.when() if found is not None else None) == words


def test_too_few_completions_are_said_and_nothing_is_concluded(tmp_path: Path) -> None:
    found = diagnose(own_run(tmp_path / "run", rollouts(collapsing, steps=5)))
    assert ids(found) == {"too-few"}
    assert "320 completions" in only(found, "too-few").evidence


def test_missing_answers_grow_with_their_causes(tmp_path: Path) -> None:
    found = diagnose(own_run(tmp_path / "run", rollouts(silent)))
    silence = only(found, "no-answer")
    assert silence.severity is Severity.SEVERE
    assert "malformed" in silence.evidence
    assert "I would wait and see" in silence.evidence


def test_missing_answers_that_are_cut_off_ask_for_more_tokens(tmp_path: Path) -> None:
    rows = [row | {"truncated": row["predicted"] is None, "status": "truncated"} for row in rollouts(silent)]
    found = diagnose(own_run(tmp_path / "run", rows))
    assert "max_new_tokens" in only(found, "no-answer").change
    assert only(found, "clipped").severity is Severity.WARNING


@pytest.mark.parametrize(
    ("policy", "terms", "words"),
    [
        (lambda p, level, rng: level, right_or_wrong, "all right 100%"),
        (lambda p, level, rng: level % 5 + 1, right_or_wrong, "all wrong 100%"),
        (honest, lambda level, answer: {"outcome": 1.0}, "tied otherwise"),
    ],
)
def test_dead_groups_are_split_by_why(tmp_path: Path, policy: Any, terms: Any, words: str) -> None:
    dead = only(diagnose(own_run(tmp_path / "run", rollouts(policy, terms))), "dead-groups")
    assert dead.severity is Severity.SEVERE
    assert words in dead.evidence


def test_dead_groups_by_the_curve_carry_the_caveat_of_batch_scaling(tmp_path: Path) -> None:
    logged = curves(frac_reward_zero_std=1.0)
    plain = only(diagnose(own_run(tmp_path / "a", [], logged)), "dead-groups")
    batch = only(diagnose(own_run(tmp_path / "b", [], logged, reward={"scale": "batch"})), "dead-groups")
    assert "unknown" in plain.evidence
    assert "whole batch" in batch.evidence
    assert "dead-groups" not in ids(diagnose(own_run(tmp_path / "c", [], curves(frac_reward_zero_std=0.3))))


def test_groups_that_learn_from_text_alone_need_group_scaling(tmp_path: Path) -> None:
    rows = rollouts(same=True)
    scaled = diagnose(own_run(tmp_path / "a", rows, reward={"scale": "group"}))
    assert "length" in only(scaled, "text-only-groups").what
    assert "text-only-groups" not in ids(diagnose(own_run(tmp_path / "b", rows, reward={"scale": "none"})))


def test_the_scaling_that_a_recipe_leaves_to_its_reward_is_read_off_the_advantages(tmp_path: Path) -> None:
    """`scale = "preset"` is what real runs say, and what a plain 0.0 in the samples cannot show."""
    rows = rollouts(same=True)
    for row in rows:
        row["terms"] = {**row["terms"], "length": 0.02 * row["rollout"]}
        row["reward"] = sum(row["terms"].values())
        row["advantage"] = (0.02 * row["rollout"] - 0.07) / (0.02 * 6**0.5)  # of eight, over their deviation
    scaled = diagnose(own_run(tmp_path / "a", rows, reward={"scale": "preset"}))
    assert "length" in only(scaled, "text-only-groups").what
    for row in rows:
        row["advantage"] = 0.02 * row["rollout"] - 0.07
    assert "text-only-groups" not in ids(diagnose(own_run(tmp_path / "b", rows, reward={"scale": "preset"})))


def test_a_text_term_above_half_is_a_warning(tmp_path: Path) -> None:
    def wordy(level: int, answer: int) -> dict[str, float]:
        return {"outcome": 0.1 * (level == answer), "length": float(answer)}

    found = diagnose(own_run(tmp_path / "run", rollouts(terms=wordy)))
    assert only(found, "text-dominates").severity is Severity.WARNING
    assert "length" in only(found, "text-dominates").evidence
