"""`triagelab imaging`: decisions, data, evaluation and comparison from the command line, and one line for bad input."""

from __future__ import annotations

import json

import pytest

from chat_server import chat_server, good
from triagelab.cli.main import run


def told(capsys, *arguments: str) -> tuple[int, str, str]:
    code = run(["imaging", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_decide_says_what_held_and_what_would_change_it(capsys):
    facts = ("malleolar_pain=yes", "cannot_bear_weight=no", "lateral_tenderness=yes", "medial_tenderness=no")
    more = ("deformity=no", "normal_films=no", "age_years=30")
    options = [part for fact in (*facts, *more) for part in ("--fact", fact)]
    code, out, err = told(capsys, "decide", "ankle-injury", "xray-ankle", *options)
    assert (code, err) == (0, "")
    assert out.splitlines()[0].endswith(": usually appropriate")
    assert "would change it: lateral_tenderness = no: usually not appropriate" in out
    code, out, _ = told(capsys, "decide", "ankle-injury", "xray-ankle", *options, "--json")
    row = json.loads(out)
    assert (code, row["label"]) == (0, "usually appropriate")
    assert "lateral" in row["held"]
    assert {"feature": "lateral_tenderness", "to": False, "label": "usually not appropriate"} in row["changes"]


def test_conditions_and_one_of_them(capsys):
    code, out, _ = told(capsys, "conditions", "--json")
    rows = json.loads(out)
    assert code == 0
    assert len(rows) >= 30
    assert sum(row["held_out"] for row in rows) == 5
    code, out, _ = told(capsys, "conditions", "ankle-injury")
    assert code == 0
    assert "xray-ankle" in out
    assert "malleolar_pain" in out


def test_questions_hold_no_truth(capsys, tmp_path):
    out, truth = tmp_path / "q.jsonl", tmp_path / "t.jsonl"
    code, said, _ = told(capsys, "dataset", "--out", str(out), "--variants", "2", "--split", "test")
    assert code == 0
    assert not truth.exists()
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert f"{len(rows)} questions (test" in said
    assert set(rows[0]) == {"id", "variant_id", "note", "procedure", "asked", "split"}
    code, _, _ = told(capsys, "dataset", "--out", str(out), "--variants", "2", "--with-truth", str(truth))
    truths = [json.loads(line) for line in truth.read_text().splitlines()]
    assert code == 0
    assert [row["id"] for row in truths] == [json.loads(line)["id"] for line in out.read_text().splitlines()]
    assert {"label", "facts", "reasoning"} <= set(truths[0])


def test_the_card_in_three_forms(capsys, tmp_path):
    for name in ("card.md", "card.html", "card.json"):
        code, out, _ = told(capsys, "card", "--out", str(tmp_path / name), "--variants", "2")
        assert code == 0
        assert "no overlap" in out
        assert (tmp_path / name).stat().st_size > 2000


def test_evaluate_and_compare(capsys, tmp_path):
    runs = str(tmp_path / "runs")
    asked = ("--variants", "4", "--no-encoder", "--out", runs)
    code, out, _ = told(capsys, "evaluate", "--agent", "majority,procedure-majority", *asked)
    assert code == 0
    assert "macro_f1" in out
    assert f"-> {runs}/procedure-majority" in out
    code, out, err = told(capsys, "evaluate", "--agent", "majority", *asked, "--json")
    assert code == 0
    assert "finished before" in err
    assert json.loads(out)[0]["kind"] == "imaging evaluation"
    code, out, _ = told(capsys, "compare", runs, "--out", str(tmp_path / "c.md"))
    assert code == 0
    assert "procedure-majority minus majority" in out
    assert (tmp_path / "c.md").read_text().startswith("# Imaging: comparison")
    code, _, err = told(capsys, "evaluate", "--agent", "majority", *asked, "--seed", "1")
    assert code == 2
    assert "another configuration" in err


def test_a_limit_keeps_whole_variants(capsys, tmp_path):
    asked = ("--agent", "majority", "--variants", "4", "--no-encoder", "--split", "test", "--limit", "20")
    code, out, _ = told(capsys, "evaluate", *asked, "--out", str(tmp_path), "--json")
    part = json.loads(out)[0]["splits"]["test"]
    assert code == 0
    assert 20 <= part["n"] < 26
    rows = [json.loads(line) for line in (tmp_path / "majority" / "records.jsonl").read_text().splitlines()]
    assert len({row["procedure"] for row in rows}) > 1


def test_ratings_of_a_licensed_user(capsys, tmp_path):
    file = tmp_path / "mine.csv"
    rows = [f"Topic {n % 3},Variant {n},Procedure {p},{7 if n % 2 else 2}" for n in range(40) for p in range(2)]
    file.write_text("\n".join(["Topic,Variant,Procedure,Rating", *rows, "Topic 1,,Procedure 0,7"]) + "\n")
    asked = ("--agent", "majority", "--variants", "4", "--no-encoder", "--data", f"acr:{file}", "--split", "test")
    code, out, err = told(capsys, "evaluate", *asked, "--out", str(tmp_path / "runs"), "--json")
    assert code == 0
    assert "1 refused: no Variant" in err
    metrics = json.loads(out)[0]["splits"]["test"]["metrics"]
    assert metrics["exact"]["value"] is not None
    assert all(metrics[name]["value"] is None for name in ("align_f1", "faithful", "judged"))


def test_the_rubric_scorer_is_checked(capsys, tmp_path):
    code, out, _ = told(capsys, "judge-check", "--n", "30", "--out", str(tmp_path / "j.json"))
    assert code == 0
    assert out.startswith("rubric scorer: 30 items")
    assert json.loads((tmp_path / "j.json").read_text())["judge"] == "rubric scorer"


def test_a_served_model_answers_and_judges(capsys, tmp_path):
    said = "<think>The rule is negative here today.</think><answer>usually not appropriate</answer>"
    with chat_server(otherwise=good(said)) as server:
        asked = (
            "--agent",
            "llm:tiny",
            "--base-url",
            server.base_url,
            "--variants",
            "4",
            "--no-encoder",
            "--limit",
            "8",
        )
        code, out, _ = told(capsys, "evaluate", *asked, "--split", "test", "--out", str(tmp_path))
        assert code == 0
        assert "requests: " in out
    rows = [json.loads(line) for line in (tmp_path / "llm-tiny" / "records.jsonl").read_text().splitlines()]
    assert {(row["predicted"], row["status"], row["words"]) for row in rows} == {
        ("usually not appropriate", "clean", 6)
    }
    marks = good('{"concepts": 5, "logic": 6, "evidence": 7}')
    with chat_server(otherwise=marks) as server:
        judge = ("--judge", "llm:tiny", "--base-url", server.base_url, "--n", "6", "--calls", "2")
        code, out, _ = told(capsys, "judge-check", *judge)
    assert code == 0
    assert out.startswith("judge:tiny: 6 items, 2 calls each, 0.0% of the calls unreadable")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("decide", "nope", "x"), "condition"),
        (("decide", "ankle-injury", "nope"), "xray-ankle"),
        (("decide", "ankle-injury", "xray-ankle", "--fact", "foo=1"), "--fact"),
        (("decide", "ankle-injury", "xray-ankle", "--fact", "pregnant=maybe"), "yes, no or unknown"),
        (("decide", "ankle-injury", "xray-ankle", "--fact", "age_years=nan"), "a number or unknown"),
        (("decide", "ankle-injury", "xray-ankle", "--fact", "pregnant"), "NAME=VALUE"),
        (("dataset", "--out", "/tmp"), "a folder"),
        (("card", "--out", "card.txt"), ".md, .html or .json"),
        (("evaluate", "--agent", "nope", "--out", "x"), "allowed"),
        (("evaluate", "--agent", "majority,,", "--out", "x"), "separated by commas"),
        (("evaluate", "--agent", "majority", "--data", "foo", "--out", "x"), "acr:FILE"),
        (("evaluate", "--agent", "majority", "--base-url", "http://x", "--out", "x"), "only with --agent llm"),
        (("compare", "/tmp/no-such-folder"), "run that first"),
        (("judge-check", "--judge", "foo"), "rubric"),
    ],
)
def test_bad_input_is_one_line(capsys, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    code, out, err = told(capsys, *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert err.startswith("triagelab: ")
    assert err.count("\n") == 1
    assert not any(tmp_path.iterdir())
