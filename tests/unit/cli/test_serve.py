"""`triagelab serve`: one line when it listens, one when it cannot, and a graceful end."""

import builtins
import os
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest
import uvicorn

from triagelab.cli.main import run
from triagelab.errors import BadInputError
from triagelab.server.launch import is_loopback, listen


def test_it_serves_until_ctrl_c_and_ends_with_code_0():
    command = [sys.executable, "-m", "triagelab.cli.main", "serve", "--port", "0", "--env", "esi-v1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line.startswith("serving http://127.0.0.1:")
        assert "esi-v1 at /esi" in line
        with urllib.request.urlopen(line.split()[1] + "/health", timeout=10) as reply:
            assert reply.status == 200
        os.kill(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert out == ""
    assert err == "stopped\n"


def test_a_port_that_is_taken_is_one_line_and_code_2(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code = run(["serve", "--port", str(taken.getsockname()[1]), "--env", "esi-v1"])
    assert code == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "listens there already" in told


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--env", "esi-v2"], "esi-v1"),
        (["--max-sessions", "0"], "max sessions"),
        (["--session-timeout", "-1"], "session timeout"),
        (["--session-timeout", "nan"], "session timeout"),
        (["--port", "70000", "--env", "esi-v1"], "65535"),
        (["--host", "no host", "--port", "0", "--env", "esi-v1"], "host"),
        (["--host", "192.0.2.1", "--port", "0", "--env", "esi-v1"], "address of this machine"),
    ],
)
def test_bad_options_are_one_line_and_code_2(arguments, named, capsys):
    assert run(["serve", *arguments]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert named in told


def test_without_openenv_it_says_which_extra_brings_it(monkeypatch, capsys):
    real = builtins.__import__

    def missing(name, *rest, **more):
        if name.split(".")[0] == "openenv":
            raise ImportError(name)
        return real(name, *rest, **more)

    for name in [name for name in sys.modules if name.startswith(("triagelab.envs.openenv", "triagelab.server"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", missing)
    assert run(["serve", "--port", "0"]) == 2
    assert "triagelab[openenv]" in capsys.readouterr().err


def test_only_loopback_goes_without_a_warning():
    assert [is_loopback(host) for host in ("127.0.0.1", "localhost", "::1", "127.9.9.9")] == [True] * 4
    assert [is_loopback(host) for host in ("0.0.0.0", "192.168.1.4", "::", "localhost.evil.org")] == [False] * 4


def test_others_are_warned_of(monkeypatch, capsys):
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, sockets: None)
    assert run(["serve", "--host", "0.0.0.0", "--port", "0", "--env", "esi-v1"]) == 0
    warned, told, ended = capsys.readouterr().err.splitlines()
    assert ended == "stopped"
    assert warned.startswith("warning: 0.0.0.0")
    assert told.startswith("serving ")


def test_a_port_is_listened_on_once():
    with listen("127.0.0.1", 0) as first, pytest.raises(BadInputError):
        listen("127.0.0.1", first.getsockname()[1])
