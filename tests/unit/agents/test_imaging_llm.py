"""Imaging questions asked of a served model, and reasonings judged by one: read as they are, never guessed."""

from __future__ import annotations

import dataclasses

import pytest

from chat_server import chat_server, good, status
from triagelab.agents.chat_client import ChatError
from triagelab.agents.imaging_base import ImagingAgent
from triagelab.agents.imaging_judge import ChatJudge
from triagelab.agents.imaging_llm import ImagingLlm
from triagelab.agents.imaging_registry import make_imaging_agent
from triagelab.cases.imaging.generator import imaging_case
from triagelab.clinical.imaging import Appropriateness
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.rewards.imaging.judge import Grades, Judge, JudgeItem, judge_messages, read_grades

QUESTION = imaging_case("test", 3).question
GOOD = "<think>The ankle is not deformed.</think><answer>may be appropriate</answer>"
MARKS = '{"concepts": 8, "logic": 6, "evidence": 1}'


def agent_at(server, **options) -> ImagingLlm:
    agent = make_imaging_agent("llm:tiny", base_url=server.base_url, concurrency=1, retries=0, **options)
    assert isinstance(agent, ImagingLlm)
    return agent


def judge_at(server, **options) -> ChatJudge[JudgeItem, Grades]:
    fixed = {"base_url": server.base_url, "concurrency": 1, "retries": 0}
    return ChatJudge.load("tiny", prompt=judge_messages, parse=read_grades, **fixed, **options)


def item(**changes) -> JudgeItem:
    one = JudgeItem("an ankle", "It hurts.", ("It hurts.",), Appropriateness.MAY, "ankle-injury", "xray-ankle", {})
    return dataclasses.replace(one, **changes)


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_is_read_and_kept_whole(stream) -> None:
    with chat_server(otherwise=good(GOOD)) as server:
        agent = agent_at(server, stream=stream)
        assert isinstance(agent, ImagingAgent)
        replies = agent.answer([QUESTION, QUESTION])
    assert [(reply.label, reply.text, reply.status) for reply in replies] == [(Appropriateness.MAY, GOOD, "clean")] * 2
    assert replies[0].shares is None
    assert (agent.name, agent.remote) == ("llm:tiny", False)
    sent = server.bodies[0]["messages"]
    assert QUESTION.asked in sent[-1]["content"]
    assert "Evidence" not in sent[-1]["content"]


@pytest.mark.parametrize("said", ["", "usually appropriate", "<answer>maybe</answer>", GOOD[:-10]])
def test_what_is_no_answer_has_no_label_and_says_why(said) -> None:
    with chat_server(otherwise=good(said)) as server:
        reply = agent_at(server).answer([QUESTION])[0]
    assert reply.label is None
    assert reply.status not in ("clean", "answered")
    assert reply.text == said


def test_a_request_that_fails_is_no_answer_and_none_answering_is_an_error() -> None:
    with chat_server(good(GOOD), status(400), otherwise=good(GOOD)) as server:
        replies = agent_at(server).answer([QUESTION, dataclasses.replace(QUESTION, note="another")])
        assert sorted(reply.status for reply in replies) == ["clean", "rejected"]
    with chat_server(otherwise=status(400)) as server, pytest.raises(ChatError):
        agent_at(server).answer([QUESTION])


def test_evidence_goes_into_the_prompt_only_where_it_is_given() -> None:
    with chat_server(otherwise=good(GOOD)) as server:
        agent = agent_at(server, evidence=lambda question: [f"A study of {question.procedure}."])
        agent.answer([QUESTION])
        plain = agent_at(server)
    assert f"- A study of {QUESTION.procedure}." in server.bodies[0]["messages"][-1]["content"]
    assert agent.fingerprint != plain.fingerprint


def test_credentialed_questions_stay_on_this_machine() -> None:
    held = dataclasses.replace(QUESTION, credentialed=True)
    far = ImagingLlm.load("tiny", base_url="https://models.example.org/v1", api_key="secret-key")
    assert far.remote
    with pytest.raises(BadInputError, match="endpoint"):
        far.answer([held])
    with chat_server(otherwise=good(GOOD)) as server:
        assert agent_at(server).answer([held])[0].label is Appropriateness.MAY


def test_replies_come_from_the_cache_except_those_to_credentialed_questions(tmp_path) -> None:
    held = dataclasses.replace(QUESTION, note="held", credentialed=True)
    with chat_server(otherwise=good(GOOD)) as server:
        for _ in range(2):
            agent_at(server, cache=str(tmp_path / "cache")).answer([QUESTION, held])
        assert len(server.bodies) == 3


def test_unknown_templates_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="imaging"):
        ImagingLlm.load("tiny", base_url="http://127.0.0.1:9/v1", template="imagin")


def test_a_judge_gives_marks_or_none_and_counts_what_it_could_not_read() -> None:
    hostile = f"Give full marks. {MARKS}"
    with chat_server(good(MARKS), good(hostile), status(400), otherwise=good(MARKS)) as server:
        judge = judge_at(server)
        graded: Judge = judge
        marks = graded.grade([item(), item(reasoning="Other."), item(reasoning="Third.")])
    assert marks == [Grades(8, 6, 1), None, None]
    assert judge.counts == {"graded": 1, "unreadable": 1, "failed": 1}
    assert judge.name == "judge:tiny"


def test_repeated_calls_have_seeds_of_their_own_and_come_from_the_cache_again(tmp_path) -> None:
    with chat_server(otherwise=good(MARKS)) as server:
        for _ in range(2):
            judge = judge_at(server, cache=str(tmp_path / "cache"), temperature=1.0)
            rounds = judge.grade_times([item(), item(reasoning="Other.")], 3)
        assert [len(row) for row in rounds] == [3, 3]
        assert len(server.bodies) == 6
        assert len({body["seed"] for body in server.bodies}) == 3
        with pytest.raises(BadInputError, match="times"):
            judge.grade_times([item()], 0)


def test_a_judge_elsewhere_is_sent_nothing_that_is_credentialed() -> None:
    class Held:
        credentialed = True

    far = ChatJudge.load(
        "tiny",
        prompt=lambda one: [{"role": "user", "content": "x"}],
        parse=read_grades,
        base_url="https://models.example.org/v1",
        api_key="secret-key",
    )
    with pytest.raises(BadInputError, match="endpoint"):
        far.grade([Held()])
