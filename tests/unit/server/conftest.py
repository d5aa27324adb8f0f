"""One server for all tests of a module that need nothing special."""

from collections.abc import Iterator

import pytest

from server_samples import running


@pytest.fixture(scope="session")
def base() -> Iterator[str]:
    with running(max_sessions=80) as url:
        yield url
