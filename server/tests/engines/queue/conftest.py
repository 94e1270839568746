"""Every contract test runs once per queue; Redis is a real one."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clocks import FixedClock

from lynex_server.engines.queue.opening import open_queue
from lynex_server.engines.queue.protocol import Queue, QueueBounds

OpenQueue = Callable[..., Queue]


@pytest.fixture(params=["sqlite", "redis"])
def queue_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty queue."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'queue.db'}"
    url: str = request.getfixturevalue("redis_url")
    return url


@pytest.fixture
def clock() -> FixedClock:
    """What every queue of the test reads the time from."""
    return FixedClock()


@pytest.fixture
def open_again(queue_url: str, clock: FixedClock) -> Iterator[OpenQueue]:
    """Opens the queue with the bounds given by keyword, as often as asked; all are closed at the end."""
    opened: list[Queue] = []

    def open_it(**bounds: float) -> Queue:
        opened.append(open_queue(queue_url, QueueBounds(**bounds), clock))
        return opened[-1]

    yield open_it
    for queue in opened:
        queue.close()


@pytest.fixture
def queue(open_again: OpenQueue) -> Queue:
    """An open, empty queue."""
    return open_again()
