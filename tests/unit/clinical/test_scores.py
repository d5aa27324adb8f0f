"""NEWS2 and qSOFA: both edges of every cell, bands, and what is said while something is unknown."""

from __future__ import annotations

import itertools
import math

import polars as pl
import pytest

from triagelab.clinical.scores import Score, news2, news2_frame, qsofa, qsofa_frame
from triagelab.clinical.vitals import VitalSigns
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.seeding import stream

WELL = {"resp_rate_bpm": 16, "spo2_pct": 97, "sbp_mmhg": 120, "heart_rate_bpm": 70, "temp_c": 37.0}


def score(on_oxygen=False, consciousness="A", spo2_scale=1, **vitals) -> Score:
    signs = VitalSigns(**{**WELL, **vitals})
    return news2(signs, on_oxygen=on_oxygen, consciousness=consciousness, spo2_scale=spo2_scale)


EDGES = {
    "resp_rate_bpm": [(0, 3), (8, 3), (9, 1), (11, 1), (12, 0), (20, 0), (21, 2), (24, 2), (25, 3), (60, 3)],
    "spo2_pct": [(60, 3), (91, 3), (92, 2), (93, 2), (94, 1), (95, 1), (96, 0), (100, 0)],
    "sbp_mmhg": [(0, 3), (90, 3), (91, 2), (100, 2), (101, 1), (110, 1), (111, 0), (219, 0), (220, 3), (300, 3)],
    "heart_rate_bpm": [
        (0, 3),
        (40, 3),
        (41, 1),
        (50, 1),
        (51, 0),
        (90, 0),
        (91, 1),
        (110, 1),
        (111, 2),
        (130, 2),
        (131, 3),
        (250, 3),
    ],
    "temp_c": [
        (30, 3),
        (35.0, 3),
        (35.1, 1),
        (36.0, 1),
        (36.1, 0),
        (38.0, 0),
        (38.1, 1),
        (39.0, 1),
        (39.1, 2),
        (42, 2),
    ],
}
BETWEEN = {
    "resp_rate_bpm": [(8.49, 3), (8.5, 1), (11.5, 0), (20.4, 0), (20.5, 2), (24.5, 3)],
    "spo2_pct": [(91.4, 3), (91.5, 2), (95.5, 0)],
    "sbp_mmhg": [(90.5, 2), (219.4, 0), (219.5, 3)],
    "heart_rate_bpm": [(40.5, 1), (90.5, 1), (130.4, 2), (130.5, 3)],
    "temp_c": [(35.04, 3), (35.05, 1), (36.05, 0), (38.04, 0), (38.05, 1), (39.05, 2)],
}
"""A chart has no such values: they are rounded to its resolution, half up."""


@pytest.mark.parametrize(
    ("item", "value", "points"),
    [(item, *cell) for table in (EDGES, BETWEEN) for item, cells in table.items() for cell in cells],
)
def test_news2_cell(item, value, points):
    found = score(**{item: value})
    assert (found.points[item], found.total) == (points, points)


SCALE_2 = [(70, 3), (83, 3), (84, 2), (85, 2), (86, 1), (87, 1), (88, 0), (92, 0)]


@pytest.mark.parametrize(
    ("value", "on_oxygen", "points"),
    [(value, oxygen, points) for value, points in SCALE_2 for oxygen in (False, True)]
    + [(93, True, 1), (94, True, 1), (95, True, 2), (96, True, 2), (97, True, 3), (100, True, 3)]
    + [(93, False, 0), (96, False, 0), (97, False, 0), (100, False, 0)],
)
def test_news2_scale_2(value, on_oxygen, points):
    found = score(spo2_pct=value, on_oxygen=on_oxygen, spo2_scale=2)
    assert found.points["spo2_pct"] == points
    assert found.total == points + (2 if on_oxygen else 0)


@pytest.mark.parametrize(("letter", "points"), [("A", 0), ("C", 3), ("V", 3), ("P", 3), ("U", 3)])
def test_news2_consciousness(letter, points):
    assert score(consciousness=letter).total == points


@pytest.mark.parametrize(
    ("changes", "total", "band"),
    [
        ({}, 0, "low"),
        ({"heart_rate_bpm": 120, "resp_rate_bpm": 22}, 4, "low"),
        ({"consciousness": "C"}, 3, "low_medium"),
        ({"consciousness": "V", "heart_rate_bpm": 95}, 4, "low_medium"),
        ({"heart_rate_bpm": 120, "resp_rate_bpm": 22, "temp_c": 38.5}, 5, "medium"),
        ({"heart_rate_bpm": 120, "resp_rate_bpm": 22, "on_oxygen": True}, 6, "medium"),
        ({"heart_rate_bpm": 120, "resp_rate_bpm": 22, "on_oxygen": True, "temp_c": 38.5}, 7, "high"),
    ],
)
def test_news2_bands(changes, total, band):
    found = score(**changes)
    assert (found.total, found.band) == (total, band)
    assert found.missing == ()
    assert found.low == found.high == total


def test_news2_at_most_20():
    worst = score(True, "U", resp_rate_bpm=40, spo2_pct=80, sbp_mmhg=60, heart_rate_bpm=150, temp_c=34)
    assert (worst.total, worst.band) == (20, "high")


def test_nothing_known_is_not_zero():
    found = news2(VitalSigns(), on_oxygen=None, consciousness=None)
    assert (found.total, found.low, found.high) == (None, 0, 20)
    assert (found.band, found.band_low, found.band_high) == (None, "low", "high")
    assert set(found.points.values()) == {None}
    assert set(found.missing) == {*WELL, "on_oxygen", "consciousness"}


def test_an_unknown_item_leaves_a_band_that_it_cannot_change():
    found = score(resp_rate_bpm=26, spo2_pct=90, heart_rate_bpm=115, temp_c=None)
    assert (found.total, found.low, found.high, found.band, found.missing) == (None, 8, 11, "high", ("temp_c",))
    assert found.points["temp_c"] is None


def test_unknown_oxygen_counts_in_both_places_at_once():
    found = score(None, spo2_pct=97, spo2_scale=2)
    assert (found.low, found.high, found.missing) == (0, 5, ("on_oxygen",))
    assert (found.points["spo2_pct"], found.points["on_oxygen"]) == (None, None)


def test_not_for_children_or_pregnancy():
    signs = VitalSigns(**WELL)
    assert news2(signs, on_oxygen=False, consciousness="A", age_years=16, pregnant=False).total == 0
    for who in ({"age_years": 15.9}, {"pregnant": True}, {"pregnant": 1}, {"age_years": 130}, {"age_years": "40"}):
        with pytest.raises(BadInputError, match=next(iter(who))):
            news2(signs, on_oxygen=False, consciousness="A", **who)


@pytest.mark.parametrize("bad", [{"consciousness": "X"}, {"spo2_scale": 3}, {"spo2_scale": True}, {"on_oxygen": 1}])
def test_bad_answers_are_named(bad):
    with pytest.raises(BadInputError, match=next(iter(bad))):
        score(**bad)


VALUES = {name: [value for value, _ in cells] for name, cells in EDGES.items()}
VALUES["spo2_pct"] += [83, 84, 85, 86, 87, 88, 97]


def by_completion(known, on_oxygen, consciousness, scale):
    """Return the least and the most total and the bands, by filling in every value at the edge of a cell."""
    gaps = [name for name in WELL if known.get(name) is None]
    spread = {}
    for oxygen in (False, True) if on_oxygen is None else (on_oxygen,):
        for letter in ("A", "V") if consciousness is None else (consciousness,):
            base = score(oxygen, letter, scale, **{**known, **{name: WELL[name] for name in gaps}})
            choices = [
                {score(oxygen, letter, scale, **{name: value}).points[name] for value in VALUES[name]} for name in gaps
            ]
            rest = {name: points for name, points in base.points.items() if name not in gaps}
            for chosen in itertools.product(*choices):
                points = [*rest.values(), *chosen]
                total = sum(points)
                band = 3 if total >= 7 else 2 if total >= 5 else 1 if 3 in points else 0
                spread[total, band] = True
    bands = [band for _, band in spread]
    return min(total for total, _ in spread), max(total for total, _ in spread), min(bands), max(bands)


def random_rows(count):
    draw = stream("test-scores", 3)
    rows = []
    for _ in range(count):
        row = {name: None if draw.random() < 0.3 else float(draw.choice(values)) for name, values in VALUES.items()}
        row["on_oxygen"] = (None, True, False)[draw.integers(3)]
        row["consciousness"] = (None, "A", "C", "U")[draw.integers(4)]
        row["spo2_scale"] = int(draw.integers(1, 3))
        rows.append(row)
    return rows


def test_bounds_are_what_completions_give():
    names = ("low", "low_medium", "medium", "high")
    for row in random_rows(60):
        vitals = {name: row[name] for name in WELL}
        found = score(row["on_oxygen"], row["consciousness"], row["spo2_scale"], **vitals)
        low, high, mildest, gravest = by_completion(vitals, row["on_oxygen"], row["consciousness"], row["spo2_scale"])
        assert (found.low, found.high) == (low, high), row
        assert (found.band_low, found.band_high) == (names[mildest], names[gravest]), row


def fields(found: Score) -> dict:
    row = {name: getattr(found, name) for name in ("total", "low", "high", "band", "band_low", "band_high")}
    return {**row, "missing": " ".join(found.missing), **{f"points_{k}": v for k, v in found.points.items()}}


def test_news2_frame_is_the_same_table():
    edges = [{**WELL, "on_oxygen": o, "consciousness": "A", "spo2_scale": s, item: value}
             for table in (EDGES, BETWEEN) for item, cells in table.items() for value, _ in cells
             for o in (None, False, True) for s in (1, 2)]  # fmt: skip
    rows = edges + random_rows(1500)
    table = news2_frame(pl.DataFrame(rows, schema_overrides=dict.fromkeys(WELL, pl.Float64)))
    assert table["not_for"].null_count() == len(rows)
    for row, line in zip(rows, table.drop("not_for").to_dicts(), strict=True):
        vitals = {name: row[name] for name in WELL}
        assert line == fields(score(row["on_oxygen"], row["consciousness"], row["spo2_scale"], **vitals)), row


def test_news2_frame_names_whom_it_is_not_for():
    frame = pl.DataFrame({"age_years": [15.0, 16.0, None, 30.0], "pregnant": [None, False, None, True]})
    table = news2_frame(frame)
    assert table["not_for"].to_list() == ["child", None, None, "pregnant"]
    assert table["high"].to_list() == [None, 20, 20, None]
    assert table["missing"].to_list()[0] is None


def test_frames_refuse_what_they_do_not_know():
    for frame, word in (
        (pl.DataFrame({"spo2": [97]}), "spo2_pct"),
        (pl.DataFrame({"spo2_pct": ["97"]}), "numbers"),
        (pl.DataFrame({"heart_rate_bpm": [998]}), "0 to 320"),
        (pl.DataFrame({"on_oxygen": [1]}), "booleans"),
        (pl.DataFrame({"consciousness": ["X"]}), "consciousness"),
        (pl.DataFrame({"spo2_scale": [1.5]}), "1 or 2"),
    ):
        with pytest.raises(BadInputError, match=word):
            news2_frame(frame)
    with pytest.raises(UnknownNameError, match="gcs"):
        qsofa_frame(pl.DataFrame({"gsc": [15]}))
    with pytest.raises(BadInputError, match="spo2_scale"):
        news2_frame(pl.DataFrame({"gcs": [15]}), spo2_scale=3)


QSOFA = {
    "resp_rate_bpm": [(21, 0), (21.9, 0), (22, 1)],
    "sbp_mmhg": [(99, 1), (100, 1), (100.5, 0), (101, 0)],
    "gcs": [(3, 1), (14, 1), (15, 0)],
}


@pytest.mark.parametrize(
    ("item", "value", "points"), [(item, *cell) for item, cells in QSOFA.items() for cell in cells]
)
def test_qsofa_cell(item, value, points):
    found = qsofa(VitalSigns(**{"resp_rate_bpm": 16, "sbp_mmhg": 120, "gcs": 15, item: value}))
    assert (found.total, found.points[item], found.band) == (points, points, "negative")


def test_qsofa_bands_and_unknown():
    assert qsofa(VitalSigns(resp_rate_bpm=22, sbp_mmhg=100, gcs=15)).band == "positive"
    enough = qsofa(VitalSigns(resp_rate_bpm=22, sbp_mmhg=100))
    assert (enough.total, enough.low, enough.high, enough.band, enough.missing) == (None, 2, 3, "positive", ("gcs",))
    open_ = qsofa(VitalSigns(resp_rate_bpm=22, sbp_mmhg=120))
    assert (open_.band, open_.band_low, open_.band_high) == (None, "negative", "positive")


def test_qsofa_frame_is_the_same_table():
    names = list(QSOFA)
    rows = [
        dict(zip(names, chosen, strict=True))
        for chosen in itertools.product(*([value for value, _ in QSOFA[name]] + [None] for name in names))
    ]
    table = qsofa_frame(pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Float64)))
    for row, line in zip(rows, table.to_dicts(), strict=True):
        assert line == fields(qsofa(VitalSigns(**row)))


def test_nan_is_unknown_in_a_frame():
    assert qsofa_frame(pl.DataFrame({"gcs": [math.nan]}))["missing"].to_list() == ["resp_rate_bpm sbp_mmhg gcs"]
