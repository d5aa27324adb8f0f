"""Rows a second of the adapters that read text tables and FHIR bundles, on made-up files of their formats."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROWS = 2_000


def run() -> dict[str, Any]:
    """Return rows or bundles a second, single core."""
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
    from dataset_samples import ktas_file, mietic_folder
    from fhir_samples import bundle, encounter, known_before, patient, usual_observations

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        ktas_file(folder / "ktas.csv", *({} for _ in range(ROWS)))
        mietic_folder(folder, [{"stay_id": str(row), "subject_id": str(row // 2)} for row in range(ROWS)], None)
        rest = [*usual_observations(), *known_before()]
        lines = (json.dumps(bundle(patient(), encounter(id=f"e{row}"), *rest)) for row in range(ROWS // 4))
        (folder / "fhir.ndjson").write_text("\n".join(lines), encoding="utf-8")
        return {
            "ktas_rows_per_s": _rate("ktas", folder / "ktas.csv"),
            "mietic_rows_per_s": _rate("mietic", folder / "MIETIC.csv"),
            "fhir_bundles_per_s": _rate("fhir", folder / "fhir.ndjson"),
        }


def _rate(name: str, path: Path) -> int:
    from triagelab.datasets.registry import load_dataset

    load_dataset(name, path)  # imports and maps
    start = time.perf_counter()
    count = len(load_dataset(name, path))
    return round(count / (time.perf_counter() - start))
