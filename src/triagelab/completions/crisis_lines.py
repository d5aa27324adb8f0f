"""What a role sees, as lines for a prompt: one line a patient, the most urgent first, the rest counted.

Everything here stands in the view; nothing says what to do. Units as on a chart: per minute, %, mmHg, degrees Celsius.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from triagelab.completions.prompts import harmless
from triagelab.hospital.sight import CHILD_YEARS
from triagelab.hospital.tables import needs
from triagelab.hospital.views import Chart, View

VITALS: Mapping[str, tuple[str, float, float]] = MappingProxyType(
    {
        "spo2_pct": ("SpO2", 94, 1000),
        "heart_rate_bpm": ("HR", 50, 100),
        "sbp_mmhg": ("SBP", 100, 220),
        "resp_rate_bpm": ("RR", 10, 22),
        "gcs": ("GCS", 15, 15),
        "temp_c": ("Temp", 35, 38.2),
    }
)
"""Vital sign -> its short name and the usual range; what lies outside is written out. Bedside ranges, assumed."""
ADULT_YEARS = 14.0
LOW_STOCK = 2
USUAL_EGFR = 60.0
LONG_HOURS = 12.0
TAG_RANK = {"immediate": 0, None: 1, "delayed": 2, "minor": 3, "deceased": 4}
LONGEST_TEXT = 80


def urgent(view: View, most: int) -> tuple[list[Chart], int]:
    """Return the charts that a prompt shows, the most urgent first, and how many it leaves out.

    Patients with nothing open for the role (settled in a bed, needs of others only) are left out first.
    """
    charts = [one for one in view.patients if _open(view.role, one)]
    charts.sort(key=lambda one: (not _own(view.role, one), TAG_RANK[one["tag"]], one["since_min"], one["patient"]))
    shown = charts[:most]
    return shown, len(view.patients) - len(shown)


def _own(role: str, one: Chart) -> bool:
    """Return whether a patient has a need that this role owes and has not seen to."""
    rows = needs()
    return any(
        rows[kind].owner == role and not (kind == "surgery" and "surgery" in one["called"]) for kind in one["needs"]
    )


def _open(role: str, one: Chart) -> bool:
    """Return whether anything of a patient may be a role's business now."""
    if role == "pharmacy" or _own(role, one):
        return True
    area = one["area"]
    if role == "er_triage":
        return one["tag"] is None or area == "waiting"
    if role == "icu_management":
        if area == "icu":
            return not one["needs"] and not one["met"]
        done = one["worked_up"] and not one["needs"] and bool(one["met"])
        return (area == "theatre" and "surgery" in one["met"]) or (area in ("bay", "overflow", "resus") and done)
    return bool(one["needs"])


def patient_line(role: str, one: Chart, full: bool = False) -> str:
    """Return one patient as a line; `full` adds complaint and every vital sign."""
    parts = [f"{one['patient']} {one['area']} {one['tag'] or 'untagged'}"]
    if full:
        parts.append(f"{one['age_years']:g} y {one['sex']}, {harmless(one['complaint'])}")
    elif one["age_years"] < (CHILD_YEARS if role == "er_triage" else ADULT_YEARS):
        parts.append("child")
    if one["needs"]:
        parts.append(f"needs {' '.join(one['needs'])}")
    if one["met"] and (full or role == "icu_management"):
        parts.append(f"met {' '.join(one['met'])}")
    parts += [text for text in _DETAIL.get(role, _plain)(one) if text]
    if role != "pharmacy" or full:
        parts.append(_sight(one["sight"]) if "sight" in one and role == "er_triage" else _vitals(one["vitals"], full))
    return "; ".join(parts)


def _vitals(vitals: Mapping[str, float] | None, full: bool) -> str:
    if vitals is None:
        return "vitals unknown"
    out = [
        f"{short} {vitals[name]:g}"
        for name, (short, low, high) in VITALS.items()
        if full or not low <= vitals[name] <= high
    ]
    return ", ".join(out) if out else "vitals usual"


def _sight(facts: Mapping[str, Any]) -> str:
    if facts["walks"]:
        return "walks"
    if not facts["breathes"]:
        return "not breathing"
    pulse = "" if facts["peripheral_pulse"] else ", no pulse at wrist"
    mind = "" if facts["obeys"] else f", does not obey, avpu {facts['avpu']}"
    return f"lies, RR {facts['resp_rate_bpm']:g}{pulse}{mind}"


def _plain(one: Chart) -> list[str]:
    return []


def _er(one: Chart) -> list[str]:
    return [f"called {' '.join(one['called'])}" if one["called"] else ""]


def _icu(one: Chart) -> list[str]:
    return ["ventilated" if one["ventilator"] else "", "worked up" if one["worked_up"] else ""]


def _pharmacy(one: Chart) -> list[str]:
    weight = "weight unknown" if one["weight_kg"] is None else f"{one['weight_kg']:g} kg"
    allergies = one["allergies"]
    known = "record not readable" if allergies is None else f"allergies {', '.join(allergies)}" if allergies else ""
    history = [f"{name} {_short(value)}" for name, value in (one["history"] or {}).items() if _notable(name, value)]
    return [
        weight if one["age_years"] < ADULT_YEARS else "",
        f"antidote {' '.join(one['antidotes'])}" if "antidotes" in one else "",
        _cells(one) if "units_needed" in one and "blood" in one["needs"] else "",
        known,
        ", ".join(history),
        f"given {' '.join(one['given'])}" if one["given"] else "",
    ]


def _cells(one: Chart) -> str:
    age = "" if one["age_years"] >= ADULT_YEARS else " child"
    return f"cells {one['units_needed']} group {one['group'] or 'unknown'} {one['sex']}{age} {one['age_years']:g} y"


def _notable(name: str, value: object) -> bool:
    return (
        value != () and value != [] and not (name == "egfr" and isinstance(value, int | float) and value >= USUAL_EGFR)
    )


def _short(value: object) -> str:
    return " ".join(str(item) for item in value) if isinstance(value, list | tuple) else str(value)


_DETAIL: Mapping[str, Callable[[Chart], list[str]]] = MappingProxyType(
    {"er_triage": _er, "icu_management": _icu, "pharmacy": _pharmacy}
)


def house_lines(view: View) -> list[str]:
    """Return what a role sees beside its patients: beds, stock, staff, systems, and entries to look at."""
    counts = view.counts
    lines = [_numbers("free beds", {name: free for name, free in view.beds.items() if name != "theatre"})]
    if view.role != "hr_rostering":
        lines.append(_numbers("cover", view.cover))
    lines += _BESIDE.get(view.role, _nothing)(view, counts)
    lines += [f"entry: {_entry(one)}" for one in view.board]
    lines += [f"message from {one['from']}: {_clip(one['text'])}" for one in view.messages]
    return [line for line in lines if line]


def _numbers(title: str, values: Mapping[str, float]) -> str:
    return f"{title}: {', '.join(f'{name} {value:g}' for name, value in values.items())}" if values else ""


def _nothing(view: View, counts: Mapping[str, Any]) -> list[str]:
    return []


def _of_icu(view: View, counts: Mapping[str, Any]) -> list[str]:
    return [f"free ventilators {counts['free_ventilators']}, waiting for theatre {counts['theatre_queue']}"]


def _of_pharmacy(view: View, counts: Mapping[str, Any]) -> list[str]:
    low = {name: left for name, left in counts["stock"].items() if left <= LOW_STOCK}
    coming = ", ".join(sorted(counts["on_the_way"]))
    orders = [
        f"order {one['order']}: {one['patient']} {one['drug']} {one['dose']:g} {one['unit']} {one['route']}"
        for one in view.orders
    ]
    return [
        _numbers("low stock", low),
        f"on the way: {coming}" if coming else "",
        _numbers("blood", counts["blood"]) if any("blood" in one["needs"] for one in view.patients) else "",
        *orders,
    ]


def _of_hr(view: View, counts: Mapping[str, Any]) -> list[str]:
    tally: dict[str, dict[str, int]] = {}
    first: dict[str, str] = {}
    for one in view.people:
        status, role = str(one["status"]), str(one["role"])
        key = f"{role} {one['area']}" if status == "on" and role == "nurse" else role
        tally.setdefault(status, {})
        tally[status][key] = tally[status].get(key, 0) + 1
        if status == "on" and role == "nurse":
            first.setdefault(str(one["area"]), str(one["staff"]))
    long_ = [f"{one['staff']} {one['hours']:g} h" for one in view.people if _long(one)]
    return [
        _numbers("nurses there over nurses needed", view.cover),
        f"waiting for a doctor {counts['waiting_for_doctor']}, waiting for theatre {counts['theatre_queue']}",
        *(_numbers(status, values) for status, values in sorted(tally.items())),
        f"first nurse at {', '.join(f'{area} {name}' for area, name in sorted(first.items()))}" if first else "",
        f"long on duty: {', '.join(long_[:6])}" if long_ else "",
    ]


def _long(one: Mapping[str, Any]) -> bool:
    return one["status"] == "on" and float(one["hours"]) >= LONG_HOURS


def _of_it(view: View, counts: Mapping[str, Any]) -> list[str]:
    return [f"{name}: {', '.join(counts[name]) or 'none'}" for name in ("down", "repairing", "paper")]


def _of_cmo(view: View, counts: Mapping[str, Any]) -> list[str]:
    conflicts = ", ".join(counts["conflicts"])
    blocks = "; ".join(f"{name} {_flat(act)}" for name, act in list(counts["blocks"].items())[-3:])
    return [
        f"waiting {counts['waiting']}, infectious {counts['infectious']}, group O {counts['group_o']}, "
        f"deaths {counts['deaths']}{', diverting' if counts['diverting'] else ''}",
        f"protocols: {', '.join(counts['protocols']) or 'none'}",
        f"conflicts: {conflicts}" if conflicts else "",
        f"blocked: {blocks}" if blocks else "",
    ]


_BESIDE: Mapping[str, Callable[[View, Mapping[str, Any]], list[str]]] = MappingProxyType(
    {
        "icu_management": _of_icu,
        "pharmacy": _of_pharmacy,
        "hr_rostering": _of_hr,
        "it_systems": _of_it,
        "cmo_oversight": _of_cmo,
    }
)


def _entry(entry: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {_clip(_short(value))}" for name, value in entry.items())


def _flat(act: Mapping[str, object]) -> str:
    return " ".join(_clip(str(value)) for value in act.values())


def _clip(text: str) -> str:
    plain = " ".join(harmless(text).split())
    return plain if len(plain) <= LONGEST_TEXT else plain[: LONGEST_TEXT - 3] + "..."


def joined(lines: Iterable[str]) -> str:
    """Return lines as one text."""
    return "\n".join(lines)


__all__ = ["ADULT_YEARS", "VITALS", "house_lines", "joined", "patient_line", "urgent"]
