"""Acts of the chief medical officer: protocols, diversion, overriding a block, settling a conflict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triagelab.hospital.acts import Act
from triagelab.hospital.results import Result, done, refused

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital


def protocol(h: Hospital, act: Act) -> Result:
    """Put a protocol into force."""
    name = act.args["name"]
    if name in h.protocols:
        return refused(act, f"{name} is in force")
    h.protocols[name] = h.minute
    if name == "massive_transfusion":
        h.at(h.minute + 30.0, "blood", name)
    owed = h.ledger.close("cmo_oversight", "protocol", name)
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
    """Let an act go through that a safety rule blocked, with a reason."""
    return refused(act, f"no block {act.args['blocked'][:20]!r} can be overridden")


def resolve(h: Hospital, act: Act) -> Result:
    """Settle a conflict for the act that lost; `keep` names its role."""
    found = h.conflicts.get(act.args["conflict"])
    if found is None:
        return refused(act, f"no conflict {act.args['conflict'][:20]!r}")
    return refused(act, "the more protective act stands")


DEEDS = {"protocol": protocol, "divert": divert, "override": override, "resolve": resolve}
