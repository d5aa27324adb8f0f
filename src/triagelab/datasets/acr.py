"""A licensed user's spreadsheet of the ACR Appropriateness Criteria as imaging cases. Nothing of it is shipped.

The spreadsheet belongs to the American College of Radiology: its cases are marked, so that no endpoint elsewhere is
sent them unless the user says so for that run.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from triagelab.cases.imaging.case import ImagingCase, RatedTruth
from triagelab.cases.imaging.question import ImagingQuestion
from triagelab.cases.imaging.variant import TRAIN_SHARE
from triagelab.clinical.imaging_table import Appropriateness
from triagelab.datasets.base import Reject
from triagelab.datasets.cells import read_table
from triagelab.errors import BadInputError, DataFormatError, MissingDependencyError
from triagelab.files import open_input
from triagelab.seeding import derive_seed

NAME = "acr"
NEEDED = ("Topic", "Variant", "Procedure")
OPTIONAL = ("Panel", "Recommendation", "Appropriateness_Category", "SOE", "Adult_RRL", "Peds_RRL", "Rating", "Median")
HELD_OUT, TOPICS_FOR_HELD_OUT = 5, 15
"""Topics held out entirely, and how many topics there must be for that."""
MAX_BYTES, MAX_UNPACKED, MAX_ROWS, LONGEST = 64 << 20, 512 << 20, 500_000, 4_000
WHAT = f"the columns {', '.join(NEEDED)} and one of Appropriateness_Category, Recommendation, Rating, Median"
_CATEGORY: Mapping[str, Appropriateness] = {label.value: label for label in Appropriateness}
_SPACE = re.compile(r"[\s_-]+")


@dataclass(frozen=True)
class RatedCases:
    """The cases of a spreadsheet, and every row that was refused and why."""

    cases: tuple[ImagingCase, ...]
    rejects: tuple[Reject, ...]

    def split(self, name: str) -> tuple[ImagingCase, ...]:
        return tuple(case for case in self.cases if case.split == name)


def load(path: Path | str) -> RatedCases:
    """Return the cases of a CSV or XLSX file: train and test by variant, five topics held out where there are enough.

    The label is the category; a rating of 7-9, 4-6 or 1-3 stands for it where there is no category. A row in which the
    two contradict each other is refused, and so are both of two rows that rate one question differently.

    Raises: DataFormatError, BadInputError; MissingDependencyError for XLSX without the data extra.
    """
    place = Path(path)
    rejects: list[Reject] = []
    found: dict[tuple[str, str, str], list[tuple[str, RatedTruth]]] = {}
    for number, row in _rows(place):
        where = f"{place.name}:{number}"
        if row is None:
            rejects.append(Reject(where, "another number of cells than the header"))
            continue
        texts = tuple(" ".join(row[name].split()) for name in NEEDED)
        read = _truth(row, texts)
        if isinstance(read, str):
            rejects.append(Reject(where, read))
        else:
            found.setdefault((texts[0], texts[1], texts[2]), []).append((where, read))
    kept: dict[tuple[str, str, str], RatedTruth] = {}
    for key, rows in found.items():
        if len({truth.label for _, truth in rows}) > 1:
            rejects += [Reject(where, "rated differently in another row") for where, _ in rows]
            continue
        kept[key] = rows[0][1]
        rejects += [Reject(where, "the same question again") for where, _ in rows[1:]]
    if not kept:
        reason = rejects[0].reason if rejects else "no rows"
        raise DataFormatError(f"{place}: no usable row ({reason}); expected {WHAT}")
    held = _held_out({topic for topic, _, _ in kept})
    cases = tuple(_case(key, truth, held) for key, truth in kept.items())
    return RatedCases(cases, tuple(rejects))


def _rows(place: Path) -> list[tuple[int, dict[str, str] | None]]:
    if place.suffix.lower() in (".xlsx", ".xlsm"):
        return _from_workbook(place)
    return read_table(place, NEEDED, optional=OPTIONAL, encodings=("utf-8-sig", "cp1252"), what=WHAT)


def _from_workbook(place: Path) -> list[tuple[int, dict[str, str] | None]]:
    """Return the rows of the first sheet. The file is unpacked only if it stays within bounds."""
    with open_input(place, "path") as stream:
        if len(stream.read(MAX_BYTES + 1)) > MAX_BYTES:
            raise DataFormatError(f"{place}: larger than {MAX_BYTES} bytes")
    try:
        with zipfile.ZipFile(place) as packed:
            if sum(part.file_size for part in packed.infolist()) > MAX_UNPACKED:
                raise DataFormatError(f"{place}: unpacks to more than {MAX_UNPACKED} bytes")
    except (zipfile.BadZipFile, NotImplementedError) as error:  # the second: parts of a format zipfile cannot unpack
        raise DataFormatError(f"{place}: no XLSX workbook ({str(error)[:60]}); expected {WHAT}") from error
    try:
        import fastexcel
    except ImportError as error:
        raise MissingDependencyError("fastexcel", "data", "reading XLSX") from error
    try:
        sheet = fastexcel.read_excel(str(place)).load_sheet(0, dtypes="string", n_rows=MAX_ROWS + 1)
        frame = sheet.to_polars()
    except (fastexcel.FastExcelError, ValueError, RuntimeError, OSError) as error:
        raise DataFormatError(f"{place}: cannot be read ({' '.join(str(error).split())[:80]})") from error
    names = {name: str(name).strip() for name in frame.columns}
    missing = [name for name in NEEDED if name not in names.values()]
    if missing:
        raise DataFormatError(f"{place}: column {missing[0]!r} is not there; expected {WHAT}")
    if frame.height > MAX_ROWS:
        raise DataFormatError(f"{place}: more than {MAX_ROWS} rows")
    rows: list[tuple[int, dict[str, str] | None]] = []
    blank = dict.fromkeys((*NEEDED, *OPTIONAL), "")
    for number, cells in enumerate(frame.iter_rows(named=True), start=2):
        told = {names[name]: "" if value is None else str(value).strip() for name, value in cells.items()}
        if any(told.values()):
            rows.append((number, {**blank, **{name: told[name] for name in blank if name in told}}))
    return rows


def _truth(row: Mapping[str, str], texts: tuple[str, ...]) -> RatedTruth | str:
    """Return the truth of a row, or why it is refused."""
    for name, text in zip(NEEDED, texts, strict=True):
        if not text:
            return f"no {name}"
        if len(text) > LONGEST:
            return f"{name} longer than {LONGEST} characters"
    category = _category(row)
    if category == "unknown":
        return "category none of the three"
    rating = _rating(row)
    if rating == "unknown":
        return "rating not from 1 to 9"
    by_rating = None if rating is None else _of_rating(float(rating))
    if category is None and by_rating is None:
        return "neither category nor rating"
    if category is not None and by_rating is not None and category is not by_rating:
        return "category and rating contradict each other"
    label = category if category is not None else by_rating
    assert isinstance(label, Appropriateness)  # one of the two is there
    value = None if rating is None else float(rating)
    return RatedTruth(_slug(texts[0]), _slug(texts[2]), label, value, row["SOE"] or None)


def _category(row: Mapping[str, str]) -> Appropriateness | str | None:
    text = row["Appropriateness_Category"] or row["Recommendation"]
    # The source adds in brackets that a panel disagreed; it is the same category.
    plain = _SPACE.sub(" ", re.sub(r"\(.*?\)", "", text)).strip().lower()
    return _CATEGORY.get(plain, "unknown") if plain else None


def _rating(row: Mapping[str, str]) -> float | str | None:
    text = row["Rating"] or row["Median"]
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        return "unknown"
    return value if 1 <= value <= 9 else "unknown"


def _of_rating(value: float) -> Appropriateness:
    """Return the category of a rating. Source: CLINICAL.md 4.5: 7-9, 4-6, 1-3; medians between count downwards."""
    return Appropriateness.USUALLY if value >= 7 else Appropriateness.MAY if value >= 4 else Appropriateness.NOT


def _held_out(topics: set[str]) -> set[str]:
    if len(topics) < TOPICS_FOR_HELD_OUT:
        return set()
    return set(sorted(topics, key=lambda topic: derive_seed("datasets.acr.topic", 0, topic))[:HELD_OUT])


def _case(key: tuple[str, str, str], truth: RatedTruth, held: set[str]) -> ImagingCase:
    topic, variant, procedure = key
    digest = hashlib.blake2b(f"{topic}\x1f{variant}".encode(), digest_size=6).hexdigest()
    share = derive_seed("datasets.acr.split", 0, topic, variant, bits=53) / (1 << 53)
    split = "ood" if topic in held else "train" if share < TRAIN_SHARE else "test"
    question = ImagingQuestion(f"{truth.condition[:40]}-{digest}", variant, truth.procedure, procedure, True)
    return ImagingCase(question, truth, split)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "unnamed"


def checked_path(path: str) -> Path:
    """Return the path of an existing spreadsheet. Raises: BadInputError."""
    place = Path(path)
    if not place.is_file():
        raise BadInputError("acr path", path, "a CSV or XLSX file of the ACR Appropriateness Criteria")
    return place


__all__ = ["HELD_OUT", "RatedCases", "checked_path", "load"]
