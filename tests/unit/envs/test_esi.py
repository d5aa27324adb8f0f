"""esi-v1: one step, components that sum, a debrief, and no word of the truth before the answer."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import triagelab.envs.esi as esi
from triagelab.cases.generator import iter_detailed
from triagelab.envs.base import SEEDS, Environment, EpisodeError
from triagelab.envs.registry import make
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.rewards.presets import load_preset, preset_names


def test_the_gold_answer_earns_the_most_any_answer_to_that_patient_can_earn():
    for seed in range(25):
        env = make("esi-v1")
        env.reset(seed=seed, split="dev")
        best = env.step(env.best())
        rivals = []
        for level in range(1, 6):
            env.reset(seed=seed, split="dev")
            rivals.append(env.step({"text": f"EXTRACTION: x\nESI ALGORITHM: y\nANSWER: ESI {level}"}).reward)
        assert best.reward == pytest.approx(max(rivals))
        assert best.debrief["level"] == best.debrief["answer"] == rivals.index(max(rivals)) + 1


@pytest.mark.parametrize("preset", preset_names())
def test_every_preset_scores_inside_its_stated_range_and_components_sum(preset):
    env = make("esi-v1", reward=preset)
    low, high = env.kind.reward_range
    for seed in range(12):
        for text in ("", "ANSWER: ESI 1", "ANSWER: ESI 5", "ANSWER: ESI 2\nANSWER: ESI 4", "word " * 900):
            env.reset(seed=seed)
            seen = env.step({"text": text})
            assert low - 1e-9 <= seen.reward <= high + 1e-9
            assert sum(seen.components.values()) == pytest.approx(seen.reward, abs=1e-12)
            assert set(seen.components) <= set(env.kind.component_names)


def test_the_range_of_a_plain_table_is_met_at_both_ends():
    assert make("esi-v1").kind.reward_range == (-1.0, 4.05)


def test_an_unscorable_answer_has_no_reward_and_says_so(monkeypatch):
    spec = load_preset("v50")
    outcome = type(spec.terms[0])
    monkeypatch.setattr(outcome, "evaluate", lambda self, attempt: (None, "cannot run"))
    env = make("esi-v1")
    env.reset(seed=1)
    seen = env.step({"text": "ANSWER: ESI 2"})
    assert seen.done
    assert seen.reward is None
    assert "outcome" not in seen.components
    assert seen.debrief["scorable"] is False


def test_the_case_is_the_generators_for_that_split_and_seed():
    env = make("esi-v1")
    for split in env.kind.splits:
        seen = env.reset(seed=41, split=split)
        assert seen.note == next(iter_detailed(1, 41, split)).case.presentation.narrative
        assert seen.note in seen.message


def test_before_the_answer_nothing_but_the_note_is_told():
    env = make("esi-v1")
    seen = env.reset(seed=123456789, episode_id="mine")
    told = json.dumps([seen.model_dump(), env.state.to_dict()])
    assert seen.debrief is None
    assert seen.reward is None
    assert seen.components == {}
    assert "123456789" not in told
    assert "gen-" not in told


def test_a_changed_debrief_changes_nothing_for_the_next_episode_of_the_same_case():
    env = make("esi-v1")
    env.reset(seed=9)
    first = env.step({"text": "ANSWER: ESI 3"})
    kept = json.dumps(first.debrief)
    first.debrief["because"][0]["text"] = "spoilt"
    first.debrief["acceptable"].append(9)
    env.reset(seed=9)
    assert json.dumps(env.step({"text": "ANSWER: ESI 3"}).debrief) == kept


@pytest.mark.parametrize(
    "raw",
    [{}, {"text": 3}, {"text": None}, {"text": "x" * 20_001}, {"text": "a", "level": 1}, [], "ANSWER: ESI 1", None],
)
def test_an_action_that_is_none_is_refused_in_one_line_and_the_episode_goes_on(raw):
    env = make("esi-v1")
    env.reset(seed=5)
    with pytest.raises(BadInputError) as caught:
        env.step(raw)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400
    assert env.step({"text": "ANSWER: ESI 1"}).done


def test_steps_out_of_turn_are_refused():
    env = make("esi-v1")
    with pytest.raises(EpisodeError, match="reset"):
        env.step({"text": "ANSWER: ESI 1"})
    env.reset(seed=0)
    env.step({"text": ""})
    with pytest.raises(EpisodeError, match="ended"):
        env.step({"text": "ANSWER: ESI 1"})
    env.close()
    with pytest.raises(EpisodeError, match="closed"):
        env.reset(seed=0)


@given(st.text(max_size=300))
@settings(max_examples=60, deadline=None)
def test_any_text_is_an_answer_and_ends_the_episode(text):
    env = Environment(esi.EsiKind())
    env.reset(seed=2)
    seen = env.step({"text": text})
    assert seen.done
    assert seen.reward is not None
    assert seen.debrief["level"] in (1, 2, 3, 4, 5)


def test_names_that_do_not_exist_are_refused_with_the_nearest():
    with pytest.raises(UnknownNameError):
        make("esi-v1", reward="v5o")
    with pytest.raises(UnknownNameError):
        make("esi-v1", template="esii")
    assert make("esi-v1").kind.task_count("train") == SEEDS
    assert make("esi-v1").kind.task("dev", 4).to_dict() == {"id": "dev-4", "split": "dev", "index": 4, "tier": None}
