from __future__ import annotations

import polars as pl
import pytest

from esi_samples import TWO, patient
from triagelab.clinical import esi_frame
from triagelab.clinical.esi import decide, decide_frame
from triagelab.errors import BadInputError, UnknownNameError

COLUMNS = {
    "level": pl.UInt8,
    "acceptable": pl.List(pl.UInt8),
    "point": pl.String,
    "because": pl.String,
    "unknown": pl.String,
}
PATIENTS = [
    patient(intubated=True),
    patient(stroke_signs=True, heart_rate_bpm=None),
    patient(**TWO, heart_rate_bpm=120.0),
    patient(res_labs=None),
    {},
]


def rows(frame: pl.DataFrame) -> list[tuple]:
    return [
        (r[0], frozenset(r[1]), r[2], tuple(r[3].split()), tuple(r[4].split())) for r in decide_frame(frame).iter_rows()
    ]


def scalar(facts: dict) -> tuple:
    found = decide(facts)
    return found.level, found.acceptable, found.point, found.because, found.unknown


def test_columns_and_rows_agree_with_single_decisions():
    frame = pl.DataFrame(PATIENTS, infer_schema_length=None)
    assert dict(decide_frame(frame).schema) == COLUMNS
    assert rows(frame) == [scalar(facts) for facts in PATIENTS]


def test_a_table_without_columns_has_no_rows():
    assert decide_frame(pl.DataFrame()).shape == (0, 5)


@pytest.mark.parametrize("height", [0, 1, 7, 63, 64, 65, 129, 1000])
def test_any_height(height):
    frame = pl.DataFrame({"intubated": [i % 3 == 0 for i in range(height)]}, schema={"intubated": pl.Boolean})
    found = decide_frame(frame)
    assert dict(found.schema) == COLUMNS
    assert found["level"].to_list() == [1 if i % 3 == 0 else 3 for i in range(height)]


def test_slices_and_chunks_are_read_where_they_begin():
    column = pl.Series("intubated", [i % 5 == 0 if i % 7 else None for i in range(500)])
    whole = decide_frame(column.to_frame())
    assert decide_frame(column[13:400].to_frame()).equals(whole[13:400])
    pieces = pl.concat([column[:13], column[13:14], column[14:100], column[100:]], rechunk=False)
    assert pieces.n_chunks() > 1
    assert decide_frame(pieces.to_frame()).equals(whole)


def test_a_long_table_is_decided_in_blocks(monkeypatch):
    frame = pl.DataFrame(PATIENTS * 30, infer_schema_length=None)
    whole = decide_frame(frame)
    monkeypatch.setattr(esi_frame, "_BLOCK", 64)
    assert decide_frame(frame).equals(whole)


def test_a_column_that_is_not_there_is_unknown_like_one_of_nulls():
    frame = pl.DataFrame({"acs_suspected": [True, False]})
    nulls = frame.with_columns(pl.lit(None).alias("apneic"), pl.lit(None).alias("heart_rate_bpm"))
    assert decide_frame(frame).equals(decide_frame(nulls))
    assert decide_frame(pl.DataFrame({"acs_suspected": [None]})).row(0)[0] == decide({}).level


def test_nan_is_not_above_every_limit():
    facts = patient(**TWO)
    frame = pl.DataFrame([facts]).with_columns(heart_rate_bpm=pl.lit(float("nan")), age_years=pl.lit(float("nan")))
    assert rows(frame) == [scalar({**facts, "heart_rate_bpm": None, "age_years": None})]


def test_integers_and_small_floats_are_numbers():
    frame = pl.DataFrame({"age_years": [40], "heart_rate_bpm": [110], "spo2_pct": [98.5]}).with_columns(
        pl.col("heart_rate_bpm").cast(pl.Int16), pl.col("spo2_pct").cast(pl.Float32), res_labs=True, res_consult=True
    )
    assert decide_frame(frame)["because"][0].split()[-1] == "D.heart_rate"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"acs": [True]}, "did you mean"),
        ({"intubated": [1]}, "intubated.*booleans"),
        ({"intubated": ["yes"]}, "intubated.*booleans"),
        ({"heart_rate_bpm": ["80"]}, "heart_rate_bpm.*numbers"),
        ({"heart_rate_bpm": [80.0, 998.0]}, "heart_rate_bpm: got 998.0; allowed: 0 to 320"),
        ({"age_years": [-1.0]}, "age_years: got -1.0"),
    ],
)
def test_bad_columns_answer_in_one_line(columns, message):
    with pytest.raises((BadInputError, UnknownNameError), match=message) as caught:
        decide_frame(pl.DataFrame(columns))
    assert "\n" not in str(caught.value)


def test_no_level_is_ever_missing_and_acceptable_holds_it():
    found = decide_frame(pl.DataFrame(PATIENTS * 20, infer_schema_length=None))
    assert found["level"].is_between(1, 5).all()
    assert found.select(pl.col("acceptable").list.contains(pl.col("level")).all()).item()
