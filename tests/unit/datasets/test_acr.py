"""A licensed spreadsheet becomes cases; what is wrong with a row or a file is said."""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from triagelab.clinical.imaging import Appropriateness
from triagelab.datasets import acr
from triagelab.errors import BadInputError, DataFormatError

HEAD = ["Panel", "Topic", "Variant", "Procedure", "Recommendation", "Appropriateness_Category", "SOE", "Adult_RRL"]
HEAD += ["Peds_RRL", "Rating", "Median"]


def row(topic: str, variant: str, procedure: str, category: str = "", rating: str = "") -> list[str]:
    return ["Made up", topic, variant, procedure, "", category, "Limited", "", "", rating, ""]


def table(*rows: list[str]) -> list[list[str]]:
    return [HEAD, *rows]


ROWS = table(
    row("Sore widget", "Adult, sore for a day.", "X-ray widget", "Usually Appropriate", "8"),
    row("Sore widget", "Adult, sore for a day.", "MRI widget", "May Be Appropriate (Disagreement)", "5"),
    row("Sore widget", "Adult, sore for a year.", "X-ray widget", "", "2"),
)


def write_csv(path: Path, rows: list[list[str]]) -> Path:
    quoted = (",".join('"' + cell.replace('"', '""') + '"' for cell in cells) for cells in rows)
    path.write_text("\n".join(quoted) + "\n", encoding="utf-8")
    return path


def write_xlsx(path: Path, rows: list[list[str]]) -> Path:
    """Write a workbook of one sheet with inline texts: the least that the format allows."""
    lines = "".join(
        f'<row r="{number}">'
        + "".join(f'<c t="inlineStr"><is><t>{escape(cell)}</t></is></c>' for cell in cells)
        + "</row>"
        for number, cells in enumerate(rows, start=1)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    packages = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{packages}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override '
        'PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.'
        'worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{packages}/relationships"><Relationship Id="rId1" '
        f'Type="{rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{rel}"><sheets><sheet name="a" sheetId="1" r:id="rId1"/>'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{packages}/relationships"><Relationship Id="rId1" '
        f'Type="{rel}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{lines}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w") as packed:
        for name, text in parts.items():
            packed.writestr(name, text)
    return path


def test_categories_and_ratings_become_labels(tmp_path: Path) -> None:
    loaded = acr.load(write_csv(tmp_path / "a.csv", ROWS))
    assert [case.truth.label for case in loaded.cases] == [
        Appropriateness.USUALLY,
        Appropriateness.MAY,
        Appropriateness.NOT,
    ]
    assert loaded.rejects == ()
    assert all(case.question.credentialed for case in loaded.cases)
    first, second, third = loaded.cases
    assert first.question.variant_id == second.question.variant_id != third.question.variant_id
    assert first.split == second.split, "one variant is never on both sides"
    assert len({case.id for case in loaded.cases}) == 3


def test_a_workbook_reads_like_the_text_file(tmp_path: Path) -> None:
    from_csv = acr.load(write_csv(tmp_path / "a.csv", ROWS))
    assert acr.load(write_xlsx(tmp_path / "a.xlsx", ROWS)) == from_csv


def test_rows_that_cannot_be_used_are_counted_with_the_reason(tmp_path: Path) -> None:
    rows = table(
        row("T", "v", "p", "Usually Appropriate", "2"),
        row("T", "v", "p2", "", ""),
        row("T", "v", "p3", "Splendid", ""),
        row("T", "v", "p4", "", "11"),
        row("T", "", "p5", "Usually Appropriate"),
        row("T", "v", "p6", "Usually Appropriate"),
        row("T", "v", "p6", "Usually Appropriate"),
        row("T", "v", "p7", "Usually Appropriate"),
        row("T", "v", "p7", "Usually Not Appropriate"),
    )
    loaded = acr.load(write_csv(tmp_path / "a.csv", rows))
    assert [case.question.asked for case in loaded.cases] == ["p6"]
    assert Counter(reject.reason for reject in loaded.rejects) == {
        "category and rating contradict each other": 1,
        "neither category nor rating": 1,
        "category none of the three": 1,
        "rating not from 1 to 9": 1,
        "no Variant": 1,
        "the same question again": 1,
        "rated differently in another row": 2,
    }


def test_five_topics_are_held_out_where_there_are_enough(tmp_path: Path) -> None:
    rows = [row(f"Topic {t}", f"variant {v}", "CT", "", "8") for t in range(20) for v in range(10)]
    loaded = acr.load(write_csv(tmp_path / "a.csv", table(*rows)))
    held = {case.truth.condition for case in loaded.split("ood")}
    assert len(held) == acr.HELD_OUT
    assert not held & {case.truth.condition for case in (*loaded.split("train"), *loaded.split("test"))}
    assert 0.55 < len(loaded.split("train")) / (len(loaded.cases) - len(loaded.split("ood"))) < 0.85


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.csv", b"", "empty"),
        ("a.csv", b"Topic,Variant\na,b\n", "Procedure"),
        ("a.csv", b"PK\x03\x04xxxx", "zip"),
        ("a.xlsx", b"not a workbook", "no XLSX workbook"),
        ("a.csv", b"Topic,Variant,Procedure,Rating\na,b,c,zero\n", "no usable row"),
    ],
)
def test_files_that_are_none_are_refused_in_one_line(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(DataFormatError, match=said) as caught:
        acr.load(path)
    assert "\n" not in str(caught.value)


def test_a_workbook_that_unpacks_to_too_much_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", ROWS)
    monkeypatch.setattr(acr, "MAX_UNPACKED", 100)
    with pytest.raises(DataFormatError, match="unpacks to more"):
        acr.load(path)


def test_a_path_to_nothing_is_refused() -> None:
    with pytest.raises(BadInputError, match="acr path"):
        acr.checked_path("nowhere.csv")
