"""A checkpoint in every role: answers in one batch, read as they are, and a hospital that goes on whatever is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from triagelab.agents.crisis_model import CrisisModel
from triagelab.agents.crisis_policies import CrisisPolicy
from triagelab.agents.generation import Completion
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.evaluation.crisis.play import play_episode
from triagelab.hospital.hospital import Hospital, begin
from triagelab.hospital.tables import ROLES
from triagelab.hospital.views import View


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model with the tokenizer of the tiny recipes: it writes nonsense, quickly."""
    from transformers import AutoTokenizer

    from triagelab.files import write_json
    from triagelab.training.crisis_format import tiny_tokenizer
    from triagelab.training.model_config import TinyModel
    from triagelab.training.models import tiny_model

    folder = tmp_path_factory.mktemp("run") / "model"
    tiny_tokenizer(["er_triage step 3, 17 left"] * 3, 900, folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    shape = TinyModel(layers=1, width=32, heads=2, kv_heads=2, feed_forward=32, vocabulary=900)
    tiny_model(tokenizer, shape, 0).save_pretrained(folder)
    write_json(folder / "triagelab.json", {"template": "crisis-brief", "max_new_tokens": 12})
    return folder


@pytest.fixture(scope="module")
def policy(checkpoint: Path) -> CrisisModel:
    return CrisisModel.load(checkpoint)


def hospital() -> Hospital:
    h = begin("mass_casualty", 0.5, 1, 20)
    for _ in range(4):
        h.step({})
    return h


def test_nonsense_is_counted_and_the_episode_goes_on(policy: CrisisModel) -> None:
    assert isinstance(policy, CrisisPolicy)
    before = policy.counts["answers"]
    h = hospital()
    policy.begin(0)
    acts = policy.act({role: View(h, role) for role in ROLES})
    assert acts == {role: [] for role in ROLES}
    assert set(policy.said) == set(ROLES)
    assert policy.counts["answers"] == before + 6
    assert policy.counts["invalid"] == policy.counts["answers"]
    assert h.step(acts).wrong == 0


def test_what_is_written_becomes_acts_and_strange_acts_are_refused(
    policy: CrisisModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = json.dumps({"reasoning": "x", "acts": [{"act": "call_in", "staff_role": "nurse", "count": 2}, {"act": 3}]})

    def complete(prompts: list[list[int]], seed: int) -> list[Completion]:
        ids = policy.tokenizer(good, add_special_tokens=False)["input_ids"]
        return [Completion(list(ids), False) for _ in prompts]

    monkeypatch.setattr(policy.generator, "complete", complete)
    before = policy.counts["refused"]
    h = hospital()
    acts = policy.act({role: View(h, role) for role in ROLES})
    assert [act.kind for act in acts["hr_rostering"]] == ["call_in"]
    assert acts["pharmacy"] == []
    assert policy.counts["refused"] == before + 11
    assert policy.said["pharmacy"] == good


def test_a_whole_episode_is_played_and_equal_seeds_say_the_same(checkpoint: Path) -> None:
    said: list[Any] = []
    for _ in range(2):
        policy = CrisisModel.load(checkpoint, temperature=1.0)
        h = hospital()
        policy.begin(5)
        policy.act({role: View(h, role) for role in ROLES})
        first = dict(policy.said)
        policy.act({role: View(h, role) for role in ROLES})
        said.append((first, dict(policy.said)))
    assert said[0] == said[1]
    assert said[0][0] != said[0][1], "another step, another draw"
    record = play_episode(CrisisModel.load(checkpoint), "staff_shortage", 0.5, 2, 20)
    nothing = begin("staff_shortage", 0.5, 2, 20)
    while not nothing.done:
        nothing.step({})
    assert record.survival == pytest.approx(nothing.outcome()["survival"])


def test_a_prompt_without_room_shows_fewer_patients_and_then_says_what_would_fit(policy: CrisisModel) -> None:
    view = View(hospital(), "er_triage")
    whole = len(policy._prompt(view))
    config = policy.generator.model.config
    kept = config.max_position_embeddings
    try:
        config.max_position_embeddings = whole - 10 + policy.generator.max_new_tokens
        assert len(policy._prompt(view)) <= whole - 10
        config.max_position_embeddings = policy.generator.max_new_tokens + 5
        with pytest.raises(BadInputError, match="max_new_tokens"):
            policy._prompt(view)
    finally:
        config.max_position_embeddings = kept


def test_folders_that_hold_no_such_model_are_refused(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInputError):
        CrisisModel.load(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    for item in checkpoint.iterdir():
        (other / item.name).write_bytes(item.read_bytes())
    (other / "triagelab.json").write_text('{"template": "esi-brief", "max_new_tokens": 12}')
    with pytest.raises(BadInputError, match="hospital crisis"):
        CrisisModel.load(other)
    assert CrisisModel.load(other, template="crisis-seed").template == "crisis-seed"
    with pytest.raises(UnknownNameError):
        CrisisModel(None, None, template="esi")
