"""`evaluate --env`, `compare` and `report` on episode folders: one line for every wrong option, JSON for machines."""

from __future__ import annotations

import json

import pytest

from triagelab.cli.main import run


def evaluated(folder, agent="commit-at-once", *more: str) -> list[str]:
    return [
        "evaluate",
        "--env",
        "bedside-v1",
        "--agent",
        agent,
        "--split",
        "train",
        "--n",
        "12",
        "--out",
        str(folder),
        *more,
    ]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    top = tmp_path_factory.mktemp("runs")
    for agent in ("commit-at-once", "do-nothing"):
        assert run(evaluated(top / agent, agent)) == 0
    return top


def test_summary_as_text_and_as_json(tmp_path, capsys):
    assert run(evaluated(tmp_path / "a")) == 0
    text = capsys.readouterr().out
    assert "commit-at-once in bedside-v1/train, n = 12 episodes" in text
    assert text.endswith(f"-> {tmp_path / 'a'}\n")
    assert run(evaluated(tmp_path / "a", "commit-at-once", "--json")) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["kind"] == "episodes"
    assert found == json.loads((tmp_path / "a" / "summary.json").read_text())


def test_compare_works_on_episodes_and_refuses_a_mixture(folders, tmp_path, capsys):
    two = [str(folders / "do-nothing"), str(folders / "commit-at-once")]
    assert run(["compare", *two]) == 0
    assert "commit-at-once (b) against do-nothing (a)" in capsys.readouterr().out
    assert run(["compare", *two, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["differences"]["normalised"]["value"] > 0
    notes = ["evaluate", "--agent", "rules", "--data", "generated", "--limit", "12", "--out", str(tmp_path / "notes")]
    assert run(notes) == 0
    capsys.readouterr()
    assert run(["compare", str(tmp_path / "notes"), two[0]]) == 2
    assert "two of one kind" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--data", "generated"], "either --data or --env"),
        (["--limit", "3"], "--n"),
        (["--repeat", "2"], "--repeat"),
        (["--stress"], "--stress"),
        (["--protocol", "published"], "--protocol"),
        (["--split", "tests"], "did you mean 'test'"),
        (["--env", "bedside"], "did you mean 'bedside-v1'"),
        (["--agent", "oracl"], "did you mean"),
    ],
)
def test_wrong_options_are_one_line_and_leave_no_folder(tmp_path, capsys, more, said):
    assert run(evaluated(tmp_path / "a", "do-nothing", *more)) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
    assert not (tmp_path / "a").exists()


def test_without_data_and_env_there_is_nothing_to_evaluate(tmp_path, capsys):
    assert run(["evaluate", "--agent", "rules", "--out", str(tmp_path / "a")]) == 2
    assert "--env" in capsys.readouterr().err
    assert run(["evaluate", "--agent", "rules", "--data", "generated", "--n", "3", "--out", str(tmp_path / "a")]) == 2
    assert "--limit" in capsys.readouterr().err


def test_report_has_a_section_of_episodes(folders, tmp_path, capsys):
    assert run(["report", str(folders), "--out", str(tmp_path / "report.html")]) == 0
    page = (tmp_path / "report.html").read_text()
    assert "bedside-v1, train split" in page
    assert "commit-at-once" in page
    assert "Normalised score" in page
    assert "0 questions: 12 episodes" in page
    assert "<script" not in page
