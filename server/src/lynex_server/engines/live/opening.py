"""A URL chooses the bus for live news."""

from lynex_server.engines.live.memory import MemoryLive
from lynex_server.engines.live.protocol import Live
from lynex_server.engines.live.redis import RedisLive


def open_live(url: str) -> Live:
    """Open `memory:` (this process alone) or `redis://host:port/db`. Raises `ValueError` for another URL."""
    scheme = url.partition(":")[0]
    if url == "memory:":
        return MemoryLive()
    if scheme in ("redis", "rediss"):
        return RedisLive(url)
    raise ValueError(f"live URL must be memory: or begin with redis://, not {scheme}")
