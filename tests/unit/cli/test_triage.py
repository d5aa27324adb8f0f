"""`triagelab triage` on one note: what is shown, what the JSON holds, and hostile notes."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from triagelab.cli.main import run

NOTE = "67 yo male, crushing chest pain and sweating for 1 hour. BP 150/90, HR 126, RR 18, SpO2 97%, T 36.8 C."
ARREST = "cardiac arrest, CPR in progress"

WRONG = [
    ["triage"],
    ["triage", ""],
    ["triage", "   \n "],
    ["triage", NOTE, "--version", "3"],
    ["triage", NOTE, "--agent", "ruls"],
    ["triage", NOTE, "--agent", "hybird:x"],
    ["triage", NOTE, "--agent", "model:/no/such/place"],
    ["triage", NOTE, "--file", "x.jsonl"],
    ["triage", NOTE, "--fhir", "x.json"],
    ["triage", "--file", "/no/such/file.jsonl"],
    ["triage", "--fhir", "/no/such/bundle.json"],
    ["triage", NOTE, "--out", "x.jsonl"],
    ["triage", NOTE, "--skip-bad"],
    ["triage", NOTE, "--text-field", "note"],
    ["triage", NOTE, "--decision", "cheapest"],
    ["triage", NOTE, "--cost", "standard"],
    ["triage", NOTE, "--decision", "cost", "--cost", "standart"],
    ["triage", NOTE * 3000],
]


@pytest.fixture
def plain(monkeypatch):
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.mark.parametrize("arguments", WRONG, ids=lambda arguments: " ".join(arguments)[:60])
def test_wrong_options_get_one_line_exit_code_2_and_write_nothing(arguments, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("triagelab: ")
    assert error.count("\n") == 1
    assert len(error) < 700
    assert "Traceback" not in error
    assert list(tmp_path.iterdir()) == []


def test_json_has_the_promised_fields(capsys):
    assert run(["triage", NOTE, "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    for name in ("id", "level", "acceptable", "point", "because", "unknown", "confidence", "probabilities"):
        assert name in row
    for name in ("evidence", "ask", "path", "vitals", "resources", "implausible", "status"):
        assert name in row
    assert row["level"] in row["acceptable"]
    assert sum(row["probabilities"]) == pytest.approx(1)
    assert [step["point"] for step in row["path"]] == ["A", "B", "C", "D"]
    assert all(NOTE[span["start"] : span["end"]] == span["text"] for span in row["evidence"])
    assert "chest_pain" in {span["label"] for span in row["evidence"]}
    assert sum(row["resources"]["probabilities"].values()) == pytest.approx(1, abs=0.01)
    heart = next(sign for sign in row["vitals"] if sign["vital"] == "heart_rate_bpm")
    assert (heart["value"], heart["limit"], heart["beyond"]) == (126, 100, True)


def test_json_of_an_agent_without_a_trace_says_so_with_nulls(capsys, tmp_path):
    from triagelab.agents.majority import MajorityAgent, MajorityModel

    MajorityAgent(MajorityModel(dataset="made", scale="esi-v5", counts=(1, 2, 9, 2, 1))).save(tmp_path)
    assert run(["triage", NOTE, "--agent", f"majority:{tmp_path}", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["level"] == 3
    assert row["path"] == row["vitals"] == row["evidence"] == row["ask"] == []
    assert row["resources"] is None
    assert run(["triage", NOTE, "--agent", f"majority:{tmp_path}"]) == 0
    assert "no decision path" in capsys.readouterr().out


def test_people_see_the_path_the_vital_signs_and_what_to_ask(capsys, plain):
    assert run(["triage", ARREST]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("ESI 1 (decision point A)")
    assert "[*cardiac arrest*]" in shown
    assert "because" in shown
    assert "not asked" in shown
    assert "not a medical device" in shown
    assert "\x1b" not in shown
    assert run(["triage", NOTE]) == 0
    shown = capsys.readouterr().out
    assert "HR 126/min" in shown
    assert "above 100 (18 years and older)" in shown
    assert "ask next" in shown


def test_the_limit_of_a_vital_sign_is_that_of_the_age(capsys, plain):
    assert run(["triage", "8 month old girl, cough. HR 150, RR 40, SpO2 98%"]) == 0
    shown = capsys.readouterr().out
    assert "HR 150/min, not above 180 (1 month to under 1 year)" in shown


def test_colour_is_used_where_it_is_wanted_and_marks_the_evidence(capsys, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert run(["triage", ARREST]) == 0
    shown = capsys.readouterr().out
    assert "\x1b[" in shown
    assert "cardiac arrest\x1b[0m" in shown
    assert "[*" not in shown


HOSTILE = [
    "[bold red]chest pain[/bold red] [link=file:///etc/passwd]x[/link] [/]",
    "chest pain \x1b[31m\x1b]0;title\x07\x1b[2J and \x9b31m more",
    "chest\x00pain \x08\x08\x7f",
    "chest pain \u202edesrever\u202c \u200b\u2066x",
    "<script>alert(1)</script> chest pain {{7*7}} %s %n {0}",
    "chest pain " * 9000,
    "\ud800 chest pain",
    "💔 胸痛 боль в груди",
    "[[[[[[*]]]]]]*",
    "a\r\nb\rc\tchest pain",
]


@pytest.mark.parametrize("note", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("colour", [False, True])
def test_nothing_in_a_note_is_obeyed_by_the_terminal(note, colour, capsys, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1") if colour else monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert run(["triage", note]) == 0
    shown = capsys.readouterr().out
    for part in ("\x1b]", "\x1b[2J", "\x9b", "\x07", "\x00", "\x08", "\u202e", "\u2066", "\x1b]8;"):
        assert part not in shown
    if "bold red" in note:
        assert "[link=file:///etc/passwd]x[/link] [/]" in shown.replace("\n", "")
    assert run(["triage", note, "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert 1 <= row["level"] <= 5


def test_a_pipe_is_read_and_bytes_that_are_no_text_are_no_crash():
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "triagelab.cli.main", "triage", "-"]
    done = subprocess.run(
        command, input=b"chest pain \xff\xfe\x1b[31m", capture_output=True, timeout=60, env=environment, check=False
    )
    assert done.returncode == 0
    assert done.stdout.startswith(b"ESI ")
    assert b"\x1b[31m" not in done.stdout


def test_a_decision_by_cost_is_never_less_urgent_for_an_arrest(capsys):
    assert run(["triage", ARREST, "--decision", "cost", "--cost", "sensitivity", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["level"] == 1


def test_a_fhir_bundle_is_read_and_the_answer_written_as_a_risk_assessment(capsys, tmp_path, plain):
    pytest.importorskip("fhir.resources")
    from fhir_samples import bundle

    source, out = tmp_path / "bundle.json", tmp_path / "answer.json"
    source.write_text(json.dumps(bundle()))
    assert run(["triage", "--fhir", str(source), "--out", str(out), "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    answer = json.loads(out.read_text())
    assert answer["resourceType"] == "RiskAssessment"
    assert str(row["level"]) in json.dumps(answer["prediction"][0])
    assert {sign["vital"] for sign in row["vitals"] if sign["value"] is not None} >= {"heart_rate_bpm", "spo2_pct"}
    source.write_text('{"resourceType": "Bundle"')
    assert run(["triage", "--fhir", str(source), "--out", str(tmp_path / "none.json")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "none.json").exists()


def test_a_narrow_terminal_breaks_between_words_and_keeps_the_indent():
    from io import StringIO

    from rich.console import Console

    from triagelab.cli.answers import _folded

    line = "  B  High risk, newly confused, or in severe pain or distress? nothing says so (27 facts not known)"
    narrow = Console(file=StringIO(), force_terminal=True, width=40)
    rows = _folded(line, narrow).split("\n")
    assert max(map(len, rows)) <= 40
    assert all(row.startswith("     ") and row.strip() in line for row in rows[1:])
    assert _folded(line, Console(file=StringIO(), width=40)) == line


def test_a_closed_standard_input_is_one_line(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", None)
    assert run(["triage", "-"]) == 2
    assert "standard input is closed" in capsys.readouterr().err


def test_what_was_left_out_of_a_bundle_is_said(capsys, tmp_path):
    pytest.importorskip("fhir.resources")
    from fhir_samples import bundle, encounter, observation, patient

    source = tmp_path / "bundle.json"
    too_hot = observation("8310-5", 101.3, "Cel")
    source.write_text(json.dumps(bundle(patient(), encounter(), too_hot)), encoding="utf-8")
    assert run(["triage", "--fhir", str(source), "--json"]) == 0
    assert capsys.readouterr().err == "left out of the bundle: implausible temp_c 1\n"
