"""Training in the environment for real, on a very small model: what is learnt from, logged, closed and refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from triagelab.agents.bedside_model import BedsideModel
from triagelab.cases.bedside.observation import Dialogue
from triagelab.envs.registry import make
from triagelab.errors import BadInputError, TriageLabError
from triagelab.training import bedside_run, logs
from triagelab.training.export import export
from triagelab.training.run import train

pytestmark = pytest.mark.training

SMALLEST: dict[str, Any] = {
    "threads": 1,
    "data.n": 24,
    "bedside.questions": [1, 2],
    "model.tiny.layers": 1,
    "model.tiny.width": 32,
    "model.tiny.heads": 2,
    "model.tiny.kv_heads": 2,
    "model.tiny.feed_forward": 32,
    "model.tiny.vocabulary": 500,
    "optim.steps": 4,
    "optim.batch": 4,
    "log.every": 1,
    "log.checkpoint_every": 2,
}
GRPO: dict[str, Any] = {
    **{key: value for key, value in SMALLEST.items() if not key.startswith("model")},
    "data.n": 8,
    "generation.group": 4,
    "generation.max_new_tokens": 24,
    "bedside.episode_tokens": 128,
    "bedside.turns": 2,
    "optim.batch": 8,
    "optim.steps": 3,
    "log.checkpoint_every": 1,
}


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train("tiny-bedside-sft", tmp_path_factory.mktemp("runs") / "sft", overrides=SMALLEST, progress=False)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[bedside_run.Sessions]:
    """Every Sessions that a run makes."""
    made: list[bedside_run.Sessions] = []

    class Watched(bedside_run.Sessions):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            made.append(self)

    monkeypatch.setattr(bedside_run, "Sessions", Watched)
    return made


def grpo(out: Path, start: Path, **options: Any) -> Path:
    settings = {**GRPO, "warm_start": str(start), **options.pop("set", {})}
    return train("tiny-bedside-grpo", out, overrides=settings, progress=False, **options)


def test_sft_learns_from_the_teachers_calls(start: Path) -> None:
    manifest = json.loads((start / "manifest.json").read_text())
    assert manifest["steps"] == 4
    assert manifest["data"]["name"] == "bedside-v1"
    assert manifest["teacher"]["episodes"] == 24
    curves = logs.read_curves(start)
    assert curves[-1]["loss"] < curves[0]["loss"]


def test_grpo_acts_logs_every_rollout_and_leaves_no_session_open(
    start: Path, tmp_path: Path, seen: list[bedside_run.Sessions]
) -> None:
    run = grpo(tmp_path / "grpo", start)
    rows = logs.read_completions(run)
    keys = [(row["step"], row["group"], row["rollout"]) for row in rows]
    assert keys == [(step, group, rollout) for step in range(3) for group in range(2) for rollout in range(4)]
    for step in range(3):
        for group in range(2):
            members = [row for row in rows if (row["step"], row["group"]) == (step, group)]
            assert len({row["case_id"] for row in members}) == 1
    assert len({row["case_id"] for row in rows}) == 6
    for row in rows:
        assert row["reward"] == pytest.approx(sum(row["terms"].values()))
        assert row["status"] in ("clean", "no_commit")
        assert (row["predicted"] is None) == (row["status"] == "no_commit")
        assert {"questions", "invalid_calls", "minutes", "actions", "waited"} <= row.keys()
    for name in ("reward", "questions", "no_commit", "exact", "tools/call_frequency"):
        assert name in logs.read_curves(run)[0]
    assert [sessions.open_sessions() for sessions in seen] == [0]
    assert json.loads((run / "manifest.json").read_text())["sessions"] == {"made": 8, "open": 0}
    assert seen[0].made


def test_a_run_that_breaks_leaves_no_session_open_and_goes_on(
    start: Path, tmp_path: Path, seen: list[bedside_run.Sessions], monkeypatch: pytest.MonkeyPatch
) -> None:
    from triagelab.training.callbacks import Curves

    written = Curves.on_log

    def stop(self: Curves, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        written(self, args, state, control, **kwargs)
        if state.global_step == 2:
            raise KeyboardInterrupt

    out = tmp_path / "cut"
    with monkeypatch.context() as patch:
        patch.setattr(Curves, "on_log", stop)
        with pytest.raises(KeyboardInterrupt):
            grpo(out, start)
    assert seen[0].made
    assert seen[0].open_sessions() == 0
    grpo(out, start, resume=True)
    rows = logs.read_completions(out)
    assert {row["step"] for row in rows} == {0, 1, 2}
    assert {row["attempt"] for row in rows if row["step"] == 2} == {1}
    assert json.loads((out / "manifest.json").read_text())["steps"] == 3


def test_a_patient_whose_environment_breaks_teaches_nothing(
    start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = type(make("bedside-v1").kind)
    begin, broken = kind.begin, []

    def begin_or_break(self: Any, split: str, seed: int) -> Any:
        if not broken or seed in broken:
            broken.append(seed)
            raise OSError("no more patients")
        return begin(self, split, seed)

    monkeypatch.setattr(kind, "begin", begin_or_break)
    run = grpo(tmp_path / "broken", start, set={"optim.steps": 1})
    rows = logs.read_completions(run)
    failed = [row for row in rows if row["status"] == "failed"]
    assert len(failed) == 4
    for row in failed:
        assert row["reward"] is None
        assert row["advantage"] == 0.0
    assert all(row["reward"] is not None for row in rows if row not in failed)


def test_a_plain_template_is_refused_in_one_line(start: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    from triagelab.training.bedside_format import set_calls
    from triagelab.training.models import CHAT_TEMPLATE

    with pytest.raises(BadInputError, match=r"bedside\.calls.*terse or qwen3.*shows no tool calls"):
        train("tiny-bedside-sft", tmp_path / "own", overrides={**SMALLEST, "bedside.calls": "own"}, progress=False)
    assert not (tmp_path / "own").exists()
    tokenizer = AutoTokenizer.from_pretrained(start / "model")
    set_calls(tokenizer, "own")
    set_calls(tokenizer, "qwen3")
    assert "function signatures" in tokenizer.chat_template
    tokenizer.chat_template = CHAT_TEMPLATE
    with pytest.raises(BadInputError, match="shows no tool calls"):
        set_calls(tokenizer, "own")


def test_the_agent_is_asked_as_it_was_trained_and_is_bounded(start: Path) -> None:
    agent = BedsideModel.load(start, max_new_tokens=8, retries=1)
    env = make("bedside-v1")
    first = Dialogue(env.reset(seed=1, split="dev"))
    other = Dialogue(env.reset(seed=2, split="dev"))
    actions = agent.act([first, other, first])
    assert actions == [actions[0], agent.act([other])[0], actions[0]]
    # Eight tokens are no call: asked twice each, then it waits.
    assert {action.kind for action in actions} == {"reassess"}
    assert (agent.calls, agent.invalid, agent.waited) == (8, 8, 4)
    with pytest.raises(BadInputError, match="batch_size"):
        BedsideModel.load(start, batch_size=0)


def test_a_model_that_was_trained_on_notes_is_no_bedside_agent(tmp_path: Path, start: Path) -> None:
    import shutil

    from transformers import AutoTokenizer

    from triagelab.training.models import CHAT_TEMPLATE

    shutil.copytree(start / "model", tmp_path / "plain")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "plain")
    tokenizer.chat_template = CHAT_TEMPLATE
    tokenizer.save_pretrained(tmp_path / "plain")
    with pytest.raises(TriageLabError, match="shows tool calls"):
        BedsideModel.load(tmp_path / "plain")


def test_a_bedside_run_has_no_card_of_notes(start: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"on notes.*can be copied as it is"):
        export(start, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_settings_of_the_environment_are_checked() -> None:
    from triagelab.training.recipe_files import known_settings, load_recipe

    assert "bedside.questions" in known_settings()
    assert load_recipe("tiny-bedside-grpo", {"bedside.turns": 5}).bedside.turns == 5
    assert load_recipe("tiny-grpo").bedside is None
    with pytest.raises(TriageLabError, match=r"bedside\.turn"):
        load_recipe("tiny-bedside-grpo", {"bedside.turn": 5})
    with pytest.raises(TriageLabError, match=r"reward\.scale"):
        load_recipe("tiny-bedside-grpo", {"reward.scale": "preset"})
