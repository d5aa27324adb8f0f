"""The runner: presentations only, resumable to the byte, refuses what does not fit, leaves nothing half-written."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import numpy as np
import pytest

from evaluation_samples import SpyAgent, dataset
from triagelab.cases.presentation import Presentation
from triagelab.cases.schema import Truth
from triagelab.datasets.base import Dataset
from triagelab.errors import BadInputError, RunStateError, UnknownNameError
from triagelab.evaluation.metrics import METRICS
from triagelab.evaluation.records import read_records
from triagelab.evaluation.runner import evaluate, summary_lines


def test_summary_has_every_metric_and_its_origin(tmp_path):
    agent, cases = SpyAgent(), dataset(60)
    found = evaluate(agent, cases, tmp_path / "run", progress=False, seed=5, config={"temperature": 0.1})
    assert found == json.loads((tmp_path / "run" / "summary.json").read_text())
    for name in METRICS:
        assert {"value", "low", "high"} <= set(found[name])
    assert (found["n"], found["cases"], found["scale"], found["split"]) == (60, 60, "esi-v5", "test")
    assert found["rejects"] == {"level missing": 2, "age not a number": 1}
    assert sum(map(sum, found["confusion"]["counts"])) == 60
    assert len(found["per_class"]) == 5
    assert found["config"]["options"] == {"temperature": 0.1}
    assert found["config"]["seed"] == 5
    assert all(found[name] for name in ("config_hash", "data_hash", "code_version"))
    assert "over-triage 1 a level" in found["cost"]["standard"]["text"]
    text = "\n".join(summary_lines(found))
    assert "spy on made-up/test, n = 60" in text
    assert "over-triage 1 a level" in text


def test_agent_sees_presentations_and_nothing_else(tmp_path):
    agent = SpyAgent()
    evaluate(agent, dataset(10), tmp_path / "run", progress=False)
    assert len(agent.given) == 10
    truth_fields = {field.name for field in fields(Truth)}
    for given in agent.given:
        assert type(given) is Presentation
        assert not truth_fields & set(vars(given))
        assert not any(isinstance(value, Truth) for value in vars(given).values())


def test_interrupted_run_ends_up_as_an_uninterrupted_one(tmp_path):
    cases = dataset(50)
    straight = evaluate(SpyAgent(), cases, tmp_path / "a", batch=8, repeat=2, progress=False)
    with pytest.raises(KeyboardInterrupt):
        evaluate(SpyAgent(fail_after=4), cases, tmp_path / "b", batch=8, repeat=2, progress=False)
    records = tmp_path / "b" / "records.jsonl"
    assert len(read_records(records)) == 32
    lines = records.read_bytes().splitlines(keepends=True)
    records.write_bytes(b"".join(lines[:27]) + lines[27][:50])
    resumed = SpyAgent()
    found = evaluate(resumed, cases, tmp_path / "b", batch=8, repeat=2, progress=False)
    assert sorted(records.read_bytes().splitlines()) == sorted((tmp_path / "a/records.jsonl").read_bytes().splitlines())
    assert resumed.calls == 11
    assert {**found, "seconds": 0} == {**straight, "seconds": 0}


def test_finished_run_asks_nobody_again_and_says_so(tmp_path, capsys):
    cases = dataset(10)
    first = evaluate(SpyAgent(), cases, tmp_path, progress=False)
    again = SpyAgent()
    assert evaluate(again, cases, tmp_path) == first
    assert again.calls == 0
    assert "finished before, nothing asked again" in capsys.readouterr().err


@pytest.mark.parametrize(
    "change", [{"seed": 1}, {"batch": 3}, {"config": {"temperature": 1}}, {"limit": 9}, {"repeat": 2}]
)
def test_another_configuration_is_refused(tmp_path, change):
    cases = dataset(10)
    evaluate(SpyAgent(), cases, tmp_path, progress=False)
    with pytest.raises(RunStateError, match="another configuration"):
        evaluate(SpyAgent(), cases, tmp_path, progress=False, **change)
    with pytest.raises(RunStateError, match="agent was 'spy', is 'other'"):
        evaluate(SpyAgent("other"), cases, tmp_path, progress=False)
    with pytest.raises(RunStateError, match="data_hash"):
        evaluate(SpyAgent(), dataset(10, patients=3), tmp_path, progress=False)


def test_a_model_that_was_trained_again_is_another_agent(tmp_path):
    cases, agent = dataset(10), SpyAgent()
    agent.fingerprint = "before"
    evaluate(agent, cases, tmp_path, progress=False)
    agent.fingerprint = "after"
    with pytest.raises(RunStateError, match="agent_fingerprint was 'before', is 'after'"):
        evaluate(agent, cases, tmp_path, progress=False)


def test_changed_code_is_warned_about_and_recorded(tmp_path, monkeypatch, caplog):
    cases = dataset(20)
    monkeypatch.setattr("triagelab.evaluation.run_state.code_version", lambda: "1.0+old")
    with pytest.raises(KeyboardInterrupt):
        evaluate(SpyAgent(fail_after=1), cases, tmp_path, batch=5, progress=False)
    monkeypatch.setattr("triagelab.evaluation.run_state.code_version", lambda: "1.0+new")
    found = evaluate(SpyAgent(), cases, tmp_path, batch=5, progress=False)
    assert found["code_version"] == "1.0+old, then 1.0+new"
    assert "begun with code 1.0+old, now 1.0+new" in caplog.text


def test_a_run_file_that_is_none_is_refused(tmp_path):
    (tmp_path / "run.json").write_text("[1]")
    with pytest.raises(RunStateError, match="not a run"):
        evaluate(SpyAgent(), dataset(5), tmp_path, progress=False)


def test_time_of_all_calls_is_counted(tmp_path):
    cases = dataset(20)
    with pytest.raises(KeyboardInterrupt):
        evaluate(SpyAgent(fail_after=1), cases, tmp_path, batch=5, progress=False)
    saved = json.loads((tmp_path / "run.json").read_text())
    saved["seconds"] = 100.0
    (tmp_path / "run.json").write_text(json.dumps(saved))
    assert evaluate(SpyAgent(), cases, tmp_path, batch=5, progress=False)["seconds"] >= 100


def test_numbers_of_other_libraries_are_numbers(tmp_path):
    agent = SpyAgent(level=np.int64(3), probabilities=np.full(5, 0.2, np.float32))
    assert evaluate(agent, dataset(5), tmp_path, progress=False)["n"] == 5


def test_records_of_unknown_origin_are_refused(tmp_path):
    (tmp_path / "records.jsonl").write_text("{}\n")
    with pytest.raises(RunStateError, match=r"without run\.json"):
        evaluate(SpyAgent(), dataset(5), tmp_path, progress=False)


@pytest.mark.parametrize(
    ("agent", "message"),
    [
        (SpyAgent(level=7), "answer of spy to case case-0, predicted: got 7"),
        (SpyAgent(level=True), "predicted"),
        (SpyAgent(probabilities=(1.0, 1.0, 0.0, 0.0, 0.0)), "probabilities"),
    ],
)
def test_an_answer_that_is_none_leaves_nothing_behind(tmp_path, agent, message):
    with pytest.raises(BadInputError, match=message):
        evaluate(agent, dataset(5), tmp_path / "run", progress=False)
    assert not (tmp_path / "run").exists()


def test_missing_predictions_are_an_error(tmp_path):
    class Lazy(SpyAgent):
        def predict(self, presentations, *, seed=0):
            return super().predict(presentations, seed=seed)[1:]

    with pytest.raises(BadInputError, match="one for each of 5 presentations"):
        evaluate(Lazy(), dataset(5), tmp_path / "run", progress=False)


def test_arguments_are_checked(tmp_path):
    cases = dataset(5)
    for arguments in ({"limit": 0}, {"repeat": 0}, {"batch": 0}):
        with pytest.raises(BadInputError, match=next(iter(arguments))):
            evaluate(SpyAgent(), cases, tmp_path / "run", progress=False, **arguments)
    with pytest.raises(UnknownNameError, match="published"):
        evaluate(SpyAgent(), cases, tmp_path / "run", progress=False, protocol="publishd")
    with pytest.raises(BadInputError, match="at least one case"):
        evaluate(SpyAgent(), Dataset("empty", (), "esi-v5"), tmp_path / "run", progress=False)
    twice = replace(cases, cases=cases.cases + cases.cases[:1])
    with pytest.raises(BadInputError, match="unique"):
        evaluate(SpyAgent(), twice, tmp_path / "run", progress=False)


def test_credentialed_cases_stay_on_this_machine(tmp_path):
    agent = SpyAgent()
    agent.remote = True
    with pytest.raises(BadInputError, match="forbids"):
        evaluate(agent, dataset(5, credentialed=True), tmp_path / "run", progress=False)
    assert agent.calls == 0
    agent.allow_remote = "yes"
    with pytest.raises(BadInputError, match="--allow-remote"):
        evaluate(agent, dataset(5, credentialed=True), tmp_path / "run", progress=False)
    agent.allow_remote = True
    evaluate(agent, dataset(5, credentialed=True), tmp_path / "run", progress=False)
    assert agent.calls == 1


def test_published_protocol_reads_completions_with_the_published_patterns(tmp_path):
    agent = SpyAgent(level=None, status="conflicting", completion="ESI 4? no. I would say ESI 2")
    evaluate(agent, dataset(3), tmp_path / "run", progress=False, protocol="published")
    assert {one.predicted for one in read_records(tmp_path / "run")} <= {2, 4}


def test_repeats_use_different_seeds_and_the_case_is_the_unit(tmp_path):
    found = evaluate(SpyAgent(), dataset(30), tmp_path / "run", progress=False, repeat=3)
    assert (found["n"], found["cases"], found["units"]) == (90, 30, 30)
    assert found["exact"]["method"] == "cluster bootstrap"
    answers = {}
    for one in read_records(tmp_path / "run"):
        answers.setdefault(one.case_id, set()).add(one.predicted)
    assert any(len(given) > 1 for given in answers.values())
