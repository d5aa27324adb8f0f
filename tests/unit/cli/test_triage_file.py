"""`triagelab triage --file`: rows with fields, bad rows, CSV, bounded memory, closed pipes."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from triagelab.cli.main import run
from triagelab.cli.note_files import NoteFile, presentation
from triagelab.errors import BadInputError, DataFormatError

NOTE = "67 yo male, crushing chest pain and sweating."
ARREST = "cardiac arrest, CPR in progress"


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_one_row_a_note_in_order(tmp_path, capsys):
    source = write(tmp_path / "in.jsonl", [{"id": "a", "text": ARREST}, {"text": "suture removal, no complaints"}])
    out = tmp_path / "out.jsonl"
    assert run(["triage", "--file", str(source), "--out", str(out)]) == 0
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["id"] for row in rows] == ["a", "2"]
    assert rows[0]["level"] == 1
    assert {"confidence", "evidence", "ask", "path", "resources", "implausible"} <= set(rows[0])
    assert run(["triage", "--file", str(source)]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("a\t1\t")


def test_fields_beside_the_note_are_used(tmp_path):
    row = {"id": 1, "note": "cough", "age_years": 0.5, "sex": "F", "heart_rate_bpm": 150, "vitals": {"spo2_pct": 97}}
    (shown,) = NoteFile(write(tmp_path / "in.jsonl", [row]))
    assert (shown.age_years, shown.sex) == (0.5, "female")
    assert shown.vitals.measured() == {"heart_rate_bpm": 150, "spo2_pct": 97}


def test_generated_cases_can_be_read_again_and_the_truth_is_not_taken(tmp_path):
    from triagelab.cases.generator import generate

    cases = generate(3, 0, "dev")
    notes = NoteFile(write(tmp_path / "cases.jsonl", [case.to_dict() for case in cases]))
    assert [shown.narrative for shown in notes] == [case.presentation.narrative for case in cases]


def test_csv_with_a_header_quotes_line_breaks_and_empty_cells(tmp_path):
    source = tmp_path / "in.csv"
    source.write_text(
        '\ufeffid,case,age_years,heart_rate_bpm,ward\n7,"chest pain, ""crushing""\nsince noon",67,,north\n'
        "8,cough,,88,\n",
        encoding="utf-8",
    )
    notes = NoteFile(source)
    first, second = list(notes)
    assert first.narrative == 'chest pain, "crushing"\nsince noon'
    assert (first.case_id, first.age_years, first.vitals.heart_rate_bpm) == ("7", 67, None)
    assert (second.age_years, second.vitals.heart_rate_bpm) == (None, 88)
    assert notes.unused == {"ward"}
    assert notes.bytes_read == notes.size


BAD_ROWS = {
    "no text": '{"nothing": 1}',
    "not json": "{oops",
    "not an object": "[1, 2]",
    "empty": '{"case": "  "}',
    "age": '{"case": "cough", "age_years": 400}',
    "age words": '{"case": "cough", "age_years": "old"}',
    "sex": '{"case": "cough", "sex": "q"}',
    "vital range": '{"case": "cough", "heart_rate_bpm": 999}',
    "vital true": '{"case": "cough", "heart_rate_bpm": true}',
    "vital name": '{"case": "cough", "vitals": {"heart_rat": 80}}',
    "vitals shape": '{"case": "cough", "vitals": 3}',
    "arrival": '{"case": "cough", "arrival": "rocket"}',
    "history": '{"case": "cough", "history": 3}',
    "number as text": '{"case": 3}',
    "huge number": '{"case": "cough", "age_years": 1e999}',
    "deep": "[" * 100_000,
    "long": json.dumps({"case": "x" * 200_001}),
}
FIELD_NAMED = {"age": "age_years", "vital range": "heart_rate_bpm", "vital name": "vitals", "sex": "sex"}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_bad_row_is_named_and_nothing_is_written(name, tmp_path, capsys):
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(json.dumps({"case": NOTE}) + "\n" + BAD_ROWS[name] + "\n" + json.dumps({"case": NOTE}) + "\n")
    assert run(["triage", "--file", str(source), "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert "in.jsonl:2: " in error
    assert FIELD_NAMED.get(name, "") in error
    assert error.count("\n") == 1
    assert len(error) < 600
    assert [item.name for item in tmp_path.iterdir()] == ["in.jsonl"]


def test_bad_rows_can_be_left_out_and_are_listed(tmp_path, capsys):
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    lines = [json.dumps({"case": NOTE}), *BAD_ROWS.values(), json.dumps({"case": ARREST, "extra\x1b[31m": 1})]
    source.write_bytes("\n".join(lines).encode() + b'\n{"case": "\xff"}\n')
    assert run(["triage", "--file", str(source), "--out", str(out), "--skip-bad"]) == 0
    told = capsys.readouterr()
    assert "2 notes" in told.out
    assert f"{len(BAD_ROWS) + 1} rows left out" in told.err
    assert "in.jsonl:2: " in told.err
    assert "fields not used" in told.err
    assert "\x1b" not in told.err
    assert len(out.read_text().splitlines()) == 2


def test_a_csv_with_broken_rows(tmp_path):
    source = tmp_path / "in.csv"
    source.write_bytes(b"case,age_years\ncough,3\nfever\nfall,abc\n\xff,4\ncroup,2\n")
    with pytest.raises(DataFormatError, match=r"in.csv:3: got 1 cells; expected 2"):
        list(NoteFile(source))
    notes = NoteFile(source, skip_bad=True)
    assert [shown.narrative for shown in notes] == ["cough", "croup"]
    assert notes.bad == 3


@pytest.mark.parametrize("header", ["a,b", "", "case,case", '"'])
def test_a_csv_header_that_cannot_be_used(header, tmp_path):
    source = tmp_path / "in.csv"
    source.write_text(header + "\n1,2\n")
    with pytest.raises(DataFormatError, match=r"in.csv:1: "):
        list(NoteFile(source, skip_bad=True))


def test_nan_is_not_measured_and_an_empty_text_is_not_recorded():
    shown = presentation("1", "cough", "case", {"heart_rate_bpm": float("nan"), "sex": "", "age_years": ""})
    assert shown.vitals.heart_rate_bpm is None
    assert shown.sex is None
    with pytest.raises(BadInputError, match="pain_score"):
        presentation("1", "cough", "case", {"pain_score": "severe"})


def test_a_closed_pipe_ends_quietly(tmp_path):
    source = write(tmp_path / "in.jsonl", [{"case": "chest pain"}] * 3000)
    command = f"{sys.executable} -m triagelab.cli.main triage --json --file {source} | head -1"
    done = subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        timeout=100,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=False,
    )
    assert done.stdout.count(b"\n") == 1
    assert done.stderr == b""


def test_rows_are_read_in_batches_and_not_all_at_once(tmp_path):
    source = write(tmp_path / "in.jsonl", [{"case": f"note {number} " + "x" * 1000} for number in range(2000)])
    notes = NoteFile(source)
    rows = iter(notes)
    next(rows)
    assert notes.bytes_read < notes.size / 100


@pytest.mark.parametrize("name", ["folder", "input", "fifo"])
def test_an_output_that_would_destroy_something_is_refused_before_any_work(name, tmp_path, capsys):
    source = write(tmp_path / "in.jsonl", [{"case": NOTE}])
    before = source.read_bytes()
    out = {"folder": tmp_path, "input": source, "fifo": tmp_path / "pipe"}[name]
    if name == "fifo":
        os.mkfifo(out)
    assert run(["triage", "--file", str(source), "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert "--out: got" in error
    assert error.count("\n") == 1
    assert source.read_bytes() == before


def test_a_link_to_the_output_is_followed_and_stays(tmp_path):
    source = write(tmp_path / "in.jsonl", [{"case": NOTE}])
    (tmp_path / "link").symlink_to(tmp_path / "real.jsonl")
    assert run(["triage", "--file", str(source), "--out", str(tmp_path / "link")]) == 0
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real.jsonl").read_text().count("\n") == 1


@pytest.mark.parametrize(
    ("text", "said"), [("", "no note in it"), ("\n\n", "no note in it"), ("{\n[]\n", "all 2 rows")]
)
def test_a_file_without_a_single_note_is_no_empty_answer(text, said, tmp_path, capsys):
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(text)
    assert run(["triage", "--file", str(source), "--out", str(out), "--skip-bad"]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not out.exists()


def test_half_a_character_is_a_bad_row(tmp_path):
    source = tmp_path / "in.jsonl"
    source.write_text('{"case": "cough \\ud83d\\ude00"}\n{"case": "cough", "id": "\\udfff"}\n')
    rows = iter(NoteFile(source))
    assert next(rows).narrative == "cough \N{GRINNING FACE}"
    with pytest.raises(DataFormatError, match=r"in.jsonl:2: half a character"):
        next(rows)


def test_ctrl_c_says_so_in_one_line_and_leaves_nothing(tmp_path, monkeypatch, capsys):
    from triagelab.agents.rules import RulesAgent

    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(RulesAgent, "predict", stopped)
    source = write(tmp_path / "in.jsonl", [{"case": NOTE}])
    assert run(["triage", "--file", str(source), "--out", str(tmp_path / "out.jsonl")]) == 130
    error = capsys.readouterr().err
    assert error.startswith("triagelab: stopped")
    assert error.count("\n") == 1
    assert [item.name for item in tmp_path.iterdir()] == ["in.jsonl"]
