"""What only the Redis queue has to fear: a Redis that is away."""

from collections.abc import Callable

import pytest
from clocks import FixedClock
from engines.queue.entries import an_entry, claim_now
from servers import free_port

from lynex_server.engines.queue.protocol import Claim, QueueBounds
from lynex_server.engines.queue.redis import RedisQueue
from lynex_server.kernel.errors import Busy


@pytest.fixture
def lonely_queue() -> RedisQueue:
    return RedisQueue(f"redis://127.0.0.1:{free_port()}/0", QueueBounds(), FixedClock())


async def test_appending_says_busy_while_redis_is_away(lonely_queue: RedisQueue):
    with pytest.raises(Busy):
        await lonely_queue.append(an_entry())

    lonely_queue.close()


@pytest.mark.parametrize(
    "call",
    [
        claim_now,
        lambda queue: queue.ack(Claim("claim_1", (an_entry(),), attempt=1)),
        lambda queue: queue.heartbeat("worker"),
        lambda queue: queue.state(),
    ],
    ids=["claim", "ack", "heartbeat", "state"],
)
def test_a_consumers_calls_say_busy_while_redis_is_away(
    lonely_queue: RedisQueue, call: Callable[[RedisQueue], object]
):
    with pytest.raises(Busy):
        call(lonely_queue)

    lonely_queue.close()
