"""Runs that go, stall, stop or are resumed; broken files, hostile text, and folders that are no run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from doctor_samples import collapsing, curve, honest, ids, only, own_run, paid_for_two, rollouts
from triagelab.errors import BadInputError
from triagelab.seeding import Generator
from triagelab.training.doctor.diagnosis import diagnose


def test_running_stalled_stopped_by_the_pace_of_the_run(tmp_path: Path) -> None:
    run = own_run(tmp_path / "run", finished=False)
    written = max(place.stat().st_mtime for place in run.iterdir())

    def after(seconds: float) -> tuple[str, set[str]]:
        found = diagnose(run, now=written + seconds)
        return found.state, ids(found)

    assert after(10) == ("running", set())
    assert after(300) == ("running", {"stalled"})
    assert after(3600) == ("stopped", {"stopped"})


def test_a_resumed_run_counts_what_was_done_last(tmp_path: Path) -> None:
    rows = rollouts(lambda p, level, rng: 0 if p > 0.5 else honest(p, level, rng))
    again = [row | {"attempt": 1} for row in rollouts(seed=3) if row["step"] >= 20]
    first = [curve(s) for s in range(1, 41)]
    later = [curve(s) | {"attempt": 1} for s in range(21, 41)]
    found = diagnose(own_run(tmp_path / "run", rows + again, first + later))
    assert ids(found) == {"resumed"}
    assert "step 21" in only(found, "resumed").evidence
    assert sum(window.completions for window in found.windows) == 40 * 64


def test_a_half_written_line_and_junk_do_not_hurt(tmp_path: Path) -> None:
    run = own_run(tmp_path / "run")
    whole = diagnose(run).row()
    for name in ("curves.jsonl", "completions.jsonl"):
        with (run / name).open("ab") as stream:
            stream.write(b'[1, 2]\n"text"\n\xff\xfe\n\n{"phase": "train", "step": 9, "gr')
    found = diagnose(run)
    lost = [finding for finding in found.findings if finding.id == "unreadable-lines"]
    assert [finding.what.split(" is ")[0] for finding in lost] == [
        "What cannot be read in curves.jsonl",
        "What cannot be read in completions.jsonl",
    ]
    assert lost[0].evidence == "line 41, 42, 43"  # not the blank one, and not the last, which is still being written
    row = found.row()
    assert row == {**whole, "findings": row["findings"]}
    assert len(row["findings"]) == len(whole["findings"]) + 2


def test_a_line_still_being_written_is_nothing_to_say(tmp_path: Path) -> None:
    run = own_run(tmp_path / "run")
    whole = diagnose(run).row()
    with (run / "curves.jsonl").open("ab") as stream:
        stream.write(b'{"phase": "grpo", "step": 41, "lo')
    assert diagnose(run).row() == whole


def test_a_run_that_has_just_begun_has_no_steps(tmp_path: Path) -> None:
    found = diagnose(own_run(tmp_path / "run", [], [], finished=False))
    assert (found.state, found.done, ids(found)) == ("running", 0, {"nothing-yet"})


def test_hostile_text_is_shown_as_plain_words(tmp_path: Path) -> None:
    evil = "\x1b[2J\u202e<script>alert(1)</script>\r\n[bold]now\x00"

    def often_silent(progress: float, level: int, rng: Generator) -> int:
        return 0 if rng.random() < 0.3 else honest(progress, level, rng)

    rows = rollouts(often_silent, steps=24)
    for index, row in enumerate(rows):
        row["completion"] = "x" * (1_000_000 if index % 500 == 0 else 10) + evil
        row["terms"] = {"\x1b[31mformat": float(index % 3), "outcome": 0.0}
        row["reward"] = float(index % 3)
    rows[0]["status"] = "\x1b[31m"
    found = diagnose(own_run(tmp_path / "run", rows))
    text = " ".join(finding.what + finding.evidence + finding.change for finding in found.findings)
    assert {"no-answer", "text-dominates"} <= ids(found)
    assert text.isprintable()
    assert "alert(1)" in text
    assert len(text) < 10_000


def test_the_row_is_plain_json(tmp_path: Path) -> None:
    row = diagnose(own_run(tmp_path / "run", rollouts(collapsing, paid_for_two))).row()
    assert json.loads(json.dumps(row, allow_nan=False)) == row
    assert set(row) == {"run", "kind", "phase", "state", "steps", "windows", "findings"}
    assert row["steps"] == {"done": 40, "total": 40, "left": 0}
    assert {"id", "severity", "what", "evidence", "change"} == set(row["findings"][0])


@pytest.mark.parametrize("make", [lambda p: p.mkdir(), lambda p: p.write_text("x"), lambda p: None])
def test_a_path_that_is_no_run_is_refused(tmp_path: Path, make: Any) -> None:
    make(tmp_path / "run")
    with pytest.raises(BadInputError, match="a training folder"):
        diagnose(tmp_path / "run")


def test_folders_that_are_taken_for_a_run_are_named(tmp_path: Path) -> None:
    own_run(tmp_path / "all" / "a")
    own_run(tmp_path / "all" / "b")
    with pytest.raises(BadInputError, match="it holds runs, name one: a, b"):
        diagnose(tmp_path / "all")
    (tmp_path / "records.jsonl").touch()
    with pytest.raises(BadInputError, match="it is an evaluation"):
        diagnose(tmp_path)
