"""Imaging agents by name: they answer in the format, know only what is shown, and degrade without guessing."""

from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
import pytest

from triagelab.agents.imaging_base import ImagingAgent, most_likely, shares_of
from triagelab.agents.imaging_neighbour import ImagingNeighbour
from triagelab.agents.imaging_registry import imaging_agent_names, make_imaging_agent
from triagelab.agents.imaging_rules import ImagingRules
from triagelab.cases.imaging.generator import imaging_case
from triagelab.cases.imaging.question import ImagingQuestion
from triagelab.clinical.imaging import ORDER, Appropriateness
from triagelab.completions.imaging_answers import parse_imaging, sentences_of
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.training.imaging_fit import table_of

TRAIN = [imaging_case("train", seed) for seed in range(60)]
TEST = [imaging_case("test", seed) for seed in range(40)]
TABLE = table_of(TRAIN)
QUESTIONS = [case.question for case in TEST]


class LetterEncoder:
    """Counts letters: an encoder that needs no weights."""

    def encode(self, texts):
        rows = np.array([[text.lower().count(letter) for letter in "abcdefghijklmnoprstuvw"] for text in texts], float)
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def agents() -> list[ImagingAgent]:
    names = ("majority", "procedure-majority", "rules")
    return [make_imaging_agent(name, table=TABLE) for name in names] + [
        make_imaging_agent("neighbour", table=TABLE, k=3, encoder=LetterEncoder())
    ]


@pytest.mark.parametrize("agent", agents(), ids=lambda agent: agent.name)
def test_replies_are_in_the_format_and_say_what_the_label_says(agent: ImagingAgent) -> None:
    assert isinstance(agent, ImagingAgent)
    replies = agent.answer(QUESTIONS, seed=1)
    assert len(replies) == len(QUESTIONS)
    for reply in replies:
        found = parse_imaging(reply.text)
        assert found.label is reply.label
        assert reply.shares is not None
        assert sum(reply.shares) == pytest.approx(1)
        assert min(reply.shares) > 0
        assert found.well_formed
    assert agent.answer(QUESTIONS, seed=2) == replies
    assert agent.answer([]) == []


@pytest.mark.parametrize("agent", agents(), ids=lambda agent: agent.name)
def test_nothing_but_note_and_procedure_decides(agent: ImagingAgent) -> None:
    """The condition stands in the variant's id; an agent that read it there would be told the answer's half."""
    hidden = [dataclasses.replace(question, variant_id="x") for question in QUESTIONS]
    assert agent.answer(hidden) == agent.answer(QUESTIONS)


def test_majorities_give_the_commonest_label_and_fall_back() -> None:
    ask = [ImagingQuestion("v", "n", procedure, procedure) for procedure in ("ct-head", "ct-head", "xray-ankle")]
    labels = [Appropriateness.USUALLY, Appropriateness.MAY, Appropriateness.MAY]
    table = list(zip(ask, labels, strict=True))
    assert make_imaging_agent("majority", table=table).answer(ask[:1])[0].label is Appropriateness.MAY
    by_procedure = make_imaging_agent("procedure-majority", table=lambda: table)
    other = ImagingQuestion("v", "n", "ct-of-nothing", "CT of nothing")
    first, second, third = by_procedure.answer([ask[0], ask[2], other])
    assert first.label is Appropriateness.MAY, "of equals the less appropriate"
    assert second.label is Appropriateness.MAY
    assert "3 imaging questions" in third.text
    assert "not read" in first.text


def test_the_nearest_neighbour_of_a_question_is_itself() -> None:
    agent = ImagingNeighbour(TABLE, k=1, encoder=LetterEncoder())
    replies = agent.answer([question for question, _ in TABLE])
    agreed = sum(reply.label is label for reply, (_, label) in zip(replies, TABLE, strict=True))
    assert agreed >= len(TABLE) - 1
    assert agent.name == "neighbour-1"
    with pytest.raises(BadInputError, match="k"):
        ImagingNeighbour(TABLE, k=len(TABLE) + 1, encoder=LetterEncoder())


def test_rules_decide_what_is_worded_as_in_training_and_say_the_trace() -> None:
    replies = ImagingRules().answer([case.question for case in TRAIN])
    right = sum(reply.label is case.truth.label for reply, case in zip(replies, TRAIN, strict=True))
    assert right >= 0.9 * len(TRAIN)
    same = sum(
        sentences_of(parse_imaging(reply.text).reasoning) == sentences_of(" ".join(case.truth.reasoning))
        for reply, case in zip(replies, TRAIN, strict=True)
    )
    assert same >= 0.7 * len(TRAIN), "reasoning is the trace of the decision, as in the gold"


def test_rules_say_so_where_no_condition_fits() -> None:
    unknown = ImagingQuestion("v", "34-year-old woman, hurt the ankle.", "no-such-procedure", "?")
    reply = ImagingRules().answer([unknown])[0]
    assert (reply.label, reply.shares) == (None, None)
    assert parse_imaging(reply.text).label is None


@pytest.mark.parametrize("note", ["", "\n\n;;. , ", "x" * 5000, "34F", "no no no", "12 13 14 15", "é 🩻 \x00"])
def test_rules_answer_any_text(note: str) -> None:
    replies = ImagingRules().answer([ImagingQuestion("v", note, "xray-ankle", "X-ray")])
    assert replies[0].label in {*ORDER, None}


def test_names_tables_and_options_are_checked() -> None:
    assert set(imaging_agent_names()) == {"majority", "procedure-majority", "neighbour", "rules", "llm", "model"}
    for spec, what in (("majority", "table"), ("neighbour", "table"), ("rules:x", "alone"), ("model", "directory")):
        with pytest.raises(BadInputError, match=what):
            make_imaging_agent(spec)
    with pytest.raises(UnknownNameError, match="majority"):
        make_imaging_agent("majorty")
    with pytest.raises(UnknownNameError, match="option"):
        make_imaging_agent("rules", kk=3)
    assert make_imaging_agent("rules", k=3, temperature=0.5).name == "rules", "options of other agents are left alone"


def test_shares_have_no_zero_and_ties_go_to_the_less_appropriate() -> None:
    shares = shares_of(Counter({Appropriateness.USUALLY: 2, Appropriateness.NOT: 2}))
    assert sum(shares) == pytest.approx(1)
    assert min(shares) > 0
    assert most_likely(shares) is Appropriateness.NOT
