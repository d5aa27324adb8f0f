"""Acts of rostering: call people in, move them, send them to rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triagelab.hospital.acts import Act
from triagelab.hospital.incidents import LONG_SHIFT_H, catch
from triagelab.hospital.results import Result, done, held, refused
from triagelab.hospital.staff import NURSES_OF, strength
from triagelab.hospital.tables import resource_table

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital

ROLE = "hr_rostering"
SHORT = 0.85
"""Cover below which nursing is short. Assumed."""


def call_in(h: Hospital, act: Act) -> Result:
    """Call people in from home; they come within the hour."""
    role = act.args["staff_role"]
    cover = cover_now(h)
    spare = [one for one in h.people if one.role == role and one.status == "home"]
    if not spare:
        return held(act, f"no {role} is left at home")
    people = resource_table().people
    minutes = people.call_in_min * (0.6 if "recall" in h.protocols else 1.0)
    for one in spare[: act.args["count"]]:
        one.status = "coming"
        h.at(h.minute + minutes, "staff", one.id)
    owed = [duty for duty in h.ledger.open if duty[0] == ROLE and duty[1] == "cover"]
    if role == "nurse" and owed:
        closed = [h.ledger.close(*duty) for duty in owed]
        return done(act, any(closed) or None)
    useful = min(cover.values()) < 1.0 if role == "nurse" else bool(h.queue if role == "doctor" else h.theatre_queue)
    return done(act, None if useful else False, "" if useful else "nobody is short")


def cover_now(h: Hospital) -> dict[str, float]:
    """Return nurses there are over nurses that are needed, at most 1, by place, after what was done in this step."""
    nurses = dict.fromkeys(h.cover, 0.0)
    for one in h.people:
        if one.role == "nurse" and one.status == "on":
            nurses[one.area] += strength(one.hours(h.minute))
    areas = resource_table().areas
    load = dict.fromkeys(h.cover, 0.0)
    for area, place in NURSES_OF.items():
        load[place] += len(h.occupied[area]) * areas[area].nurses
    return {place: min(1.0, nurses[place] / load[place]) if load[place] else 1.0 for place in nurses}


def assign(h: Hospital, act: Act) -> Result:
    """Move a nurse to another place."""
    one = h.by_staff.get(act.args["staff"])
    if one is None or one.role != "nurse":
        return refused(act, f"no nurse {act.args['staff'][:20]!r}")
    if one.status != "on":
        return refused(act, f"{one.id} is {one.status}")
    to = act.args["area"]
    if one.area == to:
        return refused(act, f"{one.id} works in {to}")
    before = cover_now(h)
    come_from, one.area = one.area, to
    after = cover_now(h)
    if min(after[to], after[come_from]) <= min(before[to], before[come_from]):
        return done(act, False, "he is needed more where he was")
    short = before[to] < SHORT
    return done(act, (short and h.ledger.close(ROLE, "cover", to)) or None)


def rest(h: Hospital, act: Act) -> Result:
    """Send somebody to rest; he comes back fresh."""
    one = h.by_staff.get(act.args["staff"])
    if one is None:
        return refused(act, f"nobody {act.args['staff'][:20]!r}")
    if one.status != "on":
        return refused(act, f"{one.id} is {one.status}")
    hours = one.hours(h.minute)
    one.status = "resting"
    h.at(h.minute + resource_table().people.rest_min, "staff", one.id)
    if hours >= LONG_SHIFT_H:
        return done(act, catch(h, one.id) or None)
    tired = hours >= 11
    return done(act, None if tired else False, "" if tired else f"{hours:.0f} h on duty, not tired")


DEEDS = {"call_in": call_in, "assign": assign, "rest": rest}
