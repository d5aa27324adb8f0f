"""Emergency triage by the book: treat what kills first, tag everybody by START, place by need, send the well home."""

from __future__ import annotations

from triagelab.hospital.acts import Act
from triagelab.hospital.sight import CHILD_YEARS, tag_by_facts
from triagelab.hospital.tables import needs
from triagelab.hospital.views import TAG_RANK, Chart, View
from triagelab.playbook.vitals import abnormal, failing

ROLE = "er_triage"
PROCEDURE = {
    "airway": "open_airway",
    "haemorrhage": "stop_bleeding",
    "chest": "decompress_chest",
    "arrest": "defibrillate",
}
"""Need -> what is done at once."""
STALE_MIN = 45.0
"""Minutes after which vital signs of somebody without a monitor are taken again."""
GROWN_YEARS = 14.0
"""Age from which doses do not go by weight."""


def play(view: View) -> list[Act]:
    """Return the acts of this step, the most urgent first."""
    tagged = [(one["tag"] or _tag(one), one) for one in view.patients]
    tagged.sort(key=lambda pair: (TAG_RANK[pair[0]], pair[1]["since_min"]))
    beds, now, watched = view.beds.copy(), view.minute, view.counts["monitors_up"]
    first: list[Act] = []
    then: list[Act] = []
    after: list[Act] = []
    last: list[Act] = []
    for tag, one in tagged:
        name, open_needs = one["patient"], one["needs"]
        for need in open_needs:
            if need in PROCEDURE:
                first.append(Act(ROLE, "treat", {"patient": name, "procedure": PROCEDURE[need]}))
        quiet = one["tag"] is not None and one["met"] and not open_needs
        if quiet and watched and one["area"] not in ("waiting", "overflow"):
            continue
        if one["tag"] is None or _worse(one, now):
            then.append(Act(ROLE, "tag", {"patient": name, "tag": tag if one["tag"] is None else "immediate"}))
        if tag == "deceased":
            continue
        if "surgery" in open_needs and "surgery" not in one["called"]:
            then.append(Act(ROLE, "call", {"patient": name, "service": "surgery"}))
        area = _place(one, tag, beds)
        if area is not None:
            beds[area] -= 1
            # Whoever is dying gets his bed in the step that tags him: in a crowd, tags alone would use every act up.
            (then if tag == "immediate" else after).append(Act(ROLE, "place", {"patient": name, "area": area}))
        elif _unweighed(one):
            after.append(Act(ROLE, "assess", {"patient": name}))
        elif _well(one):
            last.append(Act(ROLE, "discharge", {"patient": name}))
        elif now - one["vitals_min"] >= STALE_MIN and _unwatched(one, watched):
            last.append(Act(ROLE, "assess", {"patient": name}))
    return [*_flags(view), *first, *then, *after, *last][: view.acts_left]


def _tag(one: Chart) -> str:
    """Return the tag by what can be seen: START, JumpSTART for a child."""
    return tag_by_facts(tuple(sorted(one["sight"].items())), one["age_years"] < CHILD_YEARS)


def _worse(one: Chart, now: float) -> bool:
    """Return whether somebody has become an immediate patient by vital signs taken since the last decision."""
    fresh = one["tag"] in ("minor", "delayed") and now - one["vitals_min"] <= 15.0
    return fresh and not one["met"] and failing(one)


def _place(one: Chart, tag: str, beds: dict[str, int]) -> str | None:
    if one["area"] != "isolation" and "isolation" in one["needs"] and beds["isolation"] > 0:
        return "isolation"
    if one["area"] != "waiting":
        return None
    if tag == "immediate":
        wanted = ("resus", "bay", "overflow")
    elif one["tag"] is not None and (one["needs"] or abnormal(one)):
        wanted = ("bay", "overflow")
    else:
        return None
    return next((area for area in wanted if beds[area] > 0), None)


def _unweighed(one: Chart) -> bool:
    """Return whether a drug that a child needs waits for his weight."""
    if one["weight_kg"] is not None or one["age_years"] >= GROWN_YEARS or one["tag"] is None:
        return False
    rows = needs()
    return any(rows[kind].by == "drug" for kind in one["needs"])


def _well(one: Chart) -> bool:
    """Return whether somebody who was measured needs nothing that anybody knows of and can go home."""
    if one["needs"] or one["met"] or one["vitals"] is None or one["tag"] == "immediate" or one["given"]:
        return False
    return not abnormal(one) and (one["area"] == "waiting" or one["worked_up"])


def _unwatched(one: Chart, monitors_up: bool) -> bool:
    """Return whether nobody would see it if somebody who was measured got worse."""
    return one["vitals"] is not None and (not monitors_up or one["area"] in ("waiting", "overflow"))


def _flags(view: View) -> list[Act]:
    """Return flags on requests to send somebody home who is not fit to go."""
    board = view.board
    if not board:
        return []
    charts = {one["patient"]: one for one in view.patients}
    found: list[Act] = []
    for entry in board:
        one = charts.get(str(entry.get("patient")))
        if "request" in entry and one is not None and _unfit(one):
            found.append(Act(ROLE, "flag", {"incident": "unsafe_discharge", "subject": str(entry["request"])}))
    return found


def _unfit(one: Chart) -> bool:
    if one["needs"] or one["met"] or one["tag"] == "immediate":
        return True
    return abnormal(one)
