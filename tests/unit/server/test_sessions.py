"""The table of sessions: limit, duplicates, idle time by a clock of our own, closed environments."""

import pytest

from triagelab.envs.base import EpisodeError
from triagelab.envs.registry import REGISTRY
from triagelab.errors import BadInputError
from triagelab.server.sessions import CapacityError, DuplicateEpisodeError, NoEpisodeError, Sessions

KIND = REGISTRY["esi-v1"].load()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_idle_sessions_are_closed_and_told_and_used_ones_stay():
    clock, told = Clock(), []
    table = Sessions(5, 10.0, clock)
    idle, used = (table.open(KIND, "/esi", "websocket") for _ in range(2))
    idle.on_reap = lambda: told.append("idle")
    used.on_reap = lambda: told.append("used")
    clock.now = 8.0
    used.touched = clock()
    clock.now = 11.0
    assert table.reap() == 1
    assert told == ["idle"]
    assert len(table) == 1
    with pytest.raises(EpisodeError, match="closed"):
        idle.environment.reset()
    assert used.environment.reset().done is False


def test_finding_an_episode_keeps_it_alive():
    clock = Clock()
    table = Sessions(5, 10.0, clock)
    table.open(KIND, "/esi", "http", "a")
    for clock.now in (8.0, 16.0, 24.0):
        table.find("/esi", "a")
        assert table.reap() == 0
    clock.now = 35.0
    assert table.reap() == 1
    with pytest.raises(NoEpisodeError):
        table.find("/esi", "a")


def test_a_key_is_taken_once_a_mount_and_not_found_from_another_channel():
    table = Sessions(5, 10.0)
    held = table.open(KIND, "/esi", "http", "a")
    with pytest.raises(DuplicateEpisodeError):
        table.open(KIND, "/esi", "http", "a")
    table.open(KIND, "/bedside", "http", "a")
    socket = table.open(KIND, "/esi", "websocket")
    with pytest.raises(NoEpisodeError):
        table.find("/esi", socket.key)
    assert table.find("/esi", "a") is held


def test_ending_an_old_session_does_not_end_the_one_that_took_its_place():
    table = Sessions(5, 10.0)
    old = table.open(KIND, "/esi", "http", "a")
    table.close(old)
    new = table.open(KIND, "/esi", "http", "a")
    table.close(old)
    assert table.find("/esi", "a") is new
    assert new.environment.closed is False


def test_only_ended_http_episodes_give_way_and_the_oldest_first():
    clock = Clock()
    table = Sessions(3, 1_000.0, clock)
    for number, name in enumerate("ab"):
        clock.now = float(number)
        session = table.open(KIND, "/esi", "http", name)
        session.environment.reset(seed=1)
        session.environment.step({"text": ""})
    table.open(KIND, "/esi", "websocket")
    table.open(KIND, "/esi", "http", "c")
    assert table.find("/esi", "b")
    with pytest.raises(NoEpisodeError):
        table.find("/esi", "a")
    table.open(KIND, "/esi", "http", "d")
    with pytest.raises(CapacityError, match="3"):
        table.open(KIND, "/esi", "http", "e")
    table.close_all()
    assert len(table) == 0


@pytest.mark.parametrize(("limit", "timeout"), [(0, 1.0), (True, 1.0), (1, 0.0), (1, float("nan")), (1, float("inf"))])
def test_limits_that_make_no_sense_are_refused(limit, timeout):
    with pytest.raises(BadInputError):
        Sessions(limit, timeout)
