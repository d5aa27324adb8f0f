"""What every shipped reward keeps, and every published cell as a golden value (from the cards)."""

from __future__ import annotations

import pytest

from triagelab.errors import DataFormatError, UnknownNameError
from triagelab.rewards.bonuses import Format, Length
from triagelab.rewards.outcomes import OutcomeTable
from triagelab.rewards.presets import ALIASES, load_preset, preset_names
from triagelab.rewards.rules import Rule
from triagelab.rewards.score import score
from triagelab.rewards.spec import RewardSpec, build_spec

# Rows gold 1-5, columns predicted 1-5 and no answer. None: the cards do not say.
X = None
V46 = [
    [3.0, -1.0, -2.0, -2.0, -2.0, -0.5],
    [-0.5, 2.0, 0.0, 0.0, 0.0, -0.5],
    [-1.0, 0.0, 1.0, 0.0, 0.0, -0.5],
    [-1.5, 0.0, 0.0, 1.0, 0.0, -0.5],
    [-2.0, 0.0, 0.0, 0.0, 1.0, -0.5],
]
V49 = [
    [3.0, -1.0, -2.0, -2.0, -2.0, -2.0],
    [-0.5, 2.0, 0.0, X, X, -2.0],
    [X, 0.0, 1.0, 0.0, X, -2.0],
    [X, X, 0.0, 1.0, 0.0, -2.0],
    [-2.0, X, X, 0.0, 1.0, -2.0],
]
PUBLISHED = {
    "v45c": [[1.0 if gold == predicted else 0.0 for predicted in range(6)] for gold in range(5)],
    "v46": V46,
    "v46-published": V46,
    "v48": [
        [X, -0.3, -0.5, -0.7, -0.7, -0.5],
        [-0.3, X, -0.3, -0.5, -0.7, -0.5],
        [-0.5, -0.3, X, -0.3, -0.5, -0.5],
        [-0.7, -0.5, -0.3, X, -0.3, -0.5],
        [-0.7, -0.7, -0.5, -0.3, X, -0.5],
    ],
    "v49": V49,
    "v49-published": V49,
    "cost-v0": [
        [1.0, -0.8, -1.6, -2.4, -3.2, -4.0],
        [-0.5, 1.0, -0.8, -1.6, -2.4, -4.0],
        [-1.0, -0.5, 1.0, -0.8, -1.6, -4.0],
        [-1.5, -1.0, -0.5, 1.0, -0.8, -4.0],
        [-2.0, -1.5, -1.0, -0.5, 1.0, -4.0],
    ],
}
FILLED_AS_V46 = {"v48": [(gold, gold) for gold in range(1, 6)], "v49": [], "v49-published": []}
for preset in ("v49", "v49-published"):
    FILLED_AS_V46[preset] = [(g + 1, p + 1) for g in range(5) for p in range(6) if PUBLISHED[preset][g][p] is None]
SAMPLING = {"v45c": (20, 1, 1, 1, 1), "cost-v0": (1, 1, 1, 1, 1)}
TEXTS = [*(f"ANSWER: ESI {level}" for level in range(1, 6)), "nothing that could be read as one"]
CELLS = [(name, gold, column) for name in PUBLISHED for gold in range(5) for column in range(6)]


def outcome(spec: RewardSpec, gold: int, text: str) -> float | None:
    return next(term.value for term in score(spec, text, gold).terms if term.name == "outcome")


@pytest.mark.parametrize(
    ("name", "gold", "column"), [cell for cell in CELLS if PUBLISHED[cell[0]][cell[1]][cell[2]] is not None]
)
def test_published_cell(name: str, gold: int, column: int) -> None:
    spec = load_preset(name)
    assert outcome(spec, gold + 1, TEXTS[column]) == PUBLISHED[name][gold][column]
    assert spec.outcome_table()[gold][column] == PUBLISHED[name][gold][column]


@pytest.mark.parametrize("name", list(FILLED_AS_V46))
def test_unpublished_cells_are_as_v46_and_marked(name: str) -> None:
    spec = load_preset(name)
    assert {part for part in spec.assumed_parts() if part.startswith("outcome")} == {
        f"outcome({gold},{predicted})" for gold, predicted in FILLED_AS_V46[name]
    }
    for gold, predicted in FILLED_AS_V46[name]:
        assert outcome(spec, gold, TEXTS[predicted - 1]) == V46[gold - 1][predicted - 1]


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_sampling_weights(name: str) -> None:
    assert load_preset(name).sampling_weights == SAMPLING.get(name, (5, 3, 1, 1, 1))


@pytest.mark.parametrize("name", ["v46", "v48", "v49", "v46-published", "v49-published"])
def test_bonuses_as_published(name: str) -> None:
    spec = load_preset(name)
    text = "EXTRACTION:\n- a\nESI ALGORITHM:\n- b\nANSWER: ESI 3"
    terms = score(spec, text, 3, n_tokens=75).weighted()
    assert terms["format"] == pytest.approx(0.1)
    assert terms["length"] == pytest.approx(0.3 * (1 - 75 / 300))
    assert score(spec, text, 3, n_tokens=300).weighted()["length"] == 0
    assert score(spec, text, 3, n_tokens=900).weighted()["length"] == 0
    assert score(spec, "a b c", 3).weighted()["length"] == pytest.approx(
        0.3 * (1 - 3 / 300)
    )  # words; also with no answer
    assert "length" in spec.assumed_parts()


@pytest.mark.parametrize("name", ["v45c", "cost-v0"])
def test_no_bonus(name: str) -> None:
    assert [term.name for term in load_preset(name).terms] == ["outcome"]


RULES = {  # name -> (golds, predicted levels, value) as the card gives them
    "rule_lifesaving_right": ({1, 2, 3, 4, 5}, {1}, 0.5),
    "rule_lifesaving_missed": ({1}, {2, 3, 4, 5}, -1.0),
    "rule_open_injury_missed": ({2}, {3, 4, 5}, -0.5),
    "rule_severe_pain_missed": ({2}, {3, 4, 5}, -0.5),
}
LITERAL_NOTES = {
    "rule_lifesaving_right": "was intubated by EMS",
    "rule_lifesaving_missed": "right chest tube in place",
    "rule_open_injury_missed": "penetrating wound",
    "rule_severe_pain_missed": "Pain 8/10",
}


@pytest.mark.parametrize("name", sorted(RULES))
@pytest.mark.parametrize("preset", ["v49", "v49-published"])
def test_rule_outcomes_as_published(preset: str, name: str) -> None:
    golds, predicted, value = RULES[name]
    rule = next(term for term in load_preset(preset).terms if term.name == name)
    table = rule.table(triggered=True)
    for gold in range(1, 6):
        for column in range(6):
            wanted = value if gold in golds and column + 1 in predicted else 0.0
            assert table[gold - 1][column] == wanted, (gold, column)
    assert all(not any(row) for row in rule.table(triggered=False))


@pytest.mark.parametrize("name", sorted(RULES))
def test_published_triggers_are_literal(name: str) -> None:
    golds, predicted, value = RULES[name]
    text = f"ANSWER: ESI {max(predicted)}"
    spec = load_preset("v49-published")
    assert score(spec, text, max(golds), note=LITERAL_NOTES[name]).weighted()[name] == value
    assert score(spec, text, max(golds), note="sore throat, no complaints").weighted()[name] == 0.0


def test_published_triggers_ignore_negation() -> None:
    spec = load_preset("v49-published")
    paid = score(spec, "ANSWER: ESI 1", 2, note="Not intubated, no CPR.").weighted()
    assert paid["rule_lifesaving_right"] == 0.5


@pytest.mark.parametrize("name", preset_names())
def test_registry_contract(name: str) -> None:
    spec = load_preset(name)
    assert spec.name == name
    assert spec.title
    assert spec.source
    table = spec.outcome_table()
    for gold in range(5):
        assert table[gold][gold] == max(table[gold]), f"the right answer must pay the most for gold {gold + 1}"
    low, high = spec.text_range()
    assert low <= 0 <= high
    again = build_spec(spec.model_dump(), "dump")
    assert again == spec
    assert spec.parser == ("published" if name.endswith("-published") else "strict")


@pytest.mark.parametrize("name", preset_names())
def test_terms_sum_to_the_total(name: str) -> None:
    for text in (*TEXTS, "EXTRACTION: a\nESI ALGORITHM: b\nANSWER: ESI 2"):
        for gold in range(1, 6):
            breakdown = score(load_preset(name), text, gold)
            assert sum(value for value in breakdown.weighted().values() if value is not None) == breakdown.total


def test_every_shipped_preset_has_golden_values() -> None:
    assert set(preset_names()) >= set(PUBLISHED)


def test_v47_is_the_reward_of_v46() -> None:
    assert ALIASES == {"v47": "v46"}
    assert load_preset("v47") == load_preset("v46")


def test_only_data_tells_two_presets_apart() -> None:
    v46, v49 = load_preset("v46"), load_preset("v49")
    assert {type(term) for term in v46.terms} <= {OutcomeTable, Format, Length}
    assert {type(term) for term in v49.terms} <= {OutcomeTable, Format, Length, Rule}
    assert v49.outcome_table() != v46.outcome_table()


def test_unknown_preset_answers_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'v46'"):
        load_preset("v46x")


def test_missing_preset_file_is_one_line() -> None:
    with pytest.raises(Exception, match="it is not there") as caught:
        load_preset("no/such/file.toml")
    assert not isinstance(caught.value, DataFormatError)
