"""triagelab: train, stress-test and evaluate AI agents that triage patients. Research and education only.

The functions here are the stable Python interface; each imports what it needs when it is called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triagelab.version import VERSION

if TYPE_CHECKING:
    from triagelab.cases.findings import Extraction
    from triagelab.clinical.esi import EsiDecision, EsiOptions
    from triagelab.clinical.facts import Facts
    from triagelab.datasets.base import Dataset
    from triagelab.envs.base import Environment
    from triagelab.rewards.audit.audit import Audit

__version__ = VERSION
__all__ = ["__version__", "audit", "decide", "extract", "load_dataset", "make", "reward"]


def decide(facts: Facts | Mapping[str, Any], *, version: int = 5, options: EsiOptions | None = None) -> EsiDecision:
    """Return the ESI level, the acceptable set, and the trace for one patient's facts.

    Args:
        facts: `Facts`, or one flat mapping such as `{"age_years": 67, "spo2_pct": 88, "acs_suspected": True}`.
        version: handbook version, 4 or 5.
        options: how the judgement points are settled; None takes the documented defaults.

    Missing: a fact that is absent or None is unknown; it lands in `unknown` if it could have changed the level.

    Raises: UnknownNameError for a fact in no vocabulary, BadInputError for an impossible value.
    """
    from triagelab.clinical.esi import EsiOptions
    from triagelab.clinical.esi import decide as run

    return run(facts, version=version, options=options or EsiOptions())


def extract(note: str) -> Extraction:
    """Return what a triage note says: findings with spans and negation, vital signs, age, and the facts they make.

    Missing: what the note does not say is unknown in `facts`; an implausible number is listed, not used.
    """
    from triagelab.cases.extraction import extract as run

    return run(note)


def reward(preset: str | Path) -> Callable[..., list[float | None]]:
    """Return a reward function with TRL's signature, from a preset name or a TOML file.

    The function takes `prompts`, `completions` and the dataset's columns (gold level in `level`, the note in `note`)
    and returns one number a completion; None means that it cannot be scored, never zero.

    Raises: UnknownNameError for a preset in no list, DataFormatError for a file that is not a preset.
    """
    from triagelab.rewards.trl import reward as run

    return run(preset)


def audit(
    reward: str | Path | Callable[..., Any], *, prior: str | Sequence[float] = "real", skill: float = 0.65
) -> Audit:
    """Return what a reward will teach: findings, the policies that it pays, its optimum by skill, a simulated training.

    Args:
        reward: preset name, TOML file, a function with TRL's reward signature, or the text `module:function`.
        prior: level mix of the patients, a name (`real`, `generated`, `uniform`) or five shares, level 1 first.
        skill: how often the signal that a policy sees is right, 0.2 to 1.

    Raises: UnknownNameError, BadInputError, DataFormatError for what is none of these.
    """
    from triagelab.rewards.audit.audit import audit as run
    from triagelab.rewards.audit.signal import check_skill, parse_prior
    from triagelab.rewards.audit.subjects import load_subject

    shares = parse_prior(prior if isinstance(prior, str) else ",".join(str(share) for share in prior))
    return run(load_subject(reward), prior=shares, skill=check_skill(skill))


def load_dataset(
    name: str,
    path: str | Path | None = None,
    *,
    split: str | None = None,
    limit: int | None = None,
    seed: int = 0,
    n: int | None = None,
) -> Dataset:
    """Return a dataset of cases, with the rows that were refused and why.

    Args:
        name: generated, nhamcs, mimic-iv-ed, ktas, ktas-nurse, mietic, fhir or vignettes.
        path: folder or file of the source; `generated` needs none.
        split: train, dev or test; None keeps all.
        limit: at most this many cases, drawn by `seed` and kept in order.
        seed: seed of the generated cases and of the draw.
        n: how many cases a split to generate.

    Raises: UnknownNameError for the name, BadInputError for the path, DataFormatError for what is in the files.
    """
    from triagelab.datasets.registry import load_dataset as run

    return run(name, path, split=split, limit=limit, seed=seed, n=n)


def make(env_id: str, **options: Any) -> Environment[Any, Any]:
    """Return a new environment such as `bedside-v1`: `reset(seed=..)`, `step(action)`, `state`, `close()`.

    Args:
        env_id: versioned id; an unknown one answers with the nearest.
        options: what the kind takes, such as `reward` (a preset).

    Raises: UnknownNameError, BadInputError.
    """
    from triagelab.envs.registry import make as run

    return run(env_id, **options)
