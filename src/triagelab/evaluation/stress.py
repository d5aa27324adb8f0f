"""The stress test: perturbed presentations through an agent, and how often its level moves, which way, and how far.

The answers to the unchanged cases are those of the evaluation in the same folder; the variants are asked like any other
cases (batched, seeded, resumable) and their records are kept beside them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from triagelab.agents.base import Agent
from triagelab.datasets.base import Dataset
from triagelab.errors import BadInputError, DataFormatError
from triagelab.evaluation.perturbations import CONTROL, KINDS, Kind, Variant, choose, perturb
from triagelab.evaluation.records import Record, read_records
from triagelab.evaluation.run_state import code_versions
from triagelab.evaluation.runner import collect
from triagelab.evaluation.stress_scores import Answered, score
from triagelab.evaluation.stress_tables import strength
from triagelab.files import write_json

STRESS = "stress.json"
FOLDER = "stress"
FORMAT = 1
MAX_K = 64


def stress(
    agent: Agent,
    dataset: Dataset,
    out: Path | str,
    *,
    kinds: tuple[str, ...] | None = None,
    k: int = 4,
    seed: int = 0,
    batch: int = 64,
    progress: bool = True,
    protocol: str = "standard",
    config: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the stress summary of an agent whose evaluation of `dataset` is in `out`; leave it in stress.json there.

    The variants' answers go to `out`/stress/records.jsonl; a stopped run goes on where it stopped.

    Args:
        kinds: names of KINDS; None is all of them.
        k: variants a case and kind, at most.
        protocol, config: as for `runner.evaluate`, and the same as there.

    Raises: UnknownNameError for a kind, BadInputError for `k` and for a dataset that nothing can be perturbed in,
        RunStateError for a folder with another run in it.
    """
    if not 1 <= k <= MAX_K:
        raise BadInputError("k", k, f"a whole number from 1 to {MAX_K}")
    chosen = choose(kinds)
    folder = Path(out)
    base = {record.case_id: record for record in read_records(folder) if record.repeat == 0}
    variants = [
        variant
        for kind in chosen
        for case in dataset
        if case.case_id in base
        for variant in perturb(case, kind, k, seed)
    ]
    if not variants:
        raise BadInputError("dataset", dataset.name, "cases with an evaluation in the same folder", str(folder))
    changed = Dataset(
        dataset.name, tuple(variant.as_case() for variant in variants), dataset.scale, dataset.rejects, dataset.notes
    )
    settings = {**dict(config or {}), "stress": {"kinds": [kind.name for kind in chosen], "k": k}}
    state = collect(
        agent,
        changed,
        folder / FOLDER,
        seed=seed,
        batch=batch,
        progress=progress,
        protocol=protocol,
        config=settings,
    )
    answers = _paired(variants, base, read_records(state.folder))
    summary = _summary(agent, dataset, chosen, answers, k=k, seed=seed, cases=len(base))
    summary["code"] = {"cases": code_versions(folder), "variants": list(state.code_versions)}
    write_json(folder / STRESS, summary)
    return summary


def _paired(variants: Sequence[Variant], base: Mapping[str, Record], records: Sequence[Record]) -> list[Answered]:
    """Return each variant's answer beside the answer to its case as it was."""
    by_id = {record.case_id: record for record in records}
    found = []
    for variant in variants:
        asked, before = by_id[variant.as_case().case_id], base[variant.case.case_id]
        found.append(
            Answered(
                case_id=variant.case.case_id,
                cluster=variant.case.cluster or variant.case.case_id,
                kind=variant.kind,
                how=variant.how,
                truth=variant.case.truth.level,
                before=before.predicted,
                after=asked.predicted,
                asked=variant.asked,
            )
        )
    return found


def _summary(
    agent: Agent, dataset: Dataset, kinds: Sequence[Kind], answers: list[Answered], *, k: int, seed: int, cases: int
) -> dict[str, Any]:
    rows = []
    for kind in kinds:
        here = [answer for answer in answers if answer.kind == kind.name]
        row = {"kind": kind.name, "group": kind.group, "text": kind.text, **score(here, k=k, seed=seed)}
        ways = sorted({answer.how for answer in here if answer.how})
        row["ways"] = [
            {"how": how, **score([answer for answer in here if answer.how == how], k=1, seed=seed)} for how in ways
        ]
        rows.append(row)
    groups = [
        {"group": group, **score([answer for answer in answers if KINDS[answer.kind].group == group], k=1, seed=seed)}
        for group in dict.fromkeys(kind.group for kind in kinds)
        if group != CONTROL
    ]
    return {
        "kind": "stress",
        "format": FORMAT,
        "agent": agent.name,
        "dataset": dataset.name,
        "scale": dataset.scale,
        "cases": cases,
        "k": k,
        "seed": seed,
        "rows": rows,
        "groups": groups,
        "strength": strength().model_dump(),
        "method": "95 % intervals over cases or patients: bootstrap, Wilson where nothing varies between them",
    }


def read_stress(folder: Path | str) -> dict[str, Any] | None:
    """Return the stress summary of an evaluation folder, None where there is none.

    Raises: DataFormatError where the file is no such summary.
    """
    path = Path(folder) / STRESS
    if not path.is_file():
        return None
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise DataFormatError(f"{path}: not JSON ({str(error)[:80]})") from error
    if not isinstance(summary, dict) or summary.get("kind") != "stress" or not isinstance(summary.get("rows"), list):
        raise DataFormatError(f"{path}: not a summary of triagelab evaluate --stress")
    return summary


def stress_lines(summary: Mapping[str, Any]) -> list[str]:
    """Return the stress test as a table for a terminal."""
    from triagelab.evaluation.summary import figure

    where = f"{summary['agent']} on {summary['dataset']}"
    lines = [f"stress test of {where}, {summary['cases']} cases, up to {summary['k']} variants of each and kind"]
    titles = {
        "invariance": "must change nothing",
        "information": "takes information away",
        "control": "nothing changed",
    }
    columns = f"  {'':<22}{'n':>6} {'changed':<22}{'up':<22}{'down':<22}{'right before':<14}{'right in all':<14}"
    for group, title in titles.items():
        rows = [row for row in summary["rows"] if row["group"] == group]
        if not rows:
            continue
        lines += [f"{group}: {title}", columns]
        for row in rows:
            lines.append(_line(row["kind"], row))
            lines += [_line(f"  {way['how']}", way) for way in row["ways"] if len(row["ways"]) <= 4]
            for name, words in (("obeyed_down", "level 5"), ("obeyed_up", "level 1")):
                if row.get(name):
                    lines.append(f"    gave {words} as the hidden instruction asked: {figure(row[name])}")
    lines.append("  changed: another level than for the case as it was; up: more urgent, down: less urgent")
    lines.append(f"  right in all: in every variant of the case, so the worst of up to {summary['k']} counts")
    lines.append(f"  {summary['method']}")
    lines += [f"  {warning}" for warning in other_code(summary)]
    lines.append("  strengths and device errors are assumptions, see stress.json")
    return lines


def other_code(summary: Mapping[str, Any]) -> list[str]:
    """Return a warning where cases and variants were answered by different code: that alone changes answers."""
    code = summary.get("code") or {}
    cases, variants = (sorted(map(str, code.get(name) or ())) for name in ("cases", "variants"))
    if cases == variants:
        return []
    made = f"{', '.join(cases) or 'unknown'} and {', '.join(variants) or 'unknown'}"
    return [f"Cases and variants were answered by different code ({made}): the control says what that alone changes."]


def _line(name: str, row: Mapping[str, Any]) -> str:
    def share(entry: Mapping[str, Any] | None) -> str:
        if not entry or entry.get("value") is None:
            return "-"
        text = f"{100 * entry['value']:.1f} %"
        if entry.get("low") is None:
            return text
        return f"{text} ({100 * entry['low']:.1f}-{100 * entry['high']:.1f})"

    return (
        f"  {name:<22}{row['n']:>6} {share(row['changed']):<22}{share(row['up']):<22}{share(row['down']):<22}"
        f"{share({'value': row['right_before']}):<14}{share(row.get('right_in_all')):<14}"
    ).rstrip()
