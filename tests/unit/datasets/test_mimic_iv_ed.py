"""MIMIC-IV-ED folders: where the tables may lie, which content counts as the demo, splits by patient."""

from __future__ import annotations

import hashlib

import pytest

from dataset_samples import TRIAGE, hospital, table
from triagelab.datasets import mimic_iv_ed
from triagelab.datasets.columns import hospital_map
from triagelab.datasets.registry import load_dataset
from triagelab.errors import BadInputError, DataFormatError


@pytest.mark.parametrize("inner", [False, True])
def test_the_folder_or_its_ed_folder(tmp_path, inner):
    folder = hospital(tmp_path, [{}])
    assert len(load_dataset("mimic-iv-ed", folder / "ed" if inner else folder)) == 1


def test_unpacked_tables(tmp_path):
    hospital(tmp_path / "packed", [{}])
    for name in ("triage", "edstays"):
        import gzip

        data = gzip.decompress((tmp_path / "packed" / "ed" / f"{name}.csv.gz").read_bytes())
        (tmp_path / "plain" / "ed").mkdir(parents=True, exist_ok=True)
        (tmp_path / "plain" / "ed" / f"{name}.csv").write_bytes(data)
    assert (
        load_dataset("mimic-iv-ed", tmp_path / "plain").cases == load_dataset("mimic-iv-ed", tmp_path / "packed").cases
    )


def test_a_folder_without_the_tables_says_which(tmp_path):
    hospital(tmp_path, [{}])
    (tmp_path / "ed" / "edstays.csv.gz").unlink()
    with pytest.raises(BadInputError, match="no edstays table there"):
        load_dataset("mimic-iv-ed", tmp_path)


def test_a_file_in_place_of_a_folder(tmp_path):
    path = tmp_path / "triage.txt"
    path.write_text("x")
    with pytest.raises(BadInputError, match=r"no triage and no edstays table"):
        load_dataset("mimic-iv-ed", path)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\x00\x01\x02"])
def test_a_table_that_is_no_table_is_one_line(tmp_path, content):
    hospital(tmp_path, [{}])
    (tmp_path / "ed" / "triage.csv.gz").write_bytes(content)
    with pytest.raises(DataFormatError, match=r"triage\.csv\.gz: expected a CSV table") as caught:
        load_dataset("mimic-iv-ed", tmp_path)
    assert "\n" not in str(caught.value)


def test_whatever_is_not_exactly_the_demo_is_credentialed(tmp_path, monkeypatch):
    folder = hospital(tmp_path, [{}])
    assert load_dataset("mimic-iv-ed", folder).cases[0].presentation.credentialed
    files = mimic_iv_ed.table_files(folder)
    digests = {name: mimic_iv_ed._sha256(file) for name, file in files.items()}
    changed = hospital_map("mimic_iv_ed").model_copy(update={"demo_sha256": digests})
    monkeypatch.setattr(mimic_iv_ed, "hospital_map", lambda name: changed)
    assert not mimic_iv_ed.load(folder).cases[0].presentation.credentialed
    table(
        folder / "ed" / "edstays.csv.gz",
        [{"subject_id": "1", "stay_id": "100", "intime": "", "gender": "", "arrival_transport": ""}],
    )
    assert mimic_iv_ed.load(folder).cases[0].presentation.credentialed


def test_the_checksum_is_of_the_unpacked_table(tmp_path):
    hospital(tmp_path, [{}])
    packed = tmp_path / "ed" / "triage.csv.gz"
    import gzip

    assert mimic_iv_ed._sha256(packed) == hashlib.sha256(gzip.decompress(packed.read_bytes())).hexdigest()


def test_many_patients_are_split_by_patient(tmp_path, monkeypatch):
    monkeypatch.setattr(mimic_iv_ed, "MIN_PATIENTS_TO_SPLIT", 50)
    rows = [{"subject_id": str(place // 2), "stay_id": str(place)} for place in range(400)]
    dataset = mimic_iv_ed.load(hospital(tmp_path, rows))
    split_of = {}
    for case in dataset:
        assert split_of.setdefault(case.cluster, case.split) == case.split
    shares = [list(split_of.values()).count(name) / 200 for name in ("train", "dev", "test")]
    assert shares == pytest.approx([0.7, 0.1, 0.2], abs=0.1)


def test_rows_come_in_order_of_visit_not_of_level(tmp_path):
    rows = [{"stay_id": "30", "acuity": "1"}, {"stay_id": "10", "acuity": "3"}, {"stay_id": "20", "acuity": "2"}]
    assert [case.case_id for case in load_dataset("mimic-iv-ed", hospital(tmp_path, rows))] == [
        "mimic-10",
        "mimic-20",
        "mimic-30",
    ]


def test_columns_may_come_in_any_order(tmp_path):
    folder = hospital(tmp_path, [{}])
    usual = load_dataset("mimic-iv-ed", folder)
    from dataset_samples import USUAL_TRIAGE

    table(folder / "ed" / "triage.csv.gz", [{name: USUAL_TRIAGE[name] for name in reversed(TRIAGE)}])
    assert mimic_iv_ed.load(folder).cases[0].presentation.narrative == usual.cases[0].presentation.narrative


@pytest.mark.realdata
def test_the_demo(data_dir):
    dataset = load_dataset("mimic-iv-ed", data_dir / "mimic_ed_demo")
    assert [sum(case.truth.level == level for case in dataset) for level in (1, 2, 3, 4, 5)] == [18, 97, 90, 2, 0]
    assert dataset.reject_counts() == {"no triage level (missing)": 15}
    assert not any(case.presentation.credentialed for case in dataset)
    assert {case.split for case in dataset} == {"test"}
    assert len({case.cluster for case in dataset}) <= 64
