"""Cases whose source forbids sending them to a third party, and the check before anything leaves this machine."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from typing import Protocol
from urllib.parse import urlsplit

from triagelab.errors import BadInputError

# the whole authority, so that nothing can stand before or behind the host
_AUTHORITY = re.compile(r"(?:(?P<name>localhost)|(?P<four>[0-9.]{7,15})|\[(?P<six>[0-9a-f:]{2,39})\])(?::[0-9]{1,5})?")
_LOOPBACK_6 = ipaddress.IPv6Address("::1")


class Shown(Protocol):
    """What may be shown of a case, whatever its task."""

    @property
    def credentialed(self) -> bool: ...


def refuse_remote(presentations: Sequence[Shown], endpoint: str, allow: bool = False) -> None:
    """Refuse to send credentialed cases to an endpoint that is not on this machine.

    An agent that calls an endpoint calls this with every batch, before it builds a request, with the URL that it will
    really connect to; it must not follow redirects or use a proxy to a loopback endpoint. `allow` is the user's word
    for this run only, never a default or a saved setting.

    Raises: BadInputError with the number of such cases and what to do.
    """
    held = sum(presentation.credentialed for presentation in presentations)
    if held and allow is not True and not is_loopback(endpoint):
        raise BadInputError(
            "endpoint",
            shown_host(endpoint),
            "an endpoint on this machine (http://127.0.0.1, http://[::1] or http://localhost)",
            f"the source of {held} of {len(presentations)} cases forbids sending them to a third party; "
            "if its terms allow this endpoint, say so for this run",
        )


def is_loopback(endpoint: str) -> bool:
    """Return whether a URL certainly points at this machine; whatever URL parsers could disagree about does not.

    Only http and https, and only the host itself counts: localhost, a dotted address in 127.0.0.0/8, or ::1. Names that
    merely begin so, user names, other spellings of an address (decimal, hexadecimal, octal, short, mapped) do not.
    """
    if not endpoint.isascii() or any(char <= " " or char in "@\\#%\x7f" for char in endpoint):
        return False
    try:
        parts = urlsplit(endpoint)
        found = _AUTHORITY.fullmatch(parts.netloc.lower()) if parts.port != 0 else None
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or found is None:
        return False
    return bool(found["name"]) or _is_loopback_address(found["four"] or found["six"])


def _is_loopback_address(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address == _LOOPBACK_6 if isinstance(address, ipaddress.IPv6Address) else address.is_loopback


def shown_host(endpoint: str) -> str:
    """Return scheme and host of an endpoint for a message: what stands before an @ may be a password."""
    try:
        parts = urlsplit(endpoint)
        return f"{parts.scheme}://{parts.hostname}" if parts.hostname else "(no host)"
    except ValueError:
        return "(not a URL)"
