"""Unknown is never silently no: whatever could change the decision is named, found by trying every completion."""

from __future__ import annotations

import itertools

import pytest

from esi_samples import patient
from triagelab.clinical.esi import EsiOptions, decide
from triagelab.clinical.facts import vocabulary
from triagelab.seeding import Generator, stream

TRIED = {
    "age_years": (0.02, 0.12, 0.2, 0.5, 1.5, 4.0, 7.0, 10.0, 15.0, 40.0, 70.0),
    "pregnancy_weeks": (0.0, 8.0),
    "heart_rate_bpm": (35.0, 50.0, 70.0, 85.0, 100.0, 101.0, 125.0, 145.0, 165.0, 185.0, 195.0, 230.0),
    "resp_rate_bpm": (16.0, 20.0, 21.0, 31.0, 36.0, 45.0, 52.0, 58.0, 61.0),
    "sbp_mmhg": (40.0, 48.0, 52.0, 58.0, 65.0, 72.0, 76.0, 80.0, 85.0, 89.0, 120.0, 151.0),
    "dbp_mmhg": (80.0,),
    "spo2_pct": (85.0, 89.0, 91.0, 92.0, 98.0),
    "temp_c": (35.0, 36.2, 37.0, 38.0, 38.3, 38.7, 39.5),
    "pain_score": (2.0, 7.0),
    "gcs": (6.0, 10.0, 14.0, 15.0),
    "glucose_mg_dl": (35.0, 60.0, 100.0),
}
"""A value on either side of every limit of the tables."""

OTHER = EsiOptions(
    danger_zone="any",
    severe_pain="always",
    neonatal_fever=">=",
    infant_fever="consider",
    child_fever="chapter",
    unknown_resources="expected",
    advanced_imaging="each",
    ecg_and_xray="each",
    confusion_v4="A",
)


def draw_patient(draw: Generator) -> dict:
    share = (0.003, 0.02, 0.05)[draw.integers(3)]
    facts = patient(float(draw.choice(TRIED["age_years"])))
    facts.update({name: bool(draw.random() < share) for name in vocabulary()})
    if draw.random() < 0.4:
        facts.update({name: float(draw.choice(values)) for name, values in TRIED.items()})
    return facts


def matters(facts: dict, names: list[str], version: int, options: EsiOptions) -> set[str]:
    """Return the names of which some change, the others completed somehow, changes the level or the set."""
    domains = [TRIED.get(name, (True, False)) for name in names]
    table = {}
    for values in itertools.product(*domains):
        found = decide({**facts, **dict(zip(names, values, strict=True))}, version=version, options=options)
        table[values] = (found.level, found.acceptable)
    return {
        name
        for i, name in enumerate(names)
        if any(table[(*v[:i], other, *v[i + 1 :])] != table[v] for v in table for other in domains[i])
    }


@pytest.mark.parametrize("options", [EsiOptions(), OTHER], ids=["default", "other"])
@pytest.mark.parametrize("version", [4, 5])
def test_every_unknown_that_matters_is_named_and_hardly_any_other(version, options):
    draw = stream("test-esi-unknown", 0, version, options.danger_zone)
    named = spare = 0
    for _ in range(120):
        facts = draw_patient(draw)
        names = list(facts)
        weights = [8.0 if name in TRIED else 4.0 if name.startswith("res_") else 1.0 for name in names]
        gone = draw.choice(
            len(names), size=int(draw.integers(1, 3)), replace=False, p=[w / sum(weights) for w in weights]
        )
        hidden = [names[i] for i in gone]
        rest = {name: value for name, value in facts.items() if name not in hidden}
        said = set(decide(rest, version=version, options=options).unknown)
        needed = matters(rest, hidden, version, options)
        assert needed <= said <= set(hidden)
        named += len(said)
        spare += len(said - needed)
    assert named > 20
    assert spare <= 0.05 * named


def test_learning_what_is_not_named_changes_nothing():
    draw = stream("test-esi-unnamed", 0)
    for _ in range(60):
        facts = draw_patient(draw)
        hidden = [name for name in facts if draw.random() < 0.1]
        rest = {name: value for name, value in facts.items() if name not in hidden}
        before = decide(rest)
        unnamed = {name: facts[name] for name in hidden if name not in before.unknown}
        after = decide({**rest, **unnamed})
        assert (after.level, after.acceptable, after.point) == (before.level, before.acceptable, before.point)
