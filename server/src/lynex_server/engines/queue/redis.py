"""The queue for many machines: a Redis stream, with Lua where several facts must change together.

Works with Redis 6.2 and later. Redis must not evict keys (`maxmemory-policy noeviction`, its default), and an
append is as durable as its `appendonly` and `appendfsync` settings. Workers' clocks must agree to
within `reclaim_after_s`; a claim taken over too early is harmless, for what is done per claim id is done
once.
"""

import asyncio
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from lynex_server.engines.queue import redis_scripts as scripts
from lynex_server.engines.queue.grouping import Ask, GroupBounds, Grouping
from lynex_server.engines.queue.protocol import Appended, Claim, Entry, QueueBounds, QueueState
from lynex_server.kernel.clock import MICROS_PER_SECOND, Clock
from lynex_server.kernel.errors import Busy
from lynex_server.kernel.ids import new_id

ANSWER_TIMEOUT_S = 5.0
# How soon claims left by a dead consumer are noticed; new entries wake a consumer at once.
POLL_S = 0.5


@dataclass(frozen=True, slots=True)
class _AppendCall:
    """What the append script is called with."""

    keys: tuple[str, ...]
    args: list[bytes | int]


_AskedAppend = Ask[_AppendCall, Appended]


class RedisQueue:
    """See `protocol.Queue` for the promises. Any number of processes may share the Redis database."""

    def __init__(self, url: str, bounds: QueueBounds, clock: Clock) -> None:
        """Use the database at `url` (`redis://` or `rediss://`); connects at the first call."""
        self._bounds = bounds
        self._clock = clock
        self._redis = redis.Redis.from_url(
            url,
            socket_timeout=ANSWER_TIMEOUT_S,
            socket_connect_timeout=ANSWER_TIMEOUT_S,
            # Every script may be repeated harmlessly: once more covers a connection that Redis had closed.
            retry=Retry(ConstantBackoff(0.05), 1),
        )
        self._append_script = self._redis.register_script(scripts.APPEND)
        self._claim_script = self._redis.register_script(scripts.CLAIM)
        self._ack_script = self._redis.register_script(scripts.ACK)
        self._heartbeat_script = self._redis.register_script(scripts.HEARTBEAT)
        self._state_script = self._redis.register_script(scripts.STATE)
        # One thread sends whatever waits as one pipeline: one trip for all of them, from any event loop.
        self._appends: Grouping[_AppendCall, Appended] = Grouping(
            self._append_group, lambda: False, GroupBounds()
        )

    async def append(self, entry: Entry) -> Appended:
        """As promised by the protocol."""
        # Encoded here, so that what cannot be encoded fails its own caller and not a whole group.
        call = _AppendCall((*scripts.KEYS, _seen_key(entry)), self._append_args(entry))
        return await asyncio.wrap_future(self._appends.submit(call, len(entry.body)))

    def claim(self, consumer: str, max_entries: int, max_bytes: int, wait_s: float) -> Claim | None:
        """As promised by the protocol. A consumer's name belongs to one thread of one process."""
        deadline = time.monotonic() + wait_s
        while True:
            if claim := self._try_claim(consumer, max_entries, max_bytes):
                return claim
            remaining_s = deadline - time.monotonic()
            if remaining_s <= 0:
                return None
            with _busy_when_unreachable():
                self._redis.blpop([scripts.WAKE], timeout=max(min(remaining_s, POLL_S), 0.001))

    def ack(self, claim: Claim) -> None:
        """As promised by the protocol."""
        with _busy_when_unreachable():
            self._ack_script(keys=scripts.KEYS, args=[claim.id])

    def heartbeat(self, consumer: str) -> None:
        """As promised by the protocol."""
        with _busy_when_unreachable():
            self._heartbeat_script(keys=scripts.KEYS, args=[consumer, self._clock.now_us()])

    def state(self) -> QueueState:
        """As promised by the protocol."""
        with _busy_when_unreachable():
            entries, total_bytes, *oldest_us = self._state_script(keys=scripts.KEYS)
        age_us = max(self._clock.now_us() - oldest_us[0], 0) if oldest_us else 0
        return QueueState(entries, total_bytes, age_us / MICROS_PER_SECOND)

    def scrub(self) -> None:
        """As promised by the protocol: asks Redis to write its append-only file anew, in the background.

        A Redis that keeps none, or does so already, has nothing to do.
        """
        try:
            self._redis.bgrewriteaof()
        except redis.ResponseError:
            return
        except (redis.RedisError, OSError) as error:
            raise Busy(f"the queue's Redis does not answer: {error}") from error

    def close(self) -> None:
        """As promised by the protocol. Harmless when repeated."""
        self._appends.close()
        self._redis.close()

    def _append_group(self, group: list[_AskedAppend]) -> None:
        with _busy_when_unreachable():
            pipeline = self._redis.pipeline(transaction=False)
            for ask in group:
                self._append_script(keys=ask.wish.keys, args=ask.wish.args, client=pipeline)
            replies = pipeline.execute(raise_on_error=False)
        for ask, reply in zip(group, replies, strict=True):
            _settle(ask, reply)

    def _append_args(self, entry: Entry) -> list[bytes | int]:
        bounds = self._bounds
        return [
            bounds.remember_s,
            bounds.max_entries,
            bounds.max_bytes,
            entry.id.encode(),
            entry.project_id.encode(),
            entry.body,
            entry.appended_at_us,
        ]

    def _try_claim(self, consumer: str, max_entries: int, max_bytes: int) -> Claim | None:
        now_us = self._clock.now_us()
        silent_since_us = now_us - int(self._bounds.reclaim_after_s * MICROS_PER_SECOND)
        args: list[str | int] = [consumer, max_entries, max_bytes, now_us, silent_since_us, new_id("claim")]
        with _busy_when_unreachable():
            claimed = self._claim_script(keys=scripts.KEYS, args=args)
            if claimed is None:
                return None
            claim_id, first, last, attempt = claimed
            # Outside the script, so that large bodies do not hold up everybody else.
            rows = self._redis.xrange(scripts.ENTRIES, f"{first}-0", f"{last}-0")
        # The client's types allow for decoded and partial answers, which this client and call never give.
        whole_rows = cast("list[tuple[bytes, dict[bytes, bytes]]]", rows)
        entries = tuple(_entry(fields) for _, fields in whole_rows)
        # Empty: its former consumer was only slow, and acknowledged the claim just now.
        return Claim(claim_id.decode(), entries, attempt) if entries else None


def _seen_key(entry: Entry) -> str:
    return scripts.SEEN + hashlib.sha256(entry.id.encode()).hexdigest()[:32]


def _entry(fields: dict[bytes, bytes]) -> Entry:
    return Entry(
        id=fields[b"id"].decode(),
        project_id=fields[b"project_id"].decode(),
        body=fields[b"body"],
        appended_at_us=int(fields[b"appended_at_us"]),
    )


def _settle(ask: _AskedAppend, reply: bytes | Exception) -> None:
    if isinstance(reply, Exception):
        ask.answer.set_exception(Busy(f"Redis refused the entry: {reply}"))
    elif reply.startswith(b"full"):
        _, entries, total_bytes = reply.decode().split()
        ask.answer.set_exception(Busy(f"the queue is full: {entries} entries, {total_bytes} bytes"))
    else:
        ask.answer.set_result(Appended(reply.decode()))


@contextmanager
def _busy_when_unreachable() -> Iterator[None]:
    try:
        yield
    except (redis.RedisError, OSError) as error:
        raise Busy(f"the queue's Redis does not answer: {error}") from error
