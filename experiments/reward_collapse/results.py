"""From judged runs to tables: what happened, beside what the audit said and what was published."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from curves import FIGURES, curve
from held_out import constant, records_of
from predictions import COMPARED, correlations, fitted_rate, path, said

from triagelab.datasets.base import Dataset
from triagelab.evaluation.paired import compare_records
from triagelab.evaluation.records import Record
from triagelab.evaluation.summary import read_summary, summarise
from triagelab.files import atomic_writer, write_json
from triagelab.rewards.audit.dynamics import RATE
from triagelab.training.logs import read_completions

PUBLISHED = {
    "v45c": "collapsed to always ESI 1",
    "v46": "77.8 % exact on 36 cases",
    "v47": "hedged within one level, 66.7 % exact",
    "v48": "stopped answering in 25 % of cases",
    "v49": "not reported as failed",
    "v50": "new here",
}
AGAINST = ("start", "v45c", "v46", "v47", "v48", "v49")
Runs = Mapping[str, tuple[int, Sequence[int]]]


def write_report(
    track: str,
    place: Path,
    cases: Dataset,
    runs: Runs,
    presets: Mapping[str, str],
    causes: Mapping[str, tuple[Path, int]],
) -> str:
    """Write results.json, results.md and curves.csv of a track, and return the text."""
    judged = place / "judged"
    seeds = max((len(done) for _, done in runs.values()), default=0)
    names = {name: (step, done) for name, (step, done) in runs.items() if done}
    start = records_of([judged / "start"] * seeds)
    records = {"start": start}
    records |= {name: records_of([judged / f"{name}-s{seed}" for seed in done]) for name, (step, done) in names.items()}
    confusion = read_summary(judged / "start-unseen")["confusion"]["counts"]
    seen = {
        name: curve([place / f"{presets[name]}-s{seed}" for seed in done], step) for name, (step, done) in names.items()
    }
    found = {
        "track": track,
        "n_cases": len(cases),
        "policies": {name: _figures(rows) for name, rows in records.items()},
        "constants": {f"always-{level}": _figures(constant(level, cases)) for level in range(1, 6)},
        "by_seed": {name: _by_seed(judged, name, done) for name, (_, done) in names.items()},
        "v50_against": _comparisons(records, cases, seeds),
        "v50_against_test_split": _comparisons(*_test_split(records, cases), seeds) if track == "nhamcs" else {},
        "causes": {label: _cause(judged, label, *run) for label, run in causes.items()},
        "said": {name: said(presets[name], confusion) for name in names},
        "dynamics": _dynamics(names, presets, confusion, seen),
        "fitted_rate": {name: fitted_rate(presets[name], confusion, place / f"{presets[name]}-s0") for name in names},
        "start_confusion_unseen": confusion,
    }
    write_json(place / "results.json", found)
    _write_curves(place / "curves.csv", seen)
    text = _text(found)
    with atomic_writer(place / "results.md") as stream:
        stream.write(text)
    return text


def _figures(records: Sequence[Record]) -> dict[str, Any]:
    summary = summarise(records)
    total = sum(map(sum, summary["confusion"]["counts"]))
    # By cases, not by answers: three runs that answer one patient are not three patients.
    level_1 = summarise([record for record in records if record.level == 1])["exact"]
    return {
        "n": summary["n"],
        **{name: summary[name] for name in ("exact", "within_one", "under_triage", "over_triage", "no_answer")},
        "cost": summary["cost"]["standard"],
        "cost_sensitivity": summary["cost"]["sensitivity"],
        "sensitivity_1_2": summary["sensitivity_1_2"],
        "level_1": level_1,
        "mix": [sum(row[answer] for row in summary["confusion"]["counts"]) / total for answer in range(6)],
    }


def _by_seed(judged: Path, name: str, seeds: Sequence[int]) -> list[dict[str, float]]:
    rows = []
    for seed in seeds:
        summary = read_summary(judged / f"{name}-s{seed}")
        rows.append({"seed": seed, "exact": summary["exact"]["value"], "cost": summary["cost"]["standard"]["value"]})
    return rows


def _cause(judged: Path, label: str, run: Path, steps: int) -> dict[str, Any]:
    """Return what a run that looks for a cause came to: judged, and what its last 25 steps of training wrote."""
    written = read_completions(run)
    return {
        **_figures(records_of([judged / f"{label}-s0"])),
        "cut_off_first": _cut_off(written, 0, 25),
        "cut_off_last": _cut_off(written, steps - 25, steps),
        "no_answer_in_training": curve([run], steps)[-1]["no_answer"],
    }


def _cut_off(rows: Sequence[Mapping[str, Any]], low: int, high: int) -> float:
    """Return the share of completions of these steps that the token limit ended."""
    kept = [bool(row["truncated"]) for row in rows if low <= row["step"] < high]
    return sum(kept) / len(kept)


def _comparisons(records: Mapping[str, list[Record]], cases: Dataset, seeds: int) -> dict[str, Any]:
    """Return v50 minus every other policy and every constant: cost under both matrices, level 1 found."""
    if "v50" not in records:
        return {}
    ours = records["v50"]
    others = {name: records[name] for name in AGAINST if name in records}
    others |= {f"always-{level}": constant(level, cases, seeds) for level in range(1, 6)}
    found = {}
    for name, rows in others.items():
        compared = compare_records(rows, ours, label_a=name, label_b="v50")
        level_1 = compare_records(
            [row for row in rows if row.level == 1],
            [row for row in ours if row.level == 1],
            label_a=name,
            label_b="v50",
        )
        found[name] = {
            "cost_standard": _difference(compared, "cost_standard"),
            "cost_sensitivity": _difference(compared, "cost_sensitivity"),
            "level_1": _difference(level_1, "exact"),
        }
    return found


def _test_split(records: Mapping[str, list[Record]], cases: Dataset) -> tuple[dict[str, list[Record]], Dataset]:
    """Return what is of NHAMCS 2020 alone: the year that nobody looked at before the runs were chosen."""
    kept = tuple(case for case in cases if case.split == "test")
    only = {name: [row for row in rows if row.split == "test"] for name, rows in records.items()}
    return only, Dataset(cases.name, kept, cases.scale)


def _difference(compared: Any, metric: str) -> dict[str, Any] | None:
    item = compared.differences.get(metric)
    return None if item is None else {key: getattr(item, key) for key in ("value", "low", "high", "verdict")}


def _dynamics(names: Runs, presets: Mapping[str, str], confusion: Any, seen: Mapping[str, Any]) -> dict[str, Any]:
    """Return rank correlations of the simulated and the real course, by the formula and by the start's confusion."""
    # v46 and v47 are one run; counted once, at its full length.
    once = {name: run for name, run in names.items() if name != "v46" or "v47" not in names}
    courses = {name: seen[name] for name in once}
    found: dict[str, Any] = {"rate": RATE}
    for label, own in (("formula", False), ("own_confusion", True)):
        predicted = {name: path(presets[name], confusion, step, own=own, rate=RATE) for name, (step, _) in once.items()}
        found[label] = correlations(predicted, courses)
        # v45c's own training mix sets it apart from all others, which alone makes a correlation.
        found[f"{label}, without v45c"] = correlations(
            predicted, {name: rows for name, rows in courses.items() if name != "v45c"}
        )
    return found


def _write_curves(place: Path, seen: Mapping[str, Sequence[Mapping[str, float]]]) -> None:
    columns = ["policy", "step", "groups", *(f"{name}{end}" for name in FIGURES for end in ("", "_low", "_high"))]
    with atomic_writer(place) as stream:
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        for policy, rows in seen.items():
            for row in rows:
                writer.writerow({"policy": policy, **{key: round(value, 5) for key, value in row.items()}})


def _text(found: Mapping[str, Any]) -> str:
    lines = [
        f"# {found['track']}: {found['n_cases']} held-out patients, mix 6/36/48/9/1 %, seeds pooled, 95 % intervals",
        "",
        "| policy | n | exact | within one | under | over | none | cost | level 1 found | answers 1-5 |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, row in {**found["policies"], **found["constants"]}.items():
        mix = " ".join(f"{share:.2f}" for share in row["mix"][:5])
        shares = " | ".join(
            f"{row[key]['value']:.3f}" for key in ("within_one", "under_triage", "over_triage", "no_answer")
        )
        lines.append(
            f"| {name} | {row['n']} | {_span(row['exact'])} | {shares} | {_span(row['cost'])} | "
            f"{_span(row['level_1'])} | {mix} |"
        )
    lines += [
        "",
        "| reward | published | audit at 0.65 | best answers | at the start's confusion | simulated | happened |",
    ]
    lines.append("|---|---|---|---|---|---|---|")
    start = found["policies"]["start"]
    for name, said_ in found["said"].items():
        row = found["policies"][name]
        mix = max(range(5), key=lambda answer: row["mix"][answer])
        happened = (
            f"exact {start['exact']['value']:.2f} to {row['exact']['value']:.2f}, cost {start['cost']['value']:.2f} to "
            f"{row['cost']['value']:.2f}, answers {mix + 1} for {row['mix'][mix]:.0%}"
        )
        lines.append(
            f"| {name} | {PUBLISHED[name]} | {said_['verdict']} | {said_['optimum']} | {said_['own_optimum']} | "
            f"{said_['dynamics']} | {happened} |"
        )
    lines += [
        "",
        "v50 minus the other, paired on patients and seeds:",
        "",
        "| other | cost | second matrix | level 1 found |",
    ]
    lines.append("|---|---|---|---|")
    for name, row in found["v50_against"].items():
        lines.append(f"| {name} | " + " | ".join(_signed(row[key]) for key in row) + " |")
    lines += [
        "",
        "Rank correlation of the simulated and the real change since the first window, over reward x window:",
        "",
    ]
    lines += ["| figure | " + " | ".join(COMPARED) + " |", "|---|" + "---|" * len(COMPARED)]
    for label, row in found["dynamics"].items():
        if label == "rate":
            continue
        cells = [row[name] for name in COMPARED]
        shown = ("-" if cell["rho"] is None else f"{cell['rho']:+.2f}" for cell in cells)
        lines.append(f"| {label} (n = {cells[0]['n']}) | " + " | ".join(shown) + " |")
    fits = ", ".join(
        f"{name} {fit['rate']:.3f} (error {fit['mean_absolute_error']:.3f})"
        for name, fit in found["fitted_rate"].items()
    )
    lines += ["", f"Rate {found['dynamics']['rate']:g} throughout. As each run of seed 0 alone would set it: {fits}."]
    if found["causes"]:
        lines += ["", "Runs that look for causes (seed 0):", ""]
        lines += ["| run | exact | cost | none | none in training | cut off, first 25 steps | last 25 | answers 1-5 |"]
        lines.append("|---|---|---|---|---|---|---|---|")
    for label, row in found["causes"].items():
        mix = " ".join(f"{share:.2f}" for share in row["mix"][:5])
        lines.append(
            f"| {label} | {_span(row['exact'])} | {_span(row['cost'])} | {row['no_answer']['value']:.3f} | "
            f"{row['no_answer_in_training']:.3f} | {row['cut_off_first']:.2f} | {row['cut_off_last']:.2f} | {mix} |"
        )
    lines += ["", "By seed: " + json.dumps(found["by_seed"]), ""]
    return "\n".join(lines)


def _span(figure: Mapping[str, Any]) -> str:
    return f"{figure['value']:.3f} ({figure['low']:.3f}-{figure['high']:.3f})"


def _signed(figure: Mapping[str, Any] | None) -> str:
    if figure is None or figure["low"] is None:
        return "-"
    return f"{figure['value']:+.3f} ({figure['low']:+.3f} to {figure['high']:+.3f}), {figure['verdict']}"
