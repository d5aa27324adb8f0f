"""The audit of an imaging reward: ours is clean, the published ones show their faults, and so does each broken one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache

import numpy as np
import pytest

from triagelab.clinical.imaging import ORDER
from triagelab.completions.imaging_answers import parse_imaging
from triagelab.errors import BadInputError
from triagelab.rewards.audit import imaging_attacks
from triagelab.rewards.audit.finding import Severity
from triagelab.rewards.audit.imaging_audit import ImagingAudit, audit_imaging
from triagelab.rewards.audit.imaging_rows import draw_benches, label_shares
from triagelab.rewards.audit.imaging_scripted import GROUP, WRITERS, Kind, scripted
from triagelab.rewards.imaging.gold import Gold
from triagelab.rewards.imaging.judge import Grades, JudgeItem
from triagelab.rewards.imaging.preset import ImagingPreset, imaging_preset_names, load_imaging_preset
from triagelab.rewards.imaging.score import ImagingBreakdown, Term

FEW, SEED = 9, 1
EVERYWHERE = {"imaging-constant-label", "imaging-pays-wrong", "imaging-label-anywhere", "imaging-text-attacks"}
"""What all four published rewards do wrong, severely."""
FORM_ONLY = {"imaging-length-free", "imaging-copying-free", "imaging-empty-reasoning"}


class WordVectors:
    """An encoder of its own: one place a word, so that like sentences have like words."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        table = np.zeros((len(texts), 512), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"[a-z]+", text.lower()) or ["-"]:
                table[row, sum(ord(char) * 31**place for place, char in enumerate(word)) % 512] += 1
        return table / np.maximum(1e-9, np.linalg.norm(table, axis=1, keepdims=True))


class Marks:
    """A judge that gives everything the same marks, or none that can be read."""

    name = "the same for all"

    def __init__(self, grades: Grades | None) -> None:
        self.grades = grades

    def grade(self, items: Sequence[JudgeItem]) -> list[Grades | None]:
        return [self.grades] * len(items)


@pytest.fixture(autouse=True)
def _few_attacks() -> Iterator[None]:
    texts = imaging_attacks.attack_texts()
    few = {
        name: text for place, (name, text) in enumerate(texts.items()) if place % 25 == 0 or name.startswith("poses")
    }
    patch = pytest.MonkeyPatch()
    patch.setattr(imaging_attacks, "attack_texts", lambda: few)
    patch.setattr("triagelab.rewards.audit.imaging_audit.EVERY_READ", 1)
    yield
    patch.undo()


@cache
def audited(name: str) -> ImagingAudit:
    return audit_imaging(load_imaging_preset(name), rows=FEW, seed=SEED, encoder=WordVectors())


def ids(audit: ImagingAudit, severity: Severity | None = None) -> set[str]:
    return {finding.id for finding in audit.findings if severity in (None, finding.severity)}


def changed(name: str, **fields: object) -> ImagingPreset:
    raw = load_imaging_preset(name).model_dump(by_alias=True)
    return ImagingPreset.model_validate({**raw, **fields})


def paying(pay: Callable[[Gold, str], float]) -> Callable[..., list[ImagingBreakdown | None]]:
    """Return a reward of one term."""

    def score(golds: Sequence[Gold], texts: Sequence[str]) -> list[ImagingBreakdown | None]:
        values = [pay(gold, text) for gold, text in zip(golds, texts, strict=True)]
        return [
            ImagingBreakdown(value, {"made": Term(value, 1.0, value, "")}, parse_imaging(text))
            for value, text in zip(values, texts, strict=True)
        ]

    return score


def broken(score: Callable[..., list[ImagingBreakdown | None]]) -> set[str]:
    return ids(audit_imaging(load_imaging_preset("imaging-baseline"), rows=FEW, seed=SEED, score=score))


@pytest.mark.parametrize("name", [name for name in imaging_preset_names() if not name.endswith("-published")])
def test_ours_has_no_severe_finding_and_no_trick_beats_gold(name: str) -> None:
    found = audited(name)
    assert ids(found, Severity.SEVERE) == set()
    assert ids(found, Severity.WARNING) == set()
    assert all(one.beaten == 0 for one in found.attacks)
    assert all(one.beats_gold == 0 for one in found.earned)
    assert all(one.beats_wrong == 0 for one in found.earned if one.kind in (Kind.WRONG, Kind.NO_LABEL))
    assert found.misplaced[0] == 0
    unread = "imaging-reasons-unread" in ids(found, Severity.NOTE)
    assert unread == (name in ("imaging-baseline", "imaging-citations"))


@pytest.mark.parametrize("name", [name for name in imaging_preset_names() if name.endswith("-published")])
def test_the_published_ones_show_their_faults(name: str) -> None:
    found = audited(name)
    severe = ids(found, Severity.SEVERE)
    assert severe >= EVERYWHERE
    assert "imaging-constant-term" in ids(found, Severity.WARNING)
    if name in ("imaging-baseline-published", "imaging-citations-published"):
        assert severe >= FORM_ONLY
    if name == "imaging-citations-published":
        assert "imaging-invented-citations" in severe
    if name == "imaging-embedding-published":
        assert severe >= {"imaging-length-free", "imaging-squeezed-signal", "imaging-worthless-reasons"}
    assert found.verdict == "severe"


def test_ours_stands_up_to_the_real_encoder_and_the_published_similarity_is_squeezed() -> None:
    pytest.importorskip("sentence_transformers")
    ours = audit_imaging(load_imaging_preset("imaging-embedding"), rows=6, seed=SEED)
    published = audit_imaging(load_imaging_preset("imaging-embedding-published"), rows=6, seed=SEED)
    assert ids(ours, Severity.SEVERE) == set()
    assert ours.ranges[0].used > 0.9
    assert published.ranges[0].used < 0.5
    assert "imaging-squeezed-signal" in ids(published, Severity.SEVERE)


def test_a_reward_of_length_is_found_out() -> None:
    found = broken(paying(lambda gold, text: len(text) / 1e5))
    assert {"imaging-beats-gold", "imaging-pays-wrong-tricks", "imaging-text-attacks", "imaging-length-free"} <= found


def test_a_reward_that_looks_for_the_label_anywhere_is_found_out() -> None:
    found = broken(paying(lambda gold, text: float(gold.label.value in text)))
    assert {"imaging-label-anywhere", *FORM_ONLY} <= found


def test_a_constant_reward_is_found_out() -> None:
    assert {"imaging-flat-groups", "imaging-constant-term"} <= broken(paying(lambda gold, text: 1.0))


def test_equal_worth_of_all_labels_and_pay_for_form_are_found_out() -> None:
    even = changed("imaging-baseline", labels={"usually": 1.0, "may": 1.0, "not": 1.0})
    assert ids(audit_imaging(even, rows=FEW), Severity.SEVERE) == {"imaging-constant-label"}
    terms = [{"term": "answer", "weight": 0.3, "gated": True}, {"term": "format", "weight": 0.7}]
    assert "imaging-pays-wrong" in ids(audit_imaging(changed("imaging-baseline", term=terms), rows=FEW))


def test_evidence_without_a_price_on_invented_citations_is_found_out() -> None:
    terms = [{"term": "answer", "weight": 0.9, "gated": True}, {"term": "format", "weight": 0.1}]
    free = changed("imaging-citations", term=terms)
    assert ids(audit_imaging(free, rows=FEW), Severity.SEVERE) == {"imaging-invented-citations"}


def test_judges_that_tell_nothing_are_found_out() -> None:
    preset = load_imaging_preset("imaging-llm-eval")
    kind = audit_imaging(preset, rows=FEW, judge=Marks(Grades(10, 10, 10)))
    assert {"imaging-worthless-reasons", "imaging-squeezed-signal"} <= ids(kind, Severity.SEVERE)
    mute = audit_imaging(preset, rows=FEW, judge=Marks(None))
    assert "imaging-gold-unscored" in ids(mute, Severity.SEVERE)


def test_gold_by_position_is_found_out() -> None:
    golds = [bench.gold for bench in draw_benches(FEW, SEED) for _ in range(2)]

    def by_place(completions: Sequence[str], id: Sequence[str]) -> list[float]:
        return [float(gold.label.value in text) for gold, text in zip(golds, completions, strict=False)]

    found = audit_imaging(load_imaging_preset("imaging-baseline"), rows=FEW, seed=SEED, reward=by_place)
    assert ids(found, Severity.SEVERE) == {"imaging-gold-by-position"}
    assert found.misplaced[0] > 0


def test_rows_are_of_all_labels_many_conditions_and_the_train_split() -> None:
    benches = draw_benches(30, 0)
    assert len({bench.gold.id for bench in benches}) == 30
    assert len({bench.gold.condition for bench in benches}) >= 20
    assert [bench.gold.label for bench in benches[:3]] == list(ORDER)
    assert sum(bench.weight for bench in benches) == pytest.approx(1.0)
    assert draw_benches(30, 0) == benches
    assert draw_benches(30, 2) != benches
    for bench in benches:
        assert bench.wrong is not bench.gold.label
        assert bench.other.condition != bench.gold.condition
        assert bench.sibling.condition == bench.gold.condition
        assert bench.sibling.id != bench.gold.id


@pytest.mark.parametrize("rows", [0, 2, 301, True, 1.5])
def test_a_number_of_rows_that_cannot_be_is_refused(rows: int) -> None:
    with pytest.raises(BadInputError, match="rows"):
        draw_benches(rows, 0)


def test_completions_are_what_their_names_say() -> None:
    for bench in draw_benches(FEW, SEED):
        texts = scripted(bench)
        for name, text in texts.items():
            label = parse_imaging(text).label
            kind = WRITERS[name].kind
            if kind in (Kind.HONEST, Kind.RIGHT):
                assert label in (bench.gold.label, None if name == "empty" else bench.gold.label)
            elif kind in (Kind.HONEST_WRONG, Kind.WRONG):
                assert label in (bench.wrong, None)
        assert parse_imaging(texts["gold"]).well_formed
        assert set(GROUP) <= set(texts)
        assert len(set(texts.values())) >= len(texts) - 3


def test_the_row_is_plain_json_with_every_part() -> None:
    row = json.loads(json.dumps(audited("imaging-llm-eval").row(), allow_nan=False))
    assert [one["completion"] for one in row["completions"]] == list(WRITERS)
    assert [one["term"] for one in row["signal"]] == ["answer", "judge", "format", "total"]
    assert row["preset"] == "imaging-llm-eval"
    assert row["task"] == "imaging"
    assert row["rows"] == FEW


def test_shares_add_up() -> None:
    from triagelab.cases.imaging.generator import imaging_case

    assert sum(label_shares([imaging_case("train", seed) for seed in range(9)]).values()) == pytest.approx(1.0)
