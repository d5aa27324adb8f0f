"""START, JumpSTART and SALT: every combination of facts against rules written down a second time, and the edges."""

from __future__ import annotations

import math
import pickle
from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest

import mass_casualty_oracle as oracle
from triagelab.clinical.mass_casualty import (
    Casualty,
    Tag,
    TagDecision,
    jumpstart,
    salt,
    salt_sort,
    scheme_for,
    start,
    step_text,
    tag_frame,
)
from triagelab.errors import BadInputError, UnknownNameError

URGENCY = ["immediate", "delayed", "minor", "minimal", "expectant", "deceased", "dead"]
YES_NO = (True, False)
START = {
    "walks": YES_NO,
    "breathes": YES_NO,
    "breathes_after_airway": YES_NO,
    "resp_rate_bpm": (6.0, 30.0, 30.5),
    "crt_s": (2.0, 2.1),
    "peripheral_pulse": YES_NO,
    "obeys": YES_NO,
}
JUMPSTART = {
    "walks": YES_NO,
    "breathes": YES_NO,
    "breathes_after_airway": YES_NO,
    "breathes_after_rescue": YES_NO,
    "resp_rate_bpm": (14.9, 15.0, 45.0, 45.1),
    "breathing_irregular": YES_NO,
    "peripheral_pulse": YES_NO,
    "avpu": ("A", "V", "P", "U"),
    "posturing": YES_NO,
}
SALT = dict.fromkeys(
    (
        "breathes",
        "breathes_after_airway",
        "child",
        "breathes_after_rescue",
        "obeys",
        "purposeful",
        "peripheral_pulse",
        "respiratory_distress",
        "major_bleeding",
        "bleeding_controlled",
        "likely_to_survive",
        "minor_injuries_only",
    ),
    YES_NO,
)


def same(found: TagDecision, row: dict[str, str]) -> bool:
    texts = (found.possible, found.because, found.unknown, found.interventions)
    return found.tag == row["tag"] and tuple(" ".join(text) for text in texts) == (
        row["possible"],
        row["because"],
        row["unknown"],
        row["interventions"],
    )


def most_urgent(possible: Sequence[str]) -> str:
    return min(possible, key=URGENCY.index)


@pytest.mark.parametrize("perfusion", ["crt", "radial"])
def test_start_for_every_combination(perfusion):
    rows = list(oracle.every(START))
    asks = {name: START[name] for name in ("walks", "breathes", "breathes_after_airway", "resp_rate_bpm", "obeys")}
    sign = "crt_s" if perfusion == "crt" else "peripheral_pulse"
    table = tag_frame(pl.DataFrame(rows), scheme="start", perfusion=perfusion).to_dicts()
    for facts, row in zip(rows, table, strict=True):
        full = dict(facts)
        if full["breathes"] is None and full["resp_rate_bpm"] is not None:
            full["breathes"] = True
        full["poor_perfusion"] = None
        if full["peripheral_pulse"] is not None:
            full["poor_perfusion"] = not full["peripheral_pulse"]
        elif perfusion == "crt" and full["crt_s"] is not None:
            full["poor_perfusion"] = full["crt_s"] > 2
        possible, matters = oracle.by_completion(oracle.start, {**asks, "poor_perfusion": YES_NO}, full)
        found = start(Casualty(**facts), perfusion=perfusion)
        assert set(found.possible) == possible, facts
        assert found.tag == most_urgent(possible)
        assert set(found.unknown) == {sign if name == "poor_perfusion" else name for name in matters}, facts
        assert same(found, row), facts


def test_jumpstart_for_every_combination():
    rows = list(oracle.every(JUMPSTART))
    outcomes, possible, matters = oracle.whole_table(oracle.jumpstart, JUMPSTART)
    check_table("jumpstart", rows, list(JUMPSTART), outcomes, possible, matters)
    table = tag_frame(pl.DataFrame(rows), scheme="jumpstart").to_dicts()
    for facts, row in zip(rows, table, strict=True):
        assert same(jumpstart(Casualty(**facts)), row), facts


def test_salt_for_every_combination():
    rows = list(oracle.every(SALT))
    outcomes, possible, matters = oracle.whole_table(oracle.salt, SALT)
    check_table("salt", rows, list(SALT), outcomes, possible, matters)
    some = rows[::17]
    for facts, row in zip(some, tag_frame(pl.DataFrame(some), scheme="salt").to_dicts(), strict=True):
        assert same(salt(Casualty(**facts)), row), facts


def check_table(scheme, rows, names, outcomes, possible, matters):
    """Hold the frame against the oracle; a known rate settles breathing, so those rows have a twin with it said."""
    frame = pl.DataFrame(
        rows,
        schema={n: pl.Float64 if n == "resp_rate_bpm" else pl.String if n == "avpu" else pl.Boolean for n in names},
    )
    if "resp_rate_bpm" in names:
        said = frame["breathes"].is_not_null() | frame["resp_rate_bpm"].is_null()
        settled = frame.filter(~said)
        twin = settled.with_columns(breathes=pl.lit(True))
        assert tag_frame(settled, scheme=scheme).equals(tag_frame(twin, scheme=scheme))
        frame, possible, matters = frame.filter(said), possible[said.to_numpy()], matters[said.to_numpy()]
    found = tag_frame(frame, scheme=scheme)
    texts = {
        mask: " ".join(sorted((o for i, o in enumerate(outcomes) if mask >> i & 1), key=URGENCY.index))
        for mask in np.unique(possible).tolist()
    }
    assert found["possible"].to_list() == [texts[mask] for mask in possible.tolist()]
    assert found["tag"].to_list() == [texts[mask].split()[0] for mask in possible.tolist()]
    asked = {mask: {n for i, n in enumerate(names) if mask >> i & 1} for mask in np.unique(matters).tolist()}
    named = {text: set(text.split()) for text in found["unknown"].unique()}
    assert [named[text] for text in found["unknown"]] == [asked[mask] for mask in matters.tolist()]


def ready(**facts) -> Casualty:
    good = {"walks": False, "breathes": True, "resp_rate_bpm": 20, "peripheral_pulse": True, "crt_s": 1, "obeys": True}
    return Casualty(**{**good, "breathing_irregular": False, "avpu": "A", **facts})


@pytest.mark.parametrize(("rate", "tag"), [(6, "delayed"), (30, "delayed"), (30.1, "immediate"), (31, "immediate")])
def test_start_rate_is_literal_and_has_no_lower_limit(rate, tag):
    assert start(ready(resp_rate_bpm=rate)).tag == tag


@pytest.mark.parametrize(
    ("rate", "tag"), [(14, "immediate"), (15, "delayed"), (45, "delayed"), (46, "immediate"), (0, "immediate")]
)
def test_jumpstart_rate_is_normal_from_15_to_45(rate, tag):
    assert jumpstart(ready(resp_rate_bpm=rate)).tag == tag


def test_perfusion_option():
    slow, quick = ready(peripheral_pulse=None, crt_s=2.5), ready(peripheral_pulse=None, crt_s=2)
    assert start(slow, perfusion="crt").tag is Tag.IMMEDIATE
    assert start(quick, perfusion="crt").tag is Tag.DELAYED
    assert start(quick, perfusion="radial").unknown == ("peripheral_pulse",)
    for perfusion in ("crt", "radial"):
        assert start(ready(peripheral_pulse=True, crt_s=5), perfusion=perfusion).tag is Tag.DELAYED
        assert start(ready(peripheral_pulse=False, crt_s=1), perfusion=perfusion).tag is Tag.IMMEDIATE
    with pytest.raises(UnknownNameError, match="radial"):
        start(slow, perfusion="radail")


def test_the_airway_comes_before_black():
    found = start(Casualty(walks=False, breathes=False))
    assert (found.tag, found.possible) == (Tag.IMMEDIATE, (Tag.IMMEDIATE, Tag.DECEASED))
    assert (found.unknown, found.interventions) == (("breathes_after_airway",), ("open_airway",))
    dead = start(Casualty(walks=False, resp_rate_bpm=0, breathes_after_airway=False))
    assert (dead.tag, dead.tag.colour, dead.because) == (Tag.DECEASED, "black", ("start.walks", "start.apnoeic"))


def test_rescue_breaths_need_a_pulse_in_jumpstart_and_a_child_in_salt():
    apnoeic = {"walks": False, "breathes": False, "breathes_after_airway": False}
    assert jumpstart(Casualty(**apnoeic, peripheral_pulse=True)).interventions == ("open_airway", "rescue_breaths")
    assert jumpstart(Casualty(**apnoeic, peripheral_pulse=False)).interventions == ("open_airway",)
    assert "rescue_breaths" in salt(Casualty(**apnoeic, child=True)).interventions
    grown = salt(Casualty(**apnoeic, child=False, breathes_after_rescue=True))
    assert (grown.tag, grown.interventions) == (Tag.DEAD, ("open_airway",))


def test_interventions_follow_what_is_known():
    assert start(ready(peripheral_pulse=False)).interventions == ("control_bleeding",)
    assert start(ready(peripheral_pulse=False, major_bleeding=False)).interventions == ()
    assert start(ready(major_bleeding=True, bleeding_controlled=True)).interventions == ()
    needs = salt(ready(major_bleeding=True, needs_decompression=True, needs_antidote=True))
    assert needs.interventions == ("control_bleeding", "decompress_chest", "antidote")
    assert jumpstart(Casualty(walks=True)).interventions == ("secondary_triage",)


@pytest.mark.parametrize(
    ("facts", "turn"),
    [
        ({"walks": True, "obvious_life_threat": False}, 3),
        ({"walks": True, "obvious_life_threat": True}, 1),
        ({"walks": True}, 1),
        ({"walks": False, "purposeful": True, "obvious_life_threat": False}, 2),
        ({"walks": False, "purposeful": False, "obeys": False, "obvious_life_threat": False}, 1),
        ({"purposeful": True, "obvious_life_threat": False}, 2),
    ],
)
def test_salt_sort(facts, turn):
    assert salt_sort(Casualty(**facts)) == turn


def test_scheme_by_looks_then_age():
    assert [scheme_for(age) for age in (0.5, 1, 8, 8.9, 9, 70)] == ["jumpstart"] * 4 + ["start"] * 2
    assert scheme_for(12, looks="child") == "jumpstart"
    assert scheme_for(7, looks="adult") == "start"
    for age, looks in ((None, None), (math.nan, None), (-1, None), ("8", None), (5, "teen")):
        with pytest.raises(BadInputError):
            scheme_for(age, looks)


def test_bad_facts_are_named():
    with pytest.raises(BadInputError, match=r"resp_rate_bpm.*0 to 120"):
        Casualty(resp_rate_bpm=998)
    with pytest.raises(BadInputError, match="walks"):
        Casualty(walks=1)  # pyright: ignore
    with pytest.raises(BadInputError, match="A, V, P, U"):
        Casualty(avpu="C")
    with pytest.raises(UnknownNameError, match="peripheral_pulse"):
        Casualty.from_mapping({"peripheral_puls": True})
    assert Casualty(crt_s=math.nan).crt_s is None


def test_bad_columns_are_named():
    for frame, word in (
        (pl.DataFrame({"walk": [True]}), "did you mean 'walks'"),
        (pl.DataFrame({"walks": [1]}), "booleans"),
        (pl.DataFrame({"crt_s": ["2"]}), "numbers"),
        (pl.DataFrame({"resp_rate_bpm": [20, 998]}), "998"),
        (pl.DataFrame({"avpu": ["C"]}), "A, V, P, U"),
    ):
        with pytest.raises(BadInputError, match=word):
            tag_frame(frame)
    with pytest.raises(UnknownNameError, match="salt"):
        tag_frame(pl.DataFrame(), scheme="salty")


def test_empty_frame_and_all_unknown():
    assert tag_frame(pl.DataFrame({"walks": []}, schema={"walks": pl.Boolean})).height == 0
    row = tag_frame(pl.DataFrame({"walks": [None]})).row(0, named=True)
    assert same(start(Casualty()), row)
    assert row["possible"] == "immediate delayed minor deceased"


def test_a_step_has_wording():
    assert "30 breaths" in step_text("start.rate")
    with pytest.raises(UnknownNameError, match=r"start\.rate"):
        step_text("start.rates")


def test_casualty_and_decision_travel_between_processes():
    casualty = Casualty(walks=False, resp_rate_bpm=24)
    assert pickle.loads(pickle.dumps(casualty)) == casualty
    assert pickle.loads(pickle.dumps(salt(casualty))) == salt(casualty)


def test_what_is_no_casualty_is_refused_in_one_line():
    with pytest.raises(BadInputError, match=r"casualty: .*from_mapping"):
        start({"walks": True})  # pyright: ignore[reportArgumentType]
    with pytest.raises(BadInputError, match="one flat mapping"):
        Casualty.from_mapping(None)  # pyright: ignore[reportArgumentType]
