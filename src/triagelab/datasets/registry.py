"""Dataset names and the one function that loads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from triagelab.datasets.base import SPLITS, Dataset
from triagelab.datasets.bulk import bulk_objects
from triagelab.datasets.cache import through_cache
from triagelab.datasets.parquet import read_parquet
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.seeding import stream


@dataclass(frozen=True)
class Source:
    """How one dataset is loaded.

    Attributes:
        module: adapter with `load(path) -> Dataset`; where `cached`, also `source_files(path) -> list[Path]`.
        needs: what the path must be, in words.
        cached: whether a load is kept as Parquet.
        options: further arguments of `load`, where two names share an adapter.
        packaged: the package carries the files; without a path they are what is loaded.
    """

    module: str
    needs: str
    cached: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    packaged: bool = False


SOURCES: dict[str, Source] = {
    "generated": Source("triagelab.datasets.generated", "no path, or a cases.jsonl written by `triagelab generate`"),
    "nhamcs": Source("triagelab.datasets.nhamcs", "the folder with CDC's zips and label programs", cached=True),
    "mimic-iv-ed": Source(
        "triagelab.datasets.mimic_iv_ed", "the MIMIC-IV-ED folder (the one that holds ed/triage.csv.gz)", cached=True
    ),
    "vignettes": Source("triagelab.datasets.vignettes", "a JSONL file with one {id, case, esi} a line"),
    "ktas": Source("triagelab.datasets.ktas", "the KTAS file of Moon et al. (data.csv)"),
    "ktas-nurse": Source(
        "triagelab.datasets.ktas", "the KTAS file of Moon et al. (data.csv)", options={"labelled_by": "nurse"}
    ),
    "mietic": Source("triagelab.datasets.mietic", "the folder with MIETIC's CSV file and MIETIC-validate-samples.csv"),
    "fhir": Source("triagelab.datasets.fhir", "a folder of FHIR R4 bundles as .json, or an NDJSON file of them"),
    "written": Source("triagelab.datasets.written", "no path, or a JSONL file like the packaged one", packaged=True),
}
DATASET_NAMES: tuple[str, ...] = tuple(SOURCES)


def load_dataset(
    name: str,
    path: str | Path | None = None,
    *,
    split: str | None = None,
    limit: int | None = None,
    seed: int = 0,
    n: int | None = None,
) -> Dataset:
    """Return the cases of a dataset, or of one split of it.

    Args:
        name: one of `DATASET_NAMES`.
        path: where the files are; every dataset also reads a .parquet written by `triagelab data load`.
        split: train, dev or test; None is all of them.
        limit: at most this many cases, drawn by `seed` and kept in order.
        seed: for the draw, and for the patients of `generated`.
        n: cases a split of `generated`.

    Raises: UnknownNameError, BadInputError, DataFormatError, each one line that says what to do.
    """
    if name not in SOURCES:
        raise UnknownNameError("dataset", name, SOURCES)
    if split is not None and split not in SPLITS:
        raise BadInputError("split", split, ", ".join(SPLITS))
    for argument, value in (("limit", limit), ("n", n)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            raise BadInputError(argument, value, "a whole number of at least 1")
    if name == "generated" and path is None:
        from triagelab.datasets.generated import generate_dataset

        dataset = generate_dataset(split=split, n=n if n is not None else limit, seed=seed)
    elif SOURCES[name].packaged and path is None and n is None:
        whole: Dataset = import_module(SOURCES[name].module).load_packaged()
        dataset = whole.split(split) if split is not None else whole
    elif n is not None:
        raise BadInputError("n", n, "nothing for this dataset", "use limit; n is for `generated` without a path")
    else:
        dataset = _from_path(name, path, split)
    if not dataset.cases:
        where = f"split {split!r} of {name}" if split else name
        refused = [f"{count} rejected: {reason}" for reason, count in list(dataset.reject_counts().items())[:2]]
        hint = "; ".join([*dataset.notes[-2:], *refused])
        raise BadInputError("dataset", where, "at least one case", hint or "nothing was accepted")
    return draw(dataset, limit, seed)


def _from_path(name: str, path: str | Path | None, split: str | None) -> Dataset:
    source = SOURCES[name]
    if path is None:
        raise BadInputError(f"{name} path", None, source.needs)
    place = Path(path)
    if not place.exists():
        raise BadInputError(f"{name} path", str(path), source.needs, "there is nothing at this place")
    if place.suffix == ".parquet" and place.is_file():
        return _from_parquet(name, place, split)
    module = import_module(source.module)

    def build() -> Dataset:
        load: Callable[..., Dataset] = module.load
        with bulk_objects():
            return load(place, **source.options)

    if source.cached:
        files: Iterable[Path] = module.source_files(place)
        return through_cache(name, files, split, build)
    dataset = build()
    return dataset.split(split) if split is not None else dataset


def _from_parquet(name: str, place: Path, split: str | None) -> Dataset:
    dataset = read_parquet(place, split=split)
    if dataset.name != name:
        raise BadInputError(f"{name} path", str(place), f"cases of {name}", f"it holds cases of {dataset.name}")
    return dataset


def draw(dataset: Dataset, limit: int | None, seed: int) -> Dataset:
    """Return at most `limit` cases, drawn and kept in order: the first rows of a survey are all one hospital."""
    if limit is None or limit >= len(dataset):
        return dataset
    chosen = stream("datasets.limit", seed, dataset.name).permutation(len(dataset))[:limit]
    cases = tuple(dataset.cases[int(index)] for index in sorted(chosen))
    return Dataset(dataset.name, cases, dataset.scale, dataset.rejects, dataset.notes)
