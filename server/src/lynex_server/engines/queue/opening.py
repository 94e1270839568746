"""A URL chooses the queue."""

from pathlib import Path

from lynex_server.engines.queue.protocol import Queue, QueueBounds
from lynex_server.engines.queue.redis import RedisQueue
from lynex_server.engines.queue.sqlite import SqliteQueue
from lynex_server.kernel.clock import Clock


def open_queue(url: str, bounds: QueueBounds, clock: Clock) -> Queue:
    """Open `sqlite:///relative/file`, `sqlite:////absolute/file` (taken literally) or `redis://host:port/db`.

    Raises `ValueError` for another URL, and for a file of another version.
    """
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite" and len(rest) > 1 and rest.startswith("/"):
        return SqliteQueue(Path(rest[1:]), bounds, clock)
    if scheme in ("redis", "rediss"):
        return RedisQueue(url, bounds, clock)
    raise ValueError(f"queue URL must begin with sqlite:/// or redis://, not {scheme}")
