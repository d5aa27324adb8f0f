"""The generator: reproducible, labelled by the engine, and without the truth in what is shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict

import pytest

from triagelab.cases.archetypes import load_archetypes
from triagelab.cases.generator import DEFAULT_MIX, generate, generate_iter, iter_detailed, make, pool
from triagelab.cases.narrative import VOICES
from triagelab.cases.schema import Case
from triagelab.clinical.esi import decide
from triagelab.clinical.facts import Facts
from triagelab.errors import BadInputError, UnknownNameError

N = 450
SPLITS = ("train", "dev", "test")


@pytest.fixture(scope="module")
def made():
    return {split: list(iter_detailed(N, 0, split)) for split in SPLITS}


def test_same_seed_same_cases():
    assert [case.to_dict() for case in generate(20, 3)] == [case.to_dict() for case in generate(20, 3)]


def test_a_longer_list_begins_with_the_shorter():
    assert [case.content_hash() for case in generate(10, 5)] == [case.content_hash() for case in generate(60, 5)][:10]
    later = [item.case.content_hash() for item in iter_detailed(5, 5, start=7)]
    assert later == [case.content_hash() for case in generate(12, 5)][7:]


def test_other_seeds_and_splits_share_nothing():
    notes = [{case.presentation.narrative for case in generate(60, seed, split)} for seed in (0, 1) for split in SPLITS]
    assert len(set().union(*notes)) == sum(len(part) for part in notes)


def test_the_same_in_every_process():
    code = "from triagelab.cases.generator import generate; print([c.content_hash() for c in generate(8, 11, 'dev')])"
    outputs = set()
    for hash_seed in ("1", "2"):
        env = {**os.environ, "PYTHONHASHSEED": hash_seed}
        outputs.add(subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True).stdout)
    assert outputs == {f"{[case.content_hash() for case in generate(8, 11, 'dev')]}\n"}


def test_ids_are_unique_and_say_where_they_come_from(made):
    ids = [item.case.case_id for split in SPLITS for item in made[split]]
    assert len(set(ids)) == len(ids)
    assert made["test"][7].case.case_id == "gen-test-0-000007"


@pytest.mark.parametrize("split", SPLITS)
def test_the_engine_labels_from_the_latent_facts(made, split):
    for item in made[split][:200]:
        truth = item.case.truth
        decision = decide(Facts.from_mapping(truth.facts), version=5)
        assert (truth.level, truth.acceptable, truth.point, truth.because) == (
            decision.level,
            decision.acceptable,
            decision.point,
            decision.because,
        )
        assert (truth.scale, truth.labelled_by, item.case.dataset) == ("esi-v5", "engine", "generated")


@pytest.mark.parametrize("split", SPLITS)
def test_each_split_covers_levels_points_and_voices(made, split):
    assert {item.case.truth.level for item in made[split]} == {1, 2, 3, 4, 5}
    assert {item.case.truth.point for item in made[split]} == {"A", "B", "C", "D"}
    assert {item.rendered.voice for item in made[split]} == set(VOICES)


@pytest.mark.parametrize("split", SPLITS)
def test_the_mix_is_near_the_one_aimed_at(made, split):
    counts = Counter(item.case.truth.level for item in made[split])
    for level, share in DEFAULT_MIX.items():
        assert abs(counts[level] / N - share) < 0.06, (split, level, counts)


def test_another_mix_is_followed():
    counts = Counter(case.truth.level for case in generate(300, 0, mix={1: 1, 2: 0, 3: 0, 4: 0, 5: 1}))
    assert counts[1] + counts[5] > 270


def test_splits_share_no_family(made):
    families = [{item.case.family for item in made[split]} for split in SPLITS]
    assert not families[0] & families[1]
    assert not (families[0] | families[1]) & families[2]
    assert len(pool("train", True)) == len(load_archetypes())
    shared = {case.family for case in generate(300, 0, "test", share_families=True)}
    assert shared & families[0]
    assert shared & families[2]


def test_finding_words_of_the_test_families_occur_in_training_families():
    seen = defaultdict(set)
    for split in SPLITS:
        for item in pool(split):
            for layer in (item, *item.modifiers):
                for fact in (*layer.facts, *layer.stated):
                    seen[fact].add(split)
    assert {fact for fact, where in seen.items() if "train" not in where} == set()
    weak_spots = {"intubated", "chest_tube_acute", "indwelling_central_line", "cpr_in_progress", "open_fracture"}
    assert all({"train", "test"} <= seen[fact] for fact in weak_spots)


def test_the_label_does_not_depend_on_the_voice():
    for index, item in enumerate(list(load_archetypes().values())[::6]):
        cases = [make(item, 4, index, voice=voice).case for voice in VOICES]
        assert len({case.truth.level for case in cases}) == 1
        assert len({json.dumps(case.truth.to_dict(), sort_keys=True) for case in cases}) == 1
        assert len({case.presentation.narrative for case in cases}) == len(VOICES)


def test_levels_are_spread_over_the_voices(made):
    by_voice = defaultdict(Counter)
    for split in SPLITS:
        for item in made[split]:
            by_voice[item.rendered.voice][item.case.truth.level] += 1
    for voice in VOICES:
        total = sum(by_voice[voice].values())
        assert abs(by_voice[voice][3] / total - 0.35) < 0.08, voice


def test_nothing_of_the_truth_is_shown(made):
    for item in made["train"][:300]:
        shown = json.dumps(item.case.presentation.to_dict())
        assert "ESI" not in shown
        assert not any(rule in shown for rule in item.case.truth.because)
        assert set(item.case.presentation.to_dict()) == {
            "case_id", "narrative", "age_years", "sex", "arrival", "chief_complaint", "vitals", "history",
            "structured", "credentialed",
        }  # fmt: skip
        assert item.case.presentation.vitals == item.patient.facts.vitals


def test_cases_survive_a_round_trip_through_json():
    for case in generate(30, 9, "test"):
        assert Case.from_dict(json.loads(json.dumps(case.to_dict()))) == case


def test_none_asked_none_given():
    assert generate(0, 0) == []


def test_generate_iter_is_lazy_but_checks_at_once():
    assert next(iter(generate_iter(10**9, 0))).case_id == "gen-train-0-000000"
    with pytest.raises(BadInputError):
        generate_iter(-1, 0)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: generate(-1, 0), BadInputError, "n: got -1"),
        (lambda: generate(1, -3), BadInputError, "seed: got -3"),
        (lambda: generate(True, 0), BadInputError, "n: got True"),
        (lambda: generate(1, 0, "tset"), UnknownNameError, "did you mean 'test'"),
        (lambda: generate(1, 0, mix={6: 1.0}), BadInputError, "mix"),
        (lambda: generate(1, 0, mix={1: 0.0}), BadInputError, "mix"),
        (lambda: make(pool("dev")[0], 0, 0, voice="pros"), UnknownNameError, "did you mean 'prose'"),
    ],
)
def test_bad_input_gets_one_clear_line(call, error, words):
    with pytest.raises(error, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)
