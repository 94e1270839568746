"""A URL chooses where the cache is."""

from lynex_server.engines.cache.protocol import Cache, CacheBounds
from lynex_server.engines.cache.redis import RedisCache
from lynex_server.engines.cache.sqlite import SqliteCache
from lynex_server.kernel.clock import Clock


def open_cache(url: str, bounds: CacheBounds, clock: Clock) -> Cache:
    """Open `sqlite:///file` or `redis://host:port/db`. Raises `ValueError` for another URL."""
    scheme, _, rest = url.partition(":")
    if scheme == "sqlite" and rest.startswith("///") and len(rest) > len("///"):
        return SqliteCache(rest.removeprefix("///"), bounds, clock)
    if scheme in ("redis", "rediss"):
        return RedisCache(url, bounds)
    raise ValueError(f"cache URL must begin with sqlite:/// or redis://, not {scheme}")
