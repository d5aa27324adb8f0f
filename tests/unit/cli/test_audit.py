"""`triagelab audit` and `triagelab design` on the command line."""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys
from importlib import resources

import pytest
from rich.console import Console

from triagelab.agents.base import Prediction
from triagelab.cli import audit_terminal
from triagelab.cli.audit import plain
from triagelab.cli.main import run
from triagelab.datasets.registry import load_dataset
from triagelab.evaluation.runner import evaluate
from triagelab.rewards.audit.audit import audit
from triagelab.rewards.audit.subjects import load_subject
from triagelab.rewards.presets import load_preset

ALWAYS_ONE = """
name = "always-one"
title = "Pays \\u001b[31m<b>1</b> whatever the truth"
[[terms]]
name = "outcome"
kind = "outcome_table"
cells = [
  { gold = [1, 2, 3, 4, 5], predicted = 1, value = 1.0 },
  { gold = [1, 2, 3, 4, 5], predicted = [2, 3, 4, 5, "none"], value = 0.0 },
]
"""


@pytest.fixture(scope="module")
def v46():
    return audit(load_subject("v46"))


@pytest.fixture
def always_one(tmp_path):
    path = tmp_path / "always-one.toml"
    path.write_text(ALWAYS_ONE, encoding="utf-8")
    return str(path)


@pytest.fixture(autouse=True)
def _narrow(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


def test_json_holds_what_the_issue_promises(capsys):
    assert run(["audit", "v46", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["preset"] == "v46"
    assert row["break_even_skill"] == 0.78
    assert {"id", "severity", "what", "evidence", "change"} == set(row["findings"][0])
    assert row["findings"][0]["severity"] == "severe"
    assert {"name", "expected_reward"} <= set(row["policies"][0])
    at = next(one for one in row["optimum"] if one["skill"] == 0.65)
    assert at["answers"] == [1, 2, 2, 2, 2]
    assert {"exact", "within_one", "under", "over", "no_answer"} <= set(at)


def test_several_rewards_are_a_list_in_json_and_a_table_in_the_terminal(capsys):
    assert run(["audit", "v46", "v50", "--json"]) == 0
    assert [row["preset"] for row in json.loads(capsys.readouterr().out)] == ["v46", "v50"]
    assert run(["audit", "v46", "v50"]) == 0
    lines = capsys.readouterr().out.splitlines()
    first = next(line for line in lines if line.startswith("v46 "))
    assert first.split()[:4] == ["v46", "severe", first.split()[2], "1,2,2,2,2"]
    assert next(line for line in lines if line.startswith("v50 ")).split()[1:4] == ["clean", "0/0/0", "1,2,3,3,3"]


def test_prior_and_skill_reach_the_audit(capsys):
    assert run(["audit", "v46", "--json", "--prior", "0,0,0,0,5", "--skill", "0.9"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["prior"] == [0, 0, 0, 0, 1]
    assert row["skill"] == 0.9
    assert next(one for one in row["optimum"] if one["skill"] == 0.9)["answers"] == [5] * 5


def test_piped_output_is_plain_and_fits_80_columns(capsys):
    assert run(["audit", "v49"]) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert max(map(len, shown.splitlines())) <= 80
    for words in ("SEVERE", "optimum-costs-more", "always-2", "rule_lifesaving_right", "Groups of 8", "attacks of",
                  "Where training goes", "x1.46"):  # fmt: skip
        assert words in shown
    assert "Not a medical device" in " ".join(shown.split())


def test_a_terminal_gets_colour_and_a_very_narrow_one_all_the_words(v46):
    wide, narrow = io.StringIO(), io.StringIO()
    audit_terminal.show(v46, Console(file=wide, force_terminal=True, color_system="truecolor", width=80))
    audit_terminal.show(v46, Console(file=narrow, width=50))
    assert "\x1b[" in wide.getvalue()
    assert max(map(len, narrow.getvalue().splitlines())) <= 50
    assert "optimum-costs-more" in narrow.getvalue()


def test_text_of_a_file_never_reaches_the_terminal_as_an_order(always_one, capsys):
    assert run(["audit", always_one]) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "<b>1</b> whatever" in shown


def test_strict_fails_on_a_severe_finding_alone(always_one, capsys):
    assert run(["audit", always_one, "--strict"]) == 1
    assert run(["audit", "v48", "--strict", "--json"]) == 0
    assert run(["audit", "v50", always_one, "--strict", "--json"]) == 1
    capsys.readouterr()


def test_an_infinite_ratio_is_null_in_json(always_one, capsys):
    """At skill 1 the least cost is 0, and any cost is infinitely many times that."""
    assert run(["audit", always_one, "--skill", "1", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert next(one for one in row["optimum"] if one["skill"] == 1)["cost_ratio"] is None
    assert plain({"a": [float("inf"), 1.0, None]}) == {"a": [None, 1.0, None]}
    assert run(["audit", always_one, "--skill", "1"]) == 0
    assert "where 1,2,3,4,5 costs nothing" in " ".join(capsys.readouterr().out.split())


def test_a_function_is_audited_by_name(tmp_path, capsys):
    (tmp_path / "mine.py").write_text("def reward(completions, **kwargs):\n    return [1.0 for _ in completions]\n")
    assert run(["audit", f"{tmp_path / 'mine.py'}:reward", "--json", "--strict"]) == 1
    assert json.loads(capsys.readouterr().out)["findings"]


def test_the_command_is_light():
    """Under 2 s of processor time from a cold start, and nothing heavy is loaded on the way to the JSON."""
    code = (
        "import sys\nfrom triagelab.cli.main import run\ncode = run(['audit', 'v46', '--json'])\n"
        "print(sorted({'polars', 'scipy', 'jinja2', 'torch', 'rich'} & set(sys.modules)), file=sys.stderr)\n"
        "sys.exit(code)"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.stderr.strip() == "[]"
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 2


WRONG = [
    ["audit"],
    ["audit", "v64"],
    ["audit", "no.toml"],
    ["audit", "not.toml"],
    ["audit", "unknown.toml"],
    ["audit", "huge.toml"],
    ["audit", "no.such.module:reward"],
    ["audit", "json:no_such_function"],
    ["audit", "v46", "--prior", "1,2,3,4"],
    ["audit", "v46", "--prior", "1,2,3,4,-5"],
    ["audit", "v46", "--prior", "1,2,3,4,nan"],
    ["audit", "v46", "--prior", "0,0,0,0,0"],
    ["audit", "v46", "--prior", "1e308,1e308,1e308,1e308,1e308"],
    ["audit", "v46", "--prior", "reel"],
    ["audit", "reward.py"],
    ["audit", "v46", "--prior", ",,,,"],
    ["audit", "v46", "--weights", "a,1,1,1,1"],
    ["audit", "v46", "--confusion", "no/such/folder"],
    ["audit", "v46", "--skill", "0"],
    ["audit", "v46", "--skill", "1.5"],
    ["audit", "v46", "--skill", "nan"],
    ["audit", "v46", "--skill", "high"],
    ["audit", "v46", "--html", "no/such/folder/x.html"],
    ["audit", "v46", "--html", "."],
    ["design", "--out", "x.toml"],
    ["design", "--costs", "standart", "--out", "x.toml"],
    ["design", "--costs", "no.toml", "--out", "x.toml"],
    ["design", "--costs", "not.toml", "--out", "x.toml"],
    ["design", "--costs", "missing.toml", "--out", "x.toml"],
    ["design", "--costs", "negative.toml", "--out", "x.toml"],
    ["design", "--costs", "nan.toml", "--out", "x.toml"],
    ["design", "--costs", "silent.toml", "--out", "x.toml"],
    ["design", "--costs", "dear.toml", "--out", "x.toml"],
    ["design", "--costs", "standard", "--weights", "1,2,3", "--out", "x.toml"],
    ["design", "--costs", "standard", "--weights", "1,1,1,1,0", "--out", "x.toml"],
    ["design", "--costs", "standard", "--weights", "a,1,1,1,1", "--out", "x.toml"],
    ["design", "--costs", "standard", "--weights", "1e-9,1,1,1,1", "--out", "x.toml"],
    ["design", "--costs", "standard", "--name", "Not A Name", "--out", "x.toml"],
    ["design", "--costs", "standard", "--out", "no/such/folder/x.toml"],
    ["design", "--costs", "standard", "--out", "."],
    ["design", "--costs", "standard", "--out", "not.toml"],
]
SAYS = {
    "v64": "did you mean 'v4",
    "no.toml": "not there",
    "not.toml": "not",
    "unknown.toml": "did you mean 'weights'",
    "reel": "did you mean 'real'",
    "reward.py": "file.py:function",
    "missing.toml": "under_urgent",
    "negative.toml": "not above the right answer",
    "nan.toml": "finite",
    "silent.toml": "no_answer_extra",
    "dear.toml": "truth 1, answer 2",
    "no/such/folder/x.html": "folder that is there",
    "0": "0.2",
    "huge.toml": "at most 1e+09",
}


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_wrong_input_gets_one_line_and_exit_code_2(arguments, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    costs = "over = {}\nunder = 2\n{}no_answer_extra = {}\n"
    files = {
        "not.toml": "this is not TOML",
        "unknown.toml": ALWAYS_ONE.replace("[[terms]]", "wieghts = [1]\n[[terms]]", 1),
        "huge.toml": ALWAYS_ONE.replace("value = 1.0", "value = 1e300"),
        "missing.toml": costs.format(1, "", 1),
        "negative.toml": costs.format(-1, "under_urgent = 3\n", 1),
        "nan.toml": costs.format("nan", "under_urgent = 3\n", 1),
        "silent.toml": costs.format(1, "under_urgent = 3\n", 0),
        "dear.toml": "rows = [[2, 1, 3, 3, 3, 9], [1, 0, 1, 1, 1, 9], [1, 1, 0, 1, 1, 9], [1, 1, 1, 0, 1, 9], "
        "[1, 1, 1, 1, 0, 9]]",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert run(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("triagelab: ")
    assert told.err.count("\n") == 1
    expected = next((words for name, words in SAYS.items() if name in arguments), "")
    assert expected in told.err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_design_reproduces_the_shipped_preset_byte_for_byte(tmp_path, capsys):
    out = tmp_path / "mine.toml"
    command = ["design", "--costs", "standard", "--weights", "5,3,1,1,1", "--name", "v50", "--out", str(out)]
    assert run(command) == 0
    assert "0 of 693" in " ".join(capsys.readouterr().out.split())
    shipped = resources.files("triagelab.rewards") / "presets" / "v50.toml"
    assert out.read_bytes() == shipped.read_bytes()


def test_design_of_any_costs_is_a_reward_that_its_audit_passes(tmp_path, capsys):
    costs = tmp_path / "costs.toml"
    costs.write_text('over = 1\nunder = 2\nunder_urgent = 5\nno_answer_extra = 2\ntext = "a \\"b\\"\\nc"\n')
    out = tmp_path / "my-reward.toml"
    assert (
        run(["design", "--costs", str(costs), "--weights", "2.5,1,1,1,0.333333333", "--out", str(out), "--json"]) == 0
    )
    row = json.loads(capsys.readouterr().out)
    assert row["beliefs_differ"] == 0
    assert row["preset"] == "my-reward"
    assert row["out"] == str(out)
    spec = load_preset(out)
    assert spec.sampling_weights == (2.5, 1.0, 1.0, 1.0, 0.333333333)
    assert spec.scale_rewards == "none"


def test_design_replaces_nothing_without_force(tmp_path, capsys):
    out = tmp_path / "kept.toml"
    out.write_text("kept")
    assert run(["design", "--costs", "standard", "--out", str(out)]) == 2
    assert "--force" in capsys.readouterr().err
    assert out.read_text() == "kept"
    assert run(["design", "--costs", "standard", "--out", str(out), "--force"]) == 0
    assert load_preset(out).name == "kept"
    capsys.readouterr()


class AllThree:
    name, remote = "all-three", False

    def predict(self, presentations, *, seed=0):
        return [Prediction(level=3) for _ in presentations]


ODD = "over = 10\nunder = 1\nunder_urgent = 1\nno_answer_extra = 1\n"
"""Against the standard matrix's grain: over-triage ten times as bad as under-triage."""


def test_a_design_is_judged_by_its_own_costs(tmp_path, capsys):
    costs, out = tmp_path / "odd.toml", tmp_path / "odd-reward.toml"
    costs.write_text(ODD)
    assert run(["design", "--costs", str(costs), "--out", str(out)]) == 0
    capsys.readouterr()
    assert run(["audit", str(out), "--strict"]) == 1
    assert "optimum-costs-more" in capsys.readouterr().out
    assert run(["audit", str(out), "--costs", str(costs), "--strict"]) == 0
    assert "optimum-costs-more" not in capsys.readouterr().out


def test_design_writes_nothing_when_its_own_audit_is_severe(tmp_path, capsys, monkeypatch):
    from triagelab.rewards import design

    right = design.design_values
    monkeypatch.setattr(design, "design_values", lambda costs, weights: right(costs, weights)[::-1])
    out = tmp_path / "upside-down.toml"
    assert run(["design", "--costs", "standard", "--out", str(out)]) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert "optimum-costs-more" in shown
    assert "Nothing was written." in shown
    assert not out.exists()


def test_a_measured_confusion_takes_the_place_of_the_skill(tmp_path, capsys):
    folder = tmp_path / "start"
    cases = load_dataset("generated", split="dev", n=40)
    evaluate(AllThree(), cases, folder, progress=False)
    assert run(["audit", "v46", "--confusion", str(folder), "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["skill"] == 0.48, "an agent that always answers 3 is right for the share of level 3"
    own = next(outcome for outcome in row["optimum"] if outcome["skill"] == 0.48)
    assert len(set(own["answers"])) == 1, "a signal that never varies leaves one answer"
    assert run(["audit", "v46", "--confusion", str(tmp_path / "nowhere")]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_sampling_weights_of_a_reward_can_be_replaced(capsys):
    assert run(["audit", "v46", "--weights", "1,1,1,1,1", "--json"]) == 0
    even = json.loads(capsys.readouterr().out)
    assert "optimum-costs-more" not in [f["id"] for f in even["findings"] if f["severity"] == "severe"]
    assert run(["audit", "v46", "--weights", "1,1,0,1,1"]) == 2
    assert "--weights" in capsys.readouterr().err


def test_a_bonus_for_right_answers_is_said_to_be_in_the_table(tmp_path, capsys):
    path = tmp_path / "brief.toml"
    path.write_text(
        'name = "brief"\ntitle = "t"\n[[terms]]\nname = "outcome"\nkind = "outcome_distance"\nright = 1.0\n'
        "over_per_level = -0.5\nunder_per_level = -1.0\nno_answer = -6.0\n"
        '[[terms]]\nname = "brief"\nkind = "length"\nvalue = 0.1\nlimit = 120\npays = "right"\n'
    )
    assert run(["audit", str(path), "--html", str(tmp_path / "x.html")]) == 0
    said = "Right answers include the +0.10 that their text can add."
    assert said in " ".join(capsys.readouterr().out.split())
    assert said in (tmp_path / "x.html").read_text()
