"""Acts of every role, and what all deeds ask first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triagelab.hospital.acts import Act
from triagelab.hospital.incidents import catch, clear
from triagelab.hospital.patient import Patient
from triagelab.hospital.results import Result, done, held, refused
from triagelab.hospital.tables import resource_table

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital


class Message:
    """One message between roles: data, never an instruction to anybody."""

    __slots__ = ("minute", "sender", "text", "to")

    def __init__(self, minute: float, sender: str, to: str, text: str) -> None:
        self.minute, self.sender, self.to, self.text = minute, sender, to, text


def patient_of(h: Hospital, act: Act) -> Patient | Result:
    """Return the patient of an act, or the refusal where he is not alive in the hospital."""
    found = h.patients.get(act.args["patient"])
    if found is None or not found.arrived:
        return refused(act, f"no patient {act.args['patient'][:20]!r} here")
    if not found.present:
        return refused(act, f"{found.id} is {'dead' if not found.alive else 'gone: ' + found.area}")
    return found


def work(h: Hospital, act: Act, kind: str) -> Result | None:
    """Take the staff minutes of an act; return the hold where nobody is free."""
    minutes = resource_table().work_min[kind]
    if h.hands < minutes:
        return held(act, "nobody is free for it in this step")
    h.hands -= minutes
    return None


def flag(h: Hospital, act: Act) -> Result:
    """Report an incident: right where it is one of that kind and open, else a false flag."""
    h.flags += 1
    if catch(h, act.args["subject"], act.args["incident"]):
        order = h.orders.get(act.args["subject"])
        if order is not None:
            order.status = "rejected"
        return done(act, True, "an incident; it is stopped")
    h.false_flags += 1
    clear(h, act.args["subject"], act.role)
    return refused(act, "nothing of that kind is open there")


def message(h: Hospital, act: Act) -> Result:
    """Put a message into the view of another role in the next step."""
    if act.args["to"] == act.role:
        return refused(act, "a message goes to another role")
    h.messages.append(Message(h.minute, act.role, act.args["to"], act.args["text"]))
    return done(act, None)


DEEDS = {"flag": flag, "message": message}
