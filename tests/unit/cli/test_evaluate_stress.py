"""`triagelab evaluate --stress` on the command line."""

from __future__ import annotations

import json

import pytest

from triagelab.cli.main import run

NOTES = [
    ("a", "cardiac arrest, CPR in progress", 1),
    ("b", "Suture removal, no complaints. HR 72, BP 120/80.", 5),
    ("c", "40 year old with a cut on the finger. HR 80. Bleeding has stopped.", 4),
]


@pytest.fixture
def vignettes(tmp_path):
    path = tmp_path / "notes.jsonl"
    path.write_text("".join(json.dumps({"id": name, "case": text, "esi": esi}) + "\n" for name, text, esi in NOTES))
    return f"vignettes:{path}"


def test_the_table_and_the_json_hold_the_stress_test(vignettes, tmp_path, capsys):
    command = ["evaluate", "--agent", "rules", "--data", vignettes, "--out", str(tmp_path / "out"), "--stress"]
    assert run([*command, "--stress-k", "2"]) == 0
    shown = capsys.readouterr().out
    for part in ("must change nothing", "takes information away", "injection", "drop-vitals", "right in all"):
        assert part in shown
    assert run([*command, "--stress-k", "2", "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["stress"] == json.loads((tmp_path / "out" / "stress.json").read_text())
    assert summary["stress"]["k"] == 2


def test_kinds_can_be_chosen(vignettes, tmp_path, capsys):
    command = ["evaluate", "--agent", "rules", "--data", vignettes, "--out", str(tmp_path / "out"), "--stress"]
    assert run([*command, "--stress-kind", "units", "--stress-kind", "injection", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["stress"]["rows"]
    assert [row["kind"] for row in rows] == ["units", "injection", "control"]


WRONG = [
    ["--stress-kind", "units"],
    ["--stress", "--stress-kind", "unit"],
    ["--stress", "--stress-k", "0"],
    ["--stress", "--stress-k", "65"],
    ["--stress", "--stress-k", "two"],
    ["--stress", "--decision", "cheap"],
    ["--cost", "standard"],
    ["--decision", "cost", "--cost", "dear"],
    ["--stres"],
    ["--stress", "yes"],
]


@pytest.mark.parametrize("more", WRONG, ids=" ".join)
def test_wrong_options_get_one_line_and_nothing_is_written(more, vignettes, tmp_path, capsys):
    assert run(["evaluate", "--agent", "rules", "--data", vignettes, "--out", str(tmp_path / "out"), *more]) == 2
    error = capsys.readouterr().err
    assert error.startswith("triagelab: ")
    assert error.count("\n") == 1
    assert "Traceback" not in error
    assert not (tmp_path / "out").exists()


def test_options_of_the_stress_test_need_it_and_other_ones_are_named(vignettes, tmp_path, capsys):
    command = ["evaluate", "--agent", "rules", "--data", vignettes, "--out", str(tmp_path / "out")]
    assert run([*command, "--stress-k", "2"]) == 2
    assert "only together with --stress" in capsys.readouterr().err
    assert run([*command, "--stress", "--stress-kind", "units", "--stress-k", "2"]) == 0
    capsys.readouterr()
    assert run([*command, "--stress", "--stress-kind", "units", "--stress-k", "3"]) == 2
    assert "options.stress.k was 2, is 3" in capsys.readouterr().err
