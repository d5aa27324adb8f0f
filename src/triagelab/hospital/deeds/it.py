"""Acts of IT: restore a system, go over to paper, correct a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triagelab.hospital.acts import Act
from triagelab.hospital.incidents import catch, clear
from triagelab.hospital.results import Result, done, refused
from triagelab.hospital.tables import resource_table

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital


def restore(h: Hospital, act: Act) -> Result:
    """Begin to repair a system."""
    name = act.args["system"]
    if h.systems[name] is None:
        return refused(act, f"{name} is up")
    if name in h.repairing:
        return refused(act, f"{name} is being repaired")
    h.repairing |= {name}
    h.at(h.minute + resource_table().times.restore_min, "restored", name)
    return done(act, h.ledger.close("it_systems", "restore", name) or None)


def paper(h: Hospital, act: Act) -> Result:
    """Go over to paper until a system works again."""
    name = act.args["system"]
    if h.systems[name] is None:
        return refused(act, f"{name} is up")
    if name in h.paper:
        return refused(act, f"{name} is on paper")
    if name == "ventilators":
        return refused(act, "there is no paper for ventilators")
    h.paper |= {name}
    return done(act, None)


def correct(h: Hospital, act: Act) -> Result:
    """Correct a record that differs from the wristband."""
    if catch(h, act.args["record"], "missing_allergy") or catch(h, act.args["record"], "record_mismatch"):
        return done(act, True)
    found = h.incidents.get(act.args["record"])
    if found is not None and found.shown_to("it_systems"):
        clear(h, found.subject, "it_systems")
        h.flags += 1
        h.false_flags += 1
        return done(act, False, "the record was in order")
    return refused(act, f"no record {act.args['record'][:20]!r} is open")


DEEDS = {"restore": restore, "paper": paper, "correct": correct}
