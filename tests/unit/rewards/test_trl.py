"""The reward as TRL calls it."""

from __future__ import annotations

import importlib
import inspect
import logging
import math
import pickle
import subprocess
import sys
from collections import defaultdict
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import triagelab
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.rewards.trl import RewardFunction, completion_text, reward

ANSWERS = ["ANSWER: ESI 2", "ANSWER: ESI 1", "nothing"]


def test_texts_and_levels() -> None:
    totals = reward("cost-v0")(prompts=["a", "b", "c"], completions=ANSWERS, level=[2, 2, 2])
    assert totals == [1.0, -0.5, -4.0]
    assert triagelab.reward("cost-v0")(None, ANSWERS, gold=["2", 2.0, None]) == [1.0, -0.5, None]
    assert reward("cost-v0")(completions=ANSWERS, esi=[2, 2, 2]) == totals


def test_messages() -> None:
    completions = [[{"role": "assistant", "content": text}] for text in ANSWERS]
    assert reward("cost-v0")(completions=completions, level=[2, 2, 2]) == [1.0, -0.5, -4.0]
    parts = [[{"role": "assistant", "content": [{"type": "text", "text": "ANSWER: ESI 2"}]}]]
    assert reward("cost-v0")(completions=parts, level=[2]) == [1.0]
    turns = [{"role": "assistant", "content": None}, {"role": "tool", "content": "ANSWER: ESI 5"},
             {"role": "assistant", "content": "ANSWER: ESI 2"}]  # fmt: skip
    assert completion_text(turns) == "ANSWER: ESI 2"


def test_missing_gold_is_none_never_zero(caplog: pytest.LogCaptureFixture) -> None:
    function = reward("v46")
    assert function(completions=["ANSWER: ESI 2", "x"], level=[None, float("nan")]) == [None, None]
    with caplog.at_level(logging.WARNING, "triagelab"):
        assert function(completions=["ANSWER: ESI 2"]) == [None]
        assert function(completions=["ANSWER: ESI 2"]) == [None]
    assert len([record for record in caplog.records if "no column level" in record.message]) == 1


@pytest.mark.parametrize("bad", [0, 6, "7", "two", True, 2.5])
def test_a_wrong_level_is_an_error(bad: object) -> None:
    with pytest.raises(BadInputError, match=r"level\[1\]"):
        reward("v46")(completions=["x", "x"], level=[2, bad])


def test_columns_must_fit() -> None:
    for columns in ({"level": [2]}, {"level": [2, 2], "completion_ids": [[1]]}, {"level": [2, 2], "truncated": [True]}):
        with pytest.raises(BadInputError, match="one a completion"):
            reward("v46")(completions=["x", "x"], **columns)


def test_tokens_are_counted_where_they_are_given() -> None:
    by_words = reward("v46")(completions=["ANSWER: ESI 2"], level=[2])
    by_tokens = reward("v46")(completions=["ANSWER: ESI 2"], level=[2], completion_ids=[[0] * 150])
    assert by_words == [pytest.approx(2 + 0.3 * (1 - 3 / 300))]
    assert by_tokens == [pytest.approx(2.15)]


def test_the_note_comes_from_its_column_or_from_the_prompt() -> None:
    function = reward("v49-published")
    ask = {"completions": ["ANSWER: ESI 1"], "level": [1]}
    plain = function(**ask, note=["cough"])[0]
    assert function(**ask, note=["intubated"])[0] == pytest.approx(plain + 0.5)
    prompt = [{"role": "system", "content": "intubated?"}, {"role": "user", "content": "<note>\nchest tube\n</note>"}]
    assert function(prompts=[prompt], **ask)[0] == pytest.approx(plain + 0.5)
    quiet = [
        {"role": "system", "content": "intubated?"},
        {"role": "user", "content": "intubated?\n<note>\ncough\n</note>"},
    ]
    assert function(prompts=[quiet], **ask)[0] == pytest.approx(plain)
    assert function(prompts=["intubated"], **ask)[0] == pytest.approx(plain + 0.5)
    assert function(**ask, note=[None])[0] == pytest.approx(plain)
    assert function(**ask)[0] == pytest.approx(plain)


def test_every_term_is_logged() -> None:
    extra: dict[str, list[Any]] = {}
    metric: dict[str, float] = {}
    function = reward("v49")
    function(completions=ANSWERS, level=[2, 2, None], log_extra=extra.__setitem__, log_metric=metric.__setitem__)
    assert extra["status"] == ["clean", "clean", "malformed"]
    assert extra["predicted"] == [2, 1, None]
    assert extra["v49/outcome"] == [2.0, -0.5, None]
    assert extra["v49/rule_lifesaving_right"] == [None, None, None]
    assert all(len(values) == 3 for values in extra.values())
    assert metric["terms/v49/outcome"] == 0.75
    assert metric["parse/no_answer"] == pytest.approx(1 / 3)
    assert "terms/v49/rule_lifesaving_right" not in metric
    assert [breakdown.total is None for breakdown in function.last] == [False, False, True]


def test_functions_for_dotted_paths() -> None:
    module = importlib.import_module("triagelab.rewards.trl")
    for name, preset in {
        "v45c": "v45c",
        "v46": "v46",
        "v48": "v48",
        "v49": "v49",
        "v50": "v50",
        "cost_v0": "cost-v0",
    }.items():
        function = getattr(module, name)
        assert function.spec.name == preset
        assert function.__name__ == f"reward_{name}"
        assert pickle.loads(pickle.dumps(function))(completions=["ANSWER: ESI 2"], level=[2]) == function(
            completions=["ANSWER: ESI 2"], level=[2]
        )


def test_signature_is_frozen() -> None:
    assert str(inspect.signature(reward)).startswith("(name_or_path:")
    names = list(inspect.signature(RewardFunction.__call__).parameters)
    assert names == ["self", "prompts", "completions", "completion_ids", "level", "note", "truncated", "log_extra",
                     "log_metric", "columns"]  # fmt: skip


def test_a_file_is_a_reward(tmp_path: Path) -> None:
    source = Path(inspect.getfile(RewardFunction)).parent / "presets" / "cost-v0.toml"
    place = tmp_path / "my.reward.toml"
    place.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    function = reward(place)
    assert function.__name__ == "reward_my_reward"
    assert function(completions=ANSWERS, level=[2, 2, 2]) == [1.0, -0.5, -4.0]
    with pytest.raises(UnknownNameError):
        reward("v64")


def test_importing_needs_no_heavy_library() -> None:
    code = (
        "import sys, triagelab.rewards.trl, triagelab.rewards.scripted, triagelab.completions.render;"
        "sys.exit(','.join({'torch', 'transformers', 'trl', 'polars', 'datasets', 'sklearn'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.training
def test_through_trl_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """TRL's own reward step, on messages, with its hooks, gives our totals and NaN for what cannot be scored."""
    torch = pytest.importorskip("torch")
    accelerate = pytest.importorskip("accelerate")
    grpo = pytest.importorskip("trl.trainer.grpo_trainer")
    accelerate.PartialState(cpu=True)  # TRL's logger asks for it
    monkeypatch.setattr(grpo, "profiling_context", lambda *_: nullcontext())
    function = reward("v46")
    extra, metric = defaultdict(list), defaultdict(list)
    trainer = SimpleNamespace(
        accelerator=SimpleNamespace(device=torch.device("cpu")),
        reward_funcs=[function],
        reward_processing_classes=[None],
        reward_func_names=[function.__name__],
        state=SimpleNamespace(global_step=3),
        environments=None,
        _log_completion_extra=lambda name, values: extra[name].extend(values),
        _log_metric=lambda name, value: metric[name].append(value),
    )
    prompts = [[{"role": "user", "content": "<note>\ncough\n</note>"}]] * 3
    inputs = [{"prompt": prompts[0], "level": level, "case_id": "x"} for level in (2, 2, None)]
    completions = [[{"role": "assistant", "content": text}] for text in ANSWERS]
    step = inspect.unwrap(grpo.GRPOTrainer._calculate_rewards)
    rewards = step(trainer, inputs, prompts, completions, [[0] * 30, [0] * 30, [0] * 30])
    assert rewards[0, 0].item() == pytest.approx(2 + 0.27)
    assert rewards[1, 0].item() == pytest.approx(-0.5 + 0.27)
    assert math.isnan(rewards[2, 0].item())
    assert extra["v46/outcome"] == [2.0, -0.5, None]
    assert metric["terms/v46/length"] == [pytest.approx(0.27)]
