"""Live news while its Redis is away."""

import asyncio

import pytest
import redis as redis_client
from servers import RedisServer, free_port

from lynex_server.engines.live import redis
from lynex_server.engines.live.redis import RedisLive
from lynex_server.kernel.errors import Busy

PATIENCE_S = 20.0


async def test_without_redis_publishing_passes_and_subscribing_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(redis, "SUBSCRIBE_TIMEOUT_S", 0.1)
    bus = RedisLive(f"redis://127.0.0.1:{free_port()}/0")

    for _ in range(redis.MAX_UNSENT + 1000):
        bus.publish("spans", b"news")
    with pytest.raises(Busy):
        await bus.subscribe("spans")

    await asyncio.to_thread(bus.close)


async def test_is_heard_again_after_redis_came_back(running_redis: RedisServer):
    bus = RedisLive(running_redis.url)
    subscription = await bus.subscribe("spans")

    await asyncio.to_thread(running_redis.kill_and_start_again)
    hears = asyncio.ensure_future(anext(aiter(subscription)))
    async with asyncio.timeout(PATIENCE_S):
        while not hears.done():
            bus.publish("spans", b"still there?")
            await asyncio.sleep(0.05)

    assert hears.result() == b"still there?"
    await asyncio.to_thread(bus.close)


async def test_gives_up_the_channels_nobody_listens_to(redis_url: str):
    bus = RedisLive(redis_url)
    subscription = await bus.subscribe("spans")
    with redis_client.Redis.from_url(redis_url) as client:
        while_listening = client.pubsub_channels()
        await subscription.close()
        async with asyncio.timeout(PATIENCE_S):
            while client.pubsub_channels():  # noqa: ASYNC110 - Redis tells only who asks
                await asyncio.sleep(0.01)

    assert while_listening == [b"lynex-live:spans"]
    await asyncio.to_thread(bus.close)
