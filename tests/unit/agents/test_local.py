"""A local checkpoint as an agent: batches change nothing, samples repeat by seed, and what is no model is refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from triagelab.agents.base import Agent
from triagelab.agents.loading import Card, adapter_base, find_model
from triagelab.agents.local import LocalAgent
from triagelab.agents.registry import load_agent
from triagelab.cases.generator import generate
from triagelab.cases.presentation import Presentation
from triagelab.errors import BadInputError, DataFormatError
from triagelab.training.model_config import TinyModel
from triagelab.training.models import tiny_model, train_tokenizer

SHOWN = [case.presentation for case in generate(7, 3, "dev")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("model")
    tokenizer = train_tokenizer([presentation.narrative for presentation in SHOWN], 400)
    shape = TinyModel(layers=1, width=32, heads=2, kv_heads=2, feed_forward=32, positions=300, spread=0.5)
    tiny_model(tokenizer, shape, 0).save_pretrained(place)
    tokenizer.save_pretrained(place)
    (place / "triagelab.json").write_text(json.dumps({"template": "esi-brief", "max_new_tokens": 9}))
    return place


def texts(agent: LocalAgent, shown: Sequence[Presentation] = SHOWN, seed: int = 0) -> list[str | None]:
    return [prediction.completion for prediction in agent.predict(shown, seed=seed)]


def test_it_is_an_agent_that_asks_as_its_card_says(folder: Path) -> None:
    agent = load_agent(f"model:{folder}")
    assert isinstance(agent, Agent)
    assert isinstance(agent, LocalAgent)
    said = agent.generator
    assert (agent.template, said.max_new_tokens, said.temperature) == ("esi-brief", 9, 0.0)
    predictions = agent.predict(SHOWN)
    assert len(predictions) == len(SHOWN)
    assert all(prediction.extra["tokens"] <= 9 for prediction in predictions)
    assert all(prediction.level is None and prediction.status != "clean" for prediction in predictions)
    assert agent.predict([]) == []


def test_neither_batch_size_nor_order_changes_a_greedy_answer(folder: Path) -> None:
    whole = texts(LocalAgent.load(folder, batch_size=64))
    assert whole == texts(LocalAgent.load(folder, batch_size=1)) == texts(LocalAgent.load(folder, batch_size=3))
    assert whole[::-1] == texts(LocalAgent.load(folder), SHOWN[::-1])
    assert len(set(whole)) > 1, "the answers must differ for this to say anything"


def test_samples_repeat_by_seed(folder: Path) -> None:
    agent = LocalAgent.load(folder, temperature=1.0)
    assert texts(agent, seed=1) == texts(agent, seed=1)
    assert texts(agent, seed=1) != texts(agent, seed=2)


class Scripted(nn.Module):
    """Writes the same text whatever it is shown."""

    def __init__(self, tokenizer: Any, text: str, *, end: bool = True) -> None:
        super().__init__()
        self.answer = [*tokenizer(text)["input_ids"], *([tokenizer.eos_token_id] if end else [])]
        self.weight = nn.Parameter(torch.zeros(1))
        self.config = SimpleNamespace(get_text_config=lambda: SimpleNamespace(max_position_embeddings=4096))

    def generate(self, input_ids: torch.Tensor, **options: Any) -> torch.Tensor:
        tail = torch.tensor(self.answer).repeat(len(input_ids), 1)
        return torch.cat([input_ids, tail], dim=1)


@pytest.mark.parametrize(
    ("text", "end", "protocol", "level", "status"),
    [
        ("EXTRACTION: x\nESI ALGORITHM: y\nANSWER: ESI 3", True, "standard", 3, "clean"),
        ("ANSWER: ESI 3\nANSWER: ESI 4", True, "standard", None, "conflicting"),
        ("", True, "standard", None, "empty"),
        ("EXTRACTION: x\nESI ALGORITHM: thinking", False, "standard", None, "truncated"),
        ("maybe ESI 4, who knows", True, "published", 4, None),
    ],
)
def test_completions_are_read_by_the_parser_asked_for(
    folder: Path, text: str, end: bool, protocol: Any, level: int | None, status: str | None
) -> None:
    tokenizer = LocalAgent.load(folder).tokenizer
    agent = LocalAgent(Scripted(tokenizer, text, end=end), tokenizer, template="esi-brief", protocol=protocol)
    prediction = agent.predict(SHOWN[:1])[0]
    assert (prediction.level, prediction.completion) == (level, text)
    assert status is None or prediction.status == status
    assert prediction.extra["truncated"] is (not end)


def test_a_note_longer_than_the_model_is_cut_not_refused(folder: Path) -> None:
    agent = LocalAgent.load(folder)
    long = Presentation("long", "chest pain since this morning " * 200)
    ids = agent._prompt(long)
    assert len(ids) <= 300 - 9
    shown = agent.tokenizer.decode(ids)
    assert shown.count("<note>") == shown.count("</note>") == 1, "the marks around the note must survive the cut"
    with pytest.raises(BadInputError, match="max_new_tokens: got 295"):
        LocalAgent.load(folder, max_new_tokens=295).predict([long])
    assert agent.predict([long, SHOWN[0]])[1].completion == texts(agent, SHOWN[:1])[0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"temperature": -1.0}, "temperature: got -1"),
        ({"batch_size": 0}, "batch_size: got 0"),
        ({"max_new_tokens": -5}, "max_new_tokens: got -5"),
        ({"protocol": "loose"}, "protocol: got 'loose'"),
    ],
)
def test_impossible_options_are_refused(folder: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        LocalAgent.load(folder, **options)


def test_a_folder_without_a_model_is_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(BadInputError, match="finished run"):
        LocalAgent.load(tmp_path)
    (tmp_path / "config.json").write_text('{"recipe": {}}')
    with pytest.raises(BadInputError, match="finished run"):
        find_model(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "qwen3"}')
    with pytest.raises(BadInputError, match="transformers can load"):
        LocalAgent.load(tmp_path)
    assert find_model(folder) == folder


def test_an_adapter_names_its_base_near_or_far(tmp_path: Path) -> None:
    (tmp_path / "adapter").mkdir()
    (tmp_path / "base").mkdir()
    place = tmp_path / "adapter" / "adapter_config.json"
    place.write_text(json.dumps({"base_model_name_or_path": "../base"}))
    assert Path(str(adapter_base(place.parent))).resolve() == tmp_path / "base"
    place.write_text(json.dumps({"base_model_name_or_path": "org/model"}))
    assert adapter_base(place.parent) == "org/model"
    place.write_text("{}")
    with pytest.raises(DataFormatError, match="base_model_name_or_path"):
        adapter_base(place.parent)
    assert adapter_base(tmp_path) is None


def test_a_spoilt_card_is_named(tmp_path: Path) -> None:
    assert Card.read(tmp_path) == Card()
    (tmp_path / "triagelab.json").write_text('{"template": "esi"}')
    with pytest.raises(DataFormatError, match=r"triagelab\.json"):
        Card.read(tmp_path)
