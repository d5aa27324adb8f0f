"""Crisis rewards as data: shipped ones load, wrong files say what is wrong, TRL's function pays the score."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from triagelab.errors import BadInputError, DataFormatError, UnknownNameError
from triagelab.rewards.crisis.preset import crisis_preset_names, load_crisis_preset
from triagelab.rewards.crisis.sample import draw_states
from triagelab.rewards.crisis.score import score_crisis
from triagelab.rewards.crisis.scripted import scripted
from triagelab.rewards.crisis.trl import crisis_reward
from triagelab.rewards.crisis.verifiers import VERIFIERS

KEY = draw_states(1, 2)[0]
GOOD = 'name = "mine"\ntitle = "t"\ncombine = "mean"\n[[term]]\nverifier = "patient_survival"\nweight = 2.0\n'


def test_both_shipped_rewards_have_all_eight_verifiers() -> None:
    assert crisis_preset_names() == ("crisis-published", "crisis-v1")
    for name in crisis_preset_names():
        assert {row.verifier for row in load_crisis_preset(name).term} == set(VERIFIERS)
    assert sum(row.weight for row in load_crisis_preset("crisis-v1").term) == pytest.approx(1.0)


def test_an_unknown_name_says_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'crisis-v1'"):
        load_crisis_preset("crisis-v2")


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (("patient_survival", "patient_survivl"), "patient_survival"),
        (("weight = 2.0", "weight = 0"), "greater than 0"),
        (('combine = "mean"', 'combine = "gated"'), "belong together"),
        (('title = "t"', 'title = "t"\nscale = 2'), "Extra inputs"),
        (("weight = 2.0\n", 'weight = 2.0\n[[term]]\nverifier = "patient_survival"\nweight = 1.0\n'), "twice"),
        (('combine = "mean"', 'combine = "gated"\n[gate]\nover = { response_speed = 1.0 }'), "action_alignment"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, change: tuple[str, str], hint: str) -> None:
    path = tmp_path / "mine.toml"
    text = GOOD.replace(*change)
    if "[gate]" in change[1]:
        text = GOOD.replace('combine = "mean"', 'combine = "gated"') + "[gate]\nover = { response_speed = 1.0 }\n"
    path.write_text(text)
    with pytest.raises(DataFormatError, match=hint):
        load_crisis_preset(path)


def test_a_file_of_ones_own_scores(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD)
    found = score_crisis(load_crisis_preset(path), KEY, scripted(KEY)["book"])
    assert found.total == pytest.approx(found.terms["patient_survival"].value)


def test_the_trl_function_pays_what_score_pays_and_logs_it() -> None:
    reward = pickle.loads(pickle.dumps(crisis_reward("crisis-v1")))
    texts = list(scripted(KEY).values())[:6]
    extra: dict[str, list] = {}
    metric: dict[str, float] = {}
    messages = [[{"role": "assistant", "content": text}] for text in texts]
    paid = reward(
        None,
        messages,
        state=[KEY.text] * len(texts),
        log_extra=extra.__setitem__,
        log_metric=metric.__setitem__,
        other=1,
    )
    preset = load_crisis_preset("crisis-v1")
    assert paid == [score_crisis(preset, KEY, text).total for text in texts]
    assert set(metric) == {f"crisis-v1/{name}" for name in VERIFIERS}
    assert extra["status"][0] == "clean"
    assert reward.__name__ == "reward_crisis_v1"


def test_terms_add_up_to_the_total() -> None:
    preset = load_crisis_preset("crisis-v1")
    for text in scripted(KEY).values():
        found = score_crisis(preset, KEY, text)
        assert sum(term.paid for term in found.terms.values()) == pytest.approx(found.total)
        assert found.row()["total"] == found.total


def test_without_a_state_nothing_is_scored_and_wrong_columns_are_named() -> None:
    reward = crisis_reward("crisis-v1")
    assert reward(completions=["x", "y"], state=[None, KEY]) == [None, 0.0]
    assert reward(completions=["x"]) == [None]
    with pytest.raises(BadInputError, match="one a completion"):
        reward(completions=["x", "y"], state=[KEY])
    with pytest.raises(BadInputError, match="state"):
        reward(completions=["x"], state=["mass_casualty"])
    with pytest.raises(UnknownNameError):
        crisis_reward("crisis-v9")(completions=["x"], state=[KEY])
