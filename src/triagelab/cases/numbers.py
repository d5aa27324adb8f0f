"""Numbers of a note: vital signs in every usual form, implausible ones kept apart, and other quantities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from triagelab.cases.quantities import quantity
from triagelab.cases.readings import Desk, Reading
from triagelab.cases.scan import Scan
from triagelab.cases.vital_forms import bare, labelled
from triagelab.clinical.vitals import RANGES, VitalSigns

MAX_PAIN_SAID = 1000
"""Above this a "pain score" is a typing error and not a way of saying "worse than ten"."""


@dataclass(slots=True)
class Numbers:
    """Vital signs and quantities of a note.

    Attributes:
        vitals: plausible values now.
        implausible: names of values that were written but cannot be true.
        spans: name -> (start, end) token indexes.
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


def read_numbers(scan: Scan) -> Numbers:
    """Return what the numbers of a note say, labelled or in a form that needs no label."""
    desk = Desk(scan.tokens)
    for event in scan.events:
        if event.role == "label":
            labelled(desk, event.value, event.start, event.end)
    for index in scan.numbers:
        if index not in desk.used:
            bare(desk, index)
    quantities: dict[str, float] = {}
    for index in scan.numbers:
        if index not in desk.used:
            quantity(desk, index, quantities)
    return _choose(desk.found, quantities)


def _choose(found: list[Reading], quantities: Mapping[str, float]) -> Numbers:
    """Keep one reading a vital sign: the first that the note does not call earlier, else the last earlier one."""
    kept: dict[str, Reading] = {}
    implausible: list[str] = []
    home: list[float] = []
    over_scale = False
    for reading in sorted(found, key=lambda item: item.start):
        limits = RANGES[reading.name]
        if not limits.low <= reading.value <= limits.high:
            over_scale |= reading.name == "pain_score" and reading.value <= MAX_PAIN_SAID
            if reading.name not in implausible:
                implausible.append(reading.name)
        elif reading.name == "temp_c" and reading.home:
            home.append(reading.value)
        elif _better(reading, kept.get(reading.name)):
            kept[reading.name] = reading
    vitals = VitalSigns(**{name: reading.value for name, reading in kept.items()})
    spans = {name: (reading.start, reading.end) for name, reading in kept.items()}
    return Numbers(vitals, tuple(implausible), spans, tuple(home), over_scale, quantities)


def _better(reading: Reading, held: Reading | None) -> bool:
    return held is None or held.earlier
