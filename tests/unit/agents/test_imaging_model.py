"""A checkpoint that answers imaging questions: in batches, with the three labels weighed after its own reasoning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from triagelab.agents.generation import Completion
from triagelab.agents.imaging_base import ImagingAgent
from triagelab.agents.imaging_judge import LocalJudge
from triagelab.agents.imaging_model import ImagingModel
from triagelab.agents.imaging_registry import make_imaging_agent
from triagelab.agents.imaging_scoring import ANSWERS, PLAIN, STATED, label_shares, where_named
from triagelab.cases.imaging.generator import imaging_case
from triagelab.clinical.imaging import Appropriateness
from triagelab.errors import BadInputError

QUESTIONS = [imaging_case("test", seed).question for seed in range(5)]
GOOD = "<think>The ankle hurts.</think><answer>may be appropriate</answer>"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model with a small tokenizer: it writes nonsense, quickly."""
    from transformers import AutoTokenizer

    from triagelab.files import write_json
    from triagelab.training.crisis_format import tiny_tokenizer
    from triagelab.training.model_config import TinyModel
    from triagelab.training.models import tiny_model

    folder = tmp_path_factory.mktemp("run") / "model"
    tiny_tokenizer([question.note for question in QUESTIONS] + list(ANSWERS) * 3, 900, folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    shape = TinyModel(layers=1, width=32, heads=2, kv_heads=2, feed_forward=32, vocabulary=900)
    tiny_model(tokenizer, shape, 0).save_pretrained(folder)
    write_json(folder / "triagelab.json", {"template": "imaging-brief", "max_new_tokens": 12})
    return folder


@pytest.fixture(scope="module")
def agent(checkpoint: Path) -> ImagingModel:
    found = make_imaging_agent(f"model:{checkpoint}")
    assert isinstance(found, ImagingModel)
    return found


def saying(agent: ImagingModel, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def complete(prompts: list[list[int]], seed: int) -> list[Completion]:
        ids = agent.tokenizer(text, add_special_tokens=False)["input_ids"]
        return [Completion(list(ids), False) for _ in prompts]

    monkeypatch.setattr(agent.generator, "complete", complete)


def test_nonsense_is_no_answer_and_has_no_shares(agent: ImagingModel) -> None:
    assert isinstance(agent, ImagingAgent)
    replies = agent.answer(QUESTIONS)
    assert [reply.label for reply in replies] == [None] * 5
    assert all(reply.shares is None and reply.status != "clean" for reply in replies)
    assert agent.answer([]) == []
    assert agent.fingerprint


def test_an_answer_is_read_and_the_labels_are_weighed(agent: ImagingModel, monkeypatch: pytest.MonkeyPatch) -> None:
    saying(agent, GOOD, monkeypatch)
    replies = agent.answer(QUESTIONS)
    assert [reply.label for reply in replies] == [Appropriateness.MAY] * 5
    for reply in replies:
        assert reply.shares is not None
        assert sum(reply.shares) == pytest.approx(1)
        assert min(reply.shares) > 0
    monkeypatch.setattr(agent, "shares", False)
    assert agent.answer(QUESTIONS[:1])[0].shares is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<think>It hurts.</think><answer>may be appropriate</answer>", ("<think>It hurts.</think>", ANSWERS)),
        ("<think>It hurts. So CT is usually not appropriate.</think>x", ("<think>It hurts. So CT ", STATED)),
        ("<think>So CT may be appropriate.</think>x", ("<think>So CT ", STATED)),
        ("<think>Usually appropriate, I think.</think>x", ("<think>", PLAIN)),
        ("<think>It never ends. So CT is usually appropriate.", None),
        ("", None),
    ],
)
def test_labels_are_weighed_where_the_first_one_is_named(text: str, told: object) -> None:
    assert where_named(text) == told


def test_shares_do_not_depend_on_the_batch_and_are_what_the_model_says(agent: ImagingModel) -> None:
    import torch

    prompts = [agent._prompt(question) for question in QUESTIONS]
    befores = [f"<think>{'word ' * number}</think>" for number in range(5)]
    together = label_shares(agent.generator, prompts, befores, [ANSWERS] * 5)
    alone = [label_shares(agent.generator, [prompts[i]], [befores[i]], [ANSWERS])[0] for i in range(5)]
    for one, other in zip(together, alone, strict=True):
        assert one == pytest.approx(other, abs=1e-4)
    logs: list[float] = []
    for answer in ANSWERS:
        ids: Any = agent.tokenizer(befores[2] + answer, add_special_tokens=False)["input_ids"]
        start = len(agent.tokenizer(befores[2], add_special_tokens=False)["input_ids"])
        row = torch.tensor([prompts[2] + ids])
        with torch.inference_mode():
            said = agent.generator.model(input_ids=row).logits[0].log_softmax(-1)
        first = len(prompts[2]) + start
        logs.append(sum(float(said[place - 1, row[0, place]]) for place in range(first, row.shape[1])))
    wanted = torch.tensor(logs).softmax(-1).tolist()
    assert list(together[2]) == pytest.approx(wanted, abs=1e-3)


def test_a_prompt_without_room_is_told(agent: ImagingModel) -> None:
    config = agent.generator.model.config
    kept = config.max_position_embeddings
    try:
        config.max_position_embeddings = agent.generator.max_new_tokens + 5
        with pytest.raises(BadInputError, match="max_new_tokens"):
            agent.answer(QUESTIONS[:1])
    finally:
        config.max_position_embeddings = kept


def test_a_checkpoint_of_another_task_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for entry in checkpoint.iterdir():
        (other / entry.name).write_bytes(entry.read_bytes())
    (other / "triagelab.json").write_text('{"template": "esi-brief", "max_new_tokens": 12}')
    with pytest.raises(BadInputError, match="imaging"):
        ImagingModel.load(other)
    assert ImagingModel.load(other, template="imaging").template == "imaging"


def test_a_local_judge_reads_what_the_model_writes(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = LocalJudge.load(
        checkpoint,
        prompt=lambda text: [{"role": "user", "content": text}],
        parse=lambda reply: len(reply) if reply else None,
        temperature=1.0,
        max_new_tokens=8,
    )
    first, second = judge.grade_times(["one", "two"], 2), judge.grade_times(["one", "two"], 2)
    assert first == second
    assert sum(judge.counts.values()) == 8
    assert judge.grade([]) == []
    assert (judge.name, judge.remote) == ("judge:model", False)
