"""The Emergency Severity Index: facts to level, acceptable set and trace, for handbook versions 4 and 5.

Thresholds and findings are data (data/esi_*.toml). How decision points combine is `esi_settle.py`; `esi_engine.py`
runs it for one patient and `esi_frame.py` for a table.

For research and education: not a medical device, and not an official implementation of any handbook.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from triagelab.clinical.esi_engine import EsiDecision, engine, fact_order
from triagelab.clinical.esi_options import VERSIONS, EsiOptions, check_version
from triagelab.clinical.facts import Facts
from triagelab.clinical.knowledge import RuleInfo, esi_table
from triagelab.errors import BadInputError, UnknownNameError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["EsiDecision", "EsiOptions", "decide", "decide_frame", "fact_order", "retriage", "rule_info"]


def decide(facts: Facts | Mapping[str, Any], *, version: int = 5, options: EsiOptions | None = None) -> EsiDecision:
    """Return the decision for one patient.

    Args:
        facts: `Facts`, or one flat mapping such as `{"age_years": 67, "acs_suspected": True}`.
        version: handbook version, 4 or 5.
        options: how the judgement points are settled; None takes the documented defaults.

    Missing: an unknown fact never fires a rule and never excuses one; it is named in `unknown` where it matters.

    Raises: UnknownNameError for a fact in no vocabulary, BadInputError for an impossible value or version.
    """
    known = facts if isinstance(facts, Facts) else Facts.from_mapping(facts)
    values: dict[str, Any] = {**known.flags, **known.vitals.measured()}
    values["age_years"], values["pregnancy_weeks"] = known.age_years, known.pregnancy_weeks
    return engine(version, options or EsiOptions()).decide(values)


def decide_frame(frame: pl.DataFrame, *, version: int = 5, options: EsiOptions | None = None) -> pl.DataFrame:
    """Return the decisions for a table, one row a patient: level, acceptable, point, because, unknown.

    See `esi_frame.decide_frame`, which this calls.
    """
    from triagelab.clinical.esi_frame import decide_frame as run

    return run(frame, version=version, options=options or EsiOptions())


def rule_info(rule_id: str, version: int | None = None) -> RuleInfo:
    """Return wording, source and verification of a rule id, of one version or of the newest that has it.

    Raises: UnknownNameError for an id in no table.
    """
    tables = [esi_table(check_version(version))] if version is not None else [esi_table(v) for v in reversed(VERSIONS)]
    for table in tables:
        if rule_id in table.info:
            return table.info[rule_id]
    raise UnknownNameError("rule", rule_id, {name for table in tables for name in table.info})


def retriage(before: int, now: int, *, seen_by_provider: bool = False) -> int:
    """Return the level after a second look: until a provider sees the patient it may only become more urgent.

    Source: ESI v5; after the provider has seen the patient the level is never altered.

    Raises: BadInputError for a level outside 1 to 5.
    """
    for name, level in (("before", before), ("now", now)):
        if isinstance(level, bool) or level not in (1, 2, 3, 4, 5):
            raise BadInputError(name, level, "a level from 1 to 5")
    return before if seen_by_provider else min(before, now)
