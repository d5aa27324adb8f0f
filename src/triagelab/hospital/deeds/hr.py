"""Acts of rostering: call people in, move them, send them to rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triagelab.hospital.acts import Act
from triagelab.hospital.incidents import LONG_SHIFT_H, catch
from triagelab.hospital.results import Result, done, held, refused
from triagelab.hospital.tables import resource_table

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital


def call_in(h: Hospital, act: Act) -> Result:
    """Call people in from home; they come within the hour."""
    role = act.args["staff_role"]
    spare = [one for one in h.people if one.role == role and one.status == "home"]
    if not spare:
        return held(act, f"no {role} is left at home")
    people = resource_table().people
    minutes = people.call_in_min * (0.6 if "recall" in h.protocols else 1.0)
    for one in spare[: act.args["count"]]:
        one.status = "coming"
        h.at(h.minute + minutes, "staff", one.id)
    owed = [duty for duty in h.ledger.open if duty[0] == "hr_rostering" and duty[1] == "cover"]
    if role == "nurse" and owed:
        for duty in owed:
            h.ledger.close(*duty)
        return done(act, True)
    useful = bool(h.theatre_queue) or bool(h.queue) or min(h.cover.values()) < 1.0
    return done(act, None if useful else False, "" if useful else "nobody is short")


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
    better = h.cover[to] < h.cover[one.area]
    one.area = to
    if better and h.cover[to] < 0.85:
        h.ledger.close("hr_rostering", "cover", to)
        return done(act, True)
    return done(act, None if better else False, "" if better else "he is needed more where he was")


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
