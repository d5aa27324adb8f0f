"""Credentialed cases leave this machine only if the user says so for the run."""

from __future__ import annotations

import pytest

from triagelab.cases.credentialed import is_loopback, refuse_remote
from triagelab.cases.presentation import Presentation
from triagelab.errors import BadInputError

HELD = [Presentation("a", "note"), Presentation("b", "note", credentialed=True)]


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://127.0.0.1:8000/v1",
        "https://127.0.0.1",
        "http://127.8.9.10/",
        "http://[::1]:11434/api",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://localhost:8000",
        "HTTP://LOCALHOST:8000/v1?x=1",
    ],
)
def test_this_machine(endpoint):
    assert is_loopback(endpoint)
    refuse_remote(HELD, endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://api.example.org/v1",
        "http://127.0.0.1.evil.com/",
        "http://localhost.evil.com/",
        "http://evil.com/localhost",
        "http://evil.com/?127.0.0.1",
        "http://localhost@evil.com/",
        "http://127.0.0.1@evil.com",
        "http://127.0.0.1:80@evil.com/",
        "http://user:word@127.0.0.1/",
        "http://evil.com#@127.0.0.1/",
        "http://127.0.0.1#@evil.com/",
        "http://127.0.0.1\\@evil.com/",
        "http://evil.com\\@127.0.0.1/",
        "http:\\\\127.0.0.1/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::1%25eth0]/",
        "http://[::]/",
        "http://[::1].evil.com/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://127.0.0.01/",
        "http://0.0.0.0/",
        "http://0/",
        "http://128.0.0.1/",
        "http://10.0.0.1/",
        "http://localhost./",
        "http://127.0.0.1./",
        "http://local%68ost/",
        "http://lоcalhost/",  # a Cyrillic letter
        "http://①27.0.0.1/",
        "http://127。0。0。1/",
        "http://127.0.0.1 .evil.com/",
        "http://127.0.0.1\n.evil.com/",
        "\thttp://127.0.0.1/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:x/",
        "http://[127.0.0.1]/",
        "http://[::1/",
        "http:///127.0.0.1",
        "http:127.0.0.1",
        "//127.0.0.1/",
        "127.0.0.1:8000",
        "localhost:8000",
        "localhost",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "",
    ],
)
def test_anywhere_else_and_whatever_is_in_doubt(endpoint):
    assert not is_loopback(endpoint)
    with pytest.raises(BadInputError, match=r"1 of 2 cases forbids") as caught:
        refuse_remote(HELD, endpoint)
    assert "\n" not in str(caught.value)
    refuse_remote(HELD, endpoint, allow=True)
    refuse_remote(HELD[:1], endpoint)


def test_only_a_plain_yes_allows():
    with pytest.raises(BadInputError):
        refuse_remote(HELD, "https://api.example.org", allow="yes")


def test_a_password_is_not_repeated():
    with pytest.raises(BadInputError, match=r"https://evil\.com") as caught:
        refuse_remote(HELD, "https://me:secret@evil.com/v1")
    assert "secret" not in str(caught.value)
