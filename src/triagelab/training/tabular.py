"""Fitting of the agents that need no language model: `majority` and `tabular`."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from triagelab.agents.majority import MajorityAgent, MajorityModel
from triagelab.cases.schema import LEVELS, Case
from triagelab.datasets.base import Dataset
from triagelab.datasets.cache import cache_dir
from triagelab.errors import BadInputError, MissingDependencyError, UnknownNameError
from triagelab.version import PACKAGE

FITTED = ("majority", "tabular")
MIN_TRAIN = 30


def fit_majority(dataset: Dataset, out: Path | str) -> Path:
    """Count the levels of the training split (of the whole dataset, if it has none) and save the agent in `out`."""
    train = dataset.split("train").cases or dataset.cases
    if not train:
        raise BadInputError("dataset", dataset.name, "at least one case to count")
    counts = [sum(case.truth.level == level for case in train) for level in LEVELS]
    one, two, three, four, five = counts
    model = MajorityModel(dataset=dataset.name, scale=dataset.scale, counts=(one, two, three, four, five))
    folder = Path(out)
    MajorityAgent(model).save(folder)
    return folder


def fit_tabular(train: Dataset, dev: Dataset | None, out: Path | str, *, seed: int = 0) -> Path:
    """Fit the tabular agent on `train`, tune its cut points on `dev`, and save it in `out`.

    Without a dev split a fifth of the training patients is kept apart for the cut points.
    Raises: BadInputError if there are too few cases or only one level to learn from.
    """
    from triagelab.training.tabular_fit import fit_agent

    fitting, tuning = list(train.cases), list(dev.cases) if dev is not None else []
    if not tuning:
        fitting, tuning = _held_out(fitting, seed)
    if len(fitting) < MIN_TRAIN or len({case.truth.level for case in fitting}) < 2:
        raise BadInputError(
            "training split",
            f"{len(fitting)} cases of {train.name}",
            f"at least {MIN_TRAIN} cases of two or more levels",
            "fit on a larger dataset and pass tabular:DIR",
        )
    try:
        agent = fit_agent(fitting, tuning, dataset=train.name, scale=train.scale, seed=seed)
    except ImportError as error:
        raise MissingDependencyError("scikit-learn", "data", "fitting the tabular agent") from error
    folder = Path(out)
    agent.save(folder)
    return folder


def _held_out(cases: list[Case], seed: int) -> tuple[list[Case], list[Case]]:
    """Return (four fifths, one fifth), all cases of one patient on one side."""
    from triagelab.seeding import derive_seed

    apart = [derive_seed("tabular.held-out", seed, case.cluster or case.case_id) % 5 == 0 for case in cases]
    return (
        [case for case, held in zip(cases, apart, strict=True) if not held],
        [case for case, held in zip(cases, apart, strict=True) if held],
    )


def fit_cached(dataset: Dataset, kind: str = "tabular", *, seed: int = 0) -> Path:
    """Return the folder of the agent fitted on the dataset's train and dev splits, fitting it if that is new.

    The folder's name depends on every case of both splits, on the seed and on the code that fits.
    """
    if kind not in FITTED:
        raise UnknownNameError("agent to fit", kind, FITTED)
    train, dev = dataset.split("train"), dataset.split("dev")
    if not train.cases:
        raise BadInputError(
            "--agent", kind, f"{kind}:DIR for {dataset.name}, which has no training split", "fit it on another dataset"
        )
    folder = cache_dir() / "agents" / f"{kind}-{dataset.name}-{_fit_key([*train.cases, *dev.cases], seed)}"
    if not folder.is_dir():
        if kind == "majority":
            _build(folder, lambda place: fit_majority(train, place))
        else:
            with _status(f"fitting the tabular agent on {len(train.cases)} cases (once; kept in {folder.parent})"):
                _build(folder, lambda place: fit_tabular(train, dev, place, seed=seed))
    return folder


def fitted_spec(agent: str, dataset: Dataset) -> str:
    """Return the agent as `load_agent` takes it: a bare `majority` or `tabular` is fitted first and gets its folder,
    also behind `safety:`."""
    bare = agent.removeprefix("safety:")
    return f"{agent}:{fit_cached(dataset, bare)}" if bare in FITTED else agent


def _build(folder: Path, fit: Callable[[Path], object]) -> None:
    """Fit into a neighbour and rename it, so that a killed fit leaves nothing that looks finished."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    except OSError as error:
        raise BadInputError(
            "cache folder", str(folder.parent), "a place that can be written", "set TRIAGELAB_CACHE"
        ) from error
    try:
        fit(part)
        part.chmod(0o755)
        os.replace(part, folder)
    except OSError:
        if not folder.is_dir():  # else another process has just finished the same fit
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _fit_key(cases: Sequence[Case], seed: int) -> str:
    package = PACKAGE
    digest = hashlib.blake2b(f"{seed}".encode(), digest_size=10)
    for source in ("agents/majority.py", "agents/tabular.py", "agents/tabular_features.py", "agents/trees.py"):
        digest.update((package / source).read_bytes())
    for source in ("training/tabular.py", "training/tabular_fit.py"):
        digest.update((package / source).read_bytes())
    for case in cases:
        shown = case.presentation
        fields = (shown.narrative, shown.chief_complaint, shown.age_years, shown.sex, shown.arrival, shown.history)
        digest.update(repr((case.case_id, case.split, case.truth.level, case.cluster, *fields)).encode())
        digest.update(repr((shown.vitals, sorted(shown.structured.items()))).encode())
    return digest.hexdigest()


def _status(text: str):
    """Return a context that shows `text` on standard error while somebody watches."""
    from rich.console import Console

    return Console(stderr=True).status(text)
