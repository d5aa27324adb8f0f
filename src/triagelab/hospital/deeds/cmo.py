"""Acts of the chief medical officer: protocols, diversion, overriding a block, settling a conflict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triagelab.hospital import deeds
from triagelab.hospital.acts import Act
from triagelab.hospital.constitution import judge
from triagelab.hospital.orders import PENDING, REJECTED
from triagelab.hospital.results import BLOCKED, DONE, Result, done, held, refused

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital

ROLE = "cmo_oversight"


def protocol(h: Hospital, act: Act) -> Result:
    """Put a protocol into force."""
    name = act.args["name"]
    if name in h.protocols:
        return refused(act, f"{name} is in force")
    h.protocols[name] = h.minute
    if name == "massive_transfusion":
        h.at(h.minute + 30.0, "blood", name)
    owed = h.ledger.close(ROLE, "protocol", name)
    return done(act, bool(owed), "" if owed else "nothing calls for it")


def divert(h: Hospital, act: Act) -> Result:
    """Send ambulances elsewhere, or take them again. Whoever walks in and whoever is dying is always taken."""
    if h.diverting == act.args["on"]:
        return refused(act, "that is so already")
    h.diverting = act.args["on"]
    full = h.free("bay") < 2
    right = None if full == h.diverting else False
    return done(act, right, "" if right is None else "beds say otherwise")


def override(h: Hospital, act: Act) -> Result:
    """Let an act go through that a safety rule blocked, with a reason. The other rules go on holding."""
    block = h.blocks.get(act.args["blocked"])
    if block is None:
        return refused(act, f"no block {act.args['blocked'][:20]!r} is open")
    if not block.can_override:
        return refused(act, f"{block.rule} is not to be overridden")
    del h.blocks[block.id]
    _reopen(h, block.act)
    found = judge(h, block.act, lifted=block.rule) or _do(h, block.act)
    return _answer(h, act, found, "review", block.id)


def resolve(h: Hospital, act: Act) -> Result:
    """Settle a conflict: `keep` names the role, or the act, that is to have its way."""
    conflict = h.conflicts.get(act.args["conflict"])
    if conflict is None:
        return refused(act, f"no conflict {act.args['conflict'][:20]!r} is open")
    won, lost, keep = conflict.won, conflict.lost, act.args["keep"]
    names = {lost.kind, lost.role} - {won.kind, won.role}
    if keep in names:
        del h.conflicts[conflict.id]
        _reopen(h, lost)
        found = judge(h, lost) or _settle(h, lost)
        return _answer(h, act, found, "resolve", conflict.id)
    if keep not in (won.kind, won.role):
        return refused(act, f"keep: one of {', '.join(sorted(names | {won.kind}))}")
    del h.conflicts[conflict.id]
    h.ledger.lapse(ROLE, "resolve", conflict.id)
    return done(act, False if conflict.review else None, "it stands")


def _answer(h: Hospital, act: Act, found: Result, what: str, about: str) -> Result:
    """Return what became of the CMO's act from what became of the act that he let through."""
    words = f"{found.act.kind}: {found.status}{', ' + found.reason if found.reason else ''}"
    if found.right is False and found.status in (DONE, BLOCKED):
        h.ledger.lapse(ROLE, what, about)
        return Result(act, found.status, words, False)
    if found.status != DONE:
        h.ledger.drop(ROLE, what, about)
        return held(act, words)
    return done(act, h.ledger.close(ROLE, what, about) or None, words)


def _reopen(h: Hospital, act: Act) -> None:
    """Have an order wait again that was stopped."""
    order = h.orders.get(act.args.get("order", ""))
    if order is not None and order.status == REJECTED:
        order.status = PENDING


def _do(h: Hospital, act: Act) -> Result:
    return deeds.DEEDS[act.role, act.kind](h, act)


def _settle(h: Hospital, act: Act) -> Result:
    """Do the act that lost; a place is given whoever decides over the one where the patient lies now."""
    patient = h.here.get(act.args.get("patient", ""))
    if act.kind == "place" and patient is not None and patient.area in ("icu", "ward") and h.free(act.args["area"]) > 0:
        h.move(patient, act.args["area"])
        return done(act, None)
    return _do(h, act)


DEEDS = {"protocol": protocol, "divert": divert, "override": override, "resolve": resolve}
