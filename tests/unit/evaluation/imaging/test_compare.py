"""Comparison of runs: what is told apart, seeds, McNemar with variants as units, and the words for it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from imaging_eval_samples import Skilled, some_cases
from triagelab.errors import BadInputError
from triagelab.evaluation.difference import mcnemar_exact
from triagelab.evaluation.imaging.compare import compare_imaging
from triagelab.evaluation.imaging.pairs import Spread, flip_p, holm_of, mcnemar_first
from triagelab.evaluation.imaging.run import evaluate_imaging
from triagelab.seeding import stream


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    cases = some_cases()
    for number, (name, skill) in enumerate((("weak", 0.2), ("like", 0.2), ("strong", 0.9))):
        for seed in range(3):
            agent = Skilled(cases, skill, seed=100 * number + seed, name=name)
            evaluate_imaging(agent, cases, root / f"{name}-{seed}", progress=False)
    return root


def test_designs_with_seeds_are_told_apart_over_seeds_and_variants(runs):
    names = ("weak", "like", "strong")
    found = compare_imaging([f"{name}={runs}/{name}-{seed}" for name in names for seed in range(3)])
    assert found.groups == {"weak": 3, "like": 3, "strong": 3}
    pairs = {(one.a, one.b): one for one in found.splits[0].pairs["exact"]}
    assert pairs["weak", "strong"].told_apart
    assert pairs["weak", "strong"].value > 0.3
    assert pairs["weak", "strong"].decides == "seeds and variants"
    alike = pairs["weak", "like"]
    assert not alike.told_apart
    assert alike.level.high - alike.level.low > 0
    said = "\n".join(found.statement())
    assert "strong over weak" in said
    assert "like minus weak" in said
    assert "with 80 % power" in said
    assert "3 and 3 seeds" in said
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["groups"]["weak"] == 3
    assert "| strong | 3 |" in found.markdown()


def test_one_seed_says_nothing_of_the_design(runs):
    found = compare_imaging([f"weak={runs}/weak-0", *(f"strong={runs}/strong-{seed}" for seed in range(2))])
    one = found.splits[0].pairs["macro_f1"][0]
    assert one.decides == "variants"
    assert one.level.p is None
    assert "single training seed" in "\n".join(found.statement())
    assert found.splits[0].figures["weak"]["exact"].level.note.startswith("one training seed")


def test_a_folder_of_folders_and_equal_names(runs, tmp_path):
    place = tmp_path / "all"
    place.mkdir()
    for name in ("weak-0", "weak-1", "strong-0"):
        (place / name).symlink_to(runs / name)
    found = compare_imaging([str(place)])
    assert set(found.groups) == {"strong", "weak", "weak [weak-1]"}
    assert compare_imaging([f"a={place}", f"b={runs}/weak-2"]).groups == {"a": 3, "b": 1}


def test_what_cannot_be_compared(runs, tmp_path):
    with pytest.raises(BadInputError, match="at least two"):
        compare_imaging([f"{runs}/weak-0"])
    with pytest.raises(BadInputError, match="DIR or NAME=DIR"):
        compare_imaging(["=x"])
    with pytest.raises(BadInputError, match="run that first"):
        compare_imaging([str(tmp_path / "nothing")])
    cases = some_cases()[:-4]
    evaluate_imaging(Skilled(cases, 0.5, name="other"), cases, tmp_path / "other", progress=False)
    with pytest.raises(BadInputError, match="the same questions"):
        compare_imaging([f"{runs}/weak-0", str(tmp_path / "other")])


def test_flips_are_mcnemar_where_a_variant_has_one_question():
    gains = np.array([1.0] * 14 + [-1.0] * 4 + [0.0] * 50)
    assert flip_p(gains, 0) == pytest.approx(mcnemar_exact(4, 14), abs=0.006)
    assert flip_p(np.zeros(9), 0) == 1.0


def test_flips_keep_the_level_where_rows_of_a_variant_go_together():
    """Three questions that are right or wrong together: counted as rows, far too often significant."""
    false_flips = false_rows = 0
    for run in range(200):
        rng = stream("tests/imaging/level", run)
        gains = 3.0 * (rng.integers(0, 2, size=40) * 2.0 - 1.0)
        false_flips += flip_p(gains, run, flips=999) < 0.05
        false_rows += mcnemar_exact(int((gains < 0).sum() * 3), int((gains > 0).sum() * 3)) < 0.05
    assert false_flips <= 20
    assert false_rows > 40


def test_two_level_interval_grows_with_the_spread_of_seeds():
    narrow = Spread(0.1, 0.02**2, 100, ((0.001**2, 3), (0.001**2, 3)))
    wide = Spread(0.1, 0.02**2, 100, ((0.1**2, 3), (0.1**2, 3)))
    assert narrow.two_level().p < 0.001 < 0.2 < wide.two_level().p
    assert wide.two_level().high > 2 * narrow.two_level().high - 0.1
    variants, seeds, _ = wide.needs()
    assert variants is None
    assert seeds > 10
    variants, _, reach = Spread(0.02, 0.02**2, 100, ((0.0, 1), (0.0, 1))).needs()
    assert variants == pytest.approx(100 * (reach / 0.02) ** 2, abs=1)


def test_holm_by_hand():
    assert holm_of([0.04, None, 0.01, 0.03]) == pytest.approx([0.06, None, 0.03, 0.06])


def test_mcnemar_on_the_first_question_takes_the_majority_of_seeds():
    a = np.array([[1, 1, 0], [1, 0, 0], [0, 1, 0]], dtype=float)
    b = np.array([[1, 0, 1]], dtype=float)
    assert mcnemar_first(a, b) == {"both": 1, "only_a": 1, "only_b": 1, "neither": 0, "p": 1.0}
