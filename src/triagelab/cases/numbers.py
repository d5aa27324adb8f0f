"""Numbers of a note: vital signs in every usual form, implausible ones kept apart, and other quantities.

Of several readings of one sign the last one counts that the note does not call earlier, usual, a goal or taken
elsewhere ("80/40 -> 112/70 after 1 L": 112/70). A saturation on room air is not replaced by one on oxygen unless the
note says that the later one is now: what a patient has unaided is what triage asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from triagelab.cases.moments import EARLIER, ELSEWHERE, NOW, RANK, USUAL
from triagelab.cases.number_words import View, spoken_view
from triagelab.cases.quantities import quantity
from triagelab.cases.readings import Desk, Reading
from triagelab.cases.scan import Scan
from triagelab.cases.tokens import Tokens, wordset
from triagelab.cases.vital_bare import bare, gcs_letters
from triagelab.cases.vital_forms import labelled
from triagelab.cases.vital_rows import row_after, rows
from triagelab.clinical.vitals import RANGES, VitalSigns

MAX_PAIN_SAID = 1000
"""Above this a "pain score" is a typing error and not a way of saying "worse than ten"."""
_USUAL = wordset("baseline usual norm normally")
_AIR = wordset("ra room air")
_AIDED = wordset("l lpm liter nc nrb cannula oxygen mask bipap cpap bvm nonrebreather rebreather")


@dataclass(slots=True)
class Numbers:
    """Vital signs and quantities of a note.

    Attributes:
        vitals: plausible values now.
        implausible: names of values that were written but cannot be true.
        spans: name -> (start, end) token indexes of the note.
        home_temps_c: temperatures measured before arrival; they say "fever reported", not the temperature now.
        pain_over_scale: pain rated above the scale ("20/10").
        quantities: other numbers by name (`quantities.NAMES`).
    """

    vitals: VitalSigns
    implausible: tuple[str, ...]
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    home_temps_c: tuple[float, ...] = ()
    pain_over_scale: bool = False
    quantities: Mapping[str, float] = field(default_factory=dict)


def read_numbers(scan: Scan, view: View | None = None) -> Numbers:
    """Return what the numbers of a note say, labelled or in a form that needs no label.

    Args:
        view: the note with spoken numbers merged, where the caller has it already.
    """
    view = spoken_view(scan.tokens) if view is None else view
    desk = Desk(view.tokens)
    numbers = list(desk.values)
    if not numbers:
        return Numbers(VitalSigns(), ())
    labels = sorted(event for event in (*scan.events, *scan.inner) if event.role == "label")
    desk.labels = frozenset(view.place(event.start) for event in labels)
    for event in labels:
        start, end = view.place(event.start), view.place(event.end)
        desk.used.update(place for place in range(start, end) if desk.number(place) is not None)
        if event.value == "vs_row":
            row_after(desk, end)
        else:
            labelled(desk, event.value, start, end)
    rows(desk, numbers)
    for index in numbers:
        if index not in desk.used:
            gcs_letters(desk, index)
        if index not in desk.used:
            bare(desk, index)
    quantities: dict[str, float] = {}
    for index in numbers:
        if index not in desk.used:
            quantity(desk, index, quantities)
    return _choose(desk, view, quantities)


def _choose(desk: Desk, view: View, quantities: dict[str, float]) -> Numbers:
    """Keep one reading a vital sign, and set aside what cannot be true or was not taken here."""
    implausible: list[str] = []
    home: list[float] = []
    over_scale = False
    pools: dict[str, list[Reading]] = {}
    for reading in sorted(desk.found, key=lambda item: item.start):
        limits = RANGES[reading.name]
        if reading.wrong or not limits.low <= reading.value <= limits.high:
            over_scale |= reading.name == "pain_score" and reading.value <= MAX_PAIN_SAID
            if reading.name not in implausible:
                implausible.append(reading.name)
        elif reading.moment == ELSEWHERE:
            home.extend([reading.value] if reading.name == "temp_c" else [])
        elif reading.moment != USUAL:
            pools.setdefault(reading.name, []).append(reading)
            if reading.name == "spo2_pct" and _called_usual(desk, reading.end):
                quantities["baseline_spo2_pct"] = reading.value
        elif reading.name == "spo2_pct":
            quantities.setdefault("baseline_spo2_pct", reading.value)
    home.extend(_drop_told(pools))
    kept = {name: _best(pool, desk.tokens) for name, pool in pools.items()}
    _pair(kept, pools)
    vitals = VitalSigns(**{name: reading.value for name, reading in kept.items()})
    spans = {name: view.span(reading.start, reading.end) for name, reading in kept.items()}
    return Numbers(vitals, tuple(implausible), spans, tuple(home), over_scale, quantities)


def _called_usual(desk: Desk, end: int) -> bool:
    """Return whether the words behind a saturation say that it is the usual one ("88 %, which is her baseline")."""
    for place in range(end, end + 7):
        word = desk.word(place)
        if word in (".", "\n", ""):
            return False
        if word in _USUAL:
            return desk.number(place + 1) is None and desk.number(place + 2) is None
    return False


def _drop_told(pools: dict[str, list[Reading]]) -> list[float]:
    """Take reported fevers out where a measured temperature stands beside them; return their values."""
    pool = pools.get("temp_c", [])
    told = [reading for reading in pool if reading.told]
    if not told or len(told) == len(pool):
        return []
    pools["temp_c"] = [reading for reading in pool if not reading.told]
    return [reading.value for reading in told]


def _best(pool: list[Reading], tokens: Tokens) -> Reading:
    best = pool[0]
    for reading in pool[1:]:
        held, new = (RANK[best.moment], best.labelled), (RANK[reading.moment], reading.labelled)
        if new < held:
            continue
        if new == held and best.moment not in (NOW, EARLIER) and _on_oxygen_after_air(best, reading, tokens):
            continue
        best = reading
    return best


def _on_oxygen_after_air(first: Reading, second: Reading, tokens: Tokens) -> bool:
    """Return whether two saturations are one on room air and one with oxygen, with nothing that says which is now."""
    if first.name != "spo2_pct":
        return False
    near, later = tokens.words[first.start : first.end + 4], tokens.words[second.start : second.end + 5]
    return not _AIR.isdisjoint(near) and not _AIDED.isdisjoint(later) and _AIR.isdisjoint(later[:3])


def _pair(kept: dict[str, Reading], pools: Mapping[str, list[Reading]]) -> None:
    """Let the diastolic pressure come from the same pair as the systolic one."""
    upper = kept.get("sbp_mmhg")
    if upper is None or "dbp_mmhg" not in kept:
        return
    starts = {reading.start for reading in pools["sbp_mmhg"]}
    same = [reading for reading in pools["dbp_mmhg"] if reading.start == upper.start]
    alone = [reading for reading in pools["dbp_mmhg"] if reading.start not in starts]
    if same or alone:
        kept["dbp_mmhg"] = (same or alone)[-1]
    else:
        del kept["dbp_mmhg"]
