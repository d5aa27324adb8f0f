"""Where chat requests go and with which key: from arguments, else from the environment."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from triagelab.cases.credentialed import is_loopback, shown_host
from triagelab.errors import BadInputError

BASE_URL, MODEL, KEYS = "API_BASE_URL", "MODEL_NAME", ("API_KEY", "HF_TOKEN")
"""Environment variables; of the keys the first that is set counts."""
_SHORTEST_SECRET = 6
_LONGEST_MESSAGE = 300


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An OpenAI-compatible endpoint. The key is in no representation, and `hide` takes it out of any text.

    Missing: `key` None is sent as a placeholder; only endpoints on this machine may go without.

    Attributes:
        base_url: up to and with `/v1`, without a slash at the end.
    """

    base_url: str
    model: str
    key: str | None = field(default=None, repr=False, compare=False)

    @property
    def loopback(self) -> bool:
        """Whether it is certain that requests stay on this machine."""
        return is_loopback(self.base_url)

    def hide(self, text: str) -> str:
        """Return the text without the key, escaped or not: a server may echo what it was sent."""
        if self.key is None or len(self.key) < _SHORTEST_SECRET:
            return text
        for form in _written(self.key):
            text = text.replace(form, "[key]")
        return text

    def message(self, text: object) -> str:
        """Return what a server or a library says as one short printable line without the key."""
        line = " ".join(self.hide(str(text)).split())
        shown = "".join(char if char.isprintable() else "?" for char in line)
        return shown if len(shown) <= _LONGEST_MESSAGE else shown[: _LONGEST_MESSAGE - 3] + "..."


def find_endpoint(
    base_url: str | None = None,
    model: str | None = None,
    api_key: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Endpoint:
    """Return the endpoint that the arguments name, and the environment where an argument is None.

    A key is needed beyond this machine only; HF_TOKEN is not sent to endpoints on this machine.

    Raises: BadInputError naming the flag and the variable that are missing, or what is wrong with the URL.
    """
    variables = os.environ if environ is None else environ
    url = _checked_url(_first(base_url, variables.get(BASE_URL)))
    name = _first(model, variables.get(MODEL))
    if name is None:
        raise BadInputError("--model", model, "the name of a model that the endpoint serves", f"or set {MODEL}")
    if is_loopback(url):
        return Endpoint(url, name, _checked_key(_first(api_key, variables.get(KEYS[0]))))
    key = _checked_key(_first(api_key, *(variables.get(one) for one in KEYS)))
    if key is None:
        hint = f"set {KEYS[0]} or {KEYS[1]}; there is no flag, since command lines are seen by others"
        raise BadInputError("key", None, f"a key for {shown_host(url)}", hint)
    return Endpoint(url, name, key)


def _first(*given: str | None) -> str | None:
    return next((value.strip() for value in given if value is not None and value.strip()), None)


def _checked_url(url: str | None) -> str:
    allowed = "an http or https URL such as http://127.0.0.1:8000/v1"
    if url is None:
        raise BadInputError("--base-url", None, allowed, f"or set {BASE_URL}")
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
        parts = urlsplit("")
    if not whole or any(char <= " " for char in url) or not url.isascii():
        raise BadInputError("--base-url", shown_host(url), allowed)
    if "@" in parts.netloc or parts.query or parts.fragment:
        hint = f"a key belongs into {KEYS[0]}: URLs are written into results"
        raise BadInputError("--base-url", shown_host(url), "a URL without user name, query and fragment", hint)
    return url.rstrip("/")


def _checked_key(key: str | None) -> str | None:
    # The value is not shown: it may be a key with a typing slip.
    if key is not None and not (key.isascii() and key.isprintable() and " " not in key):
        raise BadInputError("key", "(hidden)", "printable ASCII characters without spaces", f"see {KEYS[0]}")
    return key


def _written(key: str) -> list[str]:
    """Return the key as it may stand in JSON, Python, a URL or a page, the longest form first."""
    in_json = json.dumps(key)[1:-1]
    forms = {key, repr(key)[1:-1], html.escape(key), quote(key), quote(key, safe="")}
    forms |= {in_json, json.dumps(in_json)[1:-1], in_json.replace("/", "\\/")}
    return sorted(forms, key=len, reverse=True)
