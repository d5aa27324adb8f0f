"""Generated patients: made on the spot, or read back from a file that `triagelab generate` wrote."""

from __future__ import annotations

from pathlib import Path

from triagelab.cases.schema import Case
from triagelab.datasets.base import SPLITS, Dataset, Reject
from triagelab.errors import DataFormatError, TriageLabError
from triagelab.files import read_jsonl

NAME = "generated"
SCALE = "esi-v5"
DEFAULT_N = 1000


def generate_dataset(*, split: str | None = None, n: int | None = None, seed: int = 0) -> Dataset:
    """Return `n` patients a split (1000 if not said), the same for the same seed."""
    from triagelab.cases.generator import generate

    count = n if n is not None else DEFAULT_N
    splits = (split,) if split is not None else SPLITS
    cases = [case for name in splits for case in generate(count, seed, name)]
    notes = (f"generated: {count} patients a split, seed {seed}", "label: the engine's, from the latent facts")
    return Dataset(NAME, tuple(cases), SCALE, notes=notes)


def load(path: Path) -> Dataset:
    """Return the cases of a cases.jsonl; a repeated id is refused and counted.

    Raises: DataFormatError with file and line for a line that is no case.
    """
    cases: list[Case] = []
    rejects: list[Reject] = []
    seen: set[str] = set()
    for number, row in read_jsonl(path, "generated path"):
        try:
            case = Case.from_dict(row)
        except (TriageLabError, KeyError, TypeError, ValueError, AttributeError) as error:
            detail = " ".join(str(error).split())[:100]
            raise DataFormatError(
                f"{path}:{number}: not a case ({detail}); expected a line of `triagelab generate`"
            ) from error
        if case.case_id in seen:
            rejects.append(Reject(f"{path.name}:{number}", "duplicate id"))
            continue
        seen.add(case.case_id)
        cases.append(case)
    if not cases:
        raise DataFormatError(f"{path}: no case in it; expected a file written by `triagelab generate`")
    scales = sorted({case.truth.scale for case in cases})
    if len(scales) > 1:
        raise DataFormatError(f"{path}: labels on several scales ({', '.join(scales)}); evaluate one at a time")
    return Dataset(NAME, tuple(cases), scales[0], tuple(rejects), (f"read from {path.name}",))
