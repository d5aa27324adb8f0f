"""imaging-v1: the question, look-ups that cost, the verdict, what is told and when, bad input."""

from __future__ import annotations

import json

import pytest

from triagelab.clinical.imaging import Appropriateness
from triagelab.envs.imaging import LOOKUP_COST, MAX_STEPS, ImagingKind
from triagelab.envs.registry import make
from triagelab.errors import BadInputError, UnknownNameError

LABELS = [label.value for label in Appropriateness]
LOOK = {"lookup": True}


def answer(label: str, reasoning: str = "The rule is positive. It was applied. So this follows.") -> dict[str, str]:
    return {"text": f"<think>{reasoning}</think><answer>{label}</answer>"}


def seed_with_evidence() -> int:
    env = make("imaging-v1")
    for seed in range(200):
        env.reset(seed=seed, split="train")
        if env.step(LOOK).evidence:
            return seed
    raise AssertionError("no case of 200 has evidence")


def test_the_question_comes_first_and_tells_nothing_of_the_answer() -> None:
    env = make("imaging-v1")
    seen = env.reset(seed=3, split="test")
    assert seen.note
    assert seen.note in seen.message
    assert seen.procedure in seen.message
    assert seen.debrief is None
    assert seen.reward is None
    assert seen.steps_left == MAX_STEPS
    assert seen.evidence == ()


@pytest.mark.parametrize("split", ["train", "test", "ood"])
def test_the_right_answer_earns_the_most_and_the_debrief_says_why(split: str) -> None:
    for seed in range(12):
        env = make("imaging-v1")
        env.reset(seed=seed, split=split)
        best = env.best()
        end = env.step(best)
        truth = end.debrief["label"]
        assert end.done
        assert end.debrief["answer"] == truth
        assert end.reward == pytest.approx(sum(end.components.values()))
        assert end.debrief["because"] or end.debrief["rule"]
        assert 3 <= len(end.debrief["reasoning"]) <= 6
        for label in LABELS:
            env.reset(seed=seed, split=split)
            other = env.step(answer(label))
            assert other.debrief["label"] == truth
            assert other.reward <= end.reward + 1e-9
            assert (other.reward > 0.3) == (label == truth)
        env.reset(seed=seed, split=split)
        assert env.step({"text": ", ".join(LABELS)}).reward == 0.0


def test_looking_up_shows_verified_evidence_and_costs() -> None:
    seed = seed_with_evidence()
    env = make("imaging-v1")
    env.reset(seed=seed, split="train")
    found = env.step(LOOK)
    assert not found.done
    assert found.reward == -LOOKUP_COST
    assert found.components == {"lookup": -LOOKUP_COST}
    assert all(line.startswith("[") for line in found.evidence)
    assert found.debrief is None
    assert found.steps_left == MAX_STEPS - 1
    end = env.step(env.best())
    assert end.done
    again = make("imaging-v1")
    again.reset(seed=seed, split="train")
    assert again.step(again.best()).reward == end.reward, (
        "a look changes what was paid on the way, not the answer's pay"
    )


def test_an_episode_ends_without_an_answer_when_no_action_is_left() -> None:
    env = make("imaging-v1")
    env.reset(seed=1)
    turns = [env.step(LOOK) for _ in range(MAX_STEPS)]
    assert [turn.done for turn in turns] == [False] * (MAX_STEPS - 1) + [True]
    assert sum(turn.reward for turn in turns) == pytest.approx(-MAX_STEPS * LOOKUP_COST)
    assert turns[-1].debrief["answer"] is None


def test_without_look_ups_there_is_nothing_to_find() -> None:
    env = make("imaging-v1", lookups="no")
    env.reset(seed=seed_with_evidence(), split="train")
    assert env.step(LOOK).evidence == ()


def test_a_reward_with_evidence_shows_it_from_the_start() -> None:
    seed = seed_with_evidence()
    env = make("imaging-v1", reward="imaging-citations")
    seen = env.reset(seed=seed, split="train")
    assert seen.evidence
    assert seen.evidence[0].split("]")[0] in seen.message


def test_equal_seeds_are_the_same_episode() -> None:
    one, two = make("imaging-v1"), make("imaging-v1")
    assert one.reset(seed=9, split="ood") == two.reset(seed=9, split="ood")
    assert one.step(answer(LABELS[0])) == two.step(answer(LABELS[0]))


def test_the_state_says_nothing_of_the_truth() -> None:
    env = make("imaging-v1")
    env.reset(seed=2, episode_id="e")
    said = json.dumps(env.state.to_dict())
    assert not any(label in said for label in LABELS)


@pytest.mark.parametrize(
    "action",
    [{}, {"text": "x", "lookup": True}, {"lookup": False}, {"text": 5}, {"txt": "x"}, {"text": "x" * 20_001}],
)
def test_what_is_no_action_is_refused_and_the_episode_goes_on(action: dict[str, object]) -> None:
    env = make("imaging-v1")
    env.reset(seed=0)
    with pytest.raises(BadInputError, match="action"):
        env.step(action)
    assert env.step(answer(LABELS[0])).done


@pytest.mark.parametrize(
    "options", [{"reward": "imaging-basline"}, {"template": "imaging-breif"}, {"lookups": "maybe"}, {"lookup": "yes"}]
)
def test_wrong_options_are_named(options: dict[str, str]) -> None:
    with pytest.raises(UnknownNameError):
        make("imaging-v1", **options)


def test_the_declared_ranges_hold() -> None:
    for reward in ("imaging-baseline", "imaging-citations", "imaging-llm-eval"):
        kind = ImagingKind(reward=reward)
        low, high = kind.return_range
        for seed in range(10):
            env = make("imaging-v1", reward=reward)
            env.reset(seed=seed)
            for text in (env.best().text, "", "(Smith 2019) [study-x] <answer>usually appropriate</answer>"):
                env.reset(seed=seed)
                end = env.step({"text": text})
                assert low - 1e-9 <= end.reward <= high + 1e-9
                assert set(end.components) <= set(kind.component_names)
