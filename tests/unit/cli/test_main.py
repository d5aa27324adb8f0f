"""Wrong commands: one line on standard error, exit code 2, no traceback, nothing written."""

from __future__ import annotations

import json

import pytest

from triagelab.cli.main import run

NOTE = "67 yo male, crushing chest pain and sweating for 1 hour. BP 150/90, HR 96, RR 18, SpO2 97%, T 36.8 C."

WRONG = [
    ["triag"],
    ["triage"],
    ["triage", ""],
    ["triage", NOTE, "--version", "3"],
    ["triage", NOTE, "--agent", "ruls"],
    ["triage", NOTE, "--agent", "model:/no/such/place"],
    ["generate", "--n", "0", "--out", "x.jsonl"],
    ["generate", "--n", "five", "--out", "x.jsonl"],
    ["generate", "--n", "5", "--split", "validation", "--out", "x.jsonl"],
    ["generate", "--n", "5", "--out", "/proc/nowhere/x.jsonl"],
    ["data", "load", "nhamsc", ".", "--out", "x.parquet"],
    ["data", "load", "nhamcs", "/no/such/folder", "--out", "x.parquet"],
    ["data", "load", "mimic-iv-ed", ".", "--out", "x.parquet"],
    ["score", "--preset", "v47b", "--file", "bad.jsonl"],
    ["score", "--preset", "v46", "--file", "bad.jsonl"],
    ["train", "no-such-recipe"],
    ["train", "tiny-sft", "--set", "learning_rate"],
    ["train", "tiny-sft", "--set", "no.such.key=1"],
    ["train", "tiny-sft", "--set", "data.name=nhamcs", "--out", "x"],
    ["train", "tiny-grpo", "--set", "warm_start=/no/run", "--out", "x"],
    ["train", "tiny-grpo", "--set", "generation.group=7", "--out", "x"],
    ["evaluate", "--agent", "rules", "--data", "vignettes:", "--out", "x"],
    ["evaluate", "--agent", "rules", "--data", "unknown", "--out", "x"],
    ["evaluate", "--agent", "rules", "--data", "vignettes:/no/file.jsonl", "--out", "x"],
    ["evaluate", "--agent", "rules", "--data", "generated", "--temperature", "-1", "--out", "x"],
    ["compare", "/no/a", "/no/b"],
    ["report", "/no/a", "--out", "x.html"],
    ["export", "/no/run", "--out", "x"],
    ["demo", "--data", "nhamcs", "--out", "x"],
    ["demo", "--data", "nhamcs", "--path", "/no/such/folder", "--out", "x"],
]


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_wrong_input_gets_one_line_and_exit_code_2(arguments, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.jsonl").write_text('{"id": 1, "gold": 9, "completion": "ANSWER: ESI 1"}\n')
    before = sorted(tmp_path.rglob("*"))
    code = run(arguments)
    error = capsys.readouterr().err
    assert code == 2
    assert error.startswith("triagelab: ")
    assert error.count("\n") == 1
    assert "Traceback" not in error
    assert sorted(tmp_path.rglob("*")) == before


def test_help_lists_every_verb(capsys):
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    for verb in ("demo", "generate", "data", "triage", "score", "train", "evaluate", "compare", "report", "export"):
        assert verb in shown
    assert "never a" in shown


def test_generate_writes_cases_that_load_again(tmp_path):
    from triagelab.cases.schema import Case

    out = tmp_path / "cases.jsonl"
    assert run(["generate", "--n", "7", "--seed", "3", "--split", "test", "--out", str(out)]) == 0
    cases = [Case.from_dict(json.loads(line)) for line in out.read_text().splitlines()]
    assert len({case.case_id for case in cases}) == 7
    assert {case.split for case in cases} == {"test"}


def test_score_json_terms_sum_to_the_total(tmp_path, capsys):
    path = tmp_path / "c.jsonl"
    rows = [
        {"id": 1, "gold": 2, "completion": "EXTRACTION:\n- x\nESI ALGORITHM:\n- y\nANSWER: ESI 2"},
        {"id": 2, "gold": 1, "completion": "I cannot say."},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert run(["score", "--preset", "v46", "--file", str(path), "--json"]) == 0
    scored = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for row in scored:
        assert list(row) == ["id", "status", "predicted", "total", "terms"]
        assert row["total"] == pytest.approx(sum(row["terms"].values()))
    assert [row["predicted"] for row in scored] == [2, None]


def test_a_wrong_name_does_not_steer_the_terminal(tmp_path, capsys):
    path = tmp_path / "\x1b[31mred.toml"
    path.write_text("name = 3", encoding="utf-8")
    assert run(["audit", str(path)]) == 2
    said = capsys.readouterr().err
    assert "red.toml" in said
    assert "\x1b" not in said
