"""Speed of the drug rules on one core: reviews of prepared and of written orders, and names resolved."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from triagelab.clinical.drug_names import drug_table, resolve_drug
from triagelab.clinical.drug_patient import DrugPatient
from triagelab.clinical.drugs import check, parse_order

Item = TypeVar("Item")
TEXTS = (
    "ketorolac 30 mg IV q6h",
    "Zosyn 4.5 g IV q8h",
    "nitroglycerin 0.4 mg sl",
    "alteplase 63 mg iv",
    "lidocaine 1% with epinephrine 20 mL infiltration",
    "metformin 500 mg po bid",
)
PATIENT: dict[str, Any] = {
    "age_years": 71,
    "weight_kg": 70,
    "sex": "female",
    "sbp_mmhg": 118,
    "egfr": 42,
    "active": ["warfarin", "lisinopril", "metoprolol", "simvastatin", {"drug": "Viagra", "last_dose_h": 30}],
    "allergies": [{"drug": "PCN", "reaction": "rash", "years_ago": 20}],
}


def _per_second(work: Callable[[Item], object], items: Iterable[Item], rounds: int = 5) -> int:
    """Return the most items a second of some rounds."""
    todo, best = list(items), 0.0
    for _ in range(rounds):
        begin = time.perf_counter()
        for item in todo:
            work(item)
        best = max(best, len(todo) / (time.perf_counter() - begin))
    return round(best)


def run() -> dict[str, int]:
    """Return reviews and names a second."""
    orders, patient = [parse_order(text) for text in TEXTS] * 50, DrugPatient.from_mapping(PATIENT)
    texts, names = list(TEXTS) * 50, list(drug_table().ingredient)
    uncached = resolve_drug.__wrapped__
    return {
        "reviews_prepared_per_s": _per_second(lambda order: check(order, patient), orders),
        "reviews_written_per_s": _per_second(lambda text: check(text, PATIENT), texts),
        "names_uncached_per_s": _per_second(lambda name: uncached(f"{name} 10 mg po daily"), names),
    }


if __name__ == "__main__":
    for name, value in run().items():
        print(f"{name:32s} {value:>10,}")
