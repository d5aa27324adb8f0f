"""Made-up cases with a simple law: worse vital signs and worse complaints are more urgent."""

from __future__ import annotations

from triagelab.cases.presentation import Presentation
from triagelab.cases.schema import Case, Truth
from triagelab.clinical.vitals import VitalSigns
from triagelab.datasets.base import Dataset
from triagelab.seeding import stream

COMPLAINTS = {"cardiac arrest": -1.2, "chest pain": -0.6, "fever": 0.0, "ankle injury": 0.7, "suture removal": 1.3}


def case(place: int, split: str, *, coded: bool = True, cluster: bool = True) -> Case:
    """Return one case; `coded` gives it a reason-for-visit code beside the words."""
    draw = stream("samples.tabular", place)
    complaint = str(draw.choice(list(COMPLAINTS)))
    heart_rate = float(draw.integers(50, 150))
    score = 3.0 + COMPLAINTS[complaint] - (heart_rate - 100) / 60 + float(draw.normal(0, 0.35))
    level = int(min(5, max(1, round(score))))
    arrival = str(draw.choice(["ambulance", "walk_in"])) if draw.random() > 0.1 else None
    vitals = VitalSigns(heart_rate_bpm=heart_rate, sbp_mmhg=120.0, pain_score=None if draw.random() < 0.4 else 4.0)
    code = str(10_000 + 37 * place % 4000) if draw.random() < 0.3 else str(20_000 + list(COMPLAINTS).index(complaint))
    structured = {"rfv1": code, "n_reasons": 1.0, "injury": "yes" if "injury" in complaint else "no"} if coded else {}
    if coded and draw.random() < 0.2:
        structured["chronic_copd"] = 1.0
    shown = Presentation(
        f"t-{place}",
        f"Complaint: {complaint}. HR {heart_rate:g}.",
        age_years=float(draw.integers(1, 90)),
        sex=str(draw.choice(["female", "male"])),
        arrival=arrival,
        chief_complaint=complaint,
        vitals=vitals,
        structured=structured,
    )
    truth = Truth(level, "immedr", "nurse")
    return Case(shown, truth, "nhamcs", split, cluster=f"h{place % 20}" if cluster else None)


def dataset(train: int = 400, dev: int = 150, test: int = 150, **how: bool) -> Dataset:
    splits = ["train"] * train + ["dev"] * dev + ["test"] * test
    return Dataset("nhamcs", tuple(case(place, split, **how) for place, split in enumerate(splits)), "immedr")
