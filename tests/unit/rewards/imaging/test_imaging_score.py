"""Imaging rewards: what earns the most, and what must not."""

from __future__ import annotations

import pickle

import pytest

from triagelab.cases.imaging.generator import dataset_split, imaging_dataset
from triagelab.clinical.imaging import ORDER, Appropriateness, condition
from triagelab.completions.imaging_answers import gold_completion
from triagelab.errors import BadInputError, DataFormatError, UnknownNameError
from triagelab.rewards.imaging.gold import GoldTable, gold_of
from triagelab.rewards.imaging.mix import label_shares
from triagelab.rewards.imaging.names import imaging_preset_names, is_imaging
from triagelab.rewards.imaging.preset import load_imaging_preset
from triagelab.rewards.imaging.score import score_imaging
from triagelab.rewards.imaging.trl import imaging_reward
from triagelab.seeding import stream

OURS = ("imaging-baseline", "imaging-citations", "imaging-embedding", "imaging-llm-eval")
REASONED = ("imaging-embedding", "imaging-llm-eval")
PLAIN = "This answer follows from the note. It is given every time. Nothing more is said here."


class Letters:
    """A stand-in for the encoder: equal sentences are alike, others are not. Words are hashed into places."""

    def encode(self, texts):
        import hashlib

        import numpy as np

        table = np.zeros((len(texts), 512), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().strip(".").split():
                place = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=4).digest(), "big") % 512
                table[row, place] += 1.0
        return table / np.maximum(1e-9, np.linalg.norm(table, axis=1, keepdims=True))


class Silent:
    """A judge whose replies nobody can read."""

    name = "silent"

    def grade(self, items):
        return [None for _ in items]


@pytest.fixture(scope="module")
def golds():
    cases = imaging_dataset()
    return [gold_of(case) for case in cases[:: max(1, len(cases) // 60)]][:60]


def totals(name, golds, texts, **more):
    return [one.total for one in score_imaging(load_imaging_preset(name), golds, texts, encoder=Letters(), **more)]


def write(reasoning, label):
    return f"<think>{reasoning}</think><answer>{label.value}</answer>"


def other(label):
    return ORDER[(ORDER.index(label) + 1) % 3]


def gold_texts(golds):
    return [gold_completion(gold.reasoning, gold.label) for gold in golds]


ATTACKS = {
    "all labels": lambda g: f"<think>{' '.join(g.reasoning)}</think><answer>{', '.join(ORDER)}</answer>",
    "two answers": lambda g: gold_completion(g.reasoning, g.label) + f"<answer>{other(g.label).value}</answer>",
    "keyword list": lambda g: write(", ".join(w for s in g.reasoning for w in s.split() if len(w) > 3), g.label),
    "note": lambda g: write(g.note, g.label),
    "empty": lambda g: write("", g.label),
    "no reasoning": lambda g: f"<answer>{g.label.value}</answer>",
    "padded": lambda g: write(" ".join(g.reasoning) + " Nothing of it is new to the team." * 9, g.label),
    "one sentence again and again": lambda g: write(" ".join([g.reasoning[0]] * 4), g.label),
    "eloquent and wrong": lambda g: gold_completion(g.reasoning, other(g.label)),
    "every criterion both ways": lambda g: write(
        " ".join(f"{row.yes} {row.no}" for row in condition(g.condition).criteria.values()), g.label
    ),
}


@pytest.mark.parametrize("name", OURS)
def test_the_gold_completion_earns_all_that_its_label_is_worth(name, golds):
    preset = load_imaging_preset(name)
    for gold, total in zip(golds, totals(name, golds, gold_texts(golds)), strict=True):
        full = sum(
            row.weight * (preset.labels.of(gold.label) if row.gated else 1.0)
            for row in preset.term
            if row.term != "citation"
        )
        assert total == pytest.approx(full)


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("name", OURS)
def test_no_attack_earns_what_gold_earns(name, attack, golds):
    best = totals(name, golds, gold_texts(golds))
    found = totals(name, golds, [ATTACKS[attack](gold) for gold in golds])
    assert all(bad < good for bad, good in zip(found, best, strict=True))


@pytest.mark.parametrize("label", ORDER)
@pytest.mark.parametrize("name", OURS)
def test_a_constant_answer_earns_less_than_gold(name, label, golds):
    best = totals(name, golds, gold_texts(golds))
    found = totals(name, golds, [write(PLAIN, label) for _ in golds])
    assert all(bad <= good for bad, good in zip(found, best, strict=True))
    assert sum(found) < 0.75 * sum(best)


def test_no_constant_answer_leads_by_much_over_the_train_rows():
    shares = label_shares(dataset_split("train"))
    for name in OURS:
        row = load_imaging_preset(name).labels
        pay = [shares["usually"] * row.usually, shares["may"] * row.may, shares["not"] * row.not_]
        assert max(pay) < 1.3 * min(pay), f"{name}: measure again with triagelab.rewards.imaging.mix"


@pytest.mark.parametrize("name", OURS)
def test_eloquent_and_wrong_earns_less_than_plain_and_right(name, golds):
    wrong = totals(name, golds, [ATTACKS["eloquent and wrong"](gold) for gold in golds])
    plain = totals(name, golds, [ATTACKS["no reasoning"](gold) for gold in golds])
    assert all(bad < good for bad, good in zip(wrong, plain, strict=True))


@pytest.mark.parametrize("name", OURS)
def test_parroted_evidence_earns_no_more_than_no_reasoning(name, golds):
    shown = [gold for gold in golds if gold.evidence]
    assert shown
    parrot = totals(name, shown, [write(" ".join(gold.evidence), gold.label) for gold in shown])
    gold = totals(name, shown, gold_texts(shown))
    assert all(bad < good for bad, good in zip(parrot, gold, strict=True))


@pytest.mark.parametrize("name", REASONED)
def test_reasoning_turned_round_earns_less(name, golds):
    turned = [
        write(" ".join(f"It is not true that {s[0].lower()}{s[1:]}" for s in g.reasoning[:-1]), g.label) for g in golds
    ]
    for bad, good in zip(totals(name, golds, turned), totals(name, golds, gold_texts(golds)), strict=True):
        assert bad < 0.85 * good


def test_citing_pays_nothing_and_inventing_costs(golds):
    preset = load_imaging_preset("imaging-citations")
    shown = next(gold for gold in golds if gold.evidence)
    known = shown.evidence[0].split("]")[0] + "]"
    body = " ".join(shown.reasoning)
    texts = [
        write(body, shown.label),
        write(f"{body[:-1]} {known}.", shown.label),
        write(f"{body[:-1]} (Miller et al., 2017).", shown.label),
        write(f"{body[:-1]} [rule-that-is-none].", shown.label),
    ]
    plain, cited, author, number = (one.total for one in score_imaging(preset, [shown] * 4, texts))
    assert cited <= plain
    assert author < cited
    assert number < cited


def test_shuffling_a_batch_changes_nothing_but_the_order(golds):
    texts = [write(PLAIN, list(ORDER)[place % 3]) for place in range(len(golds))]
    order = [int(place) for place in stream("tests.imaging.shuffle", 0).permutation(len(golds))]
    for name in OURS:
        before = totals(name, golds, texts)
        after = totals(name, [golds[place] for place in order], [texts[place] for place in order])
        assert after == pytest.approx([before[place] for place in order])


def test_gold_looked_up_by_position_would_be_wrong_for_most():
    """The published code took the row at the place in the batch: guarded here by showing what that does."""
    cases = dataset_split("train")
    table = GoldTable(cases)
    order = [int(place) for place in stream("tests.imaging.position", 0).permutation(len(cases))]
    batches = [order[start : start + 8] for start in range(0, 800, 8)]
    pairs = [(cases[place], table.of(cases[row].id)) for batch in batches for place, row in enumerate(batch)]
    assert all(table.of(cases[row].id).id == cases[row].id for batch in batches for row in batch)
    wrong_row = sum(case.id != gold.id for case, gold in pairs)
    wrong_reasoning = sum(case.truth.reasoning != gold.reasoning for case, gold in pairs)
    assert wrong_row > 0.95 * len(pairs)
    assert wrong_reasoning > 0.9 * len(pairs)


def test_an_unknown_id_is_left_out_and_one_id_for_two_labels_is_refused(golds):
    assert score_imaging(load_imaging_preset("imaging-baseline"), [None], ["x"]) == [None]
    assert GoldTable(golds).of("nobody") is None
    assert GoldTable(golds).of(None) is None
    from dataclasses import replace

    with pytest.raises(DataFormatError, match="different labels"):
        GoldTable([golds[0], replace(golds[0], label=other(golds[0].label))])


def test_a_judge_that_cannot_be_read_leaves_a_right_answer_without_total_and_a_wrong_one_with(golds):
    gold = golds[0]
    texts = [gold_completion(gold.reasoning, gold.label), gold_completion(gold.reasoning, other(gold.label))]
    right, wrong = score_imaging(load_imaging_preset("imaging-llm-eval"), [gold, gold], texts, judge=Silent())
    assert right.total is None
    assert right.terms["judge"].value is None
    assert wrong.total == pytest.approx(wrong.terms["format"].paid)


def test_the_total_is_the_sum_of_what_is_paid_and_stays_in_bounds(golds):
    for name in imaging_preset_names():
        preset = load_imaging_preset(name)
        low, high = preset.bounds()
        for texts in (gold_texts(golds), [ATTACKS["note"](gold) for gold in golds]):
            for one in score_imaging(preset, golds, texts, encoder=Letters()):
                assert one.total == pytest.approx(sum(term.paid for term in one.terms.values()))
                assert low - 1e-9 <= one.total <= high + 1e-9
                assert one.row()["total"] == one.total


def test_the_trl_function_logs_terms_and_survives_pickling(golds):
    reward = imaging_reward("imaging-embedding", cases=golds, encoder=Letters())
    logged, metrics = {}, {}
    ids = [golds[0].id, "nobody", golds[1].id]
    texts = [[{"role": "assistant", "content": gold_texts(golds)[0]}], "x", "nothing"]
    found = reward(completions=texts, id=ids, log_extra=logged.__setitem__, log_metric=metrics.__setitem__, label=["?"])
    assert found[1] is None
    assert found[0] > 0.3 > found[2]
    assert logged["imaging-embedding/similarity"][0] == pytest.approx(1.0)
    assert len(logged["status"]) == 3
    assert "imaging-embedding/format" in metrics
    plain = imaging_reward("imaging-baseline", cases=golds[:3])
    assert plain.__name__ == "reward_imaging_baseline"
    again = pickle.loads(pickle.dumps(plain))
    assert again(completions=gold_texts(golds)[:1], id=ids[:1]) == plain(completions=gold_texts(golds)[:1], id=ids[:1])
    with pytest.raises(BadInputError, match="one a completion"):
        plain(completions=["x"], id=[])


def test_names():
    assert set(OURS) | {f"{name}-published" for name in OURS} == set(imaging_preset_names())
    assert is_imaging("imaging-baseline")
    assert not is_imaging("crisis-v1")
    with pytest.raises(UnknownNameError, match="imaging-baseline"):
        load_imaging_preset("imaging-basline")


def test_the_published_reading_takes_the_first_block_and_the_tags(golds):
    gold = next(gold for gold in golds if gold.label is Appropriateness.NOT)
    text = f"<think></think><answer> {gold.label.value.upper()} </answer><answer>usually appropriate</answer>"
    one = score_imaging(load_imaging_preset("imaging-baseline-published"), [gold], [text])[0]
    assert one.total == pytest.approx(1.0)
