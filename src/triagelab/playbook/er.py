"""Emergency triage by the book: treat what kills first, tag everybody by START, place by tag, send the well home."""

from __future__ import annotations

from triagelab.hospital.acts import Act
from triagelab.hospital.sight import CHILD_YEARS, tag_by_facts
from triagelab.hospital.views import Chart, View

ROLE = "er_triage"
PROCEDURE = {
    "airway": "open_airway",
    "haemorrhage": "stop_bleeding",
    "chest": "decompress_chest",
    "arrest": "defibrillate",
}
"""Need -> what is done at once."""
RANK = {"immediate": 0, "delayed": 1, None: 2, "minor": 3, "deceased": 4}


def play(view: View) -> list[Act]:
    """Return the acts of this step, the most urgent first."""
    acts: list[Act] = []
    beds = dict(view.beds)
    charts = sorted(view.patients, key=lambda one: (RANK[one["tag"]], one["since_min"]))
    for one in charts:
        for need in one["needs"]:
            if need in PROCEDURE:
                acts.append(Act(ROLE, "treat", {"patient": one["patient"], "procedure": PROCEDURE[need]}))
    for one in charts:
        if one["tag"] is None:
            facts = tuple(sorted(one["sight"].items()))
            tag = tag_by_facts(facts, one["age_years"] < CHILD_YEARS)
            acts.append(Act(ROLE, "tag", {"patient": one["patient"], "tag": tag}))
    for entry in view.board:
        if _unsafe(entry, view):
            acts.append(Act(ROLE, "flag", {"incident": "unsafe_discharge", "subject": str(entry["request"])}))
    for one in charts:
        if "surgery" in one["needs"] and "surgery" not in one["called"]:
            acts.append(Act(ROLE, "call", {"patient": one["patient"], "service": "surgery"}))
    for one in charts:
        place = _place(one, beds)
        if place is not None:
            beds[place] -= 1
            acts.append(Act(ROLE, "place", {"patient": one["patient"], "area": place}))
    for one in charts:
        if one["tag"] == "minor" and one["area"] == "waiting" and _well(one, view.minute):
            acts.append(Act(ROLE, "discharge", {"patient": one["patient"]}))
    return acts[: view.acts_left]


def _place(one: Chart, beds: dict[str, int]) -> str | None:
    if "isolation" in one["needs"] and beds["isolation"] > 0 and one["area"] != "isolation":
        return "isolation"
    if one["area"] != "waiting":
        return None
    if one["tag"] == "immediate":
        wanted = ("resus", "bay", "overflow")
    elif one["tag"] == "delayed" or one["needs"] or _abnormal(one):
        wanted = ("bay", "overflow")
    else:
        return None
    return next((area for area in wanted if beds[area] > 0), None)


def _abnormal(one: Chart) -> bool:
    vitals = one["vitals"]
    if vitals is None:
        return False
    return (
        vitals["spo2_pct"] < 94
        or vitals["heart_rate_bpm"] > 100
        or vitals["sbp_mmhg"] < 100
        or vitals["resp_rate_bpm"] > 22
        or vitals["gcs"] < 15
        or vitals["temp_c"] > 38.2
    )


def _well(one: Chart, minute: float) -> bool:
    return not one["needs"] and one["vitals"] is not None and not _abnormal(one) and minute >= one["vitals_min"]


def _unsafe(entry: dict[str, object], view: View) -> bool:
    one = next((chart for chart in view.patients if chart["patient"] == entry.get("patient")), None)
    return one is not None and (bool(one["needs"]) or _abnormal(one) or one["tag"] in ("immediate", "delayed"))
