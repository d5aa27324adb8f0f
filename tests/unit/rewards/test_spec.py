"""Reading a reward file: what is refused, and in which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from triagelab.errors import DataFormatError, UnknownNameError
from triagelab.rewards.presets import load_preset
from triagelab.rewards.score import score

GOOD = """
name = "mine"
title = "Mine"
[[terms]]
name = "outcome"
kind = "outcome_distance"
right = 1
over_per_level = -0.5
under_per_level = -1
no_answer = -6
[[terms]]
name = "brief"
kind = "length"
value = 0.2
limit = 100
weight = 0.5
pays = "right"
"""


def load(tmp_path: Path, text: str):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return load_preset(path)


def test_a_user_file_is_a_reward(tmp_path: Path) -> None:
    spec = load(tmp_path, GOOD)
    assert spec.sampling_weights == (1, 1, 1, 1, 1)
    assert spec.outcome_table()[2] == (-1.0, -0.5, 1.0, -1.0, -2.0, -6.0)
    assert spec.text_range() == (0.0, 0.1)
    paid = score(spec, "ANSWER: ESI 3", 3, n_tokens=50)
    assert paid.weighted() == {"outcome": 1.0, "brief": 0.05}
    assert score(spec, "ANSWER: ESI 2", 3, n_tokens=50).weighted()["brief"] == 0.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("title =", "titel ="), r"titel: unknown key; did you mean 'title'"),
        (("limit = 100", "limt = 100"), r"limt: unknown key; did you mean 'limit'"),
        (("over_per_level", "over_per_levl"), r"over_per_levl: unknown key; did you mean 'over_per_level'"),
        (("limit = 100", "limit = 0"), r"terms\.1\.limit"),
        (("limit = 100", "limit = 100.5"), r"terms\.1\.limit"),
        (("right = 1", "right = nan"), r"terms\.0\.right"),
        (("right = 1", "right = 'one'"), r"terms\.0\.right.*'one'"),
        (('kind = "length"', 'kind = "lenght"'), r"lenght"),
        (('pays = "right"', 'pays = "rigth"'), r"terms\.1\.pays.*'rigth'"),
        (('name = "brief"', 'name = "outcome"'), r"term names must differ"),
        (('name = "mine"', 'name = "Mine!"'), r"name"),
        (('title = "Mine"', 'title = "Mine"\n[sampling]\nweights = [1, 1, 1, 1]'), r"sampling\.weights"),
        (('title = "Mine"', 'title = "Mine"\n[sampling]\nweights = [0, 1, 1, 1, 1]'), r"above 0"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    with pytest.raises(DataFormatError, match=words) as caught:
        load(tmp_path, GOOD.replace(*change))
    assert "mine.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


TABLE = """
name = "mine"
title = "Mine"
[[terms]]
name = "outcome"
kind = "outcome_table"
cells = [
  { gold = [1, 2, 3, 4, 5], predicted = [1, 2, 3, 4], value = 0 },
  { gold = [1, 2, 3, 4, 5], predicted = [5, "none"], value = -1 },
]
"""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('[5, "none"]', "[5]"), r"missing \(gold, predicted\) \(1, 'none'\)"),
        (('[5, "none"]', '[4, 5, "none"]'), r"twice \(gold, predicted\) \(1, 4\)"),
        (('[5, "none"]', '[6, "none"]'), r"cells\.1\.predicted"),
        (('[5, "none"]', '[5, "nothing"]'), r"cells\.1\.predicted"),
        (("value = -1", "value = -1, asumed = true"), r"asumed: unknown key; did you mean 'assumed'"),
    ],
)
def test_a_table_gives_every_pair_once(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    assert load(tmp_path, TABLE).outcome_table()[0] == (0, 0, 0, 0, -1, -1)
    with pytest.raises(DataFormatError, match=words):
        load(tmp_path, TABLE.replace(*change))


RULE = '\n[[terms]]\nname = "rule"\nkind = "rule"\npredicted = 1\nvalue = 0.5\n'


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ("", "exactly one trigger"),
        ('any_of = ["intubated"]\npain_at_least = 7\n', "exactly one trigger"),
        ('any_of = ["intubatd"]\n', "unknown fact 'intubatd'; did you mean 'intubated'"),
        ("pattern = '('\n", "not a regular expression"),
        ("pain_at_least = 11\n", "pain_at_least"),
    ],
)
def test_a_rule_has_one_known_trigger(tmp_path: Path, extra: str, words: str) -> None:
    with pytest.raises(DataFormatError, match=words):
        load(tmp_path, GOOD + RULE + extra)


def test_a_reward_needs_an_outcome(tmp_path: Path) -> None:
    with pytest.raises(DataFormatError, match="needs an outcome term"):
        load(tmp_path, 'name = "x"\ntitle = "x"\n[[terms]]\nname = "l"\nkind = "length"\nvalue = 1\nlimit = 10\n')


def test_not_toml(tmp_path: Path) -> None:
    with pytest.raises(DataFormatError, match="not TOML"):
        load(tmp_path, "name = ")


def test_outcome_table_with_a_triggered_rule(tmp_path: Path) -> None:
    spec = load(tmp_path, GOOD + RULE + "pain_at_least = 7\n")
    assert spec.outcome_table(["rule"])[2][0] == -1.0 + 0.5
    assert spec.outcome_table()[2][0] == -1.0
    with pytest.raises(UnknownNameError, match="did you mean 'rule'"):
        spec.outcome_table(["rul"])
