"""Evaluations of imaging agents: files, resuming, gold by row id, and what is refused."""

from __future__ import annotations

import json

import pytest

from imaging_eval_samples import Silent, Skilled, some_cases
from triagelab.errors import BadInputError, DataFormatError, RunStateError
from triagelab.evaluation.imaging.records import read_imaging_records, read_scores
from triagelab.evaluation.imaging.run import Scorers, evaluate_imaging
from triagelab.evaluation.imaging.scoring import score_reasoning
from triagelab.evaluation.imaging.summary import read_imaging_summary, summary_lines
from triagelab.rewards.imaging.rubric import RubricScorer


class Stops(Skilled):
    def answer(self, questions, *, seed=0):
        if self.asked >= 100:
            raise KeyboardInterrupt
        return super().answer(questions, seed=seed)


def test_a_run_leaves_records_scores_and_a_summary(tmp_path):
    cases = some_cases()
    found = evaluate_imaging(
        Skilled(cases, 1.0), cases, tmp_path / "a", scorers=Scorers(None, RubricScorer()), progress=False
    )
    records, scores = read_imaging_records(tmp_path / "a"), read_scores(tmp_path / "a")
    assert [record.id for record in records] == [case.id for case in cases]
    assert all(record.right and record.words for record in records)
    assert len(scores) == len(cases)
    assert read_imaging_summary(tmp_path / "a") == json.loads(json.dumps(found))
    part = found["splits"]["test"]
    assert part["metrics"]["exact"]["value"] == 1.0
    assert part["metrics"]["faithful"]["value"] > 0.98
    assert part["metrics"]["judged"]["value"] > 0.9
    assert part["metrics"]["align_f1"]["value"] is None
    assert found["scorers"] == {"encoder": None, "judge": "rubric scorer"}
    assert {"config_hash", "data_hash", "code_version"} <= found.keys()
    assert any("out of distribution" in line for line in summary_lines(found))


def test_a_stopped_run_goes_on_and_gives_the_same(tmp_path):
    cases = some_cases()
    with pytest.raises(KeyboardInterrupt):
        evaluate_imaging(Stops(cases, 0.5), cases, tmp_path / "a", batch=50, progress=False)
    before = len(read_imaging_records(tmp_path / "a"))
    assert before == 100
    with (tmp_path / "a" / "records.jsonl").open("a") as stream:
        stream.write('{"id": "half')
    again = Skilled(cases, 0.5)
    found = evaluate_imaging(again, cases, tmp_path / "a", batch=50, progress=False)
    assert again.asked == len(cases) - before
    whole = evaluate_imaging(Skilled(cases, 0.5), cases, tmp_path / "b", batch=50, progress=False)
    assert found["splits"] == whole["splits"]
    assert (tmp_path / "a" / "records.jsonl").read_text() == (tmp_path / "b" / "records.jsonl").read_text()
    done = Skilled(cases, 0.5)
    evaluate_imaging(done, cases, tmp_path / "a", batch=50, progress=False)
    assert done.asked == 0


def test_another_configuration_in_the_folder_is_refused(tmp_path):
    cases = some_cases()
    evaluate_imaging(Skilled(cases, 1.0), cases, tmp_path, progress=False)
    with pytest.raises(RunStateError, match="seed was 0, is 1"):
        evaluate_imaging(Skilled(cases, 1.0), cases, tmp_path, seed=1, progress=False)
    with pytest.raises(RunStateError):
        evaluate_imaging(Skilled(cases, 1.0), cases[:-1], tmp_path, progress=False)


def test_an_agent_without_answers_has_no_right_one(tmp_path):
    cases = some_cases()
    found = evaluate_imaging(Silent(cases, 1.0), cases, tmp_path, progress=False)["splits"]["test"]["metrics"]
    assert (found["exact"]["value"], found["macro_f1"]["value"], found["no_answer"]["value"]) == (0.0, 0.0, 1.0)
    assert all(found[name]["value"] is None for name in ("ece", "brier", "align_f1", "faithful", "words"))


def test_repeats_are_clusters_of_their_variant(tmp_path):
    cases = some_cases()
    found = evaluate_imaging(Skilled(cases, 0.5), cases, tmp_path, repeat=2, progress=False)["splits"]["test"]
    assert found["n"] == 2 * sum(case.split == "test" for case in cases)
    assert found["variants"] == len({case.question.variant_id for case in cases if case.split == "test"})


def test_gold_is_looked_up_by_row_id(tmp_path):
    cases = some_cases()
    evaluate_imaging(Skilled(cases, 1.0), cases, tmp_path, progress=False)
    records = read_imaging_records(tmp_path)
    forward = score_reasoning(records, cases, judge=RubricScorer())
    shuffled = score_reasoning(records[::-1], cases[3:] + cases[:3], judge=RubricScorer())
    assert forward == shuffled[::-1]
    unknown = score_reasoning(records[:1], cases[1:], judge=RubricScorer())[0]
    assert unknown.judged is None
    assert unknown.claims is None


def test_credentialed_text_is_not_kept(tmp_path):
    from dataclasses import replace

    cases = [replace(case, question=replace(case.question, credentialed=True)) for case in some_cases()]
    evaluate_imaging(Skilled(cases, 1.0), cases, tmp_path, progress=False)
    assert all(record.text == "" for record in read_imaging_records(tmp_path))


@pytest.mark.parametrize(("name", "value"), [("repeat", 0), ("batch", 0)])
def test_bad_arguments(tmp_path, name, value):
    cases = some_cases()
    with pytest.raises(BadInputError, match=name):
        evaluate_imaging(Skilled(cases, 1.0), cases, tmp_path, progress=False, **{name: value})


def test_a_row_that_stands_twice_is_named(tmp_path):
    cases = some_cases()
    evaluate_imaging(Skilled(cases, 1.0), cases, tmp_path, progress=False)
    place = tmp_path / "records.jsonl"
    lines = place.read_text().splitlines()
    place.write_text("\n".join([*lines, lines[0]]) + "\n")
    with pytest.raises(DataFormatError, match=r"records\.jsonl:\d+: .* stands on line 1"):
        read_imaging_records(tmp_path)
    place.write_text('{"id": "x"}\n')
    with pytest.raises(DataFormatError, match=r"records\.jsonl:1: variant_id"):
        read_imaging_records(tmp_path)
