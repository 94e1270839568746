"""A cache in Redis: for any number of processes on any number of machines.

When Redis is away, callers are not made to wait: for `PAUSE_S` after a failure nothing is found and nothing
is kept, before Redis is asked again. That is logged once per outage.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry

from lynex_server.engines.cache.protocol import UNKNOWN_EPOCH, CacheBounds, Member, News, Put
from lynex_server.engines.cache.redis_scripts import DROP, NAMESPACE, PUT, SINCE
from lynex_server.kernel.errors import Busy

ANSWER_TIMEOUT_S = 0.5
PAUSE_S = 1.0
EXPIRED_AT_ONCE = 100
"""Most entries that one put forgets because their time is over; the next one forgets the rest."""
DROPPED_AT_ONCE = 1000
"""Most entries that one step of a drop removes, so that Redis answers others in between."""

_log = structlog.get_logger(__name__)


class RedisCache:
    """See `protocol.Cache` for the promises."""

    def __init__(self, url: str, bounds: CacheBounds) -> None:
        """Use the database at `url` (`redis://` or `rediss://`); connects at the first call."""
        self._bounds = bounds
        self._redis = redis.Redis.from_url(
            url,
            socket_connect_timeout=ANSWER_TIMEOUT_S,
            socket_timeout=ANSWER_TIMEOUT_S,
            retry=Retry(NoBackoff(), 1),  # once more covers a connection that Redis had closed
        )
        self._put, self._since, self._drop = (
            self._redis.register_script(source) for source in (PUT, SINCE, DROP)
        )
        self._asked_again_at_s = 0.0

    def get(self, namespace: str, key: str) -> bytes | None:
        """As promised by the protocol."""
        # redis-py types the answers of its two clients together; this one does not await.
        found: Any = None
        with self._harmlessly() as is_there:
            if is_there:
                found = self._redis.get(f"{NAMESPACE}v:{namespace}\0{key}")
        return found if isinstance(found, bytes) else None

    def put(self, namespace: str, puts: Sequence[Put]) -> None:
        """As promised by the protocol."""
        arguments: list[str | bytes | int] = [
            NAMESPACE, namespace, self._bounds.max_entries, self._bounds.max_bytes, EXPIRED_AT_ONCE,
        ]  # fmt: skip
        for each in puts:
            ttl_ms = max(int(each.ttl_s * 1000), 1)
            arguments += (each.key, each.value, each.size_bytes(namespace), ttl_ms, each.group)
        with self._harmlessly() as is_there:
            if is_there:
                self._put(args=arguments)

    def since(self, namespace: str, group: str, place: int, count: int) -> News:
        """As promised by the protocol."""
        found: Any = None
        with self._harmlessly() as is_there:
            if is_there:
                found = self._since(args=[NAMESPACE, namespace, group, place, count])
        if found is None:
            return News(UNKNOWN_EPOCH, ())
        members = zip(found[1::3], found[2::3], found[3::3], strict=True)
        return News(int(found[0]), [Member(int(at), key.decode(), value) for at, key, value in members])

    def drop(self, namespace: str) -> None:
        """As promised by the protocol."""
        with _unreachable_as_busy():
            while int(self._drop(args=[NAMESPACE, namespace, DROPPED_AT_ONCE])):
                pass

    def count(self, namespace: str) -> int:
        """As promised by the protocol."""
        with _unreachable_as_busy():
            found: Any = self._redis.zcard(f"{NAMESPACE}n:{namespace}")
        return int(found)

    def close(self) -> None:
        """As promised by the protocol."""
        self._redis.close()

    @contextmanager
    def _harmlessly(self) -> Iterator[bool]:
        """Says whether Redis may be asked, and takes what it fails with."""
        if time.monotonic() < self._asked_again_at_s:
            yield False
            return
        try:
            yield True
            self._asked_again_at_s = 0.0
        except (redis.RedisError, OSError) as error:
            if self._asked_again_at_s == 0.0:
                _log.warning("cache.redis_unreachable", reason=str(error))
            self._asked_again_at_s = time.monotonic() + PAUSE_S


@contextmanager
def _unreachable_as_busy() -> Iterator[None]:
    try:
        yield
    except (redis.RedisError, OSError) as error:
        raise Busy("the Redis of the cache cannot be reached") from error
