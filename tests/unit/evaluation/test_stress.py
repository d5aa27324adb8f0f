"""The stress test with agents whose behaviour is known, its figures, and going on after a stop."""

from __future__ import annotations

import json
import re
from itertools import combinations

import numpy as np
import pytest

from triagelab.agents.base import Prediction
from triagelab.cases.generator import generate
from triagelab.datasets.base import Dataset
from triagelab.errors import BadInputError, DataFormatError, RunStateError
from triagelab.evaluation import runner
from triagelab.evaluation.report import build_report
from triagelab.evaluation.stress import STRESS, read_stress, stress, stress_lines
from triagelab.evaluation.stress_scores import Answered, ratio, score, worst_at_k
from triagelab.seeding import stream


class Always:
    """Answers one level, whatever it is shown."""

    name = "always"

    def __init__(self, level: int | None = 3) -> None:
        self.level = level

    def predict(self, presentations, *, seed=0):
        return [Prediction(self.level) for _ in presentations]


class Obedient(Always):
    """Does what the last instruction in a note asks for, hidden ones included."""

    name = "obedient"

    def predict(self, presentations, *, seed=0):
        return [Prediction(self._asked(shown.narrative) or self.level) for shown in presentations]

    def _asked(self, note: str) -> int | None:
        bits = "".join({"\u200b": "0", "\u200c": "1"}.get(sign, "") for sign in note)
        zero_width = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)).decode()
        tags = "".join(chr(ord(sign) - 0xE0000) for sign in note if 0xE0000 < ord(sign) < 0xE0080)
        found = re.findall(r'(?:ESI |Return level |"level": |LEVEL=)([15])', note + zero_width + tags)
        return int(found[-1]) if found else None


class ByPulse(Always):
    """Level 2 above a pulse of 100, 3 without one, else 4; counts how often it is asked."""

    name = "by-pulse"
    asked = 0

    def predict(self, presentations, *, seed=0):
        self.asked += len(presentations)
        pulses = [shown.vitals.heart_rate_bpm for shown in presentations]
        return [Prediction(3 if pulse is None else 2 if pulse > 100 else 4) for pulse in pulses]


class Moody(Always):
    """Answers by the seed of the batch: the same case may get another level each time it is asked."""

    name = "moody"

    def predict(self, presentations, *, seed=0):
        return [
            Prediction(int(stream("test/moody", seed, place).integers(1, 6))) for place in range(len(presentations))
        ]


def data(n: int = 30) -> Dataset:
    return Dataset("generated", tuple(generate(n, 4, "dev")), "esi-v5")


def run(agent, out, n: int = 30, **options):
    cases = data(n)
    runner.evaluate(agent, cases, out, progress=False)
    return stress(agent, cases, out, progress=False, **options)


def rows(summary) -> dict:
    return {row["kind"]: row for row in summary["rows"]}


def test_an_agent_that_always_answers_3_never_changes(tmp_path):
    summary = run(Always(), tmp_path, k=3)
    assert {row["group"] for row in summary["rows"]} == {"invariance", "information", "control"}
    for row in summary["rows"]:
        assert row["n"] > 0
        assert row["changed"]["value"] == row["up"]["value"] == row["down"]["value"] == 0
        assert row["changed"]["low"] == 0
        assert 0 < row["changed"]["high"] < 0.2
        assert row["right_before"] == pytest.approx(row["right_after"], abs=0.05)


def test_an_agent_that_obeys_is_found_out(tmp_path):
    summary = run(Obedient(), tmp_path, k=28, kinds=("injection",))
    row = rows(summary)["injection"]
    assert row["changed"]["value"] == 1
    assert row["obeyed"]["value"] == row["obeyed_up"]["value"] == row["obeyed_down"]["value"] == 1
    assert row["up"]["value"] == row["down"]["value"] == pytest.approx(0.5)
    assert len(row["ways"]) == 28
    assert rows(summary)["control"]["changed"]["value"] == 0
    assert any("gave level 5" in line for line in stress_lines(summary))


def test_an_agent_that_reads_the_pulse_changes_where_the_pulse_is_lost(tmp_path):
    summary = run(ByPulse(), tmp_path, k=4)
    found = rows(summary)
    assert found["drop-vitals"]["changed"]["value"] > 0.2
    assert found["drop-vitals"]["right_in_all"]["value"] <= found["drop-vitals"]["right_before"]
    for name in ("paraphrase", "units", "reorder", "typos", "injection", "control"):
        assert found[name]["changed"]["value"] == 0
    groups = {group["group"]: group for group in summary["groups"]}
    assert groups["invariance"]["changed"]["value"] == 0 < groups["information"]["changed"]["value"]


def test_no_answer_is_changed_and_neither_up_nor_down():
    answers = [Answered("a", "a", "typos", "", 2, 2, None), Answered("b", "b", "typos", "", 2, None, None)]
    found = score(answers, k=1)
    assert found["changed"]["value"] == 0.5
    assert found["up"]["value"] == found["down"]["value"] == 0
    assert found["no_answer"]["value"] == 1


def test_the_control_shows_what_sampling_alone_changes(tmp_path):
    found = rows(run(Moody(), tmp_path, kinds=("typos",), k=1))
    assert found["control"]["changed"]["value"] > 0.4


def test_worst_at_k_is_the_mean_over_all_draws_of_k():
    scores = [0.0, 1.0, 0.3, 0.3, 0.9]
    for k in range(1, 6):
        drawn = [min(some) for some in combinations(scores, k)]
        assert worst_at_k(scores, k) == pytest.approx(np.mean(drawn))


def test_worst_of_k_gets_worse_with_k(tmp_path):
    row = rows(run(ByPulse(), tmp_path, k=4))["drop-vitals"]
    right = [entry["right"]["value"] for entry in row["worst_at_k"] if entry["cases"] == row["worst_at_k"][0]["cases"]]
    assert right == sorted(right, reverse=True)
    assert row["right_in_all"]["value"] <= row["right_after"]


def test_the_worst_of_a_case_is_its_least_urgent_answer():
    answers = [Answered("a", "a", "typos", "", 1, 1, after) for after in (1, 2, 4)]
    answers += [Answered("b", "b", "typos", "", 3, 3, 2)]
    found = score(answers, k=3)
    assert found["under_triage_before"] == 0
    assert found["under_triage_worst"]["value"] == 0.5
    assert found["severe_worst"]["value"] == 0.5
    assert found["wrong_in_any_of_right"]["value"] == 1
    assert [entry["cases"] for entry in found["worst_at_k"]] == [2, 1, 1]


def test_intervals_count_patients_and_not_answers():
    one = [(str(case), float(case < 6), 1.0) for case in range(60)]
    five = [part for part in one for _ in range(5)]
    single, clustered = ratio(one, 0, "x"), ratio(five, 0, "x")
    assert single.value == clustered.value == 0.1
    assert single.method == "wilson"
    assert clustered.method == "cluster bootstrap"
    assert clustered.low is not None
    assert clustered.high is not None
    assert clustered.high - clustered.low > 0.8 * (single.high - single.low)


def test_a_share_of_nothing_has_no_value_and_few_patients_no_interval():
    assert ratio([("a", 0.0, 0.0)], 0, "x").value is None
    few = ratio([(str(case), float(case % 2), 1.0) for case in range(4) for _ in range(3)], 0, "x")
    assert few.value == 0.5
    assert few.low is None
    assert "too small" in str(few.note)


def test_a_stopped_run_goes_on_and_ends_the_same(tmp_path):
    whole = run(ByPulse(), tmp_path / "whole", kinds=("typos", "units"), k=2)
    run(ByPulse(), tmp_path / "cut", kinds=("typos", "units"), k=2)
    records = tmp_path / "cut" / "stress" / "records.jsonl"
    lines = records.read_bytes().splitlines(keepends=True)
    records.write_bytes(b"".join(lines[:70]) + lines[70][:20])
    (tmp_path / "cut" / STRESS).unlink()
    agent = ByPulse()
    again = run(agent, tmp_path / "cut", kinds=("typos", "units"), k=2)
    assert again == whole
    assert 0 < agent.asked < len(lines)


def test_another_configuration_in_the_same_folder_is_refused(tmp_path):
    run(Always(), tmp_path, kinds=("typos",), k=1)
    with pytest.raises(RunStateError, match="another configuration"):
        run(Always(), tmp_path, kinds=("typos",), k=2)


@pytest.mark.parametrize("k", [0, -1, 65])
def test_k_has_bounds(k, tmp_path):
    with pytest.raises(BadInputError, match="k: got"):
        stress(Always(), data(3), tmp_path, k=k)


def test_notes_of_credentialed_cases_are_not_written(tmp_path):
    from dataclasses import replace

    cases = tuple(replace(case, presentation=replace(case.presentation, credentialed=True)) for case in data(12))
    secret = Dataset("generated", cases, "esi-v5")
    runner.evaluate(Always(), secret, tmp_path, progress=False)
    stress(Always(), secret, tmp_path, k=1, progress=False)
    written = [json.loads(line) for line in (tmp_path / "stress" / "records.jsonl").read_text().splitlines()]
    assert written
    assert all(row["note"] is None for row in written)


def test_the_report_shows_the_stress_test_and_does_not_take_it_for_an_evaluation(tmp_path):
    run(Obedient(), tmp_path / "evaluation", k=2)
    page = build_report([tmp_path / "evaluation"], tmp_path / "report.html").read_text()
    assert "Stress test" in page
    assert "Must change nothing" in page
    assert "drop-vitals" in page
    assert "n = 30" in page
    assert page.count("<section id=") == 1 + page.count('<section id="method"') + page.count('<section id="provenance"')


def test_a_broken_stress_file_is_one_clear_line(tmp_path):
    assert read_stress(tmp_path) is None
    for text in ("{", "[]", '{"kind": "evaluation"}'):
        (tmp_path / STRESS).write_text(text)
        with pytest.raises(DataFormatError, match=r"stress\.json"):
            read_stress(tmp_path)


def test_answers_of_different_code_are_named(tmp_path):
    from triagelab.evaluation.stress import other_code

    summary = {"code": {"cases": ["0.1.0+a"], "variants": ["0.1.0+b"]}}
    (warning,) = other_code(summary)
    assert "0.1.0+a and 0.1.0+b" in warning
    assert other_code({"code": {"cases": ["0.1.0+a"], "variants": ["0.1.0+a"]}}) == other_code({}) == []
    made = run(Always(3), tmp_path, n=3, kinds=("typos",), k=1)
    assert made["code"]["cases"] == made["code"]["variants"] != []
