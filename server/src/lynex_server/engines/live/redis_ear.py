"""The receiving half of live news over Redis: one thread, one connection, the channels somebody wants."""

import threading
from collections import defaultdict
from concurrent.futures import Future

import redis
import structlog
from redis.client import PubSub

from lynex_server.engines.live.memory import MemoryLive

# How soon a new subscription is passed on to Redis.
TURN_S = 0.05
MAX_PER_TURN = 500
RETRY_PAUSE_S = 0.5

_log = structlog.get_logger(__name__)


class RedisEar:
    """Keeps Redis subscribed to exactly the channels of `here`, and hands what it hears to `here`."""

    def __init__(self, client: redis.Redis, here: MemoryLive) -> None:
        self._redis = client
        self._here = here
        self._lock = threading.Lock()
        self._awaited: defaultdict[str, list[Future[None]]] = defaultdict(list)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="live-listener", daemon=True)
        self._thread.start()

    def heard(self, channel: str) -> Future[None]:
        """Done as soon as what is published to `channel`, which `here` has, is heard."""
        confirmed: Future[None] = Future()
        with self._lock:
            self._awaited[channel].append(confirmed)
        return confirmed

    def close(self) -> None:
        """End the thread. Harmless when repeated."""
        self._closing.set()
        self._thread.join()

    def _listen(self) -> None:
        reachable = True
        while not self._closing.is_set():
            try:
                with self._redis.pubsub() as pubsub:  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
                    self._follow(pubsub)
            except (redis.RedisError, OSError) as error:
                if reachable:
                    _log.warning("live.redis_unreachable", reason=str(error))
                reachable = False
                self._closing.wait(RETRY_PAUSE_S)
            else:
                reachable = True

    def _follow(self, pubsub: PubSub) -> None:
        asked: set[str] = set()
        confirmed: set[str] = set()
        while not self._closing.is_set():
            wanted = self._here.channels()
            if new := wanted - asked:
                pubsub.subscribe(*new)
                asked |= new
            # Only what Redis has confirmed is given up: a late confirmation then cannot be mistaken for
            # that of a newer request for the same channel.
            if unwanted := confirmed - wanted:
                pubsub.unsubscribe(*unwanted)  # type: ignore[no-untyped-call]  # as above
                asked -= unwanted
                confirmed -= unwanted
            self._receive(pubsub, confirmed)
            self._confirm(confirmed)

    def _receive(self, pubsub: PubSub, confirmed: set[str]) -> None:
        """Pass on what came, and add to `confirmed` what Redis confirms. Waits at most `TURN_S`."""
        message = pubsub.get_message(timeout=TURN_S)
        for _ in range(MAX_PER_TURN):
            if message is None:
                return
            channel = message["channel"].decode()
            if message["type"] == "subscribe":
                confirmed.add(channel)
            elif message["type"] == "message":
                self._here.publish(channel, message["data"])
            message = pubsub.get_message()

    def _confirm(self, confirmed: set[str]) -> None:
        with self._lock:
            done = [
                future
                for channel in confirmed & self._awaited.keys()
                for future in self._awaited.pop(channel)
            ]
            self._awaited = defaultdict(
                list,
                {
                    channel: live
                    for channel, futures in self._awaited.items()
                    if (live := [future for future in futures if not future.cancelled()])
                },
            )
        for future in done:
            if future.set_running_or_notify_cancel():
                future.set_result(None)
