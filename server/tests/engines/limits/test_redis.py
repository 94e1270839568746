"""Buckets in Redis: shared, forgotten when full, and what happens while it is away."""

import time
from collections.abc import Callable

import pytest
import redis
import structlog
from servers import RedisServer, free_port

from lynex_server.engines.limits import redis as limits_redis
from lynex_server.engines.limits.opening import open_limiter
from lynex_server.engines.limits.protocol import Correction, Limiter, Take
from lynex_server.engines.limits.redis import RedisLimiter

SLOW = 1e-6


def test_processes_share_their_buckets(redis_url: str, open_again: Callable[[str], Limiter]):
    here, there = open_again(redis_url), open_again(redis_url)

    answers = [each.take("project", capacity=5, refill_per_s=SLOW).allowed for each in (here, there) * 5]

    assert answers == [True] * 5 + [False] * 5


def test_processes_correct_what_another_has_taken(redis_url: str, open_again: Callable[[str], Limiter]):
    here, there = open_again(redis_url), open_again(redis_url)
    here.take("tokens", capacity=100, refill_per_s=SLOW, cost=100)

    there.correct([Correction("tokens", 100, SLOW, -100), Correction("other", 100, SLOW, 30)])

    assert here.take("tokens", capacity=100, refill_per_s=SLOW, cost=100).allowed
    assert here.take("other", capacity=100, refill_per_s=SLOW, cost=0).remaining == 70


def test_a_full_bucket_is_forgotten(redis_url: str, open_again: Callable[[str], Limiter]):
    limiter = open_again(redis_url)
    limiter.take("quick", capacity=1, refill_per_s=1000.0)
    limiter.take("looked at", capacity=1, refill_per_s=SLOW, cost=0)
    limiter.take("given back", capacity=9, refill_per_s=SLOW, cost=9)
    limiter.correct([Correction("given back", 9, SLOW, -9)])
    with redis.Redis.from_url(redis_url) as client:
        end = time.monotonic() + 20
        while client.dbsize() and time.monotonic() < end:
            time.sleep(0.005)

        assert client.dbsize() == 0


def test_keeps_a_bucket_that_takes_years_to_fill(redis_url: str, open_again: Callable[[str], Limiter]):
    limiter = open_again(redis_url)

    limiter.take("project", capacity=10**12, refill_per_s=1e-9, cost=10**12)

    assert not limiter.take("project", capacity=10**12, refill_per_s=1e-9).allowed


@pytest.mark.parametrize(("when_unreachable", "allowed"), [("allow", True), ("refuse", False)])
async def test_without_redis_it_does_as_it_was_told_and_says_so_once(when_unreachable, allowed):
    limiter = RedisLimiter(f"redis://127.0.0.1:{free_port()}/0", when_unreachable)
    with structlog.testing.capture_logs() as logs:
        answers = [limiter.take("project", capacity=1, refill_per_s=SLOW) for _ in range(5)]
        answers += await limiter.take_all_async([Take("project", 1, SLOW), Take("key", 1, SLOW)])
        limiter.correct([Correction("project", 1, SLOW, -1)])
        await limiter.correct_async([Correction("project", 1, SLOW, -1)])

    assert [answer.allowed for answer in answers] == [allowed] * 7
    assert [entry["event"] for entry in logs] == ["limits.redis_unreachable"]
    limiter.close()


async def test_works_again_once_redis_is_back(
    running_redis: RedisServer, redis_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(limits_redis, "PAUSE_S", 0.0)
    limiter = RedisLimiter(redis_url)
    assert (await limiter.take_all_async([Take("project", 1, SLOW)]))[0].allowed

    running_redis.stop()
    try:
        assert (await limiter.take_all_async([Take("project", 1, SLOW)]))[0].allowed
    finally:
        running_redis.start()

    limiter.take("back", capacity=1, refill_per_s=SLOW)
    assert not limiter.take("back", capacity=1, refill_per_s=SLOW).allowed
    limiter.close()


async def test_after_closing_nobody_waits(redis_url: str):
    limiter = RedisLimiter(redis_url)
    limiter.close()
    limiter.close()

    assert (await limiter.take_all_async([Take("project", 1, SLOW)]))[0].allowed
    await limiter.correct_async([Correction("project", 1, SLOW, -1)])


@pytest.mark.parametrize("url", ["", "memory:x", "kafka://host"])
def test_refuses_a_url_it_does_not_understand(url: str):
    with pytest.raises(ValueError, match="limits URL"):
        open_limiter(url)
