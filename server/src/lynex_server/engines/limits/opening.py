"""A URL chooses where the token buckets are."""

from lynex_server.engines.limits.memory import MemoryLimiter
from lynex_server.engines.limits.protocol import Limiter
from lynex_server.engines.limits.redis import RedisLimiter, WhenUnreachable


def open_limiter(url: str, when_unreachable: WhenUnreachable = "allow") -> Limiter:
    """Open `memory:` (this process alone) or `redis://host:port/db`. Raises `ValueError` for another URL.

    `when_unreachable` says what to do while Redis is away.
    """
    scheme = url.partition(":")[0]
    if url == "memory:":
        return MemoryLimiter()
    if scheme in ("redis", "rediss"):
        return RedisLimiter(url, when_unreachable)
    raise ValueError(f"limits URL must be memory: or begin with redis://, not {scheme}")
