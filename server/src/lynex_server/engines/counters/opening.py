"""A URL chooses where the counters are."""

from lynex_server.engines.counters.protocol import Counters
from lynex_server.engines.counters.redis import RedisCounters
from lynex_server.engines.counters.sqlite import SqliteCounters


def open_counters(url: str) -> Counters:
    """Open `sqlite:///file` or `redis://host:port/db`. Raises `ValueError` for another URL."""
    scheme, _, rest = url.partition(":")
    if scheme == "sqlite" and rest.startswith("///") and len(rest) > len("///"):
        return SqliteCounters(rest.removeprefix("///"))
    if scheme in ("redis", "rediss"):
        return RedisCounters(url)
    raise ValueError(f"counters URL must begin with sqlite:/// or redis://, not {scheme}")
