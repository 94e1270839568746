"""Token buckets that many processes share, in Redis, by Redis' own clock.

Works with Redis 6.2 and later. A bucket is one key that expires when the bucket is full again, so only those
in use are held. When Redis is away, callers are not made to wait: for `PAUSE_S` after a failure everything is
allowed, or refused (`when_unreachable`), before Redis is asked again. That is logged once per outage.
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from typing import Any, Literal, cast

import redis
import structlog
from redis.backoff import NoBackoff
from redis.client import Pipeline
from redis.retry import Retry

from lynex_server.engines.limits.protocol import SLACK, Correction, Take, Verdict
from lynex_server.engines.queue.grouping import Ask, GroupBounds, Grouping
from lynex_server.kernel.errors import Busy

ANSWER_TIMEOUT_S = 0.5
PAUSE_S = 1.0
NAMESPACE = "{lynex-limits}:"
"""The braces keep all buckets in one slot of a cluster, so that several can be asked at once."""

# KEYS: buckets. ARGV: slack, then for each bucket capacity, refill_per_s, cost.
# Answers, for each bucket, 1 or 0 (allowed) and the tokens that miss in it after the call.
# A bucket is stored as `<missing> <µs of the instant>`, and only while something is missing.
TAKE = """
local time = redis.call('TIME')
local now_us = tonumber(time[1]) * 1000000 + tonumber(time[2])
local slack, all, answer = tonumber(ARGV[1]), true, {}
for i, key in ipairs(KEYS) do
    local capacity, refill, cost = tonumber(ARGV[3*i-1]), tonumber(ARGV[3*i]), tonumber(ARGV[3*i+1])
    local missing, held = 0, redis.call('GET', key)
    if held then
        local before, at_us = string.match(held, '^(%S+) (%S+)$')
        missing = math.max(tonumber(before) - math.max(now_us - tonumber(at_us), 0) / 1e6 * refill, 0)
    end
    local allowed = cost == 0 or missing + cost <= capacity + slack
    all = all and allowed
    answer[2*i-1], answer[2*i] = allowed and 1 or 0, missing
end
for i, key in ipairs(KEYS) do
    if all then
        local refill, cost = tonumber(ARGV[3*i]), tonumber(ARGV[3*i+1])
        local missing = answer[2*i] + cost
        answer[2*i] = missing
        if cost > 0 then
            local full_ms = string.format('%.0f', math.min(math.ceil(missing / refill * 1000) + 1, 1e15))
            redis.call('SET', key, string.format('%.17g %.0f', missing, now_us), 'PX', full_ms)
        end
    end
    answer[2*i] = string.format('%.17g', answer[2*i])
end
return answer
"""

# KEYS: buckets. ARGV: for each bucket capacity, refill_per_s, tokens. The sum is `Correction.missing_after`.
CORRECT = """
local time = redis.call('TIME')
local now_us = tonumber(time[1]) * 1000000 + tonumber(time[2])
for i, key in ipairs(KEYS) do
    local capacity, refill, tokens = tonumber(ARGV[3*i-2]), tonumber(ARGV[3*i-1]), tonumber(ARGV[3*i])
    local missing, held = 0, redis.call('GET', key)
    if held then
        local before, at_us = string.match(held, '^(%S+) (%S+)$')
        missing = math.max(tonumber(before) - math.max(now_us - tonumber(at_us), 0) / 1e6 * refill, 0)
    end
    missing = math.min(math.max(missing + tokens, 0), math.max(2 * capacity, missing))
    if missing > 0 then
        local full_ms = string.format('%.0f', math.min(math.ceil(missing / refill * 1000) + 1, 1e15))
        redis.call('SET', key, string.format('%.17g %.0f', missing, now_us), 'PX', full_ms)
    else
        redis.call('DEL', key)
    end
end
return {}
"""

WhenUnreachable = Literal["allow", "refuse"]
_Call = Sequence[Take] | Sequence[Correction]
_Asked = Ask[_Call, tuple[Verdict, ...]]
_log = structlog.get_logger(__name__)


class RedisLimiter:
    """See `protocol.Limiter` for the promises. Any number of processes may share the Redis database."""

    waits = True

    def __init__(self, url: str, when_unreachable: WhenUnreachable = "allow") -> None:
        """Use the database at `url` (`redis://` or `rediss://`); connects at the first call."""
        self._when_unreachable = when_unreachable
        self._redis = redis.Redis.from_url(
            url,
            socket_connect_timeout=ANSWER_TIMEOUT_S,
            socket_timeout=ANSWER_TIMEOUT_S,
            # Once more covers a connection that Redis had closed. At worst a wish is counted twice.
            retry=Retry(NoBackoff(), 1),
        )
        self._asked_again_at_s = 0.0
        # One thread sends whatever waits as one pipeline: one trip for all of them, from any event loop.
        self._calls: Grouping[_Call, tuple[Verdict, ...]] = Grouping(
            self._serve, lambda: False, GroupBounds()
        )

    def take(self, bucket: str, *, capacity: int, refill_per_s: float, cost: int = 1) -> Verdict:
        """As promised by the protocol."""
        return self.take_all((Take(bucket, capacity, refill_per_s, cost),))[0]

    def take_all(self, wishes: Sequence[Take]) -> tuple[Verdict, ...]:
        """As promised by the protocol. Two wishes of one call must name two buckets."""
        return self._answers([wishes])[0]

    async def take_all_async(self, wishes: Sequence[Take]) -> tuple[Verdict, ...]:
        """As promised by the protocol."""
        if self._is_away():
            return self._without_redis(wishes)
        try:
            answer = self._calls.submit(wishes)
        except Busy:  # Redis is too slow for all who ask, or this limiter was closed
            return self._without_redis(wishes)
        return await asyncio.wrap_future(answer)

    def correct(self, corrections: Sequence[Correction]) -> None:
        """As promised by the protocol. While Redis is away nothing was taken, and nothing is put right."""
        self._answers([corrections])

    async def correct_async(self, corrections: Sequence[Correction]) -> None:
        """As promised by the protocol, and as `correct`."""
        if not self._is_away():
            with contextlib.suppress(Busy):
                await asyncio.wrap_future(self._calls.submit(corrections))

    def close(self) -> None:
        """As promised by the protocol."""
        self._calls.close()
        self._redis.close()

    def _serve(self, group: list[_Asked]) -> None:
        for ask, verdicts in zip(group, self._answers([ask.wish for ask in group]), strict=True):
            ask.answer.set_result(verdicts)

    def _answers(self, calls: list[_Call]) -> list[tuple[Verdict, ...]]:
        """The verdicts of each call, in one trip to Redis."""
        if self._is_away():
            return [self._without_redis(call) for call in calls]
        try:
            pipeline = self._redis.pipeline(transaction=False)
            for call in calls:
                _ask(pipeline, call)
            # The client's types allow for answers that this call never gives.
            replies = cast("list[list[Any]]", pipeline.execute())
        except (redis.RedisError, OSError) as error:
            self._note_away(error)
            return [self._without_redis(call) for call in calls]
        self._asked_again_at_s = 0.0
        return [_verdicts(call, reply) for call, reply in zip(calls, replies, strict=True)]

    def _is_away(self) -> bool:
        return time.monotonic() < self._asked_again_at_s

    def _note_away(self, error: Exception) -> None:
        if self._asked_again_at_s == 0.0:
            _log.warning("limits.redis_unreachable", reason=str(error), meanwhile=self._when_unreachable)
        self._asked_again_at_s = time.monotonic() + PAUSE_S

    def _without_redis(self, call: _Call) -> tuple[Verdict, ...]:
        if self._when_unreachable == "allow":
            return tuple(Verdict(True, each.capacity, 0.0, 0.0) for each in call)
        return tuple(Verdict(False, 0, PAUSE_S, PAUSE_S) for _ in call)


def _ask(pipeline: Pipeline, call: _Call) -> None:
    keys: list[str | int | float] = [NAMESPACE + each.bucket for each in call]
    script, arguments = CORRECT, list[str | int | float]()
    for each in call:
        if isinstance(each, Take):
            script = TAKE
            arguments += (each.capacity, each.refill_per_s, each.cost)
        else:
            arguments += (each.capacity, each.refill_per_s, each.tokens)
    if script is TAKE:
        arguments.insert(0, SLACK)
    pipeline.eval(script, len(keys), *keys, *arguments)


def _verdicts(call: _Call, reply: list[Any]) -> tuple[Verdict, ...]:
    """Of wishes; a correction has none."""
    wishes = [each for each in call if isinstance(each, Take)]
    return tuple(map(Take.verdict, wishes, map(float, reply[1::2]), map(bool, reply[::2])))
