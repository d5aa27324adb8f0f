"""Every finding of the doctor on a folder that deserves it, and silence on a healthy one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from doctor_samples import curve, honest, own_run, rollouts
from triagelab.errors import BadInputError
from triagelab.rewards.audit.finding import Finding, Severity
from triagelab.seeding import Generator
from triagelab.training.doctor import checks as at
from triagelab.training.doctor.change import seen
from triagelab.training.doctor.diagnosis import Diagnosis, diagnose
from triagelab.training.doctor.windows import Window

STEPS = 40


def only(found: Diagnosis, name: str) -> Finding:
    named = [finding for finding in found.findings if finding.id == name]
    assert len(named) == 1, [finding.id for finding in found.findings]
    return named[0]


def ids(found: Diagnosis) -> set[str]:
    return {finding.id for finding in found.findings}


def at_step(value: Any, step: int) -> Any:
    return value(step) if callable(value) else value


def curves(**more: Any) -> list[dict[str, Any]]:
    """Return curves where each figure is a number, or a function of the step."""
    return [curve(s, **{k.replace("__", "/"): at_step(v, s) for k, v in more.items()}) for s in range(1, STEPS + 1)]


def collapsing(progress: float, level: int, rng: Generator) -> int:
    return 2 if rng.random() < 1.5 * progress else honest(progress, level, rng)


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


def paid_for_two(level: int, answer: int) -> dict[str, float]:
    return {"outcome": 2.0 if answer == 2 else 1.0 if answer == level else 0.0, "length": 0.01}


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


SICK_CURVES = {
    "entropy-collapse": {"entropy": lambda s: 0.3 if s < 25 else 0.001},
    "entropy-falls": {"entropy": lambda s: 0.3 if s < 10 else 0.02},
    "kl-high": {"kl": lambda s: 0.1 * s},
    "gradient-explodes": {"grad_norm": lambda s: 0.5 if s < 15 else 2e3},
    "loss-not-a-number": {"loss": lambda s: 0.1 if s < 15 else None},
    "no-gradient": {"grad_norm": lambda s: 0.5 if s < 15 else 0.0},
    "length-drift": {"completions__mean_length": lambda s: 40.0 + 3 * s + s % 3},
    "clipped": {"completions__clipped_ratio": 0.3},
}


@pytest.mark.parametrize("name", SICK_CURVES)
def test_a_sick_curve_is_named(tmp_path: Path, name: str) -> None:
    rows = [row | {"truncated": None} for row in rollouts()]
    assert ids(diagnose(own_run(tmp_path / "run", rows, curves(**SICK_CURVES[name])))) == {name}


def test_healthy_curves_with_all_figures_raise_nothing(tmp_path: Path) -> None:
    logged = curves(kl=0.02, completions__clipped_ratio=0.05, frac_reward_zero_std=0.4)
    assert ids(diagnose(own_run(tmp_path / "run", None, logged))) == set()


def test_a_loss_of_zero_is_normal_in_grpo(tmp_path: Path) -> None:
    assert ids(diagnose(own_run(tmp_path / "run", None, curves(loss=0.0)))) == set()


def sft(tmp_path: Path, loss: Any, **more: Any) -> Diagnosis:
    logged = [
        {"phase": "sft", "step": s, "seconds": float(s), "loss": loss(s), "grad_norm": 0.4}
        | {k: v(s) for k, v in more.items()}
        for s in range(1, 61)
    ]
    return diagnose(own_run(tmp_path / "run", [], logged, kind="sft"))


def test_sft_that_learns_says_only_that_overfitting_is_not_visible(tmp_path: Path) -> None:
    assert ids(sft(tmp_path, lambda s: 2.0 / s)) == {"overfitting-not-visible"}


def test_sft_that_learns_with_held_out_loss_raises_nothing(tmp_path: Path) -> None:
    assert ids(sft(tmp_path, lambda s: 2.0 / s, eval_loss=lambda s: 1.0 + 1.0 / s)) == set()


@pytest.mark.parametrize(
    ("loss", "held_out", "name"),
    [
        (lambda s: 2.0, lambda s: 2.0, "loss-does-not-fall"),
        (lambda s: abs(30 - s) / 10 + 0.1, lambda s: 2.0, "loss-rises"),
        (lambda s: None if s > 20 else 2.0 / s, lambda s: 2.0, "loss-not-a-number"),
        (lambda s: 2.0 / s, lambda s: 1.0 + abs(20 - s) / 20, "overfitting"),
    ],
)
def test_sft_that_goes_wrong(tmp_path: Path, loss: Any, held_out: Any, name: str) -> None:
    assert name in ids(sft(tmp_path, loss, eval_loss=held_out))


def test_running_stalled_stopped_by_the_pace_of_the_run(tmp_path: Path) -> None:
    run = own_run(tmp_path / "run", finished=False)
    written = max(place.stat().st_mtime for place in run.iterdir())

    def after(seconds: float) -> tuple[str, set[str]]:
        found = diagnose(run, now=written + seconds)
        return found.state, ids(found)

    assert after(10) == ("running", set())
    assert after(300) == ("running", {"stalled"})
    assert after(3600) == ("stopped", {"stopped"})


def test_a_resumed_run_counts_what_was_done_last(tmp_path: Path) -> None:
    rows = rollouts(lambda p, level, rng: 0 if p > 0.5 else honest(p, level, rng))
    again = [row | {"attempt": 1} for row in rollouts(seed=3) if row["step"] >= 20]
    first = [curve(s) for s in range(1, 41)]
    later = [curve(s) | {"attempt": 1} for s in range(21, 41)]
    found = diagnose(own_run(tmp_path / "run", rows + again, first + later))
    assert ids(found) == {"resumed"}
    assert "step 21" in only(found, "resumed").evidence
    assert sum(window.completions for window in found.windows) == 40 * 64


def test_a_half_written_line_and_junk_do_not_hurt(tmp_path: Path) -> None:
    run = own_run(tmp_path / "run")
    whole = diagnose(run).row()
    for name in ("curves.jsonl", "completions.jsonl"):
        with (run / name).open("ab") as stream:
            stream.write(b'[1, 2]\n"text"\n\xff\xfe\n\n{"phase": "train", "step": 9, "gr')
    found = diagnose(run)
    lost = [finding for finding in found.findings if finding.id == "unreadable-lines"]
    assert [finding.what.split(" is ")[0] for finding in lost] == [
        "What cannot be read in curves.jsonl",
        "What cannot be read in completions.jsonl",
    ]
    assert lost[0].evidence == "line 41, 42, 43"  # not the blank one, and not the last, which is still being written
    row = found.row()
    assert row == {**whole, "findings": row["findings"]}
    assert len(row["findings"]) == len(whole["findings"]) + 2


def test_a_line_still_being_written_is_nothing_to_say(tmp_path: Path) -> None:
    run = own_run(tmp_path / "run")
    whole = diagnose(run).row()
    with (run / "curves.jsonl").open("ab") as stream:
        stream.write(b'{"phase": "grpo", "step": 41, "lo')
    assert diagnose(run).row() == whole


def test_a_run_that_has_just_begun_has_no_steps(tmp_path: Path) -> None:
    found = diagnose(own_run(tmp_path / "run", [], [], finished=False))
    assert (found.state, found.done, ids(found)) == ("running", 0, {"nothing-yet"})


def test_hostile_text_is_shown_as_plain_words(tmp_path: Path) -> None:
    evil = "\x1b[2J\u202e<script>alert(1)</script>\r\n[bold]now\x00"

    def often_silent(progress: float, level: int, rng: Generator) -> int:
        return 0 if rng.random() < 0.3 else honest(progress, level, rng)

    rows = rollouts(often_silent, steps=24)
    for index, row in enumerate(rows):
        row["completion"] = "x" * (1_000_000 if index % 500 == 0 else 10) + evil
        row["terms"] = {"\x1b[31mformat": float(index % 3), "outcome": 0.0}
        row["reward"] = float(index % 3)
    rows[0]["status"] = "\x1b[31m"
    found = diagnose(own_run(tmp_path / "run", rows))
    text = " ".join(finding.what + finding.evidence + finding.change for finding in found.findings)
    assert {"no-answer", "text-dominates"} <= ids(found)
    assert text.isprintable()
    assert "alert(1)" in text
    assert len(text) < 10_000


def test_the_row_is_plain_json(tmp_path: Path) -> None:
    row = diagnose(own_run(tmp_path / "run", rollouts(collapsing, paid_for_two))).row()
    assert json.loads(json.dumps(row, allow_nan=False)) == row
    assert set(row) == {"run", "kind", "phase", "state", "steps", "windows", "findings"}
    assert row["steps"] == {"done": 40, "total": 40, "left": 0}
    assert {"id", "severity", "what", "evidence", "change"} == set(row["findings"][0])


@pytest.mark.parametrize("make", [lambda p: p.mkdir(), lambda p: p.write_text("x"), lambda p: None])
def test_a_path_that_is_no_run_is_refused(tmp_path: Path, make: Any) -> None:
    make(tmp_path / "run")
    with pytest.raises(BadInputError, match="a training folder"):
        diagnose(tmp_path / "run")


def test_folders_that_are_taken_for_a_run_are_named(tmp_path: Path) -> None:
    own_run(tmp_path / "all" / "a")
    own_run(tmp_path / "all" / "b")
    with pytest.raises(BadInputError, match="it holds runs, name one: a, b"):
        diagnose(tmp_path / "all")
    (tmp_path / "records.jsonl").touch()
    with pytest.raises(BadInputError, match="it is an evaluation"):
        diagnose(tmp_path)
