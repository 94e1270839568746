"""Live news between processes, over Redis publish/subscribe.

Two threads talk to Redis, so that neither publishers nor event loops ever wait for it: one sends what was
published, the other (`redis_ear.py`) hears the channels that somebody in this process listens to.
"""

import asyncio
import threading
from collections import deque

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry

from lynex_server.engines.live.mailbox import Mailbox
from lynex_server.engines.live.memory import MemoryLive
from lynex_server.engines.live.redis_ear import RedisEar
from lynex_server.kernel.errors import Busy

CHANNEL_PREFIX = "lynex-live:"
# What waits for Redis at most; beyond it the oldest goes.
MAX_UNSENT = 10_000
MAX_PER_TRIP = 500
REDIS_TIMEOUT_S = 2.0
SUBSCRIBE_TIMEOUT_S = 5.0
RETRY_PAUSE_S = 0.5

_log = structlog.get_logger(__name__)


class RedisLive:
    """See `protocol.Live` for the promises. While Redis is away, news is lost."""

    def __init__(self, url: str) -> None:
        """Use the Redis at `url` (`redis://` or `rediss://`)."""
        self._redis = redis.Redis.from_url(
            url,
            socket_connect_timeout=REDIS_TIMEOUT_S,
            socket_timeout=REDIS_TIMEOUT_S,
            socket_keepalive=True,
            retry=Retry(NoBackoff(), 1),
        )
        self._here = MemoryLive()
        self._ear = RedisEar(self._redis, self._here)
        self._unsent: deque[tuple[str, bytes]] = deque(maxlen=MAX_UNSENT)
        self._changed = threading.Condition()
        self._closing = False
        self._sender = threading.Thread(target=self._send, name="live-sender", daemon=True)
        self._sender.start()

    def publish(self, channel: str, message: bytes) -> None:
        """As promised by the protocol."""
        with self._changed:
            self._unsent.append((CHANNEL_PREFIX + channel, message))
            self._changed.notify()

    async def subscribe(self, channel: str, max_waiting: int = 1000) -> Mailbox:
        """As promised by the protocol. Raises `Busy` when Redis does not confirm within a few seconds."""
        mailbox = await self._here.subscribe(CHANNEL_PREFIX + channel, max_waiting)
        heard = asyncio.wrap_future(self._ear.heard(CHANNEL_PREFIX + channel))
        try:
            await asyncio.wait_for(heard, SUBSCRIBE_TIMEOUT_S)
        except TimeoutError as error:
            raise Busy("the Redis for live news does not answer") from error
        finally:
            # Also when the caller gave up waiting: an ear that nobody holds would stay open for ever.
            if heard.cancelled():
                await mailbox.close()
        return mailbox

    def close(self) -> None:
        """As promised by the protocol. Harmless when repeated; what was published before is still sent."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._sender.join()
        self._ear.close()
        self._here.close()
        self._redis.close()

    def _send(self) -> None:
        reachable = True
        while batch := self._next_unsent():
            try:
                pipeline = self._redis.pipeline(transaction=False)
                for channel, message in batch:
                    pipeline.publish(channel, message)
                pipeline.execute()
                reachable = True
            except (redis.RedisError, OSError) as error:
                if reachable:
                    _log.warning("live.redis_unreachable", reason=str(error), lost=len(batch))
                reachable = False
                self._pause()

    def _next_unsent(self) -> list[tuple[str, bytes]]:
        """What waits to be sent, at most `MAX_PER_TRIP`; nothing once the bus closes."""
        with self._changed:
            self._changed.wait_for(lambda: self._unsent or self._closing)
            return [self._unsent.popleft() for _ in range(min(len(self._unsent), MAX_PER_TRIP))]

    def _pause(self) -> None:
        with self._changed:
            if self._changed.wait_for(lambda: self._closing, RETRY_PAUSE_S):
                # Closing without a Redis: there is nobody to tell what is left.
                self._unsent.clear()
